package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.kernel.Sums;
import io.github.shardsum.internal.memory.F32Array;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/**
 * Attention of the queries of one head, forward, in f32: blocks of rows pass over blocks of keys,
 * and the softmax is corrected when a later block has a greater score (Milakov and Gimelshein 2018,
 * online softmax). A row's bits depend on neither the other rows nor the division of rows into
 * tasks. Belongs to one task.
 */
final class AttentionHead {
  /** Stands for the position of a key that no query sees. */
  private static final long UNSEEN = Long.MAX_VALUE;

  private static final FloatRows FLOATS = KernelSelection.best().floats();

  private final double scale;
  private final boolean causal;
  private final Scratch scratch;
  private final AttentionSizes sizes;
  private final boolean few;
  private final FloatMicrokernel scoring;
  private final FloatMicrokernel summing;
  private final int queryStride;
  private final int scoreStride;
  private final int sumStride;

  private final long[] of;
  private final float[] q;
  private final float[] scores;
  private final float[] sums;
  private final float[] peaks;
  private final double[] totals;
  private final long[] limits;
  private Side k = new Side(new float[0], 0, 0);
  private Side v = new Side(new float[0], 0, 0);

  /** Rows of an operand in an array, or panels. */
  private record Side(float[] array, int at, int step) {}

  /** The memory of a task. */
  AttentionHead(double scale, boolean causal, AttentionSizes sizes, Scratch scratch) {
    this.scale = scale;
    this.causal = causal;
    this.scratch = scratch;
    this.sizes = sizes;
    this.few = sizes.few();
    this.scoring = sizes.scoring().forOneThread(scratch);
    this.summing = sizes.summing().forOneThread(scratch);
    this.queryStride = sizes.queryStride();
    this.scoreStride = sizes.scoreStride();
    this.sumStride = sizes.sumStride();
    int rows = sizes.writtenRows();
    this.of = scratch.longs(0, sizes.keys());
    this.q = scratch.floats(0, rows * queryStride);
    this.scores = scratch.floats(1, rows * scoreStride);
    this.sums = scratch.floats(2, rows * sumStride);
    this.peaks = scratch.floats(3, rows);
    this.totals = scratch.doubles(0, rows);
    this.limits = scratch.longs(1, rows);
  }

  /** Reads a head's positions and, for many rows, packs its keys and values. */
  void load(Tensor keyRows, Tensor valueRows, Tensor positions) {
    ArrayRef from = ArrayRef.of(positions);
    from.memory().load(from.origin(), positions.stride(0), sizes.keys(), of, 0, 1);
    for (int i = 0; i < sizes.keys(); i++) {
      of[i] = of[i] < 0 ? UNSEEN : of[i];
    }
    if (few) {
      k = inPlace(keyRows, 4);
      v = inPlace(valueRows, 5);
      return;
    }
    packKeys(inPlace(keyRows, 6));
    packValues(inPlace(valueRows, 6));
  }

  /** Rows where they are, if they are of f32, contiguous and in an array, or else copied. */
  private Side inPlace(Tensor rows, int slot) {
    ArrayRef from = ArrayRef.of(rows);
    int count = (int) rows.size(0);
    int columns = (int) rows.size(1);
    long step = rows.stride(0);
    boolean unit = columns <= 1 || rows.stride(1) == 1;
    boolean fits =
        step >= 0 && from.origin() + step * Math.max(0, count - 1) + columns <= Integer.MAX_VALUE;
    if (unit && fits && from.memory() instanceof F32Array(float[] array)) {
      return new Side(array, (int) from.origin(), (int) step);
    }
    float[] copy = scratch.floats(slot, count * columns);
    for (int i = 0; i < count; i++) {
      from.memory().load(from.origin() + i * step, rows.stride(1), columns, copy, i * columns, 1);
    }
    return new Side(copy, 0, columns);
  }

  /** Transposes keys into panels of as many keys as a tile has columns. */
  private void packKeys(Side rows) {
    int columns = scoring.columns();
    int panel = sizes.keyPanel();
    float[] to = scratch.floats(4, sizes.packedKeys());
    for (int i = 0; i < sizes.keys(); i += columns) {
      int count = Math.min(columns, sizes.keys() - i);
      int at = rows.at + i * rows.step;
      FLOATS.transpose(
          rows.array, at, rows.step, count, sizes.width(), to, i / columns * panel, columns);
    }
    k = new Side(to, 0, panel);
  }

  /** Distributes the values of each block of keys over panels of columns. */
  private void packValues(Side rows) {
    int panel = sizes.valuePanel();
    float[] to = scratch.floats(5, sizes.packedValues());
    for (int i = 0; i < sizes.keys(); i += sizes.block()) {
      int count = Math.min(sizes.block(), sizes.keys() - i);
      int at = rows.at + i * rows.step;
      int toAt = i / sizes.block() * sizes.panelsOfValues() * panel;
      summing.packPanels(rows.array, at, rows.step, count, sizes.out(), to, toAt, panel);
    }
    v = new Side(to, 0, panel);
  }

  /**
   * Computes the rows of a head.
   *
   * @param queries {@code [t, r, width]}
   * @param at the positions {@code [t, r]}
   * @param y {@code [t, r, out]}
   * @param lse {@code [t, r]}
   * @param from the first row, in the order of t and r
   * @param to the end of the rows, exclusive
   */
  void run(Tensor queries, Tensor at, Tensor y, Tensor lse, long from, long to) {
    for (long row = from; row < to; row += sizes.blockRows()) {
      int rows = (int) Math.min(sizes.blockRows(), to - row);
      begin(queries, at, row, rows);
      for (int first = 0; first < sizes.keys(); first += sizes.block()) {
        int seen = seen(rows, first, Math.min(sizes.block(), sizes.keys() - first));
        if (seen > 0) {
          score(rows, first, seen);
          weigh(rows, first, seen);
          sum(rows, first, seen);
        }
      }
      end(y, lse, row, rows);
    }
  }

  private static long position(ArrayRef origin, Tensor tensor, long row) {
    long inner = tensor.size(1);
    return origin.origin() + row / inner * tensor.stride(0) + row % inner * tensor.stride(1);
  }

  private void begin(Tensor queries, Tensor at, long row, int rows) {
    ArrayRef from = ArrayRef.of(queries);
    ArrayRef positions = ArrayRef.of(at);
    int stride = queryStride;
    int width = sizes.width();
    for (int i = 0; i < rows; i++) {
      from.memory()
          .load(position(from, queries, row + i), queries.stride(2), width, q, i * stride, 1);
      FLOATS.scale((float) scale, q, i * stride, q, i * stride, width);
      positions.memory().load(position(positions, at, row + i), 1, 1, limits, i, 1);
      limits[i] = causal ? limits[i] : Integer.MAX_VALUE;
      peaks[i] = Float.NEGATIVE_INFINITY;
      totals[i] = 0;
    }
    if (!few) {
      rehearse(scoring, rows);
      rehearse(summing, rows);
    }
    Arrays.fill(sums, 0, rows * sumStride, 0);
  }

  /** Lets the JVM compile tiles early. */
  private void rehearse(FloatMicrokernel kernel, int rows) {
    for (int i = 0, height; i < rows; i += height) {
      height = kernel.height(rows - i);
      kernel.precompile(height, scores, scores, sums);
    }
  }

  /** The number of keys of a block up to the last one that a row of the block sees. */
  private int seen(int rows, int first, int count) {
    long most = -1;
    for (int i = 0; i < rows; i++) {
      most = Math.max(most, limits[i]);
    }
    return seenBy(most, first, count);
  }

  private int seenBy(long limit, int first, int count) {
    int seen = count;
    while (seen > 0 && of[first + seen - 1] > limit) {
      seen--;
    }
    return seen;
  }

  private void score(int rows, int first, int seen) {
    int width = sizes.width();
    if (!few) {
      int columns = scoring.columns();
      int at = first / columns * k.step;
      tiles(scoring, rows, width, seen, q, k.array, at, k.step, scores, scoreStride, false);
      return;
    }
    double[] dots = scratch.doubles(1, sizes.block());
    double[] lanes = scratch.doubles(2, Sums.ROOM);
    int at = k.at + first * k.step;
    for (int i = 0; i < rows; i++) {
      FLOATS.dots(k.array, at, k.step, q, i * queryStride, 0, width, seen, dots, 0, lanes);
      FLOATS.narrow(dots, 0, scores, i * scoreStride, seen);
    }
  }

  private static void tiles(
      FloatMicrokernel kernel,
      int rows,
      int terms,
      int columns,
      float[] a,
      float[] b,
      int bAt,
      int panel,
      float[] c,
      int cStride,
      boolean add) {
    int stride = kernel.blocking().aStride();
    for (int i = 0, height; i < rows; i += height) {
      height = kernel.height(rows - i);
      for (int j = 0; j < columns; j += kernel.columns()) {
        int at = bAt + j / kernel.columns() * panel;
        kernel.tile(height, terms, a, i * stride, b, at, c, i * cStride + j, cStride, add);
      }
    }
  }

  /**
   * Turns scores into powers of e, and corrects what was summed with a smaller peak. A row reads
   * the scores up to its own last key, however many other rows need, so that its sum has the same
   * order in every block of rows.
   */
  private void weigh(int rows, int first, int seen) {
    boolean ordered = true;
    for (int i = first + 1; i < first + seen; i++) {
      ordered &= of[i] >= of[i - 1];
    }
    for (int i = 0; i < rows; i++) {
      int at = i * scoreStride;
      int own = seenBy(limits[i], first, seen);
      if (!ordered) {
        hide(limits[i], first, own, at);
      }
      Arrays.fill(scores, at + own, at + seen, 0);
      float peak = own == 0 ? peaks[i] : Math.max(peaks[i], FLOATS.max(scores, at, own));
      if (peak == Float.NEGATIVE_INFINITY) {
        Arrays.fill(scores, at, at + own, 0);
        continue;
      }
      if (peak > peaks[i] || Float.isNaN(peak)) {
        float factor = (float) Math.exp(peaks[i] - peak);
        FLOATS.scale(factor, sums, i * sumStride, sums, i * sumStride, sizes.out());
        totals[i] *= factor;
        peaks[i] = peak;
      }
      FLOATS.finish(1, -peak, false, scores, at, own);
      FLOATS.exp(scores, at, scores, at, own);
      totals[i] += FLOATS.sum(scores, at, own);
    }
  }

  /** Makes the scores of keys beyond a position -infinity. */
  private void hide(long limit, int first, int own, int at) {
    for (int j = 0; j < own; j++) {
      scores[at + j] = of[first + j] > limit ? Float.NEGATIVE_INFINITY : scores[at + j];
    }
  }

  private void sum(int rows, int first, int seen) {
    if (few) {
      int at = v.at + first * v.step;
      FLOATS.addProduct(
          rows, sizes.out(), seen, scores, 0, scoreStride, v.array, at, v.step, sums, 0, sumStride);
      return;
    }
    int at = first / sizes.block() * sizes.panelsOfValues() * v.step;
    tiles(summing, rows, seen, sizes.out(), scores, v.array, at, v.step, sums, sumStride, true);
  }

  private void end(Tensor y, Tensor lse, long row, int rows) {
    ArrayRef to = ArrayRef.of(y);
    ArrayRef logs = ArrayRef.of(lse);
    for (int i = 0; i < rows; i++) {
      int at = i * sumStride;
      if (totals[i] != 0) {
        FLOATS.scale((float) (1 / totals[i]), sums, at, sums, at, sizes.out());
      }
      to.memory().store(position(to, y, row + i), y.stride(2), sizes.out(), sums, at, 1);
      peaks[i] = totals[i] == 0 ? peaks[i] : (float) (peaks[i] + Math.log(totals[i]));
      logs.memory().store(position(logs, lse, row + i), 1, 1, peaks, i, 1);
    }
  }
}
