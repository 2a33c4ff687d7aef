package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckTest {
  private static <T> String smallest(Generator<T> generator, Check.Property<T> property) {
    AssertionError found =
        assertThrows(
            AssertionError.class, () -> Check.forAll(generator).tries(500).holds(property));
    return found.getMessage().substring(found.getMessage().indexOf("is\n") + 3);
  }

  @Test
  void aPropertyThatHoldsIsHeldAgainstThisManyValues() {
    List<Long> seen = new ArrayList<>();
    Check.forAll(choices -> choices.between(0, 1000)).tries(37).holds(seen::add);
    assertEquals(37, seen.size());
    assertTrue(seen.stream().distinct().count() > 20, seen::toString);
  }

  @Test
  void aNumberIsMadeAsSmallAsItFails() {
    assertEquals(
        "137", smallest(choices -> choices.between(0, 1_000_000), x -> assertTrue(x < 137)));
  }

  @Test
  void aListIsMadeShortAndItsElementsSmall() {
    Generator<Integer> digits = choices -> choices.nextInt(100);
    assertEquals(
        "[20]",
        smallest(digits.lists(0, 30), list -> assertTrue(list.stream().allMatch(x -> x < 20))));
    assertEquals("[0, 0, 0]", smallest(digits.lists(0, 30), list -> assertTrue(list.size() < 3)));
  }

  @Test
  void aShapeIsMadeSmall() {
    Check.Property<Shape> property = shape -> assertTrue(shape.rank() < 3 || shape.size(1) < 4);
    assertEquals("[1, 4, 1]", smallest(Shapes.of(6, 9), property));
  }

  @Test
  void anEquationIsMadeSmall() {
    String found =
        smallest(
            Equations.of(3, 4),
            each -> assertTrue(each.shapes().stream().allMatch(shape -> shape.rank() < 2)));
    assertTrue(found.contains("shapes=[[1, 1]]"), found);
  }

  @Test
  void onlyAFailureOfTheSameKindCounts() {
    AssertionError found =
        assertThrows(
            AssertionError.class,
            () ->
                Check.forAll(choices -> choices.between(0, 1000))
                    .holds(
                        x -> {
                          if (x >= 500) {
                            throw new IllegalStateException("large");
                          }
                          if (x >= 3) {
                            throw new UnsupportedOperationException("middle");
                          }
                        }));
    Throwable cause = assertInstanceOf(RuntimeException.class, found.getCause());
    String value = cause instanceof IllegalStateException ? "500" : "3";
    assertTrue(found.getMessage().endsWith("is\n" + value), found.getMessage());
  }

  @Test
  void theChoicesOfTheMessageGiveTheValueAgain() {
    Generator<Long> generator = choices -> choices.between(0, 1000);
    AssertionError found =
        assertThrows(
            AssertionError.class, () -> Check.forAll(generator).holds(x -> assertTrue(x < 400)));
    assertTrue(found.getMessage().contains("Choices.replay(400)"), found.getMessage());
    assertEquals(400, generator.generate(Choices.replay(400)));
  }
}
