package io.github.shardsum.testkit.jqwik;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.testkit.Choices;
import io.github.shardsum.testkit.Generator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import net.jqwik.api.Shrinkable;
import org.junit.jupiter.api.Test;

/** Values of jqwik's arbitraries are those of the generator, and become small. */
class GeneratorArbitrariesTest {
  private static final Generator<Integer> NUMBERS = choices -> choices.nextInt(1000);

  private static <T> List<Shrinkable<T>> drawn(Generator<T> generator, long seed, int count) {
    var random = new Random(seed);
    var made = GeneratorArbitraries.of(generator).generator(1000);
    List<Shrinkable<T>> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(made.next(random));
    }
    return values;
  }

  /** Follows the first smaller value that still fails, as jqwik does. */
  private static <T> T smallest(Shrinkable<T> value, Predicate<T> fails) {
    Shrinkable<T> at = value;
    while (true) {
      Optional<Shrinkable<T>> next =
          at.shrink().filter(each -> fails.test(each.value())).findFirst();
      if (next.isEmpty()) {
        return at.value();
      }
      assertTrue(next.get().distance().compareTo(at.distance()) < 0, "each step is smaller");
      at = next.get();
    }
  }

  private static <T> Shrinkable<T> failing(Generator<T> generator, Predicate<T> fails) {
    return drawn(generator, 1, 200).stream()
        .filter(each -> fails.test(each.value()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aSeedGivesTheSameValues() {
    List<Integer> values = drawn(NUMBERS, 5, 50).stream().map(Shrinkable::value).toList();
    assertEquals(values, drawn(NUMBERS, 5, 50).stream().map(Shrinkable::value).toList());
    assertNotEquals(values, drawn(NUMBERS, 6, 50).stream().map(Shrinkable::value).toList());
    assertTrue(values.stream().distinct().count() > 40, values::toString);
  }

  @Test
  void aFailingValueIsMadeAsSmallAsItCanBe() {
    assertEquals(137, smallest(failing(NUMBERS, each -> each >= 137), each -> each >= 137));
    Predicate<List<Integer>> fails = list -> sum(list) >= 1500;
    List<Integer> least = smallest(failing(NUMBERS.lists(0, 9), fails), fails);
    assertEquals(1500, sum(least), least::toString);
    assertFalse(least.contains(0), least::toString);
  }

  private static int sum(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).sum();
  }

  /** Smaller choices may give no value; the others are still tried. */
  @Test
  void choicesWithoutAValueAreNotOffered() {
    Generator<List<Integer>> pairs =
        choices -> {
          List<Integer> pair = List.of(choices.nextInt(1000), choices.nextInt(1000));
          if (sum(pair) == 0) {
            throw new IllegalArgumentException("pair: must not be of zeros");
          }
          return pair;
        };
    assertEquals(1, sum(smallest(drawn(pairs, 3, 1).getFirst(), _ -> true)));
  }

  @Test
  void sumsOfChoicesDoNotOverflow() {
    Generator<List<Long>> large =
        choices -> List.of(large(choices), large(choices), large(choices));
    for (Shrinkable<List<Long>> value : drawn(large, 2, 20)) {
      assertEquals(List.of(0L, 0L, 0L), smallest(value, _ -> true));
    }
  }

  private static long large(Choices choices) {
    return choices.between(0, 1L << 62);
  }
}
