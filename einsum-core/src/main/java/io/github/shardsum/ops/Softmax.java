package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.ops.AlongAxis;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.Tensor;

/**
 * Softmax along an axis: e^(x_i - m) over the sum of e^(x_j - m), where m is the largest x_j.
 *
 * <p>An entry of -infinity gives 0. A NaN or +infinity among the entries, or -infinity in all of
 * them, gives NaN everywhere along that row, as in torch and JAX. bf16 is computed in f32 and
 * rounded once. Results are equal to the bit for every number of threads, every kind of memory and
 * every vector width. Thread-safe.
 */
public final class Softmax {
  private static final AlongAxis ROWS =
      new AlongAxis(
          (x, at, step, rows, n, to, toAt, toStep, _, _, _, _) ->
              KernelSelection.best().floats().softmax(x, at, step, rows, to, toAt, toStep, n),
          (x, at, step, rows, n, to, toAt, toStep, _, _, _, _) ->
              KernelSelection.best().doubles().softmax(x, at, step, rows, to, toAt, toStep, n),
          (_, _, _, _, _, _, _, _, _, _, _, _) -> {});

  private Softmax() {}

  /**
   * The softmax.
   *
   * @param workers threads to use
   * @param x logits, of a floating dtype and any strides
   * @param axis the axis along which results sum to 1, in [-rank, rank); -1 is the last one
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if the dtype is not floating or there is no such axis
   */
  public static Tensor softmax(Workers workers, Tensor x, int axis) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    softmaxInto(workers, out, x, axis);
    return out;
  }

  /**
   * As {@link #softmax(Workers, Tensor, int)}, by the threads of the process.
   *
   * @param x logits, of a floating dtype and any strides
   * @param axis the axis along which results sum to 1; -1 is the last one
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if the dtype is not floating or there is no such axis
   */
  public static Tensor softmax(Tensor x, int axis) {
    return softmax(DefaultOpsWorkers.get(), x, axis);
  }

  /**
   * As {@link #softmax(Tensor, int)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; may be x itself, but must not overlap it
   *     otherwise
   * @param x logits, of a floating dtype and any strides
   * @param axis the axis along which results sum to 1; -1 is the last one
   * @throws IllegalArgumentException as {@link #softmax(Tensor, int)}, or if out does not fit;
   *     nothing is then written
   */
  public static void softmaxInto(Tensor out, Tensor x, int axis) {
    softmaxInto(DefaultOpsWorkers.get(), out, x, axis);
  }

  /**
   * As {@link #softmax(Workers, Tensor, int)}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; may be x itself, but must not overlap it
   *     otherwise
   * @param x logits, of a floating dtype and any strides
   * @param axis the axis along which results sum to 1, in [-rank, rank); -1 is the last one
   * @throws IllegalArgumentException as {@link #softmax(Workers, Tensor, int)}, or if out does not
   *     fit; nothing is then written
   */
  public static void softmaxInto(Workers workers, Tensor out, Tensor x, int axis) {
    OperandChecks.floating("softmax", x);
    int number = OperandChecks.rowAxis("softmax", x, axis);
    OperandChecks.out("softmax", out, x.dtype(), x.shape());
    OperandChecks.apartOrSame("softmax", out, x);
    ROWS.run("softmax", workers, x, number, out, AlongAxis.sized(x.dtype(), x, number, 0));
  }
}
