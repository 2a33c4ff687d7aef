package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.kernel.FloatMicrokernel;
import io.github.shardsum.internal.kernel.FloatRows;
import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/**
 * The gradient of one head's attention in f32 (Dao et al. 2022): the softmax of each block of
 * scores is computed again from the logarithms of its denominators. Sums over rows are in the order
 * of blocks of rows, whatever the number of threads. Belongs to one task.
 */
final class AttentionGradientHead {
  private static final FloatRows FLOATS = KernelSelection.best().floats();

  private final double scale;
  private final Scratch scratch;

  /** Sizes of the products that sum over the width: scores, and values as columns. */
  private final AttentionSizes sizes;

  /** Sizes of the products that sum over columns of values: the width and the columns swapped. */
  private final AttentionSizes turned;

  private final FloatMicrokernel scoring;
  private final FloatMicrokernel valuing;
  private final FloatMicrokernel summing;
  private final AttentionMask mask;
  private final int stride;
  private final int addStride;

  /** Queries times the scale, and cotangents of y: left operands. */
  private final float[] q;

  private final float[] dy;

  /** Powers of e, which become gradients of scores; and the products of cotangents and values. */
  private final float[] powers;

  private final float[] inner;
  private final float[] turnedScores;
  private final float[] added;
  private final float[] dq;
  private final float[] dk;
  private final float[] dv;
  private final float[] row;
  private final float[] lse;
  private final float[] delta;

  /** The memory of a task. */
  AttentionGradientHead(double scale, boolean causal, AttentionSizes sizes, Scratch scratch) {
    this.scale = scale;
    this.scratch = scratch;
    this.sizes = sizes;
    this.turned = sizes.turned();
    this.scoring = sizes.scoring().forOneThread(scratch);
    this.valuing = turned.scoring().forOneThread(scratch);
    this.summing = turned.summing().forOneThread(scratch);
    this.stride = turned.scoreStride();
    this.addStride = Math.max(sizes.addStride(), turned.addStride());
    int rows = sizes.gradientRows();
    int keys = sizes.keys();
    this.mask = new AttentionMask(causal, keys, rows, scratch);
    this.q = scratch.floats(0, rows * sizes.queryStride());
    this.dy = scratch.floats(1, rows * turned.queryStride());
    this.powers = scratch.floats(2, rows * stride);
    this.inner = scratch.floats(3, rows * turned.block());
    int most = sizes.block() + sizes.mostTileRows();
    this.turnedScores = scratch.floats(4, most * sizes.addQueryStride());
    this.added = scratch.floats(5, most * addStride);
    this.dq = scratch.floats(6, rows * turned.sumStride());
    this.dk = scratch.floats(7, keys * sizes.width());
    this.dv = scratch.floats(8, keys * sizes.out());
    this.row = scratch.floats(9, sizes.out());
    this.lse = scratch.floats(10, rows);
    this.delta = scratch.floats(11, rows);
  }

  /** The reads of a head, as the operands of attention, its results and their cotangents. */
  record Given(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor at,
      Tensor of,
      Tensor y,
      Tensor lse,
      Tensor dy,
      Tensor dlse) {}

  /** Computes the gradients of a head by q, k and v. */
  void run(Given given, Tensor byQuery, Tensor byKey, Tensor byValue) {
    mask.load(given.of);
    AttentionSide keyRows = AttentionSide.inPlace(given.k, scratch, 12);
    AttentionSide keys = keyRows.transposed(sizes, scratch, 13);
    AttentionSide keyPanels = keyRows.inPanels(turned, scratch, 14);
    AttentionSide values =
        AttentionSide.inPlace(given.v, scratch, 12).transposed(turned, scratch, 15);
    Arrays.fill(dk, 0, sizes.keys() * sizes.width(), 0);
    Arrays.fill(dv, 0, sizes.keys() * sizes.out(), 0);
    for (long from = 0; from < sizes.rows(); from += sizes.blockRows()) {
      int rows = (int) Math.min(sizes.blockRows(), sizes.rows() - from);
      begin(given, from, rows);
      AttentionSide queryPanels = panels(q, sizes.queryStride(), rows, sizes, turned.adding(), 16);
      AttentionSide dyPanels = panels(dy, turned.queryStride(), rows, turned, sizes.adding(), 17);
      for (int first = 0; first < sizes.keys(); first += sizes.block()) {
        int seen = mask.seen(rows, first, Math.min(sizes.block(), sizes.keys() - first));
        if (seen > 0) {
          scores(rows, first, seen, keys);
          addByKey(rows, first, seen, powers, dyPanels, sizes, dv);
          gradients(rows, first, seen, values);
          addByKey(rows, first, seen, powers, queryPanels, turned, dk);
          int at = first / sizes.block() * turned.panelsOfValues() * keyPanels.step();
          AttentionTiles.multiply(
              summing,
              rows,
              seen,
              sizes.width(),
              powers,
              keyPanels.array(),
              at,
              keyPanels.step(),
              dq,
              turned.sumStride(),
              true);
        }
      }
      end(byQuery, from, rows);
    }
    store(dk, byKey);
    store(dv, byValue);
  }

  private void begin(Given given, long from, int rows) {
    int queryStride = sizes.queryStride();
    int dyStride = turned.queryStride();
    int width = sizes.width();
    int out = sizes.out();
    for (int i = 0; i < rows; i++) {
      load(given.q, from + i, width, q, i * queryStride);
      FLOATS.scale((float) scale, q, i * queryStride, q, i * queryStride, width);
      load(given.dy, from + i, out, dy, i * dyStride);
      load(given.y, from + i, out, row, 0);
      mask.setRow(i, given.at, from + i);
      Memory logs = ArrayRef.of(given.lse).memory();
      logs.load(AttentionSide.position(given.lse, from + i), 1, 1, lse, i, 1);
      Memory cotangents = ArrayRef.of(given.dlse).memory();
      cotangents.load(AttentionSide.position(given.dlse, from + i), 1, 1, delta, i, 1);
      delta[i] = (float) (FLOATS.dot(dy, i * dyStride, row, 0, out) - delta[i]);
    }
    AttentionTiles.rehearse(scoring, rows, powers, inner);
    AttentionTiles.rehearse(valuing, rows, powers, inner);
    AttentionTiles.rehearse(summing, rows, powers, inner);
    Arrays.fill(dq, 0, rows * turned.sumStride(), 0);
  }

  private static void load(Tensor from, long row, int count, float[] to, int toAt) {
    Memory memory = ArrayRef.of(from).memory();
    memory.load(AttentionSide.position(from, row), from.stride(2), count, to, toAt, 1);
  }

  /** Rows of a left operand as panels of a right one, whose terms are the rows. */
  private AttentionSide panels(
      float[] from, int step, int rows, AttentionSizes width, FloatMicrokernel kernel, int slot) {
    int panel = sizes.addPanel(kernel);
    float[] to = scratch.floats(slot, Math.ceilDiv(width.width(), kernel.columns()) * panel);
    kernel.packPanels(from, 0, step, rows, width.width(), to, 0, panel);
    return new AttentionSide(to, 0, panel);
  }

  /** The powers of e of scores, which the softmax consists of. */
  private void scores(int rows, int first, int seen, AttentionSide keys) {
    int at = first / scoring.columns() * keys.step();
    AttentionTiles.multiply(
        scoring,
        rows,
        sizes.width(),
        seen,
        q,
        keys.array(),
        at,
        keys.step(),
        powers,
        stride,
        false);
    boolean ordered = mask.isOrdered(first, seen);
    for (int i = 0; i < rows; i++) {
      int own = mask.hide(i, first, seen, ordered, powers, i * stride);
      if (lse[i] == Float.NEGATIVE_INFINITY) {
        Arrays.fill(powers, i * stride, i * stride + own, 0);
      } else {
        FLOATS.finish(1, -lse[i], false, powers, i * stride, own);
        FLOATS.exp(powers, i * stride, powers, i * stride, own);
      }
    }
  }

  /** Turns powers into gradients of scores. */
  private void gradients(int rows, int first, int seen, AttentionSide values) {
    int at = first / valuing.columns() * values.step();
    int block = turned.block();
    AttentionTiles.multiply(
        valuing,
        rows,
        sizes.out(),
        seen,
        dy,
        values.array(),
        at,
        values.step(),
        inner,
        block,
        false);
    for (int i = 0; i < rows; i++) {
      FLOATS.finish(1, -delta[i], false, inner, i * block, seen);
      FLOATS.multiply(powers, i * stride, inner, i * block, powers, i * stride, seen);
    }
  }

  /** Adds the product of transposed scores and rows to the rows of keys. */
  private void addByKey(
      int rows,
      int first,
      int seen,
      float[] weights,
      AttentionSide panels,
      AttentionSizes of,
      float[] to) {
    FloatMicrokernel kernel = of.adding();
    int columns = of.out();
    FLOATS.transpose(weights, 0, stride, rows, seen, turnedScores, 0, kernel.blocking().aStride());
    AttentionTiles.multiply(
        kernel,
        seen,
        rows,
        columns,
        turnedScores,
        panels.array(),
        0,
        panels.step(),
        added,
        addStride,
        false);
    for (int i = 0; i < seen; i++) {
      FLOATS.add(added, i * addStride, to, (first + i) * columns, columns);
    }
  }

  private void end(Tensor byQuery, long from, int rows) {
    int width = sizes.width();
    Memory to = ArrayRef.of(byQuery).memory();
    for (int i = 0; i < rows; i++) {
      int at = i * turned.sumStride();
      FLOATS.scale((float) scale, dq, at, dq, at, width);
      to.store(AttentionSide.position(byQuery, from + i), byQuery.stride(2), width, dq, at, 1);
    }
  }

  private static void store(float[] from, Tensor to) {
    int columns = (int) to.size(1);
    ArrayRef target = ArrayRef.of(to);
    for (int i = 0; i < to.size(0); i++) {
      long at = target.origin() + i * to.stride(0);
      target.memory().store(at, to.stride(1), columns, from, i * columns, 1);
    }
  }
}
