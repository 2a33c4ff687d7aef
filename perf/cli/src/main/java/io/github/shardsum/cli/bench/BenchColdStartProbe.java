package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.PeerInputs;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** Prints how many seconds longer a JVM's first 1024^3 product takes than a warm one. */
public final class BenchColdStartProbe {
  private static final int SIDE = 1024;
  private static final int MORE = 30;

  private BenchColdStartProbe() {}

  /**
   * The program.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    Tensor a = PeerInputs.heap(0, Shape.of(SIDE, SIDE), DType.F32);
    Tensor b = PeerInputs.heap(1, Shape.of(SIDE, SIDE), DType.F32);
    double first = seconds(a, b);
    double warm = Double.MAX_VALUE;
    for (int i = 0; i < MORE; i++) {
      warm = Math.min(warm, seconds(a, b));
    }
    System.out.println(first - warm);
  }

  private static double seconds(Tensor a, Tensor b) {
    long begin = System.nanoTime();
    Einsum.einsum("ij,jk->ik", a, b);
    return (System.nanoTime() - begin) / 1e9;
  }
}
