package io.github.shardsum.cli.moe;

import io.github.shardsum.moe.Moe;
import java.util.stream.LongStream;

/**
 * A run of the layer over a batch.
 *
 * @param form the layer's sizes
 * @param batch the input
 * @param result the output
 * @param nanos wall time, in nanoseconds
 */
record MoePass(MoeLayerForm form, MoeTokenBatch batch, Moe.Result result, long nanos) {
  /** Rows that move to experts and back. */
  long routedRows() {
    return LongStream.of(result.positions().toLongArray()).filter(at -> at >= 0).count();
  }

  /** Real tokens that reach no expert. */
  long dropped() {
    long[] positions = result.positions().toLongArray();
    int choices = Math.toIntExact(result.positions().size(2));
    long dropped = 0;
    for (int token = 0; token < batch.count(); token++) {
      long sent = 0;
      for (int at = token * choices; at < (token + 1) * choices; at++) {
        sent += positions[at] >= 0 ? 1 : 0;
      }
      dropped += sent == 0 ? 1 : 0;
    }
    return dropped;
  }
}
