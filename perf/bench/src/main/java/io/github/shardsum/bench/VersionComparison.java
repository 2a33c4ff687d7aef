package io.github.shardsum.bench;

import io.github.shardsum.measure.ChildProcess;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.Timed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Compares two versions of the library: whether their results have the same bits, and how long the
 * later one takes. Two JVMs, one with each version, run blocks of calls in turns. The median ratio
 * of a pair of JVMs is one observation, because the JIT may compile a method better in one JVM than
 * in the next; the interval is over the pairs.
 *
 * <p>Arguments: the class paths of both versions, each with this class, a number of pairs, a number
 * of threads, and cases (default: all). The exit status is 1 if bits differ. {@code
 * perf/bench/versions} gives the class paths.
 */
public final class VersionComparison {
  /** Names of the cases. */
  static final List<String> CASES =
      List.of(
          "einsums",
          "all-to-all 1K",
          "all-to-all 1M",
          "all-reduce 1K",
          "all-reduce 1M",
          "layer",
          "layer gradient",
          "slots gradient",
          "plan",
          "mesh",
          "training");

  private static final InterleavedTimer TIMER = new InterleavedTimer(9, 1, 0.02, 0);

  /** Warm-ups of a JVM, in turns too. */
  private static final int WARM_UPS = 3;

  private VersionComparison() {}

  /**
   * Two versions.
   *
   * @param before the class path of the earlier one
   * @param after the class path of the later one
   * @param threads the number of threads of either
   */
  record Versions(String before, String after, int threads) {}

  /**
   * A case in both versions.
   *
   * @param before the digest of the earlier version's results
   * @param after the digest of the later version's results
   * @param ratio the later version's time over the earlier's
   * @param pairs the number of pairs of JVMs
   */
  record Outcome(String before, String after, Interval ratio, int pairs) {
    boolean hasSameBits() {
      return before.equals(after);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "after / before %.3f [%.3f, %.3f], %d pairs, bits %s",
          ratio.median(),
          ratio.low(),
          ratio.high(),
          pairs,
          hasSameBits() ? before : "DIFFER: " + before + ", " + after);
    }
  }

  /**
   * Measures and prints a line a case.
   *
   * @param arguments the arguments of the command line
   */
  public static void main(String[] arguments) throws IOException, MeasurementException {
    if (arguments.length < 4) {
      throw new IllegalArgumentException(
          "arguments: must be BEFORE AFTER PAIRS THREADS [CASE...], got " + List.of(arguments));
    }
    Versions versions = new Versions(arguments[0], arguments[1], Integer.parseInt(arguments[3]));
    List<String> cases = List.of(arguments).subList(4, arguments.length);
    boolean same = true;
    for (String name : cases.isEmpty() ? CASES : cases) {
      Outcome outcome = compare(versions, name, Integer.parseInt(arguments[2]), TIMER);
      System.out.printf(Locale.ROOT, "%-15s %s%n", name, outcome);
      same &= outcome.hasSameBits();
    }
    System.exit(same ? 0 : 1);
  }

  static Outcome compare(Versions versions, String name, int pairs, InterleavedTimer timer)
      throws IOException, MeasurementException {
    InterleavedTimer warmed = new InterleavedTimer(timer.rounds(), 0, timer.blockSeconds(), 0);
    Set<String> bits = new LinkedHashSet<>();
    Set<String> others = new LinkedHashSet<>();
    double[] ratios = new double[pairs];
    for (int pair = 0; pair < pairs; pair++) {
      try (ChildProcess one = start(versions.before(), versions.threads());
          ChildProcess other = start(versions.after(), versions.threads())) {
        bits.add(one.ask("prepare " + name));
        others.add(other.ask("prepare " + name));
        for (int i = 0; i < WARM_UPS; i++) {
          one.ask("warm " + timer.warmUpSeconds());
          other.ask("warm " + timer.warmUpSeconds());
        }
        ratios[pair] = PairedTiming.of(warmed, timed(other), timed(one)).ratio().median();
      }
    }
    return new Outcome(
        String.join(" ", bits), String.join(" ", others), Interval.of(ratios), pairs);
  }

  private static Timed timed(ChildProcess process) {
    return calls -> Double.parseDouble(process.ask("time " + calls));
  }

  private static ChildProcess start(String classPath, int threads)
      throws IOException, MeasurementException {
    return new ChildProcess(
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-Xmx2g",
            "-cp",
            classPath,
            "io.github.shardsum.bench.VersionCases",
            Integer.toString(threads)));
  }
}
