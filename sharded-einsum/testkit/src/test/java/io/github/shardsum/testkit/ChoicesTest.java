package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChoicesTest {
  private static List<Long> some(Choices choices) {
    return List.of(
        (long) choices.nextInt(10),
        choices.between(-5, 5),
        choices.nextBoolean() ? 1L : 0L,
        choices.of(List.of(7L, 8L, 9L)));
  }

  @Test
  void aSeedGivesTheSameChoicesAndAnotherOthers() {
    Set<List<Long>> all = new HashSet<>();
    for (int seed = 0; seed < 50; seed++) {
      assertEquals(some(Choices.seeded(seed)), some(Choices.seeded(seed)));
      all.add(some(Choices.seeded(seed)));
    }
    assertTrue(all.size() > 30, all::toString);
  }

  @Test
  void whatWasDrawnIsHadAgain() {
    for (int seed = 0; seed < 50; seed++) {
      Choices drawn = Choices.seeded(seed);
      List<Long> values = some(drawn);
      Choices again = Choices.replay(drawn.drawn());
      assertEquals(values, some(again));
      assertArrayEquals(drawn.drawn(), again.drawn());
    }
  }

  @Test
  void beyondTheEndEveryChoiceIsTheSimplest() {
    Choices choices = Choices.replay(3);
    assertFalse(choices.isExhausted());
    assertEquals(List.of(3L, -5L, 0L, 7L), some(choices));
    assertTrue(choices.isExhausted());
    assertFalse(Choices.seeded(1).isExhausted());
  }

  @Test
  void aChoiceBeyondItsBoundIsTheLargest() {
    Choices choices = Choices.replay(100, 100);
    assertEquals(9, choices.nextInt(10));
    assertEquals(5, choices.between(-5, 5));
    assertArrayEquals(new long[] {9, 10}, choices.drawn());
  }

  @Test
  void permutationsHaveEachValueOnce() {
    List<Integer> values = List.of(1, 2, 3, 4, 5);
    assertEquals(values, Choices.replay().shuffled(values));
    for (int seed = 0; seed < 20; seed++) {
      assertEquals(new HashSet<>(values), new HashSet<>(Choices.seeded(seed).shuffled(values)));
    }
  }

  @Test
  void wrongBoundsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Choices.seeded(1).nextInt(0));
    assertThrows(IllegalArgumentException.class, () -> Choices.replay(-1));
  }
}
