package io.github.shardsum.einsum;

import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.contraction.ResultScaling;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;
import java.util.Optional;

/**
 * The operations on each element of an einsum's result before it is written: {@code out =
 * relu(scale * (alpha * sum + beta * out) + bias)}, fused into the last step. Immutable; the bias
 * aliases the caller's tensor, whose values are read at each run.
 *
 * @param scale factor of the sum; an integer for integer dtypes
 * @param bias a tensor added after scaling, if any; of an integer dtype if the result is, and bool
 *     if it is bool
 * @param relu whether negative results become 0 (NaN stays NaN)
 */
public record Epilogue(double scale, Optional<Bias> bias, boolean relu) {
  private static final Epilogue NONE = new Epilogue(1, Optional.empty(), false);

  /**
   * A bias and the labels of its axes.
   *
   * @param term the labels in the equation's notation, each of which the result has once, such as
   *     {@code "h"} or {@code "batch hidden"}
   * @param tensor the bias, with one axis for each label, of the label's size or 1
   */
  public record Bias(Term term, Tensor tensor) {
    /** Checks that nothing is null. */
    public Bias {
      Objects.requireNonNull(term, "term");
      Objects.requireNonNull(tensor, "tensor");
    }

    /** The labels, and the tensor's dtype and shape, without its elements. */
    @Override
    public String toString() {
      return term + " " + tensor.description();
    }
  }

  /** Checks that nothing is null. */
  public Epilogue {
    Objects.requireNonNull(bias, "bias");
  }

  /**
   * The epilogue that changes nothing.
   *
   * @return scale 1, no bias, no relu
   */
  public static Epilogue none() {
    return NONE;
  }

  /**
   * The same epilogue with a scale.
   *
   * @param factor the factor
   * @return a new epilogue
   */
  public Epilogue withScale(double factor) {
    return new Epilogue(factor, bias, relu);
  }

  /**
   * The same epilogue with a bias.
   *
   * @param labels the labels of the bias's axes, such as {@code "h"}
   * @param tensor the bias, read at each run
   * @return a new epilogue
   * @throws EquationSyntaxException if the labels are not a term
   */
  public Epilogue withBias(String labels, Tensor tensor) {
    return new Epilogue(scale, Optional.of(new Bias(Term.parse(labels), tensor)), relu);
  }

  /**
   * The same epilogue with relu.
   *
   * @return a new epilogue
   */
  public Epilogue withRelu() {
    return new Epilogue(scale, bias, true);
  }

  /**
   * Whether the epilogue changes nothing.
   *
   * @return true for scale 1, no bias, no relu
   */
  public boolean isNone() {
    return scale == 1 && bias.isEmpty() && !relu;
  }

  /** The scaling with the factors of one run; a factor of bools is 0 or 1. */
  ResultScaling finish(double alpha, double beta, boolean ofBools) {
    return new ResultScaling(
        ofBools ? isTrue(alpha) : alpha,
        ofBools ? isTrue(beta) : beta,
        ofBools ? isTrue(scale) : scale,
        bias.map(each -> ArrayRef.of(each.tensor())),
        relu);
  }

  private static double isTrue(double factor) {
    return factor == 0 ? 0 : 1;
  }
}
