package io.github.shardsum.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Shapes as values, and their limits. */
class ShapeTest {
  @Test
  void isAValue() {
    assertEquals(Shape.of(2, 3), Shape.of(2, 3));
    assertEquals(Shape.of(2, 3).hashCode(), Shape.of(2, 3).hashCode());
    assertNotEquals(Shape.of(2, 3), Shape.of(3, 2));
    assertEquals("[2, 3]", Shape.of(2, 3).toString());
    assertEquals("[]", Shape.of().toString());
  }

  @Test
  void doesNotAliasTheCallersArrays() {
    long[] sizes = {2, 3};
    Shape shape = Shape.of(sizes);
    sizes[0] = 9;
    shape.toArray()[1] = 9;
    assertArrayEquals(new long[] {2, 3}, shape.toArray());
  }

  @Test
  void countsElements() {
    assertEquals(1, Shape.of().elementCount());
    assertEquals(6, Shape.of(2, 3).elementCount());
    assertEquals(0, Shape.of(1L << 40, 0, 1L << 40).elementCount());
    assertArrayEquals(new long[] {12, 4, 1}, Shape.of(2, 3, 4).rowMajorStrides());
  }

  @Test
  void refusesWhatCannotBeCounted() {
    assertEquals(1L << 61, Shape.of(1L << 31, 1L << 30).elementCount());
    assertThrows(IllegalArgumentException.class, () -> Shape.of(1L << 31, 1L << 31));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(1L << 32, 1L << 32));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(3, Long.MAX_VALUE / 2));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1));
    assertThrows(IllegalArgumentException.class, () -> Shape.of(0, -1));
  }

  @Test
  void anAxisThatIsNotThereIsToldWithTheShape() {
    assertEquals(3, Shape.of(2, 3).size(-1));
    for (int axis : new int[] {-3, 2, 5}) {
      IndexOutOfBoundsException refused =
          assertThrows(IndexOutOfBoundsException.class, () -> Shape.of(2, 3).size(axis));
      assertEquals(
          "size: expected an axis in [-2, 2) for shape [2, 3], got " + axis, refused.getMessage());
    }
  }
}
