package io.github.shardsum.lab.compare;

import static io.github.shardsum.lab.compare.ComparisonCommand.print;

import io.github.shardsum.bench.BenchmarkScript;
import io.github.shardsum.bench.EverydayForms;
import io.github.shardsum.measure.ChildProcess;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.ops.KernelInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Times every operation on tensors and NumPy's operation alternately, one thread each, on square
 * operands of f32; prints both times and the ratio of NumPy's to ours.
 *
 * <p>{@code SHARDSUM_PYTHON} names a Python with NumPy; {@code -XX:UseAVX=2} limits both sides to
 * 256 bits.
 */
public final class EverydayComparison {
  private static final int ROUNDS = 7;
  private static final double WARM_UP_SECONDS = 0.2;
  private static final double BLOCK_SECONDS = 0.004;
  private static final int SIZE = 512;

  /** The seconds of a call on both sides. */
  private record Row(String name, double ours, double theirs, Interval ratio) {
    void show() {
      print(
          "%-20s %9.1f us, NumPy %9.1f us, ratio %6.2f [%.2f, %.2f]%n",
          name, 1e6 * ours, 1e6 * theirs, ratio.median(), ratio.low(), ratio.high());
    }
  }

  private EverydayComparison() {}

  /**
   * Measures.
   *
   * @param arguments a regular expression that matches names of operations (default: all); then
   *     {@code smoke} for a few short rounds
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) throws IOException, MeasurementException {
    Pattern chosen = Pattern.compile(arguments.isEmpty() ? "" : arguments.getFirst());
    boolean smoke = arguments.size() > 1 && arguments.get(1).equals("smoke");
    InterleavedTimer timer =
        smoke
            ? InterleavedTimer.SMOKE
            : new InterleavedTimer(ROUNDS, WARM_UP_SECONDS, BLOCK_SECONDS, 0);
    List<Row> rows = new ArrayList<>();
    try (ChildProcess numpy = numpy()) {
      print("%s, %s%n", numpy.greeting(), KernelInfo.current());
      for (Map.Entry<String, Runnable> call : EverydayForms.calls(SIZE).entrySet()) {
        if (chosen.matcher(call.getKey()).find()) {
          row(timer, numpy, call.getKey(), call.getValue()).ifPresent(rows::add);
        }
      }
    }
    print("below 1:%n");
    rows.stream().filter(row -> row.ratio.median() < 1).forEach(Row::show);
    return true;
  }

  private static ChildProcess numpy() throws IOException, MeasurementException {
    String python = Optional.ofNullable(System.getenv("SHARDSUM_PYTHON")).orElse("python3");
    ProcessBuilder builder =
        new ProcessBuilder(
            python,
            "-c",
            BenchmarkScript.text(EverydayComparison.class, "everyday.py"),
            Integer.toString(SIZE));
    Map<String, String> environment = builder.environment();
    environment.put("OMP_NUM_THREADS", "1");
    environment.put("OPENBLAS_NUM_THREADS", "1");
    if (KernelInfo.current().vectorBits() == 256) {
      environment.put(
          "NPY_DISABLE_CPU_FEATURES",
          "X86_V4 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR");
    }
    return new ChildProcess(builder);
  }

  private static Optional<Row> row(
      InterleavedTimer timer, ChildProcess numpy, String name, Runnable call)
      throws MeasurementException {
    Map<String, Timed> competitors = new LinkedHashMap<>();
    competitors.put("ours", Timed.of(call));
    competitors.put("numpy", calls -> Double.parseDouble(numpy.ask(calls + " " + name)));
    try {
      BenchmarkRounds rounds = BenchmarkRounds.of(timer, competitors);
      Row row =
          new Row(
              name, rounds.median("ours"), rounds.median("numpy"), rounds.ratio("numpy", "ours"));
      row.show();
      return Optional.of(row);
    } catch (MeasurementException e) {
      print("%-20s %s%n", name, e.why());
      return Optional.empty();
    }
  }
}
