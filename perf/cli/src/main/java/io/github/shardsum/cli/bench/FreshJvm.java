package io.github.shardsum.cli.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.cli.common.OwnJvm;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Roofline;
import io.github.shardsum.tensor.DType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Cases that need a JVM of their own: one that is cold, or has other flags. */
final class FreshJvm {
  private static final List<String> VECTORS = List.of("--add-modules", "jdk.incubator.vector");
  private static final int STARTS = 5;

  /** A command of util-linux. */
  private static final List<String> ONE_PROCESSOR = List.of("taskset", "-c", "0");

  /** Share of the peak, including the packing of operands that fit into the second-level cache. */
  private static final double TILE_SHARE = 0.85;

  private static final long DEADLINE_SECONDS = 120;
  private static final long WINDOW_NANOS = 100_000_000;
  private static final String PRODUCT = "product-f32-1024";

  private FreshJvm() {}

  /** The cases. */
  static List<KernelCase> cases() {
    return List.of(
        new KernelCase(
            KernelCase.KERNEL,
            "first-product",
            "s over a warm one",
            true,
            0.5,
            false,
            (_, _) -> firstProduct()),
        new KernelCase(
            KernelCase.KERNEL,
            "vectors-of-256",
            "of that width's peak",
            false,
            0.8,
            false,
            FreshJvm::narrow),
        new KernelCase(
            KernelCase.KERNEL, "no-incubator", "of the peak", false, 0.5, false, FreshJvm::plain),
        tile(DType.F32),
        tile(DType.F64));
  }

  /**
   * The best round of the slowest of several JVMs, on one processor, where C2 compiles while the
   * kernel waits. It shows whether some JVM compiled the register tile badly, which a median in one
   * JVM does not show.
   */
  private static KernelCase tile(DType dtype) {
    return new KernelCase(
        KernelCase.KERNEL,
        "tile-" + dtype,
        format("of the peak, the least of %d JVMs on one processor", STARTS),
        false,
        TILE_SHARE,
        false,
        (_, _) -> tiles(dtype));
  }

  private static Interval tiles(DType dtype) throws MeasurementException {
    double least = Double.MAX_VALUE;
    double peak = 0;
    for (int start = 0; start < STARTS; start++) {
      List<String> command =
          new ArrayList<>(
              command(VECTORS, BenchTileProbe.class.getName(), List.of(dtype.toString())));
      command.addAll(0, ONE_PROCESSOR);
      String[] rates = output(command).lines().toList().getLast().split(" ", -1);
      least = Math.min(least, Double.parseDouble(rates[0]));
      peak = Math.max(peak, Double.parseDouble(rates[1]));
    }
    return Interval.exactly(least / peak);
  }

  private static Interval firstProduct() throws MeasurementException {
    double[] later = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      String text = run(VECTORS, BenchColdStartProbe.class.getName(), List.of());
      later[i] = Double.parseDouble(text.lines().toList().getLast());
    }
    return Interval.of(later);
  }

  private static Interval narrow(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    List<String> flags = new ArrayList<>(VECTORS);
    flags.add("-XX:MaxVectorSize=32");
    double share = product(flags, rounds).get("share").doubleValue();
    return Interval.exactly(share);
  }

  /** The share of the machine's vector peak, not of the rate of plain loops. */
  private static Interval plain(Workers workers, InterleavedTimer rounds)
      throws MeasurementException {
    BenchCase subject =
        BenchCases.listed().stream().filter(c -> c.id().equals(PRODUCT)).findFirst().orElseThrow();
    double seconds = product(List.of(), rounds).get("seconds").doubleValue();
    double peak = new Roofline(workers, WINDOW_NANOS).flops(DType.F32);
    double share = subject.flops() / seconds / peak;
    return Interval.exactly(share);
  }

  private static JsonNode product(List<String> flags, InterleavedTimer rounds)
      throws MeasurementException {
    String printed = run(flags, OwnJvm.MAIN, product(rounds.equals(InterleavedTimer.QUICK)));
    // Lines that the JVM itself prints, such as a warning about huge pages, come first.
    String json = printed.substring(Math.max(0, printed.indexOf('{')));
    return JsonMapper.shared().readTree(json).get("cases").get(0).get("results").get(0);
  }

  /** The command line that measures the product. */
  static List<String> product(boolean isQuick) {
    List<String> arguments = new ArrayList<>(List.of("bench", "--threads", "1"));
    arguments.addAll(List.of("--peers", "none", "--json"));
    arguments.addAll(List.of("--filter", "^product-f32/" + PRODUCT + "$"));
    if (isQuick) {
      arguments.add("--quick");
    }
    return arguments;
  }

  /**
   * Flags that the child inherits, so that peak and product are measured under the same conditions:
   * huge pages, instruction set and heap.
   */
  private static List<String> inherited() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(
            option ->
                option.startsWith("-Xmx")
                    || option.startsWith("-XX:UseAVX=")
                    || (option.startsWith("-XX:") && option.contains("HugePages")))
        .toList();
  }

  private static List<String> command(List<String> flags, String main, List<String> arguments)
      throws MeasurementException {
    if (!OwnJvm.hasModules()) {
      throw new MeasurementException("another JVM: needs a module path: start it by ./shardsum");
    }
    List<String> command = new ArrayList<>(List.of(OwnJvm.java()));
    command.addAll(inherited());
    command.addAll(flags);
    command.addAll(OwnJvm.main(main));
    command.addAll(arguments);
    return command;
  }

  private static String run(List<String> flags, String main, List<String> arguments)
      throws MeasurementException {
    return output(command(flags, main, arguments));
  }

  private static String output(List<String> command) throws MeasurementException {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new MeasurementException(
            format("another JVM failed: `%s`", String.join(" ", command)));
      }
      return text;
    } catch (IOException e) {
      throw new MeasurementException("another JVM: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MeasurementException("interrupted");
    }
  }
}
