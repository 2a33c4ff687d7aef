package io.github.shardsum.internal.contraction;

import java.util.Optional;

/**
 * The operations on every element of a result after the sum: out = relu(scale * (alpha * sum + beta
 * * out) + bias), with an optional function of rows at the end.
 *
 * @param alpha factor of the sum
 * @param beta factor of the previous contents of out; 0 does not read them
 * @param scale factor of both
 * @param bias added afterwards; its strides are in the step's loops
 * @param relu whether negative elements become 0
 * @param rows the function of rows, the last operation
 */
public record ResultScaling(
    double alpha,
    double beta,
    double scale,
    Optional<ArrayRef> bias,
    boolean relu,
    Optional<RowEpilogue> rows) {
  /** Overwrites out with the sum. */
  public static final ResultScaling PLAIN = new ResultScaling(1, 0, 1, Optional.empty(), false);

  /** A scaling without a function of rows. */
  public ResultScaling(
      double alpha, double beta, double scale, Optional<ArrayRef> bias, boolean relu) {
    this(alpha, beta, scale, bias, relu, Optional.empty());
  }

  /** Whether the sum itself is the result. */
  public boolean isPlain() {
    return alpha == 1 && beta == 0 && !hasEpilogue();
  }

  /** Whether operations follow alpha and beta. */
  public boolean hasEpilogue() {
    return scale != 1 || relu || bias.isPresent() || rows.isPresent();
  }

  /** This scaling without the operations that follow alpha and beta. */
  public ResultScaling withoutEpilogue() {
    return hasEpilogue() ? new ResultScaling(alpha, beta, 1, Optional.empty(), false) : this;
  }

  /** This scaling without the relu. */
  public ResultScaling withoutRelu() {
    return new ResultScaling(alpha, beta, scale, bias, false, rows);
  }

  /** This epilogue, with the sum added to out. */
  public ResultScaling accumulating() {
    return new ResultScaling(alpha, 1, scale, bias, relu, rows);
  }

  /** This scaling for a multiple of the sum. */
  ResultScaling times(double factor) {
    return factor == 1 ? this : new ResultScaling(alpha * factor, beta, scale, bias, relu, rows);
  }

  /** This scaling with a function of rows. */
  public ResultScaling withRows(RowEpilogue function) {
    return new ResultScaling(alpha, beta, scale, bias, relu, Optional.of(function));
  }

  /** This scaling for a result that begins at a later row, and at a later element of the bias. */
  ResultScaling movedBy(long rowsBefore, long biasBefore) {
    return bias.isEmpty() && rows.isEmpty()
        ? this
        : new ResultScaling(
            alpha,
            beta,
            scale,
            bias.map(slot -> slot.plus(biasBefore)),
            relu,
            rows.map(each -> each.movedBy(rowsBefore)));
  }
}
