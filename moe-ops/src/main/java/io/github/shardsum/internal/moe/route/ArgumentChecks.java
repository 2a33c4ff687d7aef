package io.github.shardsum.internal.moe.route;

import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;

/** Argument checks. Messages contain the expected and the given value. */
public final class ArgumentChecks {
  private ArgumentChecks() {}

  /** Checks that a number is at least another. */
  public static void atLeast(String what, long least, long given) {
    if (given < least) {
      throw new IllegalArgumentException(what + " must be at least " + least + ", got " + given);
    }
  }

  /** Checks that a number is finite and above 0. */
  public static void positive(String what, double given) {
    if (!(given > 0) || Double.isInfinite(given)) {
      throw new IllegalArgumentException(what + " must be finite and above 0, got " + given);
    }
  }

  /** Checks the shape of a tensor. */
  public static void shape(String what, String labels, Shape expected, Tensor given) {
    if (!Objects.requireNonNull(given, what).shape().equals(expected)) {
      throw new IllegalArgumentException(
          what + " must have shape " + labels + " = " + expected + ", got " + given.description());
    }
  }

  /** Checks that a tensor has one axis for each label. */
  public static void rank(String what, String labels, Tensor given) {
    int rank = labels.replaceAll("[^A-Z]", "").length();
    if (Objects.requireNonNull(given, what).rank() != rank) {
      throw new IllegalArgumentException(
          what + " must have shape " + labels + ", got " + given.description());
    }
  }

  /** Checks that the dtype of a tensor is floating. */
  public static void floating(String what, Tensor given) {
    if (!Objects.requireNonNull(given, what).dtype().isFloating()) {
      throw new IllegalArgumentException(
          what
              + " must be f32, f64 or bf16, got "
              + given.description()
              + "; convert it with Tensor.convert");
    }
  }

  /**
   * The number of elements of an array. The error advises more groups, or fewer groups in a call.
   */
  public static int arrayLength(String what, long... sizes) {
    return arrayLengthOr("use more groups, or fewer groups in a call", what, sizes);
  }

  /** The number of elements of an array. */
  public static int arrayLengthOr(String remedy, String what, long... sizes) {
    long length = Shape.of(sizes).elementCount();
    if (length > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          what + " must be at most 2^31 - 9 elements, got " + Shape.of(sizes) + "; " + remedy);
    }
    return (int) length;
  }
}
