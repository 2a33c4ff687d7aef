package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.reference.ReferenceEinsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Worked examples and ugly cases of einsums. */
class EinsumTest {
  private static final Tensor A = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
  private static final Tensor B = Tensor.of(new float[] {1, 0, 0, 1, 1, 1}, 3, 2);

  @Test
  void aMatrixProduct() {
    assertArrayEquals(new float[] {4, 5, 10, 11}, Einsum.einsum("ij,jk->ik", A, B).toFloatArray());
  }

  @Test
  void theEpilogueScalesThenAddsTheBiasThenDropsNegatives() {
    Tensor bias = Tensor.of(new float[] {-10, 100}, 2);
    Epilogue epilogue = Epilogue.none().withScale(2).withBias("k", bias).withRelu();
    EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
    Einsum einsum = Einsum.compileFor("ij,jk->ik", options, A, B);
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
      Tensor got = Einsum.compileFor("ik,kj,k->ij", options, x, y, ones).run(x, y, ones);
      for (long i = 0; i < 70; i++) {
        for (long j = 0; j < 90; j++) {
          double want = Math.max(0, -0.5 * plain.getDouble(i, j) + bias.getDouble(j, i));
          assertEquals(want, got.getDouble(i, j));
        }
      }
    }
  }

  @Test
  void aBiasThatDoesNotFitIsAnErrorWhenCompiled() {
    Epilogue epilogue = Epilogue.none().withBias("j", Tensor.of(new float[3], 3));
    EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> Einsum.compileFor("ij,jk->ik", options, A, B));
    assertTrue(error.getMessage().contains("label j"), error.getMessage());
  }

  @Test
  void anOutThatOverlapsAnOperandIsAnErrorBeforeAnyWrite() {
    float[] data = {1, 2, 3, 4, 5, 6, 7, 8};
    Tensor square = Tensor.of(data, 2, 4).slice(1, 0, 2);
    Tensor left = Tensor.of(data, 2, 4).slice(1, 1, 3);
    Einsum einsum = Einsum.compile("ij,jk->ik", Shape.of(2, 2), Shape.of(2, 2));
    assertThrows(IllegalArgumentException.class, () -> einsum.runInto(square, left, left));
    assertThrows(IllegalArgumentException.class, () -> einsum.runInto(left, left, left));
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, data);
  }

  @Test
  void anOutBesideItsOperandsInOneMatrixIsFine() {
    float[] data = {1, 2, 0, 0, 3, 4, 0, 0};
    Tensor left = Tensor.of(data, 2, 4).slice(1, 0, 2);
    Tensor out = Tensor.of(data, 2, 4).slice(1, 2, 4);
    Einsum.compile("ij,jk->ik", Shape.of(2, 2), Shape.of(2, 2)).runInto(out, left, left);
    assertArrayEquals(new float[] {1, 2, 7, 10, 3, 4, 15, 22}, data);
  }

  @Test
  void anOutThatOverlapsItselfOrIsReadOnlyOrOfAnotherDtypeIsAnError() {
    Einsum einsum = Einsum.compile("ij->i", Shape.of(2, 3));
    Tensor broadcast = Tensor.scalar(DType.F32, 0).broadcastTo(Shape.of(2));
    Tensor readOnly = Tensor.of(DType.F32, MemorySegment.ofArray(new float[2]).asReadOnly(), 2);
    Tensor wide = Tensor.zeros(DType.F64, 2);
    Tensor large = Tensor.zeros(DType.F32, 3);
    for (Tensor out : new Tensor[] {broadcast, readOnly, wide, large}) {
      assertThrows(IllegalArgumentException.class, () -> einsum.runInto(out, A));
    }
  }

  /** Neither operand moves along n, and beside their elements lie others. */
  @Test
  void aBroadcastOperandTimesANumberIsTheirProductEverywhere() {
    for (DType dtype : DType.values()) {
      if (dtype == DType.BOOL) {
        continue;
      }
      Tensor many = Tensor.of(new double[] {7, 3, 9}, 3).convert(dtype);
      Tensor left = many.slice(0, 1, 2).broadcastTo(Shape.of(5000));
      Tensor right = Tensor.of(new double[] {11, 5, 13}, 3).convert(dtype).select(0, 1);
      double[] product = Einsum.einsum("n,->n", left, right).toDoubleArray();
      assertTrue(Arrays.stream(product).allMatch(x -> x == 15), dtype::toString);
    }
  }

  @Test
  void operandsOfOtherShapesOrNumbersAreAnError() {
    Einsum einsum = Einsum.compile("ij,jk->ik", Shape.of(2, 3), Shape.of(3, 2));
    assertThrows(IllegalArgumentException.class, () -> einsum.run(A));
    assertThrows(IllegalArgumentException.class, () -> einsum.run(A, A));
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // the test is about memory after its arena
  void closedAndForeignConfinedMemoryIsAnErrorNotACrash() throws Exception {
    Arena arena = Arena.ofConfined();
    Tensor closed = Tensor.allocate(arena, DType.F32, Shape.of(2, 3));
    Callable<Tensor> elsewhere = () -> Einsum.einsum("ij->i", closed);
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<Tensor> run = other.submit(elsewhere);
      Throwable thrown = assertThrows(Exception.class, run::get).getCause();
      assertEquals(WrongThreadException.class, thrown.getClass());
    }
    try (Workers two = Workers.of(2)) {
      EinsumOptions options = EinsumOptions.defaults().withWorkers(two);
      Einsum.compileFor("ij->i", options, closed).run(closed);
    }
    arena.close();
    assertThrows(IllegalStateException.class, () -> Einsum.einsum("ij->i", closed));
  }

  @Test
  void annotatedEquationsAreForTheShardedModule() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> Einsum.einsum("i@x j, j k -> i@x k", A, B));
    assertTrue(error.getMessage().contains("withoutLayout"), error.getMessage());
  }

  @Test
  void integersWrapAndBoolsAreOrOfAnds() {
    Tensor big = Tensor.of(new int[] {Integer.MAX_VALUE, 1}, 2);
    assertEquals(Integer.MIN_VALUE, Einsum.einsum("i->", big).getLong());
    Tensor x = Tensor.ofBool(new byte[] {0, 1, 7, 0}, 2, 2);
    assertArrayEquals(new long[] {1, 0, 0, 1}, Einsum.einsum("ij,jk->ik", x, x).toLongArray());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Einsum.compileFor("i->", EinsumOptions.defaults(), big)
                .runInto(0.5, 0, Tensor.zeros(DType.I32), big));
  }

  @Test
  void bf16IsSummedInF32AndRoundedOnce() {
    // In bf16 a running sum of ones sticks at 256.
    Tensor ones = Tensor.full(DType.BF16, 1, 5000);
    assertEquals(4992, Einsum.einsum("i->", ones).getDouble());
    assertEquals(4992, Einsum.einsum("i,i->", ones, ones).getDouble());
    Tensor matrix = Tensor.full(DType.BF16, 1, 64, 5000);
    Tensor product = Einsum.einsum("ik,jk->ij", matrix, matrix);
    assertEquals(4992, product.getDouble(63, 63));
  }

  @Test
  void longSumsAreCutToANarrowerResultOnce() {
    int terms = 2000;
    Tensor x = random(new Random(1), 64, terms);
    Tensor y = random(new Random(2), terms, 64);
    Tensor sums = Einsum.einsum("ij,jk->ik", x.convert(DType.F64), y.convert(DType.F64));
    for (DType result : List.of(DType.I32, DType.I64, DType.BOOL, DType.BF16)) {
      EinsumOptions options = EinsumOptions.defaults().withDtype(result);
      long[] want = bits(sums.convert(result));
      for (DType operands : List.of(DType.F32, DType.F64)) {
        Tensor a = x.convert(operands);
        Tensor b = y.convert(operands);
        assertArrayEquals(want, bits(Einsum.compileFor("ij,jk->ik", options, a, b).run(a, b)));
      }
    }
    Tensor one = Tensor.full(DType.I32, 1, 64, terms);
    Tensor signs = Tensor.full(DType.I32, 1, terms, 64);
    signs.slice(0, 0, terms / 2).assign(Tensor.full(DType.I32, -1, terms / 2, 64));
    EinsumOptions bool = EinsumOptions.defaults().withDtype(DType.BOOL);
    Tensor cancelled = Einsum.compileFor("ij,jk->ik", bool, one, signs).run(one, signs);
    assertArrayEquals(new long[64 * 64], cancelled.toLongArray());
  }

  @Test
  void slicesOfASumAreCutToANarrowerResultOnce() {
    Tensor x = Tensor.full(DType.F32, 0.25, 4, 30, 5);
    for (DType result : List.of(DType.I32, DType.BOOL)) {
      EinsumOptions options = EinsumOptions.defaults().withDtype(result).withMemoryLimit(64);
      Einsum sliced = Einsum.compileFor("abc,abc,abc->a", options, x, x, x);
      assertFalse(sliced.explain().contraction().slices().isEmpty());
      double sum = 150 * Math.pow(0.25, 3);
      assertArrayEquals(
          bits(Tensor.full(DType.F64, sum, 4).convert(result)), bits(sliced.run(x, x, x)));
    }
  }

  @Test
  void anEpilogueIsAppliedBeforeTheResultIsRounded() {
    Tensor x = random(new Random(3), 64, 64).convert(DType.BF16);
    Tensor y = random(new Random(4), 64, 64).convert(DType.BF16);
    Tensor bias = Tensor.full(DType.F32, 100, 64);
    for (Epilogue epilogue :
        List.of(
            Epilogue.none().withBias("k", bias).withRelu(),
            Epilogue.none().withScale(3),
            Epilogue.none().withRelu())) {
      EinsumOptions options = EinsumOptions.defaults().withEpilogue(epilogue);
      Tensor wide = Einsum.compileFor("ij,jk->ik", options.withDtype(DType.F32), x, y).run(x, y);
      Tensor narrow = Einsum.compileFor("ij,jk->ik", options, x, y).run(x, y);
      assertArrayEquals(bits(wide.convert(DType.BF16)), bits(narrow));
    }
  }

  @Test
  void aDiagonalOfTheResultIsRoundedOnceAndTheRestIsLikeASumOfZero() {
    Tensor x = Tensor.of(new double[] {26.6875, 3, 1000.25}, 3).convert(DType.F32);
    Tensor old = random(new Random(5), 3, 2, 3);
    Epilogue none = Epilogue.none();
    Tensor hundreds = Tensor.full(DType.F32, 100, 2);
    for (Epilogue epilogue : List.of(none, none.withScale(3).withBias("b", hundreds).withRelu())) {
      for (DType dtype : List.of(DType.BF16, DType.F32, DType.F64)) {
        EinsumOptions options =
            EinsumOptions.defaults().withDtype(dtype).withSize("b", 2).withEpilogue(epilogue);
        Einsum diagonal = Einsum.compileFor("a->aba", options, x);
        Einsum plain = Einsum.compileFor("a->ab", options, x);
        for (double beta : List.of(0.0, 0.3, 1.0)) {
          Tensor got = Tensor.zeros(dtype, 3, 2, 3);
          Tensor want = Tensor.zeros(dtype, 3, 2, 3);
          got.assign(old);
          want.assign(old);
          for (int row = 0; row < 3; row++) {
            Tensor line = want.select(0, row).transpose();
            Tensor sums = line.contiguous();
            plain.runInto(0.7, beta, sums, x);
            plain.runInto(0, beta, line, x);
            line.select(0, row).assign(sums.select(0, row));
          }
          diagonal.runInto(0.7, beta, got, x);
          assertArrayEquals(bits(want), bits(got), () -> dtype + " " + beta + " " + epilogue);
        }
      }
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
      long[] sums = Einsum.compileFor("ij,jk->ik", options, x, two).run(x, two).toLongArray();
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
            IllegalArgumentException.class, () -> Einsum.compile("ij->" + output, options, shape));
    assertTrue(String.valueOf(refusal.getMessage()).contains("once"), refusal::toString);
  }

  @Test
  void aBoolOfNumbersIsWhetherAllThatIsAddedIsZero() {
    Tensor x = Tensor.of(new int[] {-1, 1, 2}, 3);
    Einsum einsum = Einsum.compileFor("i->i", EinsumOptions.defaults().withDtype(DType.BOOL), x);
    Tensor out = Tensor.ofBool(new byte[] {1, 1, 1}, 3);
    einsum.runInto(2, 1, out, x);
    assertArrayEquals(new long[] {1, 1, 1}, out.toLongArray());
    einsum.runInto(1, -1, out, x);
    assertArrayEquals(new long[] {1, 0, 1}, out.toLongArray());
  }

  /** Multiples of 1/4 from -2 to 2, whose sums of products are exact. */
  private static Tensor random(Random random, long... shape) {
    Tensor x = Tensor.zeros(DType.F32, shape);
    Tensor flat = x.reshape(-1);
    for (long i = 0; i < flat.size(0); i++) {
      flat.set((random.nextInt(17) - 8) / 4.0, i);
    }
    return x;
  }

  private static long[] bits(Tensor x) {
    return Arrays.stream(x.toDoubleArray()).mapToLong(Double::doubleToLongBits).toArray();
  }

  @Test
  void slotsOfABoolRoutingTensorThatHoldOnePositionCountOnce() {
    Tensor positions = Tensor.of(new int[] {2, 0, 2, 2, -1, -1}, 1, 6);
    Tensor weights = Tensor.ofBool(new byte[] {0, 1, 1, 1, 1, 1}, 1, 6);
    RoutingTensor mask = RoutingTensor.of(Shape.of(1, 3), positions, weights);
    Tensor numbers = Tensor.of(new int[] {1, 10, 100}, 1, 3);
    for (DType dtype : List.of(DType.I32, DType.F32, DType.F64)) {
      Tensor x = numbers.convert(dtype);
      for (String equation : List.of("ij,ij->i", "ij,ij->j", "ij,ij->ij")) {
        Tensor want = Einsum.einsum(equation, mask.toDense(), x);
        assertArrayEquals(bits(want), bits(Einsum.einsum(equation, mask, x)), equation);
      }
    }
    EinsumOptions counting = EinsumOptions.defaults().withDtype(DType.I32);
    Tensor count = Einsum.compileFor("ij->i", counting, mask).run(mask);
    assertArrayEquals(new long[] {2}, count.toLongArray());
  }

  @Test
  void sumsAndDotsOfTenMillionTermsAreAccurate() {
    int n = 10_000_000;
    float[] tenths = new float[n];
    Arrays.fill(tenths, 0.1f);
    float[] ones = new float[n];
    Arrays.fill(ones, 1f);
    Tensor x = Tensor.of(tenths, n);
    Tensor y = Tensor.of(ones, n);
    double want = n * (double) 0.1f;
    assertEquals(want, Einsum.einsum("i->", x).getDouble(), want * 1e-6);
    assertEquals(want, Einsum.einsum("i,i->", x, y).getDouble(), want * 1e-6);
    Random random = new Random(3);
    double absolute = 0;
    double exact = 0;
    for (int i = 0; i < n; i++) {
      tenths[i] = (float) random.nextGaussian();
      exact += tenths[i];
      absolute += Math.abs(tenths[i]);
    }
    assertEquals(exact, Einsum.einsum("i->", x).getDouble(), absolute * 1e-6);
  }

  @Test
  void columnSumsOfManyRowsAreAccurate() {
    Tensor x = Tensor.full(DType.F32, 0.1, 100_000, 7);
    Tensor sums = Einsum.einsum("ij->j", x);
    double want = 100_000 * (double) 0.1f;
    for (long j = 0; j < 7; j++) {
      assertEquals(want, sums.getDouble(j), want * 1e-6);
    }
  }

  @Test
  void aNanOrInfinitySpreadsAsInArithmetic() {
    Tensor x = Tensor.full(DType.F32, 1, 40, 40);
    x.set(Double.NaN, 3, 5);
    x.set(Double.POSITIVE_INFINITY, 7, 9);
    Tensor product = Einsum.einsum("ij,jk->ik", x, Tensor.full(DType.F32, 1, 40, 40));
    assertTrue(Double.isNaN(product.getDouble(3, 39)));
    assertEquals(Double.POSITIVE_INFINITY, product.getDouble(7, 0));
    assertEquals(40, product.getDouble(0, 0));
  }

  @Test
  void betaZeroDoesNotReadOut() {
    Tensor out = Tensor.full(DType.F32, Double.NaN, 2, 2);
    Einsum.compile("ij,jk->ik", Shape.of(2, 3), Shape.of(3, 2)).runInto(2, 0, out, A, B);
    assertArrayEquals(new float[] {8, 10, 20, 22}, out.toFloatArray());
  }

  @Test
  void mixedDtypesPromote() {
    Tensor whole = Tensor.of(new int[] {1, 2, 3}, 3);
    Tensor result = Einsum.einsum("ij,j->i", A, whole);
    assertEquals(DType.F64, result.dtype());
    assertArrayEquals(new double[] {14, 32}, result.toDoubleArray());
    EinsumOptions options = EinsumOptions.defaults().withDtype(DType.F32);
    assertEquals(DType.F32, Einsum.compileFor("ij,j->i", options, A, whole).dtype());
  }

  @Test
  void aCompiledEinsumRunsOnManyThreadsAtOnce() throws Exception {
    Random random = new Random(11);
    Tensor x = EinsumCase.fill(Tensor.zeros(DType.F32, 30, 40), random, true);
    Tensor y = EinsumCase.fill(Tensor.zeros(DType.F32, 40, 50), random, true);
    Tensor z = EinsumCase.fill(Tensor.zeros(DType.F32, 50, 20), random, true);
    try (Workers workers = Workers.of(2);
        ExecutorService callers = Executors.newFixedThreadPool(8)) {
      EinsumOptions options = EinsumOptions.defaults().withWorkers(workers);
      Einsum einsum = Einsum.compileFor("ij,jk,kl->il", options, x, y, z);
      float[] want = einsum.run(x, y, z).toFloatArray();
      Callable<float[]> run = () -> einsum.run(x, y, z).toFloatArray();
      for (Future<float[]> got : callers.invokeAll(java.util.Collections.nCopies(200, run))) {
        assertArrayEquals(want, got.get());
      }
    }
  }

  @Test
  void theCacheGivesTheCompiledPlanAgain() {
    assertSame(PlanCache.get("ij,jk->ik", A, B), PlanCache.get("ij,jk->ik", A, B));
    for (int i = 0; i < 3 * PlanCache.MOST; i++) {
      assertEquals(1, Einsum.einsum("a" + (char) (0x4e00 + i) + "->", ONE).getDouble());
    }
  }

  private static final Tensor ONE = Tensor.full(DType.F32, 1, 1, 1);

  @Test
  void thePlanNamesPathFlopsAndKernels() {
    Einsum einsum =
        Einsum.compile("ij,jk,kl->il", Shape.of(200, 300), Shape.of(300, 400), Shape.of(400, 100));
    EinsumPlan plan = einsum.explain();
    assertEquals(2.0 * (300 * 400 * 100 + 200 * 300 * 100), plan.flops());
    assertEquals(2, plan.steps().size());
    assertEquals("jk,kl->jl", plan.steps().getFirst().equation());
    assertEquals(4.0 * (300 * 400 + 400 * 100 + 300 * 100), plan.steps().getFirst().bytes());
    assertTrue(plan.toString().contains("ij,jk,kl->il"), plan.toString());
    assertTrue(plan.toString().contains("product"), plan.toString());
    assertTrue(plan.steps().getFirst().why().contains("cycles, rows at"), plan.toString());
    String sum = Einsum.compile("ij->i", Shape.of(20, 30)).explain().toString();
    assertTrue(sum.contains("1.7 a term along the sum, 18 along the result"), sum);
  }

  @Test
  void emptySumsAreZeroAndEmptyResultsAreEmpty() {
    Tensor empty = Tensor.zeros(DType.F32, 0, 3);
    assertArrayEquals(new float[3], Einsum.einsum("ij->j", empty).toFloatArray());
    assertEquals(Shape.of(0), Einsum.einsum("ij->i", empty).shape());
    Tensor out = Tensor.full(DType.F32, 5, 3);
    Einsum.compile("ij->j", Shape.of(0, 3)).runInto(1, 2, out, empty);
    assertArrayEquals(new float[] {10, 10, 10}, out.toFloatArray());
  }

  @Test
  void intermediatesInAWiderDtypeThanTheOperandsKeepTheMemoryLimit() {
    EinsumOptions options = EinsumOptions.defaults().withDtype(DType.F64).withMemoryLimit(64);
    Tensor a = Tensor.full(DType.F32, 1, 20, 30);
    Tensor b = Tensor.full(DType.F32, 1, 30, 40);
    Tensor c = Tensor.full(DType.F32, 1, 40, 30);
    Einsum einsum = Einsum.compileFor("ij,jk,kl->il", options, a, b, c);
    double elements = einsum.explain().contraction().cost().largestIntermediate();
    assertTrue(elements * Double.BYTES <= 64, elements + " elements of f64");
    assertEquals(1200, einsum.run(a, b, c).getDouble(19, 29));
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
          IllegalArgumentException.class, () -> Einsum.compileFor("ij->ij", options, ones));
    }
    EinsumOptions whole =
        EinsumOptions.defaults()
            .withEpilogue(Epilogue.none().withScale(-3).withBias("j", halves.convert(DType.I64)));
    int[] want = {-3, -2, -3, -2};
    assertArrayEquals(
        want, (int[]) Einsum.compileFor("ij->ij", whole, ones).run(ones).array().orElseThrow());
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
        closed = Einsum.compileFor("ij,jk->ik", options, x, x);
        assertEquals(307, closed.run(x, x).getDouble(299, 299));
      }
      Exception refusal =
          assertThrows(IllegalStateException.class, () -> closed.runInto(out, x, x));
      assertTrue(String.valueOf(refusal.getMessage()).contains("the bias"), refusal::toString);
      assertEquals(0, out.getDouble(0, 0));
    }
  }

  @Test
  void weightedColumnSumsOfTenMillionRowsAreAccurate() {
    int n = 10_000_000;
    Tensor x = Tensor.full(DType.F32, 0.1, n, 4);
    Tensor ones = Tensor.full(DType.F32, 1, n);
    double want = n * (double) 0.1f;
    for (String equation : new String[] {"ij,i->j", "i,ij->j"}) {
      Tensor sums =
          equation.startsWith("ij")
              ? Einsum.einsum(equation, x, ones)
              : Einsum.einsum(equation, ones, x);
      for (long j = 0; j < 4; j++) {
        assertEquals(want, sums.getDouble(j), want * 1e-6, equation);
      }
    }
  }

  @Test
  void aMemoryLimitSlicesWhatIsDenseOfTwoRoutingOperands() {
    RoutingTensor rows = RoutingTensor.oneHot(Tensor.of(new int[] {3, 0, 1}, 3), 64, DType.F32);
    RoutingTensor columns = RoutingTensor.oneHot(Tensor.of(new int[] {1, 2, 3}, 3), 64, DType.F32);
    EinsumOptions options = EinsumOptions.defaults().withMemoryLimit(128);
    Einsum compiled = Einsum.compileFor("ab,cb->ac", options, rows, columns);
    assertTrue(compiled.explain().temporaryBytes() <= 2 * 128, compiled.explain().toString());
    assertArrayEquals(
        new float[] {0, 0, 1, 0, 0, 0, 1, 0, 0}, compiled.run(rows, columns).toFloatArray());
  }

  @Test
  void aRoutingOperandWithARepeatedLabelIsNotMadeDenseBeyondTheMemoryLimit() {
    RoutingTensor routing = RoutingTensor.oneHot(Tensor.of(new int[] {0, 1, 2}, 3), 3, DType.F32);
    EinsumOptions options = EinsumOptions.defaults().withMemoryLimit(32);
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Einsum.compileFor("aa,a->a", options, routing, Tensor.zeros(DType.F32, 3)));
    assertTrue(error.getMessage().contains("repeated label"), error.getMessage());
  }

  @Test
  void aPositionThatIsChangedToOneOutsideOfTheTailIsAnError() {
    Tensor positions = Tensor.of(new int[] {0, 1}, 2, 1);
    RoutingTensor routing =
        RoutingTensor.of(Shape.of(2, 2, 2), positions, Tensor.of(new float[] {1, 1}, 2, 1));
    positions.set(4, 1, 0);
    Tensor dense = Tensor.zeros(DType.F32, 2, 2);
    for (String equation : List.of("abc,bc->a", "abc,bc->abc")) {
      var error =
          assertThrows(
              IllegalArgumentException.class, () -> Einsum.einsum(equation, routing, dense));
      assertTrue(error.getMessage().contains("got 4"), error.getMessage());
    }
  }

  @Test
  void warmingUpRunsWhateverWasCompiledAndEndsInTime() {
    Duration most = Duration.ofMillis(30);
    for (String equation : List.of("ij,jk->ik", "bij,bjk->bik", "ii->", "i,j->ij", "i->")) {
      long n = equation.startsWith("i,") ? 1_000 : 200;
      Shape[] shapes =
          Stream.of(equation.substring(0, equation.indexOf('-')).split(",", -1))
              .map(term -> Shape.of(LongStream.generate(() -> n).limit(term.length()).toArray()))
              .toArray(Shape[]::new);
      Einsum.compile(equation, shapes).warmUp(most);
    }
    // Operands and result of 36 GB each, of which small ones stand for.
    Shape large = Shape.of(100_000, 100_000);
    Einsum.compile("ij,jk->ik", large, large).warmUp(most);
    Einsum.compile("ij->j", Shape.of(0, 5)).warmUp(most);
    RoutingTensor routing = RoutingTensor.oneHot(Tensor.of(new int[] {1, 0}, 2), 3, DType.F32);
    Tensor table = Tensor.zeros(DType.F32, 3, 5);
    Einsum.compileFor("ij,jk->ik", EinsumOptions.defaults(), routing, table).warmUp(most);
    Einsum einsum = Einsum.compile("ij->ji", Shape.of(2, 3));
    einsum.warmUp(ChronoUnit.FOREVER.getDuration());
    assertThrows(IllegalArgumentException.class, () -> einsum.warmUp(Duration.ofNanos(-1)));
  }

  /** The result is contiguous along one label of the left operand, that operand along another. */
  @Test
  void permutedOperandsOfManyShapesArePackedRight() {
    Random random = new Random(3);
    int[] lengths = {4, 7, 8, 16, 20, 24, 32, 48, 96};
    for (int round = 0; round < 24; round++) {
      int outInner = lengths[random.nextInt(lengths.length)];
      int leftInner = lengths[random.nextInt(lengths.length)];
      DType dtype = List.of(DType.F32, DType.F64, DType.I64).get(round % 3);
      Tensor left = integers(random, dtype, outInner, 2, 6, leftInner);
      Tensor right = integers(random, dtype, 13, 6);
      String equation = round % 2 == 0 ? "ybkx,ck->xbcy" : "ybkx,ck->bxcy";
      EinsumOptions options = EinsumOptions.defaults();
      Einsum one = Einsum.compileFor(equation, options, left, right);
      double[] want = ReferenceEinsum.evaluate(one.bound(), left, right).toDoubleArray();
      String shape = equation + " with x " + leftInner + " and y " + outInner + " of " + dtype;
      assertArrayEquals(want, one.run(left, right).toDoubleArray(), shape);
      try (Workers workers = Workers.of(3)) {
        Einsum three = Einsum.compileFor(equation, options.withWorkers(workers), left, right);
        assertArrayEquals(want, three.run(left, right).toDoubleArray(), shape);
      }
    }
  }

  private static Tensor integers(Random random, DType dtype, long... shape) {
    Tensor tensor = Tensor.zeros(dtype, shape);
    Tensor flat = tensor.reshape(tensor.shape().elementCount());
    for (long i = 0; i < flat.size(0); i++) {
      flat.set((long) random.nextInt(9) - 4, i);
    }
    return tensor;
  }

  @Test
  void aMemoryLimitHoldsForWiderOperandsThanItWasCompiledFor() {
    EinsumOptions options = EinsumOptions.defaults().withMemoryLimit(4096);
    Shape square = Shape.of(32, 32);
    Einsum compiled = Einsum.compile("ij,jk,kl->il", options, square, square, square);
    Tensor wide = EinsumCase.fill(Tensor.zeros(DType.F64, 32, 32), new Random(2), true);
    assertTrue(compiled.explain().temporaryBytes() <= 4096);
    assertTrue(compiled.explainFor(wide, wide, wide).temporaryBytes() <= 4096);
    Tensor out = Tensor.zeros(DType.F32, 32, 32);
    compiled.runInto(out, wide, wide, wide);
    double[] want = Einsum.einsum("ij,jk,kl->il", wide, wide, wide).toDoubleArray();
    assertArrayEquals(want, out.toDoubleArray());
  }

  @Test
  void aLimitBelowOneElementIsAnErrorHoweverItIsGiven() {
    EinsumOptions plain = EinsumOptions.defaults();
    for (long bytes : new long[] {-5, 0, 7}) {
      assertThrows(IllegalArgumentException.class, () -> plain.withMemoryLimit(bytes));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              new EinsumOptions(
                  plain.strictness(),
                  plain.dtype(),
                  plain.path(),
                  OptionalLong.of(bytes),
                  plain.sizes(),
                  plain.epilogue(),
                  plain.workers(),
                  plain.kernels()));
    }
  }

  @Test
  void matrixVectorProductsAreAccurateAtEveryLength() {
    for (int n : new int[] {15, 16, 17, 100, 700, 2000, 2048, 5000, 100_000}) {
      for (int columns : new int[] {2, 3, 7, 16, 40}) {
        Tensor matrix = Tensor.full(DType.F32, 0.1, n, columns);
        Tensor vector = Tensor.full(DType.F32, 1, n);
        double want = n * (double) 0.1f;
        for (double sum : Einsum.einsum("k,kj->j", vector, matrix).toDoubleArray()) {
          assertEquals(want, sum, want * 1e-6, n + " terms, " + columns + " columns");
        }
      }
    }
  }
}
