package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.einsum.PlanCache;
import io.github.shardsum.internal.reference.ReferenceEinsum;
import io.github.shardsum.path.PathException;
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
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Worked examples and ugly cases of einsums. */
class EinsumTest {
  private static final Tensor A = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
  private static final Tensor B = Tensor.of(new float[] {1, 0, 0, 1, 1, 1}, 3, 2);

  @Test
  void aMatrixProduct() {
    assertArrayEquals(new float[] {4, 5, 10, 11}, Einsum.einsum("ij,jk->ik", A, B).toFloatArray());
  }

  @Test
  void anOutThatOverlapsAnOperandIsAnErrorBeforeAnyWrite() {
    float[] data = {1, 2, 3, 4, 5, 6, 7, 8};
    Tensor square = Tensor.of(data, 2, 4).slice(1, 0, 2);
    Tensor left = Tensor.of(data, 2, 4).slice(1, 1, 3);
    Einsum einsum = Einsum.compile("ij,jk->ik", DType.F32, Shape.of(2, 2), Shape.of(2, 2));
    assertThrows(IllegalArgumentException.class, () -> einsum.runInto(square, left, left));
    assertThrows(IllegalArgumentException.class, () -> einsum.runInto(left, left, left));
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, data);
  }

  /** All contiguous and tiny, as those that run without further checks. */
  @Test
  void anOutThatOverlapsOneOperandOfATinyEinsumIsAnErrorBeforeAnyWrite() {
    float[] data = {1, 2, 3, 4, 5, 6, 7, 8};
    float[] kept = data.clone();
    Tensor apart = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor within = Tensor.of(data, 8).slice(0, 2, 6).reshape(2, 2);
    for (int at = 0; at <= 4; at++) {
      Tensor out = Tensor.of(data, 8).slice(0, at, at + 4).reshape(2, 2);
      for (String equation : List.of("ij,jk->ik", "ij,ij->ij")) {
        Einsum einsum = Einsum.compile(equation, apart, within);
        assertThrows(IllegalArgumentException.class, () -> einsum.runInto(out, apart, within));
        assertThrows(IllegalArgumentException.class, () -> einsum.runInto(out, within, apart));
      }
      Einsum copy = Einsum.compile("ij->ji", within);
      assertThrows(IllegalArgumentException.class, () -> copy.runInto(out, within));
    }
    assertArrayEquals(kept, data);
  }

  @Test
  void anOutBesideItsOperandsInOneMatrixIsFine() {
    float[] data = {1, 2, 0, 0, 3, 4, 0, 0};
    Tensor left = Tensor.of(data, 2, 4).slice(1, 0, 2);
    Tensor out = Tensor.of(data, 2, 4).slice(1, 2, 4);
    Einsum.compile("ij,jk->ik", DType.F32, Shape.of(2, 2), Shape.of(2, 2)).runInto(out, left, left);
    assertArrayEquals(new float[] {1, 2, 7, 10, 3, 4, 15, 22}, data);
  }

  @Test
  void anOutThatOverlapsItselfOrIsReadOnlyOrOfAnotherDtypeIsAnError() {
    Einsum einsum = Einsum.compile("ij->i", DType.F32, Shape.of(2, 3));
    Tensor broadcast = Tensor.scalar(DType.F32, 0).broadcastTo(Shape.of(2));
    Tensor readOnly = Tensor.of(DType.F32, MemorySegment.ofArray(new float[2]).asReadOnly(), 2);
    Tensor wide = Tensor.zeros(DType.F64, 2);
    Tensor large = Tensor.zeros(DType.F32, 3);
    for (Tensor out : new Tensor[] {broadcast, readOnly, wide, large}) {
      assertThrows(IllegalArgumentException.class, () -> einsum.runInto(out, A));
    }
  }

  /** Neither operand moves along n, and beside their elements are others. */
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
    Einsum einsum = Einsum.compile("ij,jk->ik", DType.F32, Shape.of(2, 3), Shape.of(3, 2));
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
      Einsum.compile("ij->i", options, OperandSpec.like(closed)).run(closed);
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
  void betaZeroDoesNotReadOut() {
    Tensor out = Tensor.full(DType.F32, Double.NaN, 2, 2);
    Einsum.compile("ij,jk->ik", DType.F32, Shape.of(2, 3), Shape.of(3, 2)).runInto(2, 0, out, A, B);
    assertArrayEquals(new float[] {8, 10, 20, 22}, out.toFloatArray());
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
      Einsum einsum = Einsum.compile("ij,jk,kl->il", options, OperandSpec.like(x, y, z));
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
        Einsum.compile(
            "ij,jk,kl->il",
            DType.F32,
            Shape.of(800, 1200),
            Shape.of(1200, 1600),
            Shape.of(1600, 400));
    EinsumPlan plan = einsum.explain();
    assertEquals(2.0 * (1200L * 1600 * 400 + 800L * 1200 * 400), plan.flops());
    assertEquals(2, plan.steps().size());
    assertEquals("jk,kl->jl", plan.steps().getFirst().equation());
    assertEquals(4.0 * (1200 * 1600 + 1600 * 400 + 1200 * 400), plan.steps().getFirst().bytes());
    assertTrue(plan.toString().contains("ij,jk,kl->il"), plan.toString());
    assertTrue(plan.toString().contains("product"), plan.toString());
    assertTrue(plan.steps().getFirst().why().contains("cycles, rows at"), plan.toString());
    String sum = Einsum.compile("ij->i", DType.F32, Shape.of(20, 30)).explain().toString();
    assertTrue(sum.contains("1.7 a term along the sum, 18 along the result"), sum);
  }

  @Test
  void emptySumsAreZeroAndEmptyResultsAreEmpty() {
    Tensor empty = Tensor.zeros(DType.F32, 0, 3);
    assertArrayEquals(new float[3], Einsum.einsum("ij->j", empty).toFloatArray());
    assertEquals(Shape.of(0), Einsum.einsum("ij->i", empty).shape());
    Tensor out = Tensor.full(DType.F32, 5, 3);
    Einsum.compile("ij->j", DType.F32, Shape.of(0, 3)).runInto(1, 2, out, empty);
    assertArrayEquals(new float[] {10, 10, 10}, out.toFloatArray());
  }

  @Test
  void intermediatesInAWiderDtypeThanTheOperandsKeepTheMemoryLimit() {
    EinsumOptions options = EinsumOptions.defaults().withDtype(DType.F64).withMemoryLimit(64);
    Tensor a = Tensor.full(DType.F32, 1, 20, 30);
    Tensor b = Tensor.full(DType.F32, 1, 30, 40);
    Tensor c = Tensor.full(DType.F32, 1, 40, 30);
    Einsum einsum = Einsum.compile("ij,jk,kl->il", options, OperandSpec.like(a, b, c));
    double elements = einsum.explain().contraction().cost().largestIntermediate();
    assertTrue(elements * Double.BYTES <= 64, elements + " elements of f64");
    assertEquals(1200, einsum.run(a, b, c).getDouble(19, 29));
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
      Einsum.compile(equation, DType.F32, shapes).warmUp(most);
    }
    // Operands and result of 36 GB each, of which small ones stand for.
    Shape large = Shape.of(100_000, 100_000);
    Einsum.compile("ij,jk->ik", DType.F32, large, large).warmUp(most);
    Einsum.compile("ij->j", DType.F32, Shape.of(0, 5)).warmUp(most);
    RoutingTensor routing = RoutingTensor.oneHot(Tensor.of(new int[] {1, 0}, 2), 3, DType.F32);
    Tensor table = Tensor.zeros(DType.F32, 3, 5);
    Einsum.compile("ij,jk->ik", EinsumOptions.defaults(), OperandSpec.like(routing, table))
        .warmUp(most);
    Einsum einsum = Einsum.compile("ij->ji", DType.F32, Shape.of(2, 3));
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
      Einsum one = Einsum.compile(equation, options, OperandSpec.like(left, right));
      double[] want = ReferenceEinsum.evaluate(one.bound(), left, right).toDoubleArray();
      String shape = equation + " with x " + leftInner + " and y " + outInner + " of " + dtype;
      assertArrayEquals(want, one.run(left, right).toDoubleArray(), shape);
      try (Workers workers = Workers.of(3)) {
        Einsum three =
            Einsum.compile(equation, options.withWorkers(workers), OperandSpec.like(left, right));
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
  void aMemoryLimitHoldsForOperandsWiderThanTheResult() {
    EinsumOptions options = EinsumOptions.defaults().withMemoryLimit(4096).withDtype(DType.F32);
    Tensor wide = EinsumCase.fill(Tensor.zeros(DType.F64, 32, 32), new Random(2), true);
    Einsum compiled = Einsum.compile("ij,jk,kl->il", options, wide, wide, wide);
    assertTrue(compiled.explain().temporaryBytes() <= 4096);
    Tensor across = wide.transpose();
    assertTrue(compiled.explainFor(across, wide, across).temporaryBytes() <= 4096);
    Tensor out = Tensor.zeros(DType.F32, 32, 32);
    compiled.runInto(out, wide, wide, wide);
    double[] want = Einsum.einsum("ij,jk,kl->il", wide, wide, wide).toDoubleArray();
    assertArrayEquals(want, out.toDoubleArray());
  }

  @Test
  void aLimitBelowOneElementIsAnError() {
    EinsumOptions plain = EinsumOptions.defaults();
    for (long bytes : new long[] {-5, 0, 7}) {
      assertThrows(IllegalArgumentException.class, () -> plain.withMemoryLimit(bytes));
    }
  }

  @Test
  void aCompiledEinsumRefusesOtherDtypesWithTheWayOut() {
    Einsum einsum = Einsum.compile("ij->i", DType.F32, Shape.of(1, 2));
    Tensor exact = Tensor.of(new double[] {1, 1e-12}, 1, 2);
    Tensor longs = Tensor.of(new long[] {(1L << 53) + 1, 0}, 1, 2);
    Tensor out = Tensor.zeros(DType.F32, 1);
    for (Tensor other : List.of(exact, longs, exact.convert(DType.BF16))) {
      for (Executable run :
          List.<Executable>of(
              () -> einsum.run(other),
              () -> einsum.runInto(out, other),
              () -> einsum.runInto(2, 1, out, other),
              () -> einsum.explainFor(other),
              () -> einsum.tuned(Duration.ofSeconds(1), other))) {
        String message = assertThrows(IllegalArgumentException.class, run).getMessage();
        String expected =
            "einsum: operand 0 of ij->i was compiled for f32, got "
                + other.dtype()
                + "; compile it for the operands, as by Einsum.compile(equation, operands), or"
                + " convert the operand with Tensor.convert";
        assertEquals(expected, message);
      }
    }
    assertArrayEquals(new float[] {0}, out.toFloatArray());
  }

  @Test
  void anEinsumCompiledForOperandsFollowsTheirDtypes() {
    Tensor exact = Tensor.of(new double[] {1, 1e-12}, 1, 2);
    assertEquals(1 + 1e-12, Einsum.compile("ij->i", exact).run(exact).getDouble(0));
    Tensor longs = Tensor.of(new long[] {(1L << 53) + 1, 0}, 1, 2);
    assertEquals((1L << 53) + 1, Einsum.compile("ij->i", longs).run(longs).getLong(0));
    Einsum mixed = Einsum.compile("ij,ij->i", OperandSpec.of(exact), OperandSpec.of(longs));
    assertEquals(DType.F64, mixed.dtype());
    assertEquals(0x1p53, mixed.run(exact, longs).getDouble(0));
    Einsum rounded = Einsum.compile("ij->i", EinsumOptions.defaults().withDtype(DType.F32), exact);
    assertEquals(1, rounded.run(exact).getDouble(0));
    RoutingTensor routing = RoutingTensor.oneHot(Tensor.of(new int[] {1}, 1), 2, DType.F64);
    assertEquals(
        1e-12, Einsum.compile("st,st->s", routing, exact).run(routing, exact).getDouble(0));
  }

  /** The exception for infinities that BoundEquation documents. */
  @Test
  void aLabelOfOneOperandThatTheOutputLacksIsSummedFirst() {
    Tensor infinity = Tensor.of(new double[] {Double.POSITIVE_INFINITY}, 1);
    Tensor row = Tensor.of(new double[] {1, -2}, 1, 2);
    assertEquals(Double.NEGATIVE_INFINITY, Einsum.einsum("i,ij->i", infinity, row).getDouble(0));
    Tensor kept = Einsum.einsum("i,ij->ij", infinity, row);
    assertEquals(Double.NaN, Einsum.einsum("ij->i", kept).getDouble(0));
  }

  @Test
  void passesThatNeverEndAreRefused() {
    Tensor x = Tensor.scalar(DType.F64, 1).broadcastTo(Shape.of(1L << 21, 1L << 21));
    EinsumOptions options = EinsumOptions.defaults().withMemoryLimit(8);
    PathException refused =
        assertThrows(PathException.class, () -> Einsum.compile("ab,bc,ca->", options, x, x, x));
    String expected = "must need at most 2^40 passes over slices, got " + (1L << 42);
    assertTrue(String.valueOf(refused.getMessage()).contains(expected), refused.getMessage());
  }
}
