package io.github.shardsum.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Einsums on workers that call back between tasks: many times, and with the same bits. */
class InterleavedTest {
  private static Tensor real(Random random, DType dtype, long... sizes) {
    double[] values = new double[(int) Arrays.stream(sizes).reduce(1, (a, b) -> a * b)];
    Arrays.setAll(values, _ -> Math.scalb(random.nextDouble() - 0.5, random.nextInt(20)));
    return Tensor.of(values, sizes).convert(dtype);
  }

  /**
   * A square product, a wide one, a narrow one, and many small ones; the last number says for how
   * many parts the tiles of every kernel suffice, which are widest without vectors.
   */
  @ParameterizedTest
  @CsvSource({
    "'ik,kj->ij', 300, 200, 250, 5",
    "'ik,kj->ij', 600, 64, 600, 16",
    "'ik,kj->ij', 24, 64, 2000, 5",
    "'ik,kj->ij', 24, 64, 20000, 16",
    "'ik,kj->ij', 3000, 64, 24, 16",
    "'bik,bkj->bij', 20, 160, 30, 16"
  })
  void aLongKernelCallsBackAndHasTheSameBits(
      String equation, long i, long k, long j, int mostParts) {
    Random random = new Random(i);
    for (DType dtype : new DType[] {DType.F32, DType.F64, DType.BF16}) {
      boolean isBatched = equation.startsWith("b");
      Tensor x = isBatched ? real(random, dtype, 64, i, k) : real(random, dtype, i, k);
      Tensor y = isBatched ? real(random, dtype, 64, k, j) : real(random, dtype, k, j);
      EinsumOptions alone = EinsumOptions.defaults().withWorkers(Workers.sequential());
      Tensor expected = Einsum.compile(equation, alone, OperandSpec.like(x, y)).run(x, y);
      for (int parts : new int[] {1, 2, 5, 16}) {
        AtomicInteger calls = new AtomicInteger();
        Workers workers = Workers.interleaved(parts, calls::incrementAndGet);
        EinsumOptions cut = EinsumOptions.defaults().withWorkers(workers);
        Einsum einsum = Einsum.compile(equation, cut, OperandSpec.like(x, y));
        assertArrayEquals(expected.toDoubleArray(), einsum.run(x, y).toDoubleArray());
        int least = Math.min(parts, mostParts);
        assertTrue(calls.get() >= least, () -> calls + " of " + parts + ": " + einsum.explain());
      }
    }
  }
}
