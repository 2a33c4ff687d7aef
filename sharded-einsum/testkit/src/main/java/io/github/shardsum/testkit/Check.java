package io.github.shardsum.testkit;

import io.github.shardsum.internal.testkit.Shrinker;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * A property that is checked on generated values. A failing example is made smaller. Immutable;
 * every run tries the same values.
 *
 * <pre>{@code
 * Check.forAll(Layouts.meshes()).tries(200).holds(
 *     mesh -> ShardedCheck.of(program).on(mesh).equalsUnsharded());
 * }</pre>
 *
 * @param <T> the values' type
 */
public final class Check<T> {
  private static final int MOST_SHRINKS = 2000;

  private final Generator<T> generator;
  private final int tries;
  private final long seed;

  private Check(Generator<T> generator, int tries, long seed) {
    this.generator = generator;
    this.tries = tries;
    this.seed = seed;
  }

  /**
   * A property of a value.
   *
   * @param <T> the value's type
   */
  @FunctionalInterface
  public interface Property<T> {
    /**
     * Returns if it holds.
     *
     * @param value the value
     * @throws Exception or an error if it does not
     */
    void check(T value) throws Exception;
  }

  /**
   * A check of 100 values.
   *
   * @param generator makes the values
   * @param <T> their type
   * @return the check
   */
  public static <T> Check<T> forAll(Generator<T> generator) {
    return new Check<>(Objects.requireNonNull(generator, "generator"), 100, 1);
  }

  /**
   * The same check with another number of values.
   *
   * @param count how many, at least 1
   * @return the check
   */
  public Check<T> tries(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("tries must be at least 1, got " + count);
    }
    return new Check<>(generator, count, seed);
  }

  /**
   * The same check with other values.
   *
   * @param first seed of the first value; each next one has the next seed
   * @return the check
   */
  public Check<T> seed(long first) {
    return new Check<>(generator, tries, first);
  }

  /**
   * Checks a property on all values.
   *
   * @param property the property
   * @throws AssertionError if it fails for a value; the error has the smallest value found that
   *     fails in the same way, and the choices that generate it
   */
  public void holds(Property<? super T> property) {
    for (int i = 0; i < tries; i++) {
      Choices choices = Choices.seeded(seed + i);
      Optional<Throwable> failure = failure(generator.generate(choices), property);
      if (failure.isPresent()) {
        throw falsified(seed + i, choices.drawn(), failure.get(), property);
      }
    }
  }

  private static <T> Optional<Throwable> failure(T value, Property<? super T> property) {
    try {
      property.check(value);
      return Optional.empty();
    } catch (Exception | AssertionError | StackOverflowError failed) {
      return Optional.of(failed);
    }
  }

  private AssertionError falsified(
      long found, long[] choices, Throwable first, Property<? super T> property) {
    Class<?> kind = first.getClass();
    long[] smallest = Shrinker.shrink(choices, each -> failing(each, kind, property), MOST_SHRINKS);
    T value = generator.generate(Choices.replay(smallest));
    Throwable cause = failure(value, property).orElse(first);
    return new AssertionError(
        "falsified by the value of seed "
            + found
            + "; the smallest found, Choices.replay"
            + Arrays.toString(smallest).replace('[', '(').replace(']', ')')
            + ", is\n"
            + value,
        cause);
  }

  /** The choices of an example, if the property fails for it in the same way as at first. */
  private Optional<long[]> failing(long[] choices, Class<?> kind, Property<? super T> property) {
    Choices replay = Choices.replay(choices);
    T value;
    try {
      value = generator.generate(replay);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
    return failure(value, property).filter(kind::isInstance).map(_ -> replay.drawn());
  }
}
