package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.PeerInputs;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.Roofline;
import io.github.shardsum.measure.Stopwatch;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * Prints the rate of a product whose operands stay in the second-level cache, and the rate of
 * multiply-adds on registers, both in GFLOP/s of the fastest round.
 */
public final class BenchTileProbe {
  private static final int ROWS = 240;
  private static final int TERMS = 256;
  private static final long WINDOW_NANOS = 100_000_000;

  private BenchTileProbe() {}

  /**
   * The program.
   *
   * @param arguments f32 or f64
   */
  public static void main(String[] arguments) {
    DType dtype = DType.parse(arguments[0]);
    Tensor a = PeerInputs.heap(0, Shape.of(ROWS, TERMS), dtype);
    Tensor b = PeerInputs.heap(1, Shape.of(TERMS, ROWS), dtype);
    Tensor out = Tensor.zeros(dtype, ROWS, ROWS);
    Einsum product = Einsum.compile("mk,kn->mn", EinsumOptions.defaults(), OperandSpec.like(a, b));
    Roofline roof = new Roofline(Workers.sequential(), WINDOW_NANOS);
    double before = roof.flops(dtype);
    double seconds = Stopwatch.best(() -> product.runInto(out, a, b), WINDOW_NANOS);
    double peak = Math.max(before, roof.flops(dtype));
    System.out.println(2.0 * ROWS * ROWS * TERMS / seconds / 1e9 + " " + peak / 1e9);
  }
}
