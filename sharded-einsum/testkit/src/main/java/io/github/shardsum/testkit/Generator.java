package io.github.shardsum.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Makes values from choices. A generator is a pure function of the choices, so a seed always gives
 * the same value. Smaller choices should give a smaller value.
 *
 * @param <T> the type of the values
 */
@FunctionalInterface
public interface Generator<T> {
  /** The number of values that {@link #filter} tries in a row. */
  int MOST_TRIES = 1000;

  /**
   * Makes a value.
   *
   * @param choices the source of decisions
   * @return the value
   * @throws IllegalArgumentException if these choices give no value
   */
  T generate(Choices choices);

  /**
   * The value of a seed.
   *
   * @param seed the seed
   * @return the value
   */
  default T of(long seed) {
    return generate(Choices.seeded(seed));
  }

  /**
   * Values made from values of this generator.
   *
   * @param function makes a new value from a value
   * @param <U> the type of the new values
   * @return the generator
   */
  default <U> Generator<U> map(Function<? super T, ? extends U> function) {
    return choices -> function.apply(generate(choices));
  }

  /**
   * Values of a generator that depends on a value of this generator.
   *
   * @param function makes a generator from a value
   * @param <U> the type of the new values
   * @return the generator
   */
  default <U> Generator<U> flatMap(Function<? super T, Generator<U>> function) {
    return choices -> function.apply(generate(choices)).generate(choices);
  }

  /**
   * Only the values for which a predicate holds.
   *
   * @param predicate the condition for values to keep
   * @return the generator; it throws {@link IllegalArgumentException} if {@value #MOST_TRIES}
   *     values in a row do not satisfy the condition
   */
  default Generator<T> filter(Predicate<? super T> predicate) {
    return choices -> {
      for (int i = 0; i < MOST_TRIES; i++) {
        T value = generate(choices);
        if (predicate.test(value)) {
          return value;
        }
        if (choices.isExhausted()) {
          break;
        }
      }
      throw new IllegalArgumentException("filter: no value fits");
    };
  }

  /**
   * Lists of these values.
   *
   * @param least the least length, which is the simplest
   * @param most the largest length
   * @return the generator
   */
  default Generator<List<T>> lists(int least, int most) {
    return choices -> {
      List<T> list = new ArrayList<>();
      for (long length = choices.between(least, most); length > 0; length--) {
        list.add(generate(choices));
      }
      return List.copyOf(list);
    };
  }
}
