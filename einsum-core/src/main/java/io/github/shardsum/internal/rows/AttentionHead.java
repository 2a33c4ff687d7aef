package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.kernel.Sums;
import io.github.shardsum.internal.memory.Memory;
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
  private static final FloatRows FLOATS = KernelSelection.best().floats();

  private final double scale;
  private final Scratch scratch;
  private final AttentionSizes sizes;
  private final boolean few;
  private final FloatMicrokernel scoring;
  private final FloatMicrokernel summing;
  private final int queryStride;
  private final int scoreStride;
  private final int sumStride;

  private final AttentionMask mask;
  private final float[] q;
  private final float[] scores;
  private final float[] sums;
  private final float[] peaks;
  private final double[] totals;
  private AttentionSide k = AttentionSide.NONE;
  private AttentionSide v = AttentionSide.NONE;

  /** The memory of a task. */
  AttentionHead(double scale, boolean causal, AttentionSizes sizes, Scratch scratch) {
    this.scale = scale;
    this.scratch = scratch;
    this.sizes = sizes;
    this.few = sizes.few();
    this.scoring = sizes.scoring().forOneThread(scratch);
    this.summing = sizes.summing().forOneThread(scratch);
    this.queryStride = sizes.queryStride();
    this.scoreStride = sizes.scoreStride();
    this.sumStride = sizes.sumStride();
    int rows = sizes.writtenRows();
    this.mask = new AttentionMask(causal, sizes.keys(), rows, scratch);
    this.q = scratch.floats(0, rows * queryStride);
    this.scores = scratch.floats(1, rows * scoreStride);
    this.sums = scratch.floats(2, rows * sumStride);
    this.peaks = scratch.floats(3, rows);
    this.totals = scratch.doubles(0, rows);
  }

  /** Reads a head's positions and, for many rows, packs its keys and values. */
  void load(Tensor keyRows, Tensor valueRows, Tensor positions) {
    mask.load(positions);
    if (few) {
      k = AttentionSide.inPlace(keyRows, scratch, 4);
      v = AttentionSide.inPlace(valueRows, scratch, 5);
      return;
    }
    k = AttentionSide.inPlace(keyRows, scratch, 6).transposed(sizes, scratch, 4);
    v = AttentionSide.inPlace(valueRows, scratch, 6).inPanels(sizes, scratch, 5);
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
        int seen = mask.seen(rows, first, Math.min(sizes.block(), sizes.keys() - first));
        if (seen > 0) {
          score(rows, first, seen);
          weigh(rows, first, seen);
          sum(rows, first, seen);
        }
      }
      end(y, lse, row, rows);
    }
  }

  private void begin(Tensor queries, Tensor at, long row, int rows) {
    Memory from = ArrayRef.of(queries).memory();
    int stride = queryStride;
    int width = sizes.width();
    for (int i = 0; i < rows; i++) {
      from.load(
          AttentionSide.position(queries, row + i), queries.stride(2), width, q, i * stride, 1);
      FLOATS.scale((float) scale, q, i * stride, q, i * stride, width);
      mask.setRow(i, at, row + i);
      peaks[i] = Float.NEGATIVE_INFINITY;
      totals[i] = 0;
    }
    if (!few) {
      AttentionTiles.rehearse(scoring, rows, scores, sums);
      AttentionTiles.rehearse(summing, rows, scores, sums);
    }
    Arrays.fill(sums, 0, rows * sumStride, 0);
  }

  private void score(int rows, int first, int seen) {
    int width = sizes.width();
    if (!few) {
      int columns = scoring.columns();
      int at = first / columns * k.step();
      AttentionTiles.multiply(
          scoring, rows, width, seen, q, k.array(), at, k.step(), scores, scoreStride, false);
      return;
    }
    double[] dots = scratch.doubles(1, sizes.block());
    double[] lanes = scratch.doubles(2, Sums.ROOM);
    int at = k.at() + first * k.step();
    for (int i = 0; i < rows; i++) {
      FLOATS.dots(k.array(), at, k.step(), q, i * queryStride, 0, width, seen, dots, 0, lanes);
      FLOATS.narrow(dots, 0, scores, i * scoreStride, seen);
    }
  }

  /**
   * Turns scores into powers of e, and corrects what was summed with a smaller peak. A row reads
   * the scores up to its own last key, however many other rows need, so that its sum has the same
   * order in every block of rows.
   */
  private void weigh(int rows, int first, int seen) {
    boolean ordered = mask.isOrdered(first, seen);
    for (int i = 0; i < rows; i++) {
      int at = i * scoreStride;
      int own = mask.hide(i, first, seen, ordered, scores, at);
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

  private void sum(int rows, int first, int seen) {
    if (few) {
      int at = v.at() + first * v.step();
      FLOATS.addProduct(
          rows,
          sizes.out(),
          seen,
          scores,
          0,
          scoreStride,
          v.array(),
          at,
          v.step(),
          sums,
          0,
          sumStride);
      return;
    }
    int at = first / sizes.block() * sizes.panelsOfValues() * v.step();
    AttentionTiles.multiply(
        summing, rows, seen, sizes.out(), scores, v.array(), at, v.step(), sums, sumStride, true);
  }

  private void end(Tensor y, Tensor lse, long row, int rows) {
    Memory to = ArrayRef.of(y).memory();
    Memory logs = ArrayRef.of(lse).memory();
    for (int i = 0; i < rows; i++) {
      int at = i * sumStride;
      if (totals[i] != 0) {
        FLOATS.scale((float) (1 / totals[i]), sums, at, sums, at, sizes.out());
      }
      to.store(AttentionSide.position(y, row + i), y.stride(2), sizes.out(), sums, at, 1);
      peaks[i] = totals[i] == 0 ? peaks[i] : (float) (peaks[i] + Math.log(totals[i]));
      logs.store(AttentionSide.position(lse, row + i), 1, 1, peaks, i, 1);
    }
  }
}
