package io.github.shardsum.cli.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Times contestants in turns: in every round each runs one block of calls, so that whatever slows
 * the machine down for a while slows all of them, and a ratio is taken within a round.
 *
 * @param rounds rounds that count
 * @param warmUpSeconds how long each runs first, after what the JIT compiles meanwhile
 * @param blockSeconds how long a block lasts at least; a call that takes longer is a block
 * @param pauseMillis how long everybody rests before a block
 */
record InterleavedTimer(int rounds, double warmUpSeconds, double blockSeconds, long pauseMillis) {
  private static final int MOST_CALLS = 10_000_000;

  /** Of fewer no two order statistics enclose the median with a probability of 0.95. */
  private static final int FEWEST = 6;

  private static final int MOST = 1000;

  /** A block that takes this share of the one before brings nothing new. */
  private static final double SETTLED = 0.9;

  /** The JIT's part of a block's time from which on it still brings something. */
  private static final double COMPILING = 0.1;

  /** Warm-ups after which it is enough, settled or not. */
  private static final int LONGEST = 5;

  /**
   * The threads of OpenMP look for more work for up to 15 ms, in which whoever comes next has fewer
   * processors.
   */
  private static final long POOLS_SLEEP_MILLIS = 20;

  /** What a JMH user would call forks and iterations; about two seconds a case and contestant. */
  static final InterleavedTimer USUAL = new InterleavedTimer(15, 1.0, 0.03, 0);

  /**
   * As usual, but so many; the warm-up shrinks with them.
   *
   * @throws IllegalArgumentException if they are fewer than give an interval, or over a thousand
   */
  static InterleavedTimer of(int rounds) {
    if (rounds < FEWEST || rounds > MOST) {
      throw new IllegalArgumentException(
          "--rounds: wanted %d to %d, got %d".formatted(FEWEST, MOST, rounds));
    }
    double warmUp = Math.min(1, rounds / (double) USUAL.rounds) * USUAL.warmUpSeconds;
    return new InterleavedTimer(rounds, warmUp, USUAL.blockSeconds, 0);
  }

  /** The same for contestants that leave threads behind. */
  InterleavedTimer withPauses() {
    return new InterleavedTimer(rounds, warmUpSeconds, blockSeconds, POOLS_SLEEP_MILLIS);
  }

  /** For a look, and for tests. */
  static final InterleavedTimer QUICK = new InterleavedTimer(6, 0.4, 0.005, 0);

  /**
   * Runs the rounds.
   *
   * @param contestants all prepared; who fails is dropped
   * @param failures told of each that was dropped
   * @return seconds a call, a round an element, by name
   */
  Map<String, double[]> run(List<? extends Timed> contestants, Failures failures) {
    return run(contestants, failures, InterleavedTimer::compiledMillis);
  }

  private static long compiledMillis() {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    boolean told = compiler != null && compiler.isCompilationTimeMonitoringSupported();
    return told ? compiler.getTotalCompilationTime() : 0;
  }

  /** The same by another clock of the JIT: milliseconds that it has compiled for. */
  Map<String, double[]> run(
      List<? extends Timed> contestants, Failures failures, LongSupplier compiledMillis) {
    Map<Timed, Integer> calls = new LinkedHashMap<>();
    for (Timed contestant : contestants) {
      try {
        calls.put(contestant, warmUp(contestant, compiledMillis));
      } catch (PeerException e) {
        failures.failed(contestant, e);
      }
    }
    Map<Timed, double[]> seconds = new LinkedHashMap<>();
    calls.keySet().forEach(contestant -> seconds.put(contestant, new double[rounds]));
    for (int round = 0; round < rounds; round++) {
      // Another one begins each time: nobody always follows the same neighbour's leftovers.
      List<Timed> order = new ArrayList<>(seconds.keySet());
      Collections.rotate(order, round);
      if (round % 2 == 1) {
        Collections.reverse(order);
      }
      for (Timed contestant : order) {
        try {
          double time = block(contestant, calls.getOrDefault(contestant, 1));
          seconds.getOrDefault(contestant, new double[rounds])[round] = time;
        } catch (PeerException e) {
          seconds.remove(contestant);
          failures.failed(contestant, e);
        }
      }
    }
    Map<String, double[]> result = new LinkedHashMap<>();
    seconds.forEach((contestant, times) -> result.put(contestant.name(), times));
    return result;
  }

  /** Who is told that a contestant was dropped. */
  @FunctionalInterface
  interface Failures {
    /** It failed, and takes no further part. */
    void failed(Timed contestant, PeerException why);
  }

  /** The first call brings caches and clocks back from whoever ran before; it does not count. */
  private double block(Timed contestant, int calls) throws PeerException {
    pause();
    contestant.seconds(1);
    return contestant.seconds(calls) / calls;
  }

  private void pause() {
    try {
      Thread.sleep(pauseMillis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Calls of a block, found while warming up, which goes on until the JIT has been quiet for that
   * long and the calls are no faster than before. Their times alone do not tell: on several threads
   * a call beside the JIT may take longer than one before.
   */
  private int warmUp(Timed contestant, LongSupplier compiledMillis) throws PeerException {
    int calls = 1;
    double total = 0;
    double quiet = 0;
    double before = Double.MAX_VALUE;
    while (true) {
      long compiled = compiledMillis.getAsLong();
      double seconds = contestant.seconds(calls);
      double compiling = (compiledMillis.getAsLong() - compiled) / 1e3;
      total += seconds;
      quiet = compiling > COMPILING * seconds ? 0 : quiet + seconds;
      double call = seconds / calls;
      boolean settled = quiet >= warmUpSeconds && call > SETTLED * before;
      int next = calls(call, calls);
      if (settled || total > LONGEST * warmUpSeconds) {
        return next;
      }
      before = call;
      calls = next;
    }
  }

  private int calls(double secondsPerCall, int before) {
    double fitting = blockSeconds / Math.max(secondsPerCall, 1e-9);
    return (int) Math.clamp(fitting, 1, Math.min(MOST_CALLS, 10.0 * before));
  }
}
