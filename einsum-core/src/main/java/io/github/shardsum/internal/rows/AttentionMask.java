package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;

/** The keys of a head that the rows of a block see. */
final class AttentionMask {
  /** Stands for the position of a key that no query sees. */
  private static final long UNSEEN = Long.MAX_VALUE;

  private final boolean causal;
  private final int keys;

  /** The positions of keys. */
  private final long[] of;

  /** For each row the greatest position that it sees. */
  private final long[] limits;

  AttentionMask(boolean causal, int keys, int rows, Scratch scratch) {
    this.causal = causal;
    this.keys = keys;
    this.of = scratch.longs(0, keys);
    this.limits = scratch.longs(1, rows);
  }

  /** Reads the positions of keys. */
  void load(Tensor positions) {
    ArrayRef from = ArrayRef.of(positions);
    from.memory().load(from.origin(), positions.stride(0), keys, of, 0, 1);
    for (int i = 0; i < keys; i++) {
      of[i] = of[i] < 0 ? UNSEEN : of[i];
    }
  }

  /**
   * Reads the position of a row of a block.
   *
   * @param i the row in the block
   * @param at the positions {@code [t, r]}
   * @param row the row in the order of t and r
   */
  void setRow(int i, Tensor at, long row) {
    ArrayRef.of(at).memory().load(AttentionSide.position(at, row), 1, 1, limits, i, 1);
    limits[i] = causal ? limits[i] : Integer.MAX_VALUE;
  }

  /** The number of keys of a block up to the last one that a row of the block sees. */
  int seen(int rows, int first, int count) {
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

  /** Whether the positions of a block of keys do not fall. */
  boolean isOrdered(int first, int count) {
    boolean ordered = true;
    for (int i = first + 1; i < first + count; i++) {
      ordered &= of[i] >= of[i - 1];
    }
    return ordered;
  }

  /**
   * Makes the scores of keys that a row does not see -infinity, up to the last key that it sees,
   * and 0 behind this key.
   *
   * @param i the row
   * @param ordered whether positions of keys do not fall
   * @return the number of keys up to the last one that the row sees
   */
  int hide(int i, int first, int seen, boolean ordered, float[] scores, int at) {
    long limit = limits[i];
    int own = seenBy(limit, first, seen);
    for (int j = 0; j < own && !ordered; j++) {
      scores[at + j] = of[first + j] > limit ? Float.NEGATIVE_INFINITY : scores[at + j];
    }
    Arrays.fill(scores, at + own, at + seen, 0);
    return own;
  }
}
