package io.github.shardsum.internal.contraction;

import java.util.Optional;

/**
 * The steps on every element of a result after it is summed: out = relu(scale * (alpha * sum + beta
 * * out) + bias), and then perhaps a function of its rows.
 *
 * @param alpha factor of the sum
 * @param beta factor of the previous contents of out; 0 does not read them
 * @param scale factor of both
 * @param bias added after that; its strides stand in the step's loops
 * @param relu whether negative elements become 0
 * @param rows the last operation on rows
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

  /** Whether steps follow alpha and beta. */
  public boolean hasEpilogue() {
    return scale != 1 || relu || bias.isPresent() || rows.isPresent();
  }

  /** The same without the steps that follow alpha and beta. */
  public ResultScaling withoutEpilogue() {
    return hasEpilogue() ? new ResultScaling(alpha, beta, 1, Optional.empty(), false) : this;
  }

  /** The same without the relu. */
  public ResultScaling withoutRelu() {
    return new ResultScaling(alpha, beta, scale, bias, false, rows);
  }

  /** The same epilogue, adding to out. */
  public ResultScaling accumulating() {
    return new ResultScaling(alpha, 1, scale, bias, relu, rows);
  }

  /** The same for a multiple of the sum. */
  ResultScaling times(double factor) {
    return factor == 1 ? this : new ResultScaling(alpha * factor, beta, scale, bias, relu, rows);
  }

  /** The same with a function of rows. */
  public ResultScaling withRows(RowEpilogue function) {
    return new ResultScaling(alpha, beta, scale, bias, relu, Optional.of(function));
  }

  /** The same for a result that begins at a later row, and at a later element of the bias. */
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
