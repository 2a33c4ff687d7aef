package io.github.shardsum.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Only values that fit are generated, and a search for one ends. */
class GeneratorFilterTest {
  private static final Generator<Integer> NUMBERS = choices -> choices.nextInt(10);

  @Test
  void onlyValuesThatFitAreKept() {
    Generator<Integer> odd = NUMBERS.filter(number -> number % 2 == 1);
    for (long seed = 0; seed < 50; seed++) {
      assertEquals(1, odd.of(seed) % 2);
    }
    assertEquals(7, odd.generate(Choices.replay(4, 2, 7, 3)));
  }

  @Test
  void aSearchEnds() {
    AtomicInteger tried = new AtomicInteger();
    Generator<Integer> none = NUMBERS.filter(_ -> tried.incrementAndGet() < 0);
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> none.of(1));
    assertEquals("filter: no value fits", refused.getMessage());
    assertEquals(Generator.MOST_TRIES, tried.get());
    tried.set(0);
    // Beyond the end of a replay every value is the same.
    assertThrows(IllegalArgumentException.class, () -> none.generate(Choices.replay(1, 2)));
    assertEquals(2, tried.get());
  }
}
