package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Elementwise operations against the same arithmetic index by index. */
class ElementwiseProperties {
  private static final Workers ALONE = Workers.sequential();

  @Provide
  Arbitrary<Tensor> numbers() {
    return Operands.tensors(DType.F32, DType.F64, DType.BF16, DType.I32, DType.I64);
  }

  @Provide
  Arbitrary<Tensor> floating() {
    return Operands.tensors(DType.F32, DType.F64, DType.BF16);
  }

  /** Two tensors that broadcast against each other. */
  record Pair(Tensor x, Tensor y) {}

  @Provide
  Arbitrary<Pair> pairs() {
    return Combinators.combine(
            Operands.shapes(),
            Arbitraries.of(DType.class),
            Arbitraries.of(DType.class),
            Arbitraries.longs().between(0, 1 << 20))
        .as(
            (shape, left, right, seed) -> {
              Random random = new Random(seed);
              Tensor x = Operands.view(left, part(shape, random), random);
              Tensor y = Operands.view(right, part(shape, random), random);
              return random.nextBoolean() ? new Pair(x, y) : new Pair(y, x);
            })
        .withoutEdgeCases();
  }

  /** The shape with some axes of size 1, and perhaps without its first axis. */
  private static Shape part(Shape shape, Random random) {
    long[] sizes = shape.toArray();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = random.nextInt(3) == 0 ? 1 : sizes[i];
    }
    boolean shorter = sizes.length > 1 && random.nextInt(3) == 0;
    return Shape.of(shorter ? Arrays.copyOfRange(sizes, 1, sizes.length) : sizes);
  }

  @Property
  void reluAndScaleAreThoseOfEachElement(@ForAll("numbers") Tensor x) {
    Tensor relu = Elementwise.relu(Target.on(ALONE), x);
    Tensor scaled = Elementwise.multiply(Target.on(ALONE), x, -3);
    assertEquals(x.dtype(), relu.dtype());
    Operands.forEachIndex(
        x.shape(),
        i -> {
          assertEquals(Math.max(0, x.getDouble(i)), relu.getDouble(i));
          assertEquals(-3 * x.getDouble(i) + 0d, scaled.getDouble(i) + 0d);
        });
  }

  @Property
  void sumsAndProductsArePromotedAndBroadcast(@ForAll("pairs") Pair pair) {
    Tensor sum = Elementwise.add(Target.on(ALONE), pair.x, pair.y);
    Tensor product = Elementwise.multiply(Target.on(ALONE), pair.x, pair.y);
    DType dtype = pair.x.dtype().promote(pair.y.dtype());
    assertEquals(dtype, sum.dtype());
    assertEquals(dtype, product.dtype());
    Tensor x = pair.x.broadcastTo(sum.shape());
    Tensor y = pair.y.broadcastTo(sum.shape());
    boolean bool = dtype == DType.BOOL;
    Operands.forEachIndex(
        sum.shape(),
        i -> {
          double added = x.getDouble(i) + y.getDouble(i);
          assertEquals(bool ? Math.min(1, added) : added, sum.getDouble(i));
          assertEquals(x.getDouble(i) * y.getDouble(i) + 0d, product.getDouble(i) + 0d);
        });
  }

  @Property
  void expIsThatOfTheComputedTypeRoundedOnce(@ForAll("floating") Tensor x) {
    Tensor exp = Elementwise.exp(Target.on(ALONE), x);
    Operands.forEachIndex(
        x.shape(),
        i -> {
          double exact = Math.exp(x.getDouble(i));
          double ulps =
              switch (x.dtype()) {
                case BF16 -> 0x1p-8;
                case F32 -> 0x1p-23;
                default -> 0x1p-52;
              };
          assertEquals(exact, exp.getDouble(i), exact * 1.3 * ulps);
        });
  }

  @Property
  void outMayBeAnOperand(@ForAll("numbers") Tensor x) {
    Tensor expected = Elementwise.add(Target.on(ALONE), x, x);
    Elementwise.add(Target.into(ALONE, x), x, x);
    assertArrayEquals(expected.toDoubleArray(), x.toDoubleArray());
    Elementwise.multiply(Target.into(ALONE, x), x, 2);
    Operands.forEachIndex(x.shape(), i -> assertEquals(2 * expected.getDouble(i), x.getDouble(i)));
  }

  @Test
  void threadsAndMemoryDoNotChangeABit() {
    Random random = new Random(5);
    float[] values = new float[200_003];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 30);
    }
    Tensor heap = Tensor.of(values, values.length);
    float[] expected = Elementwise.exp(Target.on(ALONE), heap).toFloatArray();
    Tensor odd = Tensor.allocate(Arena.ofAuto(), DType.BOOL, Shape.of(values.length * 4L + 1));
    MemorySegment unaligned = odd.segment().asSlice(1);
    MemorySegment.copy(heap.segment(), 0, unaligned, 0, values.length * 4L);
    Tensor off = Tensor.of(DType.F32, unaligned, values.length);
    for (Workers workers : Operands.workers()) {
      assertArrayEquals(expected, Elementwise.exp(Target.on(workers), heap).toFloatArray());
      assertArrayEquals(expected, Elementwise.exp(Target.on(workers), off).toFloatArray());
    }
  }

  @Test
  void bf16IsRoundedOnceToEven() {
    // 1 + 2^-8 is a tie between 1 and 1 + 2^-7.
    Tensor x = Tensor.ofBf16(new short[] {Bf16.fromFloat(1f)}, 1);
    Tensor y = Tensor.ofBf16(new short[] {Bf16.fromFloat(0x1p-8f)}, 1);
    assertEquals(1, Elementwise.add(Target.on(ALONE), x, y).getDouble(0));
  }

  @Test
  void wrongArgumentsAreSaidBeforeAnythingIsWritten() {
    float[] data = {1, 2, 3, 4};
    Tensor x = Tensor.of(data, 4);
    rejected(
        "exp: expected a floating dtype",
        () -> Elementwise.exp(Target.on(ALONE), Tensor.of(new int[1], 1)));
    rejected(
        "relu: expected a dtype of numbers", () -> Elementwise.relu(Target.on(ALONE), bools()));
    rejected(
        "multiply: expected an integer up to 2^53",
        () -> Elementwise.multiply(Target.on(ALONE), Tensor.of(new long[] {1}, 1), 0.5));
    rejected(
        "add: expected sizes that are equal from the right or 1",
        () -> Elementwise.add(Target.on(ALONE), x, Tensor.of(new float[3], 3)));
    rejected(
        "exp: expected an out of f32[4]",
        () -> Elementwise.exp(Target.into(ALONE, Tensor.of(new double[4], 4)), x));
    rejected(
        "exp: expected an out that shares no element",
        () -> Elementwise.exp(Target.into(ALONE, x.slice(0, 3, -1, -1)), x));
    rejected(
        "exp: expected an out whose elements are apart",
        () -> Elementwise.exp(Target.into(ALONE, x.slice(0, 0, 1).broadcastTo(Shape.of(4))), x));
    Tensor fixed = Tensor.of(DType.F32, MemorySegment.ofArray(new float[4]).asReadOnly(), 4);
    rejected("exp: expected a writable out", () -> Elementwise.exp(Target.into(ALONE, fixed), x));
    assertArrayEquals(new float[] {1, 2, 3, 4}, data);
  }

  private static Tensor bools() {
    return Tensor.ofBool(new byte[1], 1);
  }

  private static void rejected(String start, Runnable use) {
    String message = assertThrows(IllegalArgumentException.class, use::run).getMessage();
    assertTrue(message.startsWith(start), message);
  }

  @Test
  void anotherThreadsArenaAndAClosedOneAreErrors() throws InterruptedException {
    Tensor closed;
    try (Arena arena = Arena.ofConfined()) {
      closed = Tensor.allocate(arena, DType.F32, Shape.of(100_000));
      // One thread works alone where the memory is its own.
      assertEquals(1, Elementwise.exp(Target.on(Workers.of(2)), closed).getDouble(99_999));
    }
    assertThrows(IllegalStateException.class, () -> Elementwise.exp(Target.on(ALONE), closed));
  }

  @Test
  void emptyTensorsAndScalarsAreTensorsToo() {
    assertEquals(
        0, Elementwise.exp(Target.on(ALONE), Tensor.zeros(DType.F32, 3, 0)).shape().elementCount());
    Tensor scalar = Tensor.scalar(DType.F64, 2);
    assertEquals(4, Elementwise.multiply(Target.on(ALONE), scalar, scalar).getDouble());
  }
}
