package io.github.shardsum.lab.compare;

import static io.github.shardsum.lab.compare.ComparisonCommand.print;

import io.github.shardsum.bench.BenchmarkData;
import io.github.shardsum.internal.kernel.Blocking;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.PairedTiming;
import io.github.shardsum.measure.vector.RegisterLoops;
import java.util.List;

/**
 * Times the tile kernel of the f32 product on packed panels in pairs with as many multiply-adds on
 * registers, and prints a paired interval. One thread. With few terms the panels of B lie in the
 * first-level cache, otherwise in the second-level cache, as in a large product.
 *
 * <p>Without {@code -XX:+UseTransparentHugePages} panels may evict each other from a second-level
 * cache that is indexed by physical addresses; the share then varies from JVM to JVM.
 */
public final class PanelComparison {
  private static final int ROUNDS = 31;
  private static final int STEPS = 20_000;
  private static final int TILES = 32;

  /**
   * Number of panels of B. With 14x2 tiles they take half a MiB, the most that a block of B may
   * take.
   */
  private static final int PANELS = 8;

  private final FloatMicrokernel kernel = KernelSelection.best().gemm().floats();
  private final int rows = kernel.rows();
  private final int columns = kernel.columns();
  private final int panel = kernel.blocking().k() * columns + Blocking.GAP;
  private final float[] a = BenchmarkData.integers((rows + 1) * kernel.blocking().aStride());
  private final float[] b = new float[PANELS * panel + 2 * Blocking.GAP];
  private final float[] c = new float[rows * TILES * columns];
  private final int start = lineStart();

  private PanelComparison() {}

  /**
   * Measures.
   *
   * @param arguments none
   * @return whether every promise is kept
   */
  public static boolean compare(List<String> arguments) throws MeasurementException {
    PanelComparison times = new PanelComparison();
    for (int terms : List.of(64, 128, 256, 512)) {
      times.share(terms, 1);
    }
    times.share(times.kernel.blocking().k(), PANELS);
    return true;
  }

  private void share(int terms, int panels) throws MeasurementException {
    double tileFlops = 2.0 * rows * columns * terms * TILES;
    double registerFlops = RegisterLoops.floatFlops(STEPS);
    PairedTiming times =
        PairedTiming.of(
            InterleavedTimer.of(ROUNDS),
            calls -> registers(calls),
            calls -> tiles(calls, terms, panels));
    Interval share = times.interval((peak, tile) -> tileFlops / tile / (registerFlops / peak));
    print(
        "%dx%d tile, %d terms, %d panel%s of B: %.1f of %.1f GFLOP/s, share %.3f [%.3f, %.3f]%n",
        rows,
        columns,
        terms,
        panels,
        panels == 1 ? "" : "s",
        tileFlops / Interval.median(times.second()) / 1e9,
        registerFlops / Interval.median(times.first()) / 1e9,
        share.median(),
        share.low(),
        share.high());
  }

  /** The aligned start of B, which the kernel's probe finds once the JIT has compiled it. */
  private int lineStart() {
    int found = -1;
    for (int attempt = 0; attempt < 1_000 && found < 0; attempt++) {
      found = kernel.alignedStart(b);
    }
    System.arraycopy(BenchmarkData.integers(b.length), 0, b, 0, b.length);
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
      if (Float.isNaN(RegisterLoops.floats(STEPS, 0.999f, 0.001f))) {
        throw new IllegalStateException("multiply-adds of finite numbers gave NaN");
      }
    }
    return (System.nanoTime() - begin) / 1e9;
  }
}
