package io.github.shardsum.testkit;

import io.github.shardsum.internal.testkit.Shrinker;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * Checks a property on generated values, and makes a failing example smaller. Immutable; every run
 * tries the same values.
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
     * Returns normally if the property holds for a value.
     *
     * @param value the value
     * @throws Exception or an error if the property does not hold
     */
    void check(T value) throws Exception;
  }

  /**
   * A check of 100 values.
   *
   * @param generator makes the values
   * @param <T> the type of the values
   * @return the check
   */
  public static <T> Check<T> forAll(Generator<T> generator) {
    return new Check<>(Objects.requireNonNull(generator, "generator"), 100, 1);
  }

  /**
   * The same check with another number of values.
   *
   * @param count number of values, at least 1
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
   * @param first seed of the first value; each further value has the next seed
   * @return the check
   */
  public Check<T> seed(long first) {
    return new Check<>(generator, tries, first);
  }

  /**
   * Checks a property on all values.
   *
   * @param property the property
   * @throws AssertionError if the property fails for a value; the message has the smallest value
   *     found that fails in the same way, and the choices that generate this value
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

  /**
   * The choices of an example, if the property fails for the example in the same way as at first.
   */
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
