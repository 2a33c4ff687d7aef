package io.github.shardsum.internal.rows;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/** Divides attention into tasks: heads, or parts of the rows of a head. */
public final class AttentionRows {
  /**
   * The least number of rows of a task that does not have a whole head: keys are packed for each.
   */
  private static final long LEAST_ROWS = 224;

  private AttentionRows() {}

  /** See {@code Attention.supports}. */
  public static boolean supports(long width) {
    return AttentionSizes.fits(width);
  }

  /** See {@code Attention.scratchBytes}. */
  public static long scratchBytes(long rows, long keys, long width, long out) {
    return sizes(rows, keys, width, out).bytes();
  }

  /** See {@code Attention.into}. */
  public static void run(
      Workers workers,
      double scale,
      boolean causal,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor at,
      Tensor of,
      Tensor y,
      Tensor lse) {
    long rows = q.size(2) * q.size(3);
    long heads = q.size(0) * q.size(1);
    if (rows * heads == 0) {
      return;
    }
    AttentionSizes sizes = sizes(rows, k.size(2), q.size(4), v.size(3));
    long threads = workers.parallelism();
    long wanted = threads == 1 ? 1 : Math.ceilDiv(4 * threads, heads);
    long parts = Math.max(1, Math.min(wanted, rows / LEAST_ROWS));
    workers.run(
        Math.toIntExact(heads * parts),
        (task, scratch) -> {
          long b = task / parts / q.size(1);
          long j = task / parts % q.size(1);
          long part = task % parts;
          AttentionHead head = new AttentionHead(scale, causal, sizes, scratch);
          head.load(of(k, b, j), of(v, b, j), of(of, b, j));
          head.run(
              of(q, b, j),
              of(at, b, j),
              of(y, b, j),
              of(lse, b, j),
              rows * part / parts,
              rows * (part + 1) / parts);
        });
  }

  /** See {@code Attention.gradientScratchBytes}. */
  public static long gradientScratchBytes(long rows, long keys, long width, long out) {
    return sizes(rows, keys, width, out).gradientBytes();
  }

  /**
   * See {@code Attention.gradientInto}.
   *
   * @param given q, k, v, the positions, y, lse and the cotangents of these two
   * @param to the gradients by q, k and v
   */
  public static void gradient(
      Workers workers, double scale, boolean causal, List<Tensor> given, List<Tensor> to) {
    Tensor q = given.get(0);
    long rows = q.size(2) * q.size(3);
    AttentionSizes sizes = sizes(rows, given.get(1).size(2), q.size(4), given.get(2).size(3));
    workers.run(
        Math.toIntExact(q.size(0) * q.size(1)),
        (head, scratch) -> {
          long b = head / q.size(1);
          long j = head % q.size(1);
          List<Tensor> own = given.stream().map(x -> of(x, b, j)).toList();
          new AttentionGradientHead(scale, causal, sizes, scratch)
              .run(
                  new AttentionGradientHead.Given(
                      own.get(0),
                      own.get(1),
                      own.get(2),
                      own.get(3),
                      own.get(4),
                      own.get(5),
                      own.get(6),
                      own.get(7),
                      own.get(8)),
                  of(to.get(0), b, j),
                  of(to.get(1), b, j),
                  of(to.get(2), b, j));
        });
  }

  private static AttentionSizes sizes(long rows, long keys, long width, long out) {
    return new AttentionSizes(
        rows, Math.toIntExact(keys), Math.toIntExact(width), Math.toIntExact(out));
  }

  private static Tensor of(Tensor all, long b, long j) {
    return all.select(0, b).select(0, j);
  }
}
