package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What follows a sum: scale, bias, relu, and what of them is refused. */
class EpilogueTest {
  private static final Tensor A = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
  private static final Tensor B = Tensor.of(new float[] {1, 0, 0, 1, 1, 1}, 3, 2);

  @Test
  void theEpilogueScalesThenAddsTheBiasThenDropsNegatives() {
    Tensor bias = Tensor.of(new float[] {-10, 100}, 2);
    Epilogue epilogue = Epilogue.none().withScale(2).withBias("k", bias).withRelu();
    EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
    Einsum einsum = Einsum.compile("ij,jk->ik", options, OperandSpec.like(A, B));
    assertArrayEquals(new float[] {0, 110, 10, 122}, einsum.run(A, B).toFloatArray());
    bias.set(0.0, 0);
    assertArrayEquals(new float[] {8, 110, 20, 122}, einsum.run(A, B).toFloatArray());
  }

  @Test
  void theEpilogueOfALargeProductIsThatOfItsElements() {
    Random random = new Random(5);
    Tensor x = EinsumCase.fill(Tensor.zeros(DType.F32, 70, 1500), random, true);
    Tensor y = EinsumCase.fill(Tensor.zeros(DType.F32, 1500, 90), random, true);
    Tensor bias = EinsumCase.fill(Tensor.zeros(DType.F32, 90, 70), random, true);
    Epilogue epilogue = Epilogue.none().withScale(-0.5).withBias("ji", bias).withRelu();
    Tensor plain = Einsum.einsum("ik,kj->ij", x, y);
    for (long limit : new long[] {1L << 40, 4096}) {
      EinsumOptions options =
          EinsumOptions.defaults().withEpilogue(epilogue).withMemoryLimit(limit);
      Tensor ones = Tensor.full(DType.F32, 1, 1500);
      Tensor got =
          Einsum.compile("ik,kj,k->ij", options, OperandSpec.like(x, y, ones)).run(x, y, ones);
      for (long i = 0; i < 70; i++) {
        for (long j = 0; j < 90; j++) {
          double want = Math.max(0, -0.5 * plain.getDouble(i, j) + bias.getDouble(j, i));
          assertEquals(want, got.getDouble(i, j));
        }
      }
    }
  }

  /** The sum is 257, which bf16 rounds to 256; 3 times 257 is nearest to 772. */
  @Test
  void aSlicedBf16IsRoundedOnlyAfterTheEpilogue() {
    Tensor a = Tensor.of(new float[] {100, 100, 57}, 3).convert(DType.BF16);
    Tensor b = Tensor.ones(DType.BF16, 5, 4);
    Tensor c = Tensor.ones(DType.BF16, 2, 4, 5);
    EinsumOptions options =
        EinsumOptions.defaults().withEpilogue(Epilogue.none().withScale(3)).withMemoryLimit(8);
    Einsum einsum = Einsum.compile("a,bc,dcb->dbc", options, a, b, c);
    assertFalse(einsum.explain().contraction().slices().isEmpty());
    float[] expected = new float[40];
    Arrays.fill(expected, 772);
    assertArrayEquals(expected, einsum.run(a, b, c).toFloatArray());
  }

  /** Tiles in place and by way of a buffer, one pass and several, every kernel of products. */
  @Test
  void everyKernelFinishesProductsAsTheyAreDefined() {
    Random random = new Random(17);
    for (int trial = 0; trial < 60; trial++) {
      long m = 1L + random.nextInt(trial % 3 == 0 ? 12 : 150);
      long n = 1L + random.nextInt(trial % 4 == 0 ? 10 : 200);
      long k = 1L + random.nextInt(trial % 5 == 0 ? 2500 : 100);
      DType dtype = trial % 2 == 0 ? DType.F32 : DType.F64;
      boolean acrossC = random.nextBoolean();
      Tensor x = EinsumCase.fill(Tensor.zeros(dtype, m, k), random, true);
      Tensor y = EinsumCase.fill(Tensor.zeros(dtype, k, n), random, true);
      Tensor bias = EinsumCase.fill(Tensor.zeros(dtype, n, m), random, true);
      Epilogue epilogue =
          List.of(
                  Epilogue.none(),
                  Epilogue.none().withScale(0.5),
                  Epilogue.none().withRelu(),
                  Epilogue.none().withBias("ji", bias),
                  Epilogue.none().withScale(-2).withBias("j", bias.select(1, 0)).withRelu(),
                  Epilogue.none().withBias("i", bias.select(0, 0)).withRelu())
              .get(random.nextInt(6));
      double alpha = random.nextBoolean() ? 1 : -0.5;
      double beta = List.of(0.0, 1.0, 0.25).get(random.nextInt(3));
      Tensor old =
          EinsumCase.fill(Tensor.zeros(dtype, acrossC ? n : m, acrossC ? m : n), random, true);
      Tensor out = old.copy();
      String equation = acrossC ? "ik,kj->ji" : "ik,kj->ij";
      Tensor sums = Einsum.einsum(equation, x, y);
      EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
      Einsum.compile(equation, options, OperandSpec.like(x, y)).runInto(alpha, beta, out, x, y);
      String what =
          String.format(
              Locale.ROOT, "%s %dx%dx%d %s a=%s b=%s", equation, m, k, n, epilogue, alpha, beta);
      for (long i = 0; i < m; i++) {
        for (long j = 0; j < n; j++) {
          long row = acrossC ? j : i;
          long column = acrossC ? i : j;
          double held = beta == 0 ? 0 : beta * old.getDouble(row, column);
          double sum = epilogue.scale() * (alpha * sums.getDouble(row, column) + held);
          double want = sum + biasOf(epilogue, i, j);
          want = epilogue.relu() ? Math.max(want, 0) : want;
          assertEquals(want, out.getDouble(row, column), 1e-9, what);
        }
      }
    }
  }

  /** Unpacked, packed and by rows, on each kernel choice. */
  @Test
  void aBiasAlongTheBatchIsThatOfItsElements() {
    Random random = new Random(27);
    for (int[] size : new int[][] {{3, 70, 60, 50}, {4, 5, 6, 7}, {2, 40, 300, 8}, {3, 1, 9, 90}}) {
      for (DType dtype : List.of(DType.F32, DType.F64)) {
        Tensor x = EinsumCase.fill(Tensor.zeros(dtype, size[0], size[1], size[2]), random, true);
        Tensor y = EinsumCase.fill(Tensor.zeros(dtype, size[0], size[2], size[3]), random, true);
        Tensor bias = EinsumCase.fill(Tensor.zeros(dtype, size[0], size[1]), random, true);
        Epilogue epilogue = Epilogue.none().withBias("bi", bias);
        Tensor plain = Einsum.einsum("bij,bjk->bik", x, y);
        for (EinsumOptions.KernelChoice kernels : EinsumOptions.KernelChoice.values()) {
          EinsumOptions options =
              EinsumOptions.defaults().withEpilogue(epilogue).withKernels(kernels);
          Tensor got = Einsum.compile("bij,bjk->bik", options, x, y).run(x, y);
          for (int b = 0; b < size[0]; b++) {
            for (int i = 0; i < size[1]; i++) {
              for (int k = 0; k < size[3]; k++) {
                double want = plain.getDouble(b, i, k) + bias.getDouble(b, i);
                assertEquals(want, got.getDouble(b, i, k));
              }
            }
          }
        }
      }
    }
  }

  private static double biasOf(Epilogue epilogue, long i, long j) {
    if (epilogue.bias().isEmpty()) {
      return 0;
    }
    Tensor bias = epilogue.bias().get().tensor();
    return switch (epilogue.bias().get().term().toString()) {
      case "ji" -> bias.getDouble(j, i);
      case "j" -> bias.getDouble(j);
      default -> bias.getDouble(i);
    };
  }

  @Test
  void aBiasThatDoesNotFitIsAnErrorWhenCompiled() {
    Epilogue epilogue = Epilogue.none().withBias("j", Tensor.of(new float[3], 3));
    EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Einsum.compile("ij,jk->ik", options, OperandSpec.like(A, B)));
    assertTrue(error.getMessage().contains("label j"), error.getMessage());
  }

  @Test
  void anEpilogueIsAppliedBeforeTheResultIsRounded() {
    Tensor x = OperandArbitraries.quarters(new Random(3), 64, 64).convert(DType.BF16);
    Tensor y = OperandArbitraries.quarters(new Random(4), 64, 64).convert(DType.BF16);
    Tensor bias = Tensor.full(DType.F32, 100, 64);
    for (Epilogue epilogue :
        List.of(
            Epilogue.none().withBias("k", bias).withRelu(),
            Epilogue.none().withScale(3),
            Epilogue.none().withRelu())) {
      EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
      Tensor wide =
          Einsum.compile("ij,jk->ik", options.withDtype(DType.F32), OperandSpec.like(x, y))
              .run(x, y);
      Tensor narrow = Einsum.compile("ij,jk->ik", options, OperandSpec.like(x, y)).run(x, y);
      assertArrayEquals(wide.convert(DType.BF16).toDoubleArray(), narrow.toDoubleArray());
    }
  }

  @Test
  void anI32WrapsBeforeTheRelu() {
    Tensor x = Tensor.full(DType.I32, 1 << 30, 40, 40);
    Epilogue wrapping = Epilogue.none().withRelu();
    Epilogue shifted = wrapping.withBias("k", Tensor.full(DType.I32, -1, 40));
    for (Epilogue epilogue : List.of(wrapping, shifted)) {
      EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
      // 2 * 2^30 is the least i32, and one less than that is the greatest.
      Tensor two = Tensor.zeros(DType.I32, 40, 40);
      two.slice(0, 0, 2).assign(Tensor.full(DType.I32, 1, 2, 40));
      long want = epilogue.bias().isEmpty() ? 0 : Integer.MAX_VALUE;
      long[] sums =
          Einsum.compile("ij,jk->ik", options, OperandSpec.like(x, two)).run(x, two).toLongArray();
      assertArrayEquals(LongStream.generate(() -> want).limit(1600).toArray(), sums);
    }
  }

  @Test
  void aBiasHasLabelsThatItAndTheResultHaveOnce() {
    Tensor square = Tensor.full(DType.F32, 1, 2, 2);
    Epilogue diagonal = Epilogue.none().withBias("ii", square);
    assertRefused("i", diagonal);
    Epilogue row = Epilogue.none().withBias("i", Tensor.full(DType.F32, 1, 2));
    assertRefused("ii", row);
  }

  private static void assertRefused(String output, Epilogue epilogue) {
    EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
    Shape shape = Shape.of(2, 3);
    IllegalArgumentException refusal =
        assertThrows(
            IllegalArgumentException.class,
            () -> Einsum.compile("ij->" + output, options, DType.F32, shape));
    assertTrue(String.valueOf(refusal.getMessage()).contains("once"), refusal::toString);
  }

  @Test
  void anEpilogueOfFractionsIsAnErrorForIntegers() {
    Tensor ones = Tensor.of(new int[] {1, 1, 1, 1}, 2, 2);
    Tensor halves = Tensor.of(new float[] {0.5f, 1.5f}, 2);
    for (Epilogue epilogue :
        new Epilogue[] {
          Epilogue.none().withScale(0.5),
          Epilogue.none().withScale(Double.NaN),
          Epilogue.none().withBias("j", halves)
        }) {
      EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
      assertThrows(
          IllegalArgumentException.class,
          () -> Einsum.compile("ij->ij", options, OperandSpec.like(ones)));
    }
    EinsumOptions whole =
        EinsumOptions.defaults()
            .withEpilogue(Epilogue.none().withScale(-3).withBias("j", halves.convert(DType.I64)));
    int[] want = {-3, -2, -3, -2};
    assertArrayEquals(
        want,
        (int[])
            Einsum.compile("ij->ij", whole, OperandSpec.like(ones))
                .run(ones)
                .array()
                .orElseThrow());
  }

  @Test
  void aBiasInClosedMemoryIsAnErrorAndOneInConfinedMemoryStaysWithItsThread() {
    Tensor x = Tensor.full(DType.F32, 1, 300, 300);
    Tensor out = Tensor.zeros(DType.F32, 300, 300);
    try (Workers workers = Workers.of(4)) {
      Einsum closed;
      try (Arena arena = Arena.ofConfined()) {
        Tensor bias = Tensor.allocate(arena, DType.F32, Shape.of(300));
        bias.set(7.0, 299);
        Epilogue epilogue = Epilogue.none().withBias("k", bias);
        EinsumOptions options =
            EinsumOptions.defaults().withEpilogue(epilogue).withWorkers(workers);
        closed = Einsum.compile("ij,jk->ik", options, OperandSpec.like(x, x));
        assertEquals(307, closed.run(x, x).getDouble(299, 299));
      }
      Exception refusal =
          assertThrows(IllegalStateException.class, () -> closed.runInto(out, x, x));
      assertTrue(String.valueOf(refusal.getMessage()).contains("the bias"), refusal::toString);
      assertEquals(0, out.getDouble(0, 0));
    }
  }
}
