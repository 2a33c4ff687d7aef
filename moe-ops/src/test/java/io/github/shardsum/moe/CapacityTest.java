package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class CapacityTest {
  @Test
  void thePaperHasTwoTimesTokensOverExperts() {
    assertEquals(256, Capacity.factor(1).slots(2, 2048, 16));
    assertEquals(4, Capacity.factor(1).slots(2, 6, 3));
  }

  @Test
  void roundsUpDownOrEachChoiceUp() {
    assertEquals(3, Capacity.factor(1).slots(2, 5, 4));
    assertEquals(2, Capacity.factor(1).rounding(Capacity.Rounding.FLOOR).slots(2, 5, 4));
    assertEquals(4, Capacity.factor(1).rounding(Capacity.Rounding.CEIL_PER_CHOICE).slots(2, 5, 4));
  }

  @Test
  void theFactorIsTheDecimalNumberThatPrintsIt() {
    assertEquals(2, Capacity.factor(1.1).slots(2, 10, 11));
    assertEquals(55, Capacity.factor(1.1).slots(1, 100, 2));
  }

  @Test
  void theMinimumComesBeforeTheMultiple() {
    assertEquals(8, Capacity.factor(0.1).atLeast(5).multipleOf(4).slots(1, 10, 10));
    assertEquals(1, Capacity.factor(0.01).rounding(Capacity.Rounding.FLOOR).slots(1, 10, 10));
    assertEquals(12, new Capacity.LargestLoad(4).slots(9));
    assertEquals(1, new Capacity.LargestLoad(1).slots(0));
  }

  @Test
  void moreSlotsThanPositionsIsAnErrorBeforeAnyWork() {
    RouteOptions huge = RouteOptions.builder().capacity(Capacity.fixed(Integer.MAX_VALUE)).build();
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> Route.of(Tensor.zeros(DType.F32, 1, 2, 2), huge, Randomness.seeded(1)));
    assertTrue(thrown.toString().contains("[E, C]"), thrown.toString());
  }

  @Test
  void aFactorBeyondAllSizesIsAnError() {
    assertThrows(IllegalArgumentException.class, () -> Capacity.factor(1e300).slots(2, 1024, 16));
    assertThrows(IllegalArgumentException.class, () -> Capacity.factor(2).slots(2, 1L << 40, 2));
    Capacity.Factor inLargeUnits = Capacity.factor(1).multipleOf((1 << 30) + 1);
    assertThrows(IllegalArgumentException.class, () -> inLargeUnits.slots(2, (1 << 30) + 2, 2));
  }

  @Test
  void aLoadBeyondAllSizesIsAnError() {
    Capacity.LargestLoad even = new Capacity.LargestLoad(2);
    assertEquals(Integer.MAX_VALUE - 1, even.slots(Integer.MAX_VALUE - 1));
    for (long load : new long[] {Integer.MAX_VALUE, 1L << 31, Long.MAX_VALUE}) {
      IllegalArgumentException thrown =
          assertThrows(IllegalArgumentException.class, () -> even.slots(load));
      assertEquals(
          "capacity: slots must be at most 2^31 - 1, got a largest load of "
              + load
              + " in multiples of 2",
          thrown.getMessage());
    }
  }

  @Test
  void aFactorNeedsAnExpert() {
    for (Capacity.Rounding rounding : Capacity.Rounding.values()) {
      IllegalArgumentException none =
          assertThrows(
              IllegalArgumentException.class,
              () -> Capacity.factor(1).rounding(rounding).slots(2, 100, 0));
      assertEquals("capacity: experts E must be at least 1, got 0", none.getMessage());
    }
  }

  @Test
  void numbersOutOfRangeAreErrors() {
    assertThrows(IllegalArgumentException.class, () -> Capacity.fixed(0));
    assertThrows(IllegalArgumentException.class, () -> Capacity.factor(0));
    assertThrows(IllegalArgumentException.class, () -> Capacity.factor(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Capacity.factor(1).atLeast(0));
    assertThrows(IllegalArgumentException.class, () -> Capacity.factor(1).multipleOf(0));
  }
}
