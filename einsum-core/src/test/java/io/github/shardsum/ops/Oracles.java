package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/** Expected results of operations on tensors, by plain loops over indices. */
final class Oracles {
  private Oracles() {}

  /** A value as a dtype holds it, computed in f32 for f32 and bf16. */
  static double held(DType dtype, double value) {
    return switch (dtype) {
      case F32 -> (float) value;
      case BF16 -> Bf16.toFloat(Bf16.fromFloat((float) value));
      case F64 -> value;
      case I32 -> (int) (long) value;
      case I64 -> (long) value;
      case BOOL -> value == 0 ? 0 : 1;
    };
  }

  /** Asserts dtype, shape and every element. */
  static void assertIs(DType dtype, Shape shape, ToDoubleFunction<long[]> value, Tensor actual) {
    assertEquals(dtype, actual.dtype());
    assertEquals(shape, actual.shape());
    Operands.forEachIndex(
        shape,
        i ->
            assertEquals(
                held(dtype, value.applyAsDouble(i)) + 0d,
                actual.getDouble(i) + 0d,
                () -> dtype + " at " + Arrays.toString(i)));
  }

  /** A shape of rank 0 to 4 with sizes of 0 now and then. */
  static Shape shape(Random random) {
    long[] sizes = new long[random.nextInt(5)];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(5);
    }
    return Shape.of(sizes);
  }

  /** The shape with some axes of size 1, and perhaps without its first axis. */
  static Shape part(Shape shape, Random random) {
    long[] sizes = shape.toArray();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = random.nextInt(3) == 0 ? 1 : sizes[i];
    }
    boolean shorter = sizes.length > 1 && random.nextInt(3) == 0;
    return Shape.of(shorter ? Arrays.copyOfRange(sizes, 1, sizes.length) : sizes);
  }

  /** One of some dtypes. */
  static DType dtype(Random random, DType... dtypes) {
    return dtypes[random.nextInt(dtypes.length)];
  }

  /** Asserts that a call is refused with a message that begins so. */
  static void refused(String start, Runnable use) {
    String message = assertThrows(IllegalArgumentException.class, use::run).getMessage();
    assertTrue(message.startsWith(start), message);
  }
}
