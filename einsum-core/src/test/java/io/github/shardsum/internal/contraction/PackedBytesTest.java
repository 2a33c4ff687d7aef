package io.github.shardsum.internal.contraction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes that a thread packs into are those of the arrays in its scratch after a product. */
class PackedBytesTest {
  private static Einsum product(DType dtype, Workers workers, Tensor... operands) {
    EinsumOptions options = EinsumOptions.defaults().withDtype(dtype).withWorkers(workers);
    return Einsum.compile(Equation.parse("mk,kn->mn"), options, OperandSpec.like(operands));
  }

  @ParameterizedTest
  @CsvSource({
    "F32, 600, 600, 600",
    "F32, 1100, 300, 900",
    "F32, 300, 1500, 700",
    "F64, 500, 600, 700",
    "F64, 1300, 200, 1400",
    "I64, 500, 600, 700"
  })
  void theyAreTheArraysInTheScratch(DType dtype, long m, long k, long n) {
    Tensor a = Tensor.zeros(dtype, m, k);
    Tensor b = Tensor.zeros(dtype, k, n);
    Workers workers = Workers.sequential();
    Einsum einsum = product(dtype, workers, a, b);
    workers.run(1, (_, scratch) -> assertEquals(0, packed(scratch, dtype, true)));
    einsum.runInto(Tensor.zeros(dtype, m, n), a, b);
    workers.run(
        1, (_, scratch) -> assertEquals(einsum.packedBytes(), packed(scratch, dtype, false)));
    assertTrue(einsum.packedBytes() > 0);
  }

  /** Bytes of arrays of elements, of positions, and of lengths. */
  private static long packed(Scratch scratch, DType dtype, boolean isNew) {
    long elements =
        switch (dtype) {
          case F32 -> scratch.floats(0, 0).length;
          case F64 -> scratch.doubles(0, 0).length;
          default -> scratch.longs(0, 0).length;
        };
    if (!isNew) {
      elements +=
          switch (dtype) {
            case F32 -> scratch.kept(FloatPanels.class, FloatPanels::new).array(0).length;
            case F64 -> scratch.kept(DoublePanels.class, DoublePanels::new).array(0).length;
            default -> scratch.kept(LongPanels.class, LongPanels::new).array(0).length;
          };
    }
    return elements * dtype.byteSize()
        + Long.BYTES * ((long) scratch.longs(4, 0).length + scratch.longs(5, 0).length)
        + Integer.BYTES * ((long) scratch.ints(1, 0).length + scratch.ints(2, 0).length);
  }

  /** Threads that pack together, and interleaved tasks, need no more than is counted. */
  @Test
  void tasksOfOneThreadPackIntoNoMore() {
    Tensor a = Tensor.zeros(DType.F32, 900, 700);
    Tensor b = Tensor.zeros(DType.F32, 700, 800);
    for (int parts : new int[] {2, 3, 16, 64}) {
      Workers workers = Workers.interleaved(parts, () -> {});
      Einsum einsum = product(DType.F32, workers, a, b);
      einsum.runInto(Tensor.zeros(DType.F32, 900, 800), a, b);
      workers.run(
          1,
          (_, scratch) -> {
            long packed = packed(scratch, DType.F32, false);
            assertTrue(packed <= einsum.packedBytes(), () -> packed + ", " + einsum.packedBytes());
          });
      einsum.runInto(Tensor.zeros(DType.F32, 900, 800), a, b);
      fits(workers, einsum.packedBytes());
    }
  }

  /** The caller packs B for all, and each task rows of A, in a scratch of its own. */
  @Test
  void anOperandThatAllTasksReadIsCounted() {
    // B has fewer elements than half of any second-level cache.
    StepKernel kernel = kernels().packed(sides(900, 300, 200));
    for (int parts : new int[] {2, 3, 16, 64}) {
      Workers workers = Workers.interleaved(parts, () -> {});
      run(kernel, workers, 900, 300, 200);
      fits(workers, kernel.packedBytes(parts));
    }
  }

  /** Products that run a packed one count what it packs. */
  @Test
  void productsOfOtherProductsPackAsThese() {
    StepKernels kernels = kernels();
    GemmLabels sides = sides(60, 256, 400);
    TreeProduct.Maker maker =
        new TreeProduct.Maker() {
          @Override
          public StepPlanner.Choice product(List<StepLabel> labels) {
            return new StepPlanner.Choice(kernels.packed(GemmLabels.of(labels, false)), false, "");
          }

          @Override
          public StepPlanner.Choice tree(List<StepLabel> labels, Leaves leaves) {
            throw new AssertionError("a leaf has many terms");
          }

          @Override
          public long mostTerms(List<StepLabel> kept) {
            return 0;
          }

          @Override
          public StepKernel copy(List<StepLabel> labels) {
            return kernels.elementwise(labels, false);
          }

          @Override
          public TreeProduct.Adder adder() {
            return kernels.adder();
          }
        };
    List<StepKernel> all =
        List.of(
            new PermutedProduct(
                ComputeType.FLOAT,
                sides,
                4 * 60 * 400,
                kernels::packed,
                labels -> kernels.elementwise(labels, false)),
            new TreeProduct(ComputeType.FLOAT, maker, sides.kept(), sides.k(), 128, 20 * 400));
    for (StepKernel kernel : all) {
      for (Workers workers : List.of(Workers.sequential(), Workers.interleaved(3, () -> {}))) {
        long bytes = kernel.packedBytes(workers.parallelism());
        assertTrue(bytes > 0, kernel.name());
        run(kernel, workers, 60, 256, 400);
        fits(workers, bytes);
      }
    }
  }

  /** A product of few columns holds all of B, of which each task packs its own. */
  @Test
  void fewColumnsAreCounted() {
    StepKernel kernel = kernels().skinny(sides(200, 1000, 7));
    Workers workers = Workers.sequential();
    run(kernel, workers, 200, 1000, 7);
    long bytes = kernel.packedBytes(1);
    workers.run(
        1,
        (_, scratch) -> {
          long sums = (long) scratch.floats(2, 0).length + scratch.floats(3, 0).length;
          long rest = scratch.floats(4, 0).length * 4L + scratch.longs(6, 0).length * 8L;
          assertEquals(bytes, packed(scratch, DType.F32, false) + 4 * sums + rest);
        });
  }

  private static StepKernels kernels() {
    return new StepKernels(KernelSelection.best(), ComputeType.FLOAT);
  }

  private static GemmLabels sides(long m, long k, long n) {
    return GemmLabels.of(
        List.of(
            new StepLabel(m, true, true, false, new long[] {n, k, 0, 0}),
            new StepLabel(k, false, true, true, new long[] {0, 1, n, 0}),
            new StepLabel(n, true, false, true, new long[] {1, 0, 1, 0})),
        false);
  }

  /** Runs it twice: later runs find the arrays of the first. */
  private static void run(StepKernel kernel, Workers workers, int m, int k, int n) {
    ArrayRef a = ArrayRef.of(Tensor.zeros(DType.F32, m, k));
    ArrayRef b = ArrayRef.of(Tensor.zeros(DType.F32, k, n));
    ArrayRef out = ArrayRef.of(Tensor.zeros(DType.F32, m, n));
    kernel.run(out, a, b, ResultScaling.PLAIN, workers);
    kernel.run(out, a, b, ResultScaling.PLAIN, workers);
  }

  /**
   * Checks that the scratches of regions within each other hold no more. One of the three has
   * packed B; in the two others the check itself makes an array.
   */
  private static void fits(Workers workers, long bytes) {
    long empty = (long) new FloatPanels().array(0).length * Float.BYTES;
    within(workers, 3, List.of(), bytes + 2 * empty);
  }

  private static void within(Workers workers, int more, List<Scratch> outer, long most) {
    if (more == 0) {
      long all = outer.stream().mapToLong(each -> packed(each, DType.F32, false)).sum();
      assertTrue(all <= most, () -> all + ", " + most);
      return;
    }
    workers.run(
        1,
        (_, scratch) ->
            within(
                workers,
                more - 1,
                Stream.concat(outer.stream(), Stream.of(scratch)).toList(),
                most));
  }

  @Test
  void whatIsNotPackedHasNone() {
    Tensor x = Tensor.zeros(DType.F32, 1000, 1000);
    EinsumOptions options = EinsumOptions.defaults();
    for (String equation : new String[] {"ij->ji", "ij->i", "ij,ij->ij", "ij->ij"}) {
      Tensor[] operands = equation.contains(",") ? new Tensor[] {x, x} : new Tensor[] {x};
      Einsum einsum = Einsum.compile(Equation.parse(equation), options, OperandSpec.like(operands));
      assertEquals(0, einsum.packedBytes(), equation);
    }
  }
}
