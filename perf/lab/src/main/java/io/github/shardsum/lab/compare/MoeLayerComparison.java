package io.github.shardsum.lab.compare;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.bench.BenchmarkData;
import io.github.shardsum.bench.MoeCase;
import io.github.shardsum.bench.MoeLayerBenchmark;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.kernel.LayerParts.Part;
import io.github.shardsum.lab.compare.NativeRows.Loop;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MachineLimits;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.ops.KernelInfo;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares the time of the Mixture-of-Experts layer with that of its products, of C and of torch.
 * They are measured in turns. Prints paired medians with 95 % intervals, each with its target if
 * there is one. The exit status is 1 if a target is missed.
 *
 * <p>Arguments, in order: {@code --markdown FILE} for tables; a number of rounds, or {@code smoke}
 * for a short trial; a part, {@code layer} (the default), {@code rows} (dispatch and combine
 * against C), {@code skew} (loads), {@code zipf} (one load against torch), {@code einsums}
 * (dispatch and combine against torch's einsums) or {@code decode} (compared with reading memory);
 * cases as {@code 8,1024,512,2048,8} (G, S, M, H, E), with {@code :gelu}, {@code :silu}, {@code
 * :swiglu}, {@code :backward} or {@code :torch}. Rounds and parts apply to the cases that follow
 * them. {@code SHARDSUM_PYTHON} names a Python with torch; without it torch is left out.
 */
public final class MoeLayerComparison {
  /** Rows of an expert that make the time to read its weights unimportant. */
  private static final long MANY_ROWS = 1024;

  /** Fewest rows of an expert for a comparison with its products. */
  private static final long FEW_ROWS = 64;

  private static final long MANY_EXPERTS = 512;

  /** Promised bounds: lower bounds of ratios, upper bounds of parts, memory and loads. */
  private static final class Bar {
    static final double PEAK = 0.80;
    static final double PEAK_OF_FEW_ROWS = 0.76;
    static final double PEAK_OF_BOTH = 0.74;
    static final double PRODUCTS = 0.95;
    static final double PRODUCTS_OF_FEW_ROWS = 0.92;
    static final double PRODUCTS_OF_BOTH = 0.92;
    static final double PARTS = 0.025;
    static final double PARTS_OF_MANY_EXPERTS = 0.04;
    static final double MEMORY = 1.2;
    static final double MEMORY_OF_BOTH = 1.15;
    static final double BALANCED = 1.06;
    static final double C = 0.95;
    static final double TORCH_BMM = 1.2;
    static final double TORCH_BMM_BY_ZIPF = 2;
    static final double TORCH_LOOP = 1.1;
    static final double EINSUMS = 40;
    static final double READING = 0.80;

    private Bar() {}
  }

  private static final String LAYER = "layer";
  private static final String PRODUCTS = "products";
  private static final String BOTH = "forward and backward";
  private static final String BOTH_PRODUCTS = "products of both";
  private static final String BMM = "torch index_select and bmm / layer";
  private static final String LOOP = "torch loop / layer";
  private static final String LOGITS = "logits";
  private static final String ROUTE = "route";
  private static final String SORT = "sort";
  private static final String DISPATCH = "dispatch";
  private static final String COMBINE = "combine";

  private final BenchmarkTable table = new BenchmarkTable();
  private final Optional<TorchLayer> torch;
  private final MachineLimits limits;
  private InterleavedTimer timer = InterleavedTimer.USUAL;

  private MoeLayerComparison(Optional<TorchLayer> torch, MachineLimits limits) {
    this.torch = torch;
    this.limits = limits;
  }

  /**
   * Measures.
   *
   * @param arguments rounds, parts and cases
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) throws IOException, MeasurementException {
    Optional<TorchLayer> torch = Optional.empty();
    String python = System.getenv("SHARDSUM_PYTHON");
    if (python != null) {
      torch = Optional.of(new TorchLayer(python, Runtime.getRuntime().availableProcessors()));
    }
    boolean met = compare(torch, arguments);
    if (torch.isPresent()) {
      torch.get().close();
    }
    return met;
  }

  /** Measures; true if all targets are reached, or if this was a trial only. */
  static boolean compare(Optional<TorchLayer> torch, List<String> arguments)
      throws IOException, MeasurementException {
    MoeLayerComparison comparison = new MoeLayerComparison(torch, limits());
    System.out.println(comparison.machine());
    comparison.run(arguments);
    return !comparison.table.missed() || comparison.timer.equals(InterleavedTimer.SMOKE);
  }

  private static MachineLimits limits() {
    try (Workers workers = Workers.ofProcessors()) {
      return MachineLimits.measure(workers);
    }
  }

  private static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private String machine() {
    return format(
        "kernels %s, %d threads, %.1f GFLOP/s of multiply-adds, %.1f GB/s of copying,"
            + " %s, load %.2f",
        KernelInfo.current(),
        limits.threads(),
        limits.multiplyAddFlops() / 1e9,
        limits.copyBytes() / 1e9,
        torch.map(TorchLayer::version).orElse("no torch"),
        load());
  }

  private void run(List<String> arguments) throws IOException, MeasurementException {
    String part = LAYER;
    Optional<Path> markdown = Optional.empty();
    for (int i = 0; i < arguments.size(); i++) {
      String word = arguments.get(i);
      if (word.equals("--markdown") && i + 1 < arguments.size()) {
        markdown = Optional.of(Path.of(arguments.get(++i)));
      } else if (word.equals("smoke")) {
        timer = InterleavedTimer.SMOKE;
      } else if (word.matches("\\d{1,4}")) {
        // After a call, torch's threads still look for work for a while.
        InterleavedTimer usual = InterleavedTimer.of(Integer.parseInt(word));
        timer = torch.isPresent() ? usual.withPauses() : usual;
      } else if (word.matches("[a-z]+")) {
        part = word;
      } else {
        run(part, MoeCase.parse(word));
      }
    }
    if (markdown.isPresent()) {
      table.write(markdown.get(), machine());
    }
  }

  private void run(String part, MoeCase of) throws MeasurementException {
    table.begin(part, of.toString());
    switch (part) {
      case LAYER -> layer(of);
      case "rows" -> rows(of);
      case "skew" -> skew(of);
      case "zipf" -> zipf(of);
      case "einsums" -> einsums(of);
      case "decode" -> decode(of);
      default ->
          throw new IllegalArgumentException(
              "part: must be layer, rows, skew, zipf, einsums or decode, got " + part);
    }
  }

  private void milliseconds(BenchmarkRounds rounds, String what) {
    table.value(what, "%.3f ms", rounds.median(what) * 1e3);
  }

  /** Compares the layer with its products, its other parts, and torch. */
  private void layer(MoeCase of) throws MeasurementException {
    MoeLayerBenchmark layer = MoeLayerBenchmark.of(of);
    try (MoeLayerParts parts = new MoeLayerParts(of, layer.workers())) {
      Map<String, Timed> competitors = new LinkedHashMap<>();
      competitors.put(LAYER, Timed.of(layer::forward));
      competitors.put(PRODUCTS, Timed.of(layer::forwardProducts));
      boolean beside = torch.isPresent() && of.besideTorch();
      if (beside) {
        torch.get().prepare(of.sizes());
        for (String what : List.of("bmm", "loop", "products")) {
          competitors.put("torch " + what, torch.get().timed(what));
        }
      }
      if (of.backward()) {
        competitors.put(BOTH, Timed.of(layer::forwardAndBackward));
        competitors.put(BOTH_PRODUCTS, Timed.of(layer::forwardAndBackwardProducts));
      }
      competitors.put(LOGITS, parts.logits());
      competitors.put(ROUTE, parts.route());
      competitors.put(SORT, parts.part(Part.SORT));
      competitors.put(DISPATCH, parts.dispatch(parts.dispatched()));
      competitors.put(COMBINE, parts.part(Part.COMBINE));
      BenchmarkRounds rounds = BenchmarkRounds.of(timer, competitors);
      forward(of, rounds);
      parts(of, rounds);
      memory(of, layer.peakBytes());
      if (beside) {
        table.atLeast(BMM, rounds.ratio("torch bmm", LAYER), Bar.TORCH_BMM);
        table.atLeast(LOOP, rounds.ratio("torch loop", LAYER), Bar.TORCH_LOOP);
        table.ratio("torch products / products", rounds.ratio("torch products", PRODUCTS));
      }
      if (of.backward()) {
        both(of, rounds);
      }
    } finally {
      layer.close();
    }
  }

  private void forward(MoeCase of, BenchmarkRounds rounds) {
    milliseconds(rounds, LAYER);
    milliseconds(rounds, PRODUCTS);
    Interval share = share(of.flops(), rounds.seconds(LAYER));
    Interval ratio = rounds.ratio(PRODUCTS, LAYER);
    if (of.rowsOfExpert() < FEW_ROWS) {
      table.ratio("layer, of multiply-adds", share);
      table.ratio("products / layer", ratio);
      return;
    }
    boolean many = of.rowsOfExpert() >= MANY_ROWS;
    table.atLeast("layer, of multiply-adds", share, many ? Bar.PEAK : Bar.PEAK_OF_FEW_ROWS);
    table.atLeast("products / layer", ratio, many ? Bar.PRODUCTS : Bar.PRODUCTS_OF_FEW_ROWS);
  }

  private void both(MoeCase of, BenchmarkRounds rounds) {
    milliseconds(rounds, BOTH);
    table.atLeast(
        BOTH + ", of multiply-adds", share(3 * of.flops(), rounds.seconds(BOTH)), Bar.PEAK_OF_BOTH);
    table.atLeast("products / " + BOTH, rounds.ratio(BOTH_PRODUCTS, BOTH), Bar.PRODUCTS_OF_BOTH);
  }

  private Interval share(double flops, double[] seconds) {
    return Interval.of(
        Arrays.stream(seconds).map(each -> flops / each / limits.multiplyAddFlops()).toArray());
  }

  /**
   * Compares the parts of the layer other than its products with the layer. Rows are gathered by a
   * separate operation here, while the layer gathers them as it packs.
   */
  private void parts(MoeCase of, BenchmarkRounds rounds) {
    milliseconds(rounds, LOGITS);
    String[] names = {ROUTE, SORT, DISPATCH, COMBINE};
    for (String each : names) {
      milliseconds(rounds, each);
    }
    double[] all = rounds.seconds(names);
    Interval ratio = new PairedTiming(all, rounds.seconds(LAYER)).ratio();
    String what = String.join(", ", names) + " / layer";
    if (of.rowsOfExpert() < FEW_ROWS) {
      table.ratio(what, ratio);
    } else {
      table.atMost(
          what,
          ratio,
          of.sizes().experts() >= MANY_EXPERTS ? Bar.PARTS_OF_MANY_EXPERTS : Bar.PARTS);
    }
  }

  /**
   * Compares the peak of memory, without weights and their gradients, with the memory of tokens,
   * outputs, rows and other values that must be kept.
   */
  private void memory(MoeCase of, List<Long> peaks) {
    if (of.rowsOfExpert() < FEW_ROWS) {
      return;
    }
    double tokens = of.tokensBytes();
    double rows = MoeCase.CHOICES * tokens;
    double forward = (2 * tokens + peaks.getFirst()) / (2 * tokens + rows);
    table.atMost("memory, forward", Interval.exactly(forward), Bar.MEMORY);
    if (of.backward()) {
      double kept = (of.products() - 1) * rows * of.sizes().hidden() / of.sizes().model();
      double both = (4 * tokens + peaks.getLast()) / (4 * tokens + 2 * rows + kept);
      table.atMost("memory, " + BOTH, Interval.exactly(both), Bar.MEMORY_OF_BOTH);
    }
  }

  /** Compares dispatch and combine with C, on the same numbers and the same number of threads. */
  private void rows(MoeCase of) throws MeasurementException {
    try (Workers workers = Workers.ofProcessors();
        NativeRows c = new NativeRows(workers.parallelism());
        MoeLayerParts parts = new MoeLayerParts(of, workers)) {
      long width = of.sizes().model();
      long tokens = of.rows() / MoeCase.CHOICES;
      float[] rows = parts.parts().summands();
      MoeCase.fill(rows, 7);
      MemorySegment x = c.floats(parts.tokens().toFloatArray());
      MemorySegment y = c.floats(rows);
      MemorySegment token = c.ints(parts.parts().tokens());
      MemorySegment row = c.ints(parts.parts().rows());
      MemorySegment gathered = c.floats(of.rows() * width);
      MemorySegment sums = c.floats(tokens * width);
      Tensor own = parts.dispatched();
      Map<String, Timed> competitors = new LinkedHashMap<>();
      competitors.put(DISPATCH, parts.dispatch(own));
      competitors.put("C dispatch", c.rows(Loop.GATHER, of.rows(), width, x, token, gathered));
      competitors.put(COMBINE, parts.part(Part.COMBINE));
      competitors.put("C combine", c.rows(Loop.COMBINE, tokens, width, y, row, sums));
      if (c.canStream(width)) {
        competitors.put(
            "C dispatch past caches",
            c.rows(Loop.GATHER_STREAM, of.rows(), width, x, token, gathered));
        competitors.put(
            "C combine past caches", c.rows(Loop.COMBINE_STREAM, tokens, width, y, row, sums));
      }
      BenchmarkRounds rounds = BenchmarkRounds.of(timer, competitors);
      check(DISPATCH, gathered, own);
      check(COMBINE, sums, parts.parts().sums());
      competitors.keySet().forEach(what -> milliseconds(rounds, what));
      for (String what : List.of(DISPATCH, COMBINE)) {
        table.atLeast("C " + what + " / " + what, rounds.ratio("C " + what, what), Bar.C);
        if (c.canStream(width)) {
          String past = "C " + what + " past caches";
          table.ratio(past + " / " + what, rounds.ratio(past, what));
        }
      }
    }
  }

  /** Checks that C and Java have the same result. */
  private static void check(String what, MemorySegment c, Tensor java) {
    float[] expected = c.toArray(ValueLayout.JAVA_FLOAT);
    float[] got = java.toFloatArray();
    for (int i = 0; i < got.length; i++) {
      BenchmarkData.check(what + " at " + i, expected[i], got[i], 0);
    }
  }

  /** Compares loads of experts with a balanced one. */
  private void skew(MoeCase of) throws MeasurementException {
    try (Workers workers = Workers.ofProcessors();
        SkewedLayer layer = new SkewedLayer(of, workers)) {
      Map<String, Timed> competitors = new LinkedHashMap<>();
      for (ExpertLoad load : ExpertLoad.values()) {
        competitors.put(load.name(), layer.timed(load));
      }
      BenchmarkRounds rounds = BenchmarkRounds.of(timer, competitors);
      String balanced = ExpertLoad.W0.name();
      table.value("W0, " + ExpertLoad.W0, "%.3f ms", rounds.median(balanced) * 1e3);
      for (ExpertLoad load : ExpertLoad.values()) {
        if (load != ExpertLoad.W0) {
          String what = load.name() + ", " + load + ", / W0";
          table.atMost(what, rounds.ratio(load.name(), balanced), Bar.BALANCED);
        }
      }
    }
  }

  /**
   * Compares a load in which few experts have most rows with torch, which pads all experts to the
   * largest number of rows.
   */
  private void zipf(MoeCase of) throws MeasurementException {
    if (torch.isEmpty()) {
      return;
    }
    try (Workers workers = Workers.ofProcessors();
        SkewedLayer layer = new SkewedLayer(of, workers)) {
      torch.get().prepare(of.sizes(), layer.counts(ExpertLoad.W4));
      Map<String, Timed> competitors = new LinkedHashMap<>();
      competitors.put(LAYER, layer.timed(ExpertLoad.W4));
      competitors.put("torch bmm", torch.get().timed("bmm"));
      competitors.put("torch loop", torch.get().timed("loop"));
      BenchmarkRounds rounds = BenchmarkRounds.of(timer, competitors);
      milliseconds(rounds, LAYER);
      table.atLeast(BMM, rounds.ratio("torch bmm", LAYER), Bar.TORCH_BMM_BY_ZIPF);
      table.atLeast(LOOP, rounds.ratio("torch loop", LAYER), Bar.TORCH_LOOP);
    }
  }

  /** Compares rows with torch's einsums of algorithm 2, whose masks have all slots. */
  private void einsums(MoeCase of) throws MeasurementException {
    if (torch.isEmpty()) {
      return;
    }
    MoeSizes sizes = of.sizes();
    try (Workers workers = Workers.ofProcessors();
        MoeLayerParts parts = new MoeLayerParts(of, workers)) {
      torch
          .get()
          .prepareEinsums(sizes, Math.ceilDiv(sizes.tokens() * MoeCase.CHOICES, sizes.experts()));
      Map<String, Timed> competitors = new LinkedHashMap<>();
      competitors.put(DISPATCH, parts.dispatch(parts.dispatched()));
      competitors.put(COMBINE, parts.part(Part.COMBINE));
      competitors.put("torch dispatch", torch.get().timed("dispatch"));
      competitors.put("torch combine", torch.get().timed("combine"));
      BenchmarkRounds rounds = BenchmarkRounds.of(timer, competitors);
      competitors.keySet().forEach(what -> milliseconds(rounds, what));
      for (String what : List.of(DISPATCH, COMBINE)) {
        table.atLeast(
            "torch " + what + " / " + what, rounds.ratio("torch " + what, what), Bar.EINSUMS);
      }
    }
  }

  /** Compares the layer on few tokens with reading the weights of all experts that have a token. */
  private void decode(MoeCase of) throws MeasurementException {
    MoeLayerBenchmark layer = MoeLayerBenchmark.of(of);
    try (MoeLayerParts parts = new MoeLayerParts(of, layer.workers());
        NativeRows c = new NativeRows(layer.workers().parallelism())) {
      long matrix = Float.BYTES * of.sizes().model() * of.sizes().hidden();
      long bytes = parts.touched() * of.products() * matrix;
      BenchmarkRounds rounds =
          BenchmarkRounds.of(
              timer, Map.of(LAYER, Timed.of(layer::forward), "reading", c.read(bytes)));
      for (String what : List.of(LAYER, "reading")) {
        milliseconds(rounds, what);
        table.value(what + ", GB/s", "%.1f", bytes / rounds.median(what) / 1e9);
      }
      table.value("experts touched", "%d, %.1f MB", parts.touched(), bytes / 1e6);
      table.atLeast("reading / layer", rounds.ratio("reading", LAYER), Bar.READING);
    } finally {
      layer.close();
    }
  }
}
