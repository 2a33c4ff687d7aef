package io.github.shardsum.testkit;

import io.github.shardsum.internal.testkit.Shrinker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * The source of a generator's decisions: whole numbers from 0 on, drawn from a seed or replayed
 * from a list, and recorded. For each decision 0 should be the simplest choice, since a failing
 * example is made smaller by replaying fewer and smaller numbers. Beyond the end of a replayed list
 * every decision is 0. Not thread-safe.
 *
 * <p>The shrinker therefore needs no knowledge of values and works for every generator, as in
 * Hypothesis (MacIver and Donaldson, "Test-Case Reduction via Test-Case Generation", ECOOP 2020).
 */
public final class Choices {
  private final Random random;
  private final long[] given;
  private final boolean replayed;
  private long[] drawn = new long[64];
  private int count;

  private Choices(Random random, long[] given, boolean replayed) {
    this.random = random;
    this.given = given;
    this.replayed = replayed;
  }

  /**
   * Choices drawn from a seed.
   *
   * @param seed the seed; equal seeds give equal choices
   * @return the choices
   */
  public static Choices seeded(long seed) {
    return new Choices(new Random(seed), new long[0], false);
  }

  /**
   * Choices replayed.
   *
   * @param choices numbers, each at least 0; a number beyond its decision's bound counts as the
   *     largest allowed
   * @return the choices
   */
  public static Choices replay(long... choices) {
    for (long choice : choices) {
      if (choice < 0) {
        throw new IllegalArgumentException("choices must be at least 0, got " + choice);
      }
    }
    return new Choices(new Random(0), choices.clone(), true);
  }

  /**
   * A whole number below a bound.
   *
   * @param bound one more than the largest number, at least 1
   * @return a number from 0 to bound - 1
   */
  public int nextInt(int bound) {
    return Math.toIntExact(next(bound));
  }

  /**
   * A whole number in an interval.
   *
   * @param least the least number, which is the simplest
   * @param most the largest number, at least the least; their distance must be a {@code long}
   * @return a number from least to most
   */
  public long between(long least, long most) {
    return least + next(Math.addExact(Math.subtractExact(most, least), 1));
  }

  /**
   * Yes or no.
   *
   * @return true or false; false is simpler
   */
  public boolean nextBoolean() {
    return next(2) == 1;
  }

  /**
   * A real number of 20 bits.
   *
   * @return a number from 0 to below 1
   */
  public double nextDouble() {
    return next(1 << 20) * 0x1p-20;
  }

  /**
   * One of several options.
   *
   * @param options the options, at least one, the simplest first
   * @param <T> the type of the options
   * @return one of the options
   */
  public <T> T of(List<T> options) {
    return options.get(nextInt(options.size()));
  }

  /**
   * A permutation.
   *
   * @param values the values
   * @param <T> the type of the values
   * @return the values in some order; the given order is the simplest
   */
  public <T> List<T> shuffled(List<T> values) {
    List<T> rest = new ArrayList<>(values);
    List<T> shuffled = new ArrayList<>();
    while (!rest.isEmpty()) {
      shuffled.add(rest.remove(nextInt(rest.size())));
    }
    return shuffled;
  }

  /**
   * Whether a replay has no choices left; a generator should then add nothing more.
   *
   * @return false for choices drawn from a seed
   */
  public boolean isExhausted() {
    return replayed && count >= given.length;
  }

  /**
   * The choices so far, which {@link #replay} can repeat.
   *
   * @return the numbers in order
   */
  public long[] drawn() {
    return Arrays.copyOf(drawn, count);
  }

  /**
   * Replays of fewer or smaller choices than the recorded ones, the smallest first.
   *
   * @return the replays; a failing replay is a smaller example
   */
  public Stream<Choices> smaller() {
    return Shrinker.smaller(drawn()).map(Choices::replay);
  }

  private long next(long bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound must be at least 1, got " + bound);
    }
    long choice;
    if (replayed) {
      choice = count < given.length ? Math.min(given[count], bound - 1) : 0;
    } else {
      choice = random.nextLong(bound);
    }
    if (count == drawn.length) {
      drawn = Arrays.copyOf(drawn, 2 * count);
    }
    drawn[count++] = choice;
    return choice;
  }
}
