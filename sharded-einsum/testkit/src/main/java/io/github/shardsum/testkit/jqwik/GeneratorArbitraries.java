package io.github.shardsum.testkit.jqwik;

import io.github.shardsum.testkit.Choices;
import io.github.shardsum.testkit.Generator;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.ShrinkingDistance;

/** Turns generators into jqwik's arbitraries; jqwik then shrinks the choices. */
@SuppressWarnings("exports") // Only users of jqwik need its module.
public final class GeneratorArbitraries {
  private GeneratorArbitraries() {}

  /**
   * A generator's values as an arbitrary.
   *
   * @param generator makes the values
   * @param <T> the type of the values
   * @return the arbitrary, which a provider method can return
   */
  public static <T> Arbitrary<T> of(Generator<T> generator) {
    return Arbitraries.fromGenerator(
        random -> generated(generator, Choices.seeded(random.nextLong())));
  }

  private static <T> Shrinkable<T> generated(Generator<T> generator, Choices choices) {
    return new Generated<>(generator, choices, generator.generate(choices));
  }

  /**
   * A value and the choices that generated it.
   *
   * @param generator makes the value
   * @param choices the choices from which the value is made
   * @param value the value
   */
  private record Generated<T>(Generator<T> generator, Choices choices, T value)
      implements Shrinkable<T> {
    @Override
    public Stream<Shrinkable<T>> shrink() {
      return choices.smaller().flatMap(this::ifMade);
    }

    private Stream<Shrinkable<T>> ifMade(Choices smaller) {
      try {
        Shrinkable<T> made = generated(generator, smaller);
        return made.distance().compareTo(distance()) < 0 ? Stream.of(made) : Stream.empty();
      } catch (IllegalArgumentException _) {
        return Stream.empty();
      }
    }

    @Override
    public ShrinkingDistance distance() {
      long[] drawn = choices.drawn();
      long sum = 0;
      for (long choice : drawn) {
        sum = sum > Long.MAX_VALUE - choice ? Long.MAX_VALUE : sum + choice;
      }
      return ShrinkingDistance.of(drawn.length, sum);
    }
  }
}
