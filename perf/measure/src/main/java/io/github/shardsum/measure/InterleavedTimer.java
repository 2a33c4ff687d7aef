package io.github.shardsum.measure;

import static io.github.shardsum.measure.Texts.wrongArgument;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Times competitors in interleaved rounds: in each round every one runs one block of calls, so a
 * slowdown of the machine affects all of them, and ratios are taken within a round.
 *
 * @param rounds rounds that count
 * @param warmUpSeconds the time that each runs before the rounds
 * @param blockSeconds the least time of a block; a longer call is a block by itself
 * @param pauseMillis the pause of all competitors before a block
 */
public record InterleavedTimer(
    int rounds, double warmUpSeconds, double blockSeconds, long pauseMillis) {
  private static final long MOST_CALLS = 10_000_000;

  /** With fewer rounds no two order statistics enclose the median with a probability of 0.95. */
  private static final int FEWEST = 6;

  private static final int MOST = 1000;

  /**
   * A call that takes more than this share of the time of a call of the previous block is not
   * progress.
   */
  private static final double SETTLED = 0.9;

  /** The JIT's share of a block's time above which warming up goes on. */
  private static final double COMPILING = 0.1;

  /** Limit of the warm-ups, even if times have not settled. */
  private static final int LONGEST = 5;

  /**
   * OpenMP's threads look for more work for up to 15 ms, and the next competitor would have fewer
   * processors meanwhile.
   */
  private static final long POOLS_SLEEP_MILLIS = 20;

  /**
   * The usual number of rounds, comparable to JMH's forks and iterations; about two seconds for
   * each case and competitor.
   */
  public static final InterleavedTimer USUAL = new InterleavedTimer(15, 1.0, 0.03, 0);

  /** More rounds, for a narrow interval where only two sides compete. */
  public static final InterleavedTimer LONG = new InterleavedTimer(31, 2.0, 0.03, 0);

  /** For a first look, and for tests. */
  public static final InterleavedTimer QUICK = new InterleavedTimer(6, 0.4, 0.005, 0);

  /** Just enough rounds to see that everything works. */
  public static final InterleavedTimer SMOKE = new InterleavedTimer(3, 0.01, 0.001, 0);

  /**
   * As usual, but with this number of rounds; the warm-up shrinks with it.
   *
   * @throws IllegalArgumentException if there are too few rounds for an interval, or over a
   *     thousand
   */
  public static InterleavedTimer of(int rounds) {
    if (rounds < FEWEST || rounds > MOST) {
      throw wrongArgument("--rounds: must be %d to %d, got %d", FEWEST, MOST, rounds);
    }
    double warmUp = Math.min(1, rounds / (double) USUAL.rounds) * USUAL.warmUpSeconds;
    return new InterleavedTimer(rounds, warmUp, USUAL.blockSeconds, 0);
  }

  /** The same timer for competitors that leave threads behind. */
  public InterleavedTimer withPauses() {
    return new InterleavedTimer(rounds, warmUpSeconds, blockSeconds, POOLS_SLEEP_MILLIS);
  }

  /**
   * Runs the rounds.
   *
   * @param competitors all prepared; one that fails is dropped
   * @param failures takes the failure of each that was dropped
   * @return seconds per call of each competitor that was not dropped, an element for each round
   */
  public <T extends Timed> Map<T, double[]> run(
      List<? extends T> competitors, Failures<? super T> failures) {
    return run(competitors, failures, InterleavedTimer::compiledMillis);
  }

  private static long compiledMillis() {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    boolean told = compiler != null && compiler.isCompilationTimeMonitoringSupported();
    return told ? compiler.getTotalCompilationTime() : 0;
  }

  /** Runs the rounds with another clock of the JIT: it gives the milliseconds spent compiling. */
  <T extends Timed> Map<T, double[]> run(
      List<? extends T> competitors, Failures<? super T> failures, LongSupplier compiledMillis) {
    Map<T, Long> calls = new LinkedHashMap<>();
    for (T competitor : competitors) {
      try {
        calls.put(competitor, warmUp(competitor, compiledMillis));
      } catch (MeasurementException e) {
        failures.failed(competitor, e);
      }
    }
    Map<T, double[]> seconds = new LinkedHashMap<>();
    calls.keySet().forEach(competitor -> seconds.put(competitor, new double[rounds]));
    for (int round = 0; round < rounds; round++) {
      for (T competitor : order(seconds.keySet(), round)) {
        try {
          double time = block(competitor, calls.getOrDefault(competitor, 1L));
          seconds.getOrDefault(competitor, new double[rounds])[round] = time;
        } catch (MeasurementException e) {
          seconds.remove(competitor);
          failures.failed(competitor, e);
        }
      }
    }
    return seconds;
  }

  /**
   * The first competitor changes every second round, and every second round is reversed. So no
   * competitor always follows the same neighbour, and of two neither is always first.
   */
  private static <T> List<T> order(Iterable<T> competitors, int round) {
    List<T> order = new ArrayList<>();
    competitors.forEach(order::add);
    Collections.rotate(order, round / 2);
    return round % 2 == 1 ? order.reversed() : order;
  }

  /**
   * Called when a competitor was dropped.
   *
   * @param <T> the competitors
   */
  @FunctionalInterface
  public interface Failures<T> {
    /** This competitor failed, and takes no further part. */
    void failed(T competitor, MeasurementException why);
  }

  /**
   * The first call restores caches and clock rates after the previous competitor; it does not
   * count.
   */
  private double block(Timed competitor, long calls) throws MeasurementException {
    pause();
    competitor.seconds(1);
    return competitor.seconds(calls) / calls;
  }

  private void pause() {
    try {
      Thread.sleep(pauseMillis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The number of calls of a block. Warming up finds it, and ends when the JIT has been quiet for
   * the given time and the calls become no faster. Times of calls do not show this: on several
   * threads a call may become slower while the JIT still works.
   */
  private long warmUp(Timed competitor, LongSupplier compiledMillis) throws MeasurementException {
    long calls = 1;
    double total = 0;
    double quiet = 0;
    double before = Double.MAX_VALUE;
    while (true) {
      long compiled = compiledMillis.getAsLong();
      double seconds = competitor.seconds(calls);
      double compiling = (compiledMillis.getAsLong() - compiled) / 1e3;
      total += seconds;
      quiet = compiling > COMPILING * seconds ? 0 : quiet + seconds;
      double call = seconds / calls;
      boolean settled = quiet >= warmUpSeconds && call > SETTLED * before;
      long next = calls(call, calls);
      if (settled || total > LONGEST * warmUpSeconds) {
        return next;
      }
      before = call;
      calls = next;
    }
  }

  private long calls(double secondsPerCall, long before) {
    double fitting = blockSeconds / Math.max(secondsPerCall, 1e-9);
    return (long) Math.clamp(fitting, 1, Math.min(MOST_CALLS, 10.0 * before));
  }
}
