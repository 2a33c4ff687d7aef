package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.grouped.GroupedProduct;
import java.util.stream.IntStream;

/**
 * The number of rows of an {@link ExpertChunk}. Its arrays must be a small part of a layer's
 * memory.
 */
final class ExpertChunkSize {
  /** The largest number of rows of a chunk. */
  static final int MOST_ROWS = 2048;

  /**
   * Rows of a forward chunk that are enough to pack an expert's matrices again at little cost: each
   * packed element is multiplied with this many rows.
   */
  private static final int PACKED_ROWS = 256;

  /** Smallest limit for the rows of a chunk. */
  private static final int LEAST_ROWS = 64;

  /**
   * The share that chunks and logits may add to the memory of a layer's tokens, outputs and rows.
   * The layer promises a share of 0.2 for everything but those three.
   */
  private static final double FORWARD_SHARE = 0.185;

  /**
   * The share for a chunk of the backward pass, of the same memory plus the cotangents. Each of two
   * threads may have such a chunk. The gradient of tokens does not count, because it is added to
   * the router's gradient.
   */
  private static final double BACKWARD_SHARE = 0.044;

  /**
   * Columns that both products of a gated activation compute in turn. The columns of one product
   * are then still in the cache when the activation combines them with the other product. A product
   * reads a matrix in pieces of this number of columns.
   */
  static final int GATED_COLUMNS = 1024;

  private ExpertChunkSize() {}

  /**
   * The largest number of rows of a chunk in a run on this machine. In the forward pass no bit of
   * the results depends on this number, and the chunks of all threads together stay within the
   * share. In the backward pass the number decides where sums over an expert's rows are cut, so it
   * depends only on the layer.
   *
   * @param threads the number of threads that may each have a chunk
   */
  static int rows(ExpertsForm form, boolean backward, int threads) {
    return rows(form, backward, threads, GroupedProduct.nearBytes());
  }

  /**
   * As {@link #rows(ExpertsForm, boolean, int)}, for a machine with other caches.
   *
   * @param near bytes that a thread may keep in caches
   */
  static int rows(ExpertsForm form, boolean backward, int threads, long near) {
    if (form.rows() == 0) {
      // A device without tokens may have no hidden width either.
      return LEAST_ROWS;
    }
    double tokens = (double) form.groups() * form.tokens();
    double rows = form.rows();
    long perRow = perRow(form, backward);
    if (backward) {
      double most = BACKWARD_SHARE * (4 * tokens + 2 * rows) * form.model() / perRow;
      return (int) Math.clamp(most, LEAST_ROWS, MOST_ROWS);
    }
    double logits = tokens * form.experts();
    double all = (FORWARD_SHARE * (2 * tokens + rows) * form.model() - logits) / perRow;
    long bytes = perRow * form.math().dtype().byteSize();
    int most = mostRows(near, bytes);
    return (int) Math.clamp(all / threads, LEAST_ROWS, most);
  }

  /**
   * The largest number of rows of a forward chunk, so that the results of one product stay in the
   * caches for the next product.
   *
   * @param near bytes that a thread may keep in caches
   * @param perRow bytes of a chunk's arrays for each of its rows
   */
  static int mostRows(long near, long perRow) {
    return Math.clamp(near / Math.max(1, perRow), PACKED_ROWS, MOST_ROWS);
  }

  /** Elements of a chunk's arrays for each of its rows. */
  private static long perRow(ExpertsForm form, boolean backward) {
    long gated = form.activation().isGated() ? 1 : 0;
    long hidden = form.hidden();
    return backward ? (2 + gated) * hidden : hidden + gated * Math.min(hidden, GATED_COLUMNS);
  }

  /**
   * Bytes to plan for the chunks of a run: the most that a run needs on any machine. So a plan does
   * not depend on the caches of the machine that makes it.
   *
   * @param parallelism the number of threads for which work is cut
   * @param threads the threads of the workers
   */
  static long plannedBytes(ExpertsForm form, boolean backward, int parallelism, int threads) {
    int least = rows(form, backward, parallelism, 0);
    int most = rows(form, backward, parallelism, GroupedProduct.MOST_NEAR_BYTES);
    return IntStream.rangeClosed(least, most)
        .mapToLong(rows -> bytesOfAll(form, backward, rows, parallelism, threads))
        .max()
        .orElseThrow();
  }

  /**
   * Bytes of one chunk that all threads share, and of one further chunk for each other thread that
   * can have a task. Chunks with fewer rows mean more tasks.
   *
   * @param most the most rows of a chunk
   */
  static long bytesOfAll(
      ExpertsForm form, boolean backward, int most, int parallelism, int threads) {
    long alone = Math.min(most, SharedExpertTasks.mostAlone(form.rows(), parallelism));
    long tasks = form.experts() + form.rows() / most;
    int others = Math.min(Math.clamp(tasks, 1, parallelism) - 1, threads);
    return bytes(form, backward, most) + others * bytes(form, backward, alone);
  }

  /**
   * Bytes of the arrays of one thread.
   *
   * @param most the most rows of a chunk
   */
  static long bytes(ExpertsForm form, boolean backward, long most) {
    long rows = Math.min(most, form.rows());
    boolean converts = form.dtype() != form.math().dtype();
    long matrices =
        converts ? (backward ? 2L : 1L) * form.products() * form.model() * form.hidden() : 0;
    return (rows * perRow(form, backward) + matrices) * form.math().dtype().byteSize();
  }

  /**
   * Bytes of the blocks that one thread's products pack, for an expert with an even share of the
   * rows. An expert with more rows may pack more.
   *
   * @param most the most rows of a chunk
   */
  static long packedBytes(ExpertsForm form, long most) {
    if (form.rows() == 0 || form.experts() == 0 || form.model() == 0 || form.hidden() == 0) {
      return 0;
    }
    long rows = Math.min(most, Math.ceilDiv(form.rows(), form.experts()));
    return GroupedProduct.packedBytes(form.math().dtype(), rows, form.model(), form.hidden());
  }
}
