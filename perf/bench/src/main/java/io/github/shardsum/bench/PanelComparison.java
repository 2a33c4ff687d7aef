package io.github.shardsum.bench;

import io.github.shardsum.internal.kernel.Blocking;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.kernel.Kernels;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tile kernel of the product in f32, on packed panels, and as many multiply-adds on registers,
 * in turns, with a paired interval. One thread. Panels of B lie in the first-level cache with few
 * terms, else in the second-level one, as in a large product.
 *
 * <p>Without {@code -XX:+UseTransparentHugePages} a second-level cache by physical addresses may
 * have no room for all panels, and the share varies from JVM to JVM.
 */
public final class PanelComparison {
  private static final int ROUNDS = 31;
  private static final int STEPS = 20_000;
  private static final int TILES = 32;

  /** Panels of B: in 14x2 tiles half a MiB, which is what a block of B may take. */
  private static final int PANELS = 8;

  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

  private final FloatMicrokernel kernel = Kernels.best().gemm().floats();
  private final int rows = kernel.rows();
  private final int columns = kernel.columns();
  private final int panel = kernel.blocking().k() * columns + Blocking.GAP;
  private final float[] a = Data.integers((rows + 1) * kernel.blocking().aStride());
  private final float[] b = new float[PANELS * panel + 2 * Blocking.GAP];
  private final float[] c = new float[rows * TILES * columns];
  private final int start = lineStart();

  private PanelComparison() {}

  /**
   * Measures.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    PanelComparison turns = new PanelComparison();
    print("load %.2f%n", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    for (int terms : List.of(64, 128, 256, 512)) {
      turns.print(terms, 1);
    }
    turns.print(turns.kernel.blocking().k(), PANELS);
    print("load %.2f%n", ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }

  private void print(int terms, int panels) {
    double tileFlops = 2.0 * rows * columns * terms * TILES;
    double registerFlops = 2.0 * 12 * S.length() * STEPS;
    PairedTiming turns =
        PairedTiming.of(ROUNDS, calls -> registers(calls), calls -> tiles(calls, terms, panels));
    PairedTiming.Interval share =
        turns.interval((peak, tile) -> tileFlops / tile / (registerFlops / peak));
    print(
        "%dx%d tile, %d terms, %d panel%s of B: %.1f of %.1f GFLOP/s, share %.3f [%.3f, %.3f]%n",
        rows,
        columns,
        terms,
        panels,
        panels == 1 ? "" : "s",
        tileFlops / PairedTiming.median(turns.second()) / 1e9,
        registerFlops / PairedTiming.median(turns.first()) / 1e9,
        share.median(),
        share.low(),
        share.high());
  }

  /** As the product finds it; the probe says nothing until it is compiled. */
  private int lineStart() {
    int found = -1;
    for (int attempt = 0; attempt < 1_000 && found < 0; attempt++) {
      found = kernel.alignedStart(b);
    }
    System.arraycopy(Data.integers(b.length), 0, b, 0, b.length);
    return Math.max(found, 0);
  }

  private double tiles(long calls, int terms, int panels) {
    long begin = System.nanoTime();
    for (long call = 0; call < calls; call++) {
      for (int tile = 0; tile < TILES; tile++) {
        int from = start + tile % panels * panel;
        kernel.tile(rows, terms, a, 0, b, from, c, tile * columns, TILES * columns, false);
      }
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  private double registers(long calls) {
    long begin = System.nanoTime();
    for (long call = 0; call < calls; call++) {
      if (Float.isNaN(multiplyAdds(0.999f, 0.001f))) {
        throw new IllegalStateException("multiply-adds of finite numbers gave NaN");
      }
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  /** Two units of latency 4 want 8 chains at once; more do not fit into 16 registers. */
  private static float multiplyAdds(float factor, float summand) {
    FloatVector x = FloatVector.broadcast(S, factor);
    FloatVector y = FloatVector.broadcast(S, summand);
    FloatVector c0 = x;
    FloatVector c1 = x;
    FloatVector c2 = x;
    FloatVector c3 = x;
    FloatVector c4 = x;
    FloatVector c5 = x;
    FloatVector c6 = x;
    FloatVector c7 = x;
    FloatVector c8 = x;
    FloatVector c9 = x;
    FloatVector c10 = x;
    FloatVector c11 = x;
    for (int step = 0; step < STEPS; step++) {
      c0 = c0.fma(x, y);
      c1 = c1.fma(x, y);
      c2 = c2.fma(x, y);
      c3 = c3.fma(x, y);
      c4 = c4.fma(x, y);
      c5 = c5.fma(x, y);
      c6 = c6.fma(x, y);
      c7 = c7.fma(x, y);
      c8 = c8.fma(x, y);
      c9 = c9.fma(x, y);
      c10 = c10.fma(x, y);
      c11 = c11.fma(x, y);
    }
    FloatVector low = c0.add(c1).add(c2).add(c3).add(c4).add(c5);
    FloatVector high = c6.add(c7).add(c8).add(c9).add(c10).add(c11);
    return low.add(high).reduceLanes(VectorOperators.ADD);
  }
}
