package io.github.shardsum.bench;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;

/**
 * Two that are timed in turns, so that what slows the machine down for a while slows both.
 *
 * @param first seconds a call, a round an element
 * @param second seconds a call in the same rounds
 */
public record PairedTiming(double[] first, double[] second) {
  private static final double MISSED_ON_A_SIDE = 0.025;

  /**
   * How much is measured.
   *
   * @param rounds how often each side has its turn
   * @param warmUp seconds that each side runs before
   * @param block seconds of a turn
   */
  public record Effort(int rounds, double warmUp, double block) {
    /** What a measurement takes. */
    public static final Effort FULL = new Effort(31, 2, 0.03);

    /** Enough to see that it works. */
    public static final Effort SMOKE = new Effort(3, 0.01, 0.001);
  }

  /** Someone who makes calls and says how long they took. */
  @FunctionalInterface
  public interface Timed {
    /**
     * Makes calls.
     *
     * @param calls how many
     * @return the seconds that all of them took
     */
    double seconds(long calls);

    /**
     * Someone who makes one call after the other.
     *
     * @param call the call
     * @return who times it
     */
    static Timed of(Runnable call) {
      return calls -> {
        long begin = System.nanoTime();
        for (long i = 0; i < calls; i++) {
          call.run();
        }
        return (System.nanoTime() - begin) / 1e9;
      };
    }
  }

  /**
   * Runs both in turns, the other one first in every second round.
   *
   * @param rounds how often each is timed
   * @param first one
   * @param second the other
   * @return what each took
   */
  public static PairedTiming of(int rounds, Timed first, Timed second) {
    return of(new Effort(rounds, Effort.FULL.warmUp(), Effort.FULL.block()), first, second);
  }

  /**
   * Runs both in turns, the other one first in every second round.
   *
   * @param effort how much of it
   * @param first one
   * @param second the other
   * @return what each took
   */
  public static PairedTiming of(Effort effort, Timed first, Timed second) {
    int rounds = effort.rounds();
    Timed[] both = {first, second};
    long[] calls = {warmUp(effort, first), warmUp(effort, second)};
    double[][] seconds = new double[2][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int turn = 0; turn < 2; turn++) {
        int who = (turn + round) % 2;
        // The first call brings caches back from whoever ran before; it does not count.
        both[who].seconds(1);
        seconds[who][round] = both[who].seconds(calls[who]) / calls[who];
      }
    }
    return new PairedTiming(seconds[0], seconds[1]);
  }

  private static long warmUp(Effort effort, Timed timed) {
    long calls = 1;
    for (double total = 0; total < effort.warmUp(); ) {
      double seconds = timed.seconds(calls);
      total += seconds;
      double fitting = effort.block() * calls / Math.max(seconds, 1e-9);
      calls = (long) Math.clamp(fitting, 1, 10.0 * calls);
    }
    return calls;
  }

  /**
   * A median between two order statistics that cover the true median with a probability of at least
   * 0.95.
   *
   * @param median the middle one
   * @param low lower end
   * @param high upper end
   */
  public record Interval(double median, double low, double high) {}

  /**
   * The median over the rounds of what is made of both.
   *
   * @param of makes a number of the seconds of first and second
   * @return the median and its interval
   */
  public Interval interval(DoubleBinaryOperator of) {
    double[] values = new double[first.length];
    Arrays.setAll(values, round -> of.applyAsDouble(first[round], second[round]));
    Arrays.sort(values);
    int rank = outermost(values.length);
    return new Interval(values[values.length / 2], values[rank], values[values.length - 1 - rank]);
  }

  /** The largest r such that r or fewer of n fair coins are heads at most one time in forty. */
  private static int outermost(int n) {
    double tail = 0;
    double term = Math.pow(0.5, n);
    for (int rank = 0; rank < n; rank++) {
      tail += term;
      if (tail > MISSED_ON_A_SIDE) {
        return Math.max(0, rank - 1);
      }
      term *= (double) (n - rank) / (rank + 1);
    }
    return 0;
  }

  /**
   * The middle one.
   *
   * @param values at least one
   * @return the median
   */
  public static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
