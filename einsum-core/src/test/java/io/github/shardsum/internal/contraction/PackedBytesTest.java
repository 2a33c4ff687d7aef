package io.github.shardsum.internal.contraction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
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
    }
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
