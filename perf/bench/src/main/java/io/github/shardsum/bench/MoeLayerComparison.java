package io.github.shardsum.bench;

import io.github.shardsum.backend.StepTime;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MachineLimits;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.ops.KernelInfo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The Mixture-of-Experts layer in turns with its products alone and with torch: what the layer
 * costs beside its products, and what others take. Paired medians with 95 % intervals; nothing is
 * judged.
 *
 * <p>Arguments: rounds, then cases as {@code 8,1024,512,2048,8} (G, S, M, H, E), of which those
 * that end in {@code b} run backward too. {@code SHARDSUM_PYTHON} names a Python with torch;
 * without it torch is left out.
 */
public final class MoeLayerComparison {
  private final int rounds;
  private final Optional<TorchLayer> torch;
  private final MachineLimits limits;

  private MoeLayerComparison(int rounds, Optional<TorchLayer> torch, MachineLimits limits) {
    this.rounds = rounds;
    this.torch = torch;
    this.limits = limits;
  }

  /**
   * Measures.
   *
   * @param arguments rounds and cases
   */
  public static void main(String[] arguments) throws IOException, MeasurementException {
    if (arguments.length < 2) {
      throw new IllegalArgumentException("arguments: expected rounds and at least one case");
    }
    Optional<TorchLayer> torch = Optional.empty();
    String python = System.getenv("SHARDSUM_PYTHON");
    if (python != null) {
      torch = Optional.of(new TorchLayer(python, Runtime.getRuntime().availableProcessors()));
    }
    MachineLimits limits;
    try (Workers workers = Workers.ofProcessors()) {
      limits = MachineLimits.measure(workers);
    }
    print(
        "kernels %s, %d threads, %.1f GFLOP/s of multiply-adds, %.1f GB/s of copying, %s%n",
        KernelInfo.current(),
        limits.threads(),
        limits.multiplyAddFlops() / 1e9,
        limits.copyBytes() / 1e9,
        torch.map(TorchLayer::version).orElse("no torch"));
    MoeLayerComparison comparison =
        new MoeLayerComparison(Integer.parseInt(arguments[0]), torch, limits);
    for (int i = 1; i < arguments.length; i++) {
      boolean backward = arguments[i].endsWith("b");
      comparison.run(arguments[i].replace("b", ""), backward);
    }
    if (torch.isPresent()) {
      torch.get().close();
    }
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }

  private void run(String sizes, boolean backward) throws MeasurementException {
    print(
        "%nG,S,M,H,E = %s, load %.2f%n",
        sizes, ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    MoeLayerBenchmark layer = MoeLayerBenchmark.of(sizes, backward);
    Map<String, double[]> times = times(competitors(layer, backward));
    times.forEach((name, each) -> rate(name, each, layer));
    ratio(times, "products", "layer");
    if (torch.isPresent()) {
      ratio(times, "torch bmm", "layer");
      ratio(times, "torch loop", "layer");
      ratio(times, "torch products", "products");
    }
    steps(layer, false);
    if (backward) {
      ratio(times, "both products", "both");
      steps(layer, true);
    }
    layer.close();
  }

  private Map<String, Timed> competitors(MoeLayerBenchmark layer, boolean backward)
      throws MeasurementException {
    Map<String, Timed> competitors = new LinkedHashMap<>();
    competitors.put("layer", Timed.of(layer::forward));
    competitors.put("products", Timed.of(layer::forwardProducts));
    if (torch.isPresent()) {
      torch.get().prepare(layer.sizes());
      competitors.put("torch bmm", torch.get().timed("bmm"));
      competitors.put("torch loop", torch.get().timed("loop"));
      competitors.put("torch products", torch.get().timed("products"));
    }
    if (backward) {
      competitors.put("both", Timed.of(layer::forwardAndBackward));
      competitors.put("both products", Timed.of(layer::forwardAndBackwardProducts));
    }
    return competitors;
  }

  private Map<String, double[]> times(Map<String, Timed> competitors) throws MeasurementException {
    List<MeasurementException> failures = new ArrayList<>();
    Map<Timed, double[]> times =
        InterleavedTimer.of(rounds)
            .run(List.copyOf(competitors.values()), (_, why) -> failures.add(why));
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
    Map<String, double[]> named = new LinkedHashMap<>();
    competitors.forEach((name, timed) -> named.put(name, Objects.requireNonNull(times.get(timed))));
    return named;
  }

  private void rate(String name, double[] times, MoeLayerBenchmark layer) {
    double flops = layer.flops() * (name.startsWith("both") ? 3 : 1);
    double median = Interval.median(times);
    print(
        "  %-16s %10.3f ms  %6.1f GFLOP/s  %5.1f %% of multiply-adds%n",
        name, median * 1e3, flops / median / 1e9, 100 * flops / median / limits.multiplyAddFlops());
  }

  private static void ratio(Map<String, double[]> times, String one, String other) {
    Interval ratio =
        new PairedTiming(
                Objects.requireNonNull(times.get(one)), Objects.requireNonNull(times.get(other)))
            .ratio();
    print("  %s / %s = %.3f [%.3f, %.3f]%n", one, other, ratio.median(), ratio.low(), ratio.high());
  }

  /** Shares of steps, of all runs, those of the warm-up too. */
  private static void steps(MoeLayerBenchmark layer, boolean both) {
    List<StepTime> profile = layer.profile(both);
    double all = profile.stream().mapToDouble(StepTime::nanoseconds).sum();
    for (StepTime step : profile) {
      if (step.nanoseconds() > 1e-3 * all) {
        print(
            "  %s step of %s: %.2f %%%n",
            both ? "both," : "layer,", step.results().getFirst(), 100 * step.nanoseconds() / all);
      }
    }
  }
}
