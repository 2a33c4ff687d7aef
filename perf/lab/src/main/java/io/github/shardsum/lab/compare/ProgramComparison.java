package io.github.shardsum.lab.compare;

import static io.github.shardsum.lab.compare.ComparisonCommand.print;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.bench.BenchmarkData;
import io.github.shardsum.bench.CompileBenchmark;
import io.github.shardsum.bench.MoeProgramBenchmark;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.program.Program;
import java.util.List;

/**
 * Measures the cost of programs: the Mixture-of-Experts layer as a program against its kernels
 * called by hand, as a ratio with a paired interval; and compiling a program of 1,000 operations in
 * a warm JVM. The exit status is 1 if a promise is missed. One thread.
 *
 * <p>Arguments: any of {@code moe}, {@code compile}; none for both.
 */
public final class ProgramComparison {
  private static final int ROUNDS = 61;

  /** A program may cost 2 % more than its kernels. */
  private static final double MOST_OF_HAND = 1.02;

  private static final double MOST_SECONDS = 0.3;
  private static final List<MoeSizes> LAYERS =
      List.of(new MoeSizes(2, 512, 8, 128, 128, 512), new MoeSizes(4, 1024, 8, 256, 128, 512));

  private final Promises promises = new Promises();

  private ProgramComparison() {}

  /**
   * Measures.
   *
   * @param arguments moe and compile; none for both
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) throws MeasurementException {
    List<String> wanted = arguments.isEmpty() ? List.of("moe", "compile") : arguments;
    ProgramComparison times = new ProgramComparison();
    for (String what : wanted) {
      switch (what) {
        case "moe" -> {
          for (MoeSizes layer : LAYERS) {
            times.layer(layer);
          }
        }
        case "compile" -> times.compile();
        default ->
            throw new IllegalArgumentException("argument: must be moe or compile, got " + what);
      }
    }
    return times.promises.areKept();
  }

  private void layer(MoeSizes sizes) throws MeasurementException {
    MoeProgramBenchmark both = new MoeProgramBenchmark(sizes);
    both.setUp();
    PairedTiming times =
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS), Timed.of(both::byHand), Timed.of(both::asProgram));
    Interval ratio = times.interval((hand, program) -> program / hand);
    print(
        "%s%n  by hand %.3f ms, as a program %.3f ms, %d pairs: %.3f [%.3f, %.3f], at most %.2f %s%n",
        sizes,
        Interval.median(times.first()) * 1e3,
        Interval.median(times.second()) * 1e3,
        ROUNDS,
        ratio.median(),
        ratio.low(),
        ratio.high(),
        MOST_OF_HAND,
        promises.verdict(ratio.median() <= MOST_OF_HAND));
  }

  private void compile() throws MeasurementException {
    LocalBackend backend = LocalBackend.of(Workers.sequential());
    Program program = CompileBenchmark.program();
    String text = program.toString();
    PairedTiming times =
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS),
            Timed.of(() -> backend.compile(program).close()),
            Timed.of(
                () -> BenchmarkData.check("outputs", 1, Program.parse(text).outputs().size(), 0)));
    Interval compiling = times.interval((compiled, parsed) -> compiled);
    print(
        "compiling %d operations %.2f ms [%.2f, %.2f], at most %.0f ms %s; parsing them %.2f ms%n",
        program.statements().size(),
        compiling.median() * 1e3,
        compiling.low() * 1e3,
        compiling.high() * 1e3,
        MOST_SECONDS * 1e3,
        promises.verdict(compiling.high() <= MOST_SECONDS),
        Interval.median(times.second()) * 1e3);
  }
}
