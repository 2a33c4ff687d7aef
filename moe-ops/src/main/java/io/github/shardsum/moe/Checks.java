package io.github.shardsum.moe;

import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;

/** Argument checks whose messages say what was wanted and what was given. */
final class Checks {
  private Checks() {}

  static void atLeast(String what, long least, long given) {
    if (given < least) {
      throw new IllegalArgumentException(what + ": at least " + least + " is wanted, got " + given);
    }
  }

  static void positive(String what, double given) {
    if (!(given > 0) || Double.isInfinite(given)) {
      throw new IllegalArgumentException(
          what + ": a finite number above 0 is wanted, got " + given);
    }
  }

  static void shape(String what, String labels, Shape wanted, Tensor given) {
    if (!Objects.requireNonNull(given, what).shape().equals(wanted)) {
      throw new IllegalArgumentException(
          what + ": shape " + labels + " = " + wanted + " is wanted, got " + given);
    }
  }

  static void rank(String what, String labels, Tensor given) {
    int rank = labels.replaceAll("[^A-Z]", "").length();
    if (Objects.requireNonNull(given, what).rank() != rank) {
      throw new IllegalArgumentException(what + ": shape " + labels + " is wanted, got " + given);
    }
  }

  static void floating(String what, Tensor given) {
    if (!Objects.requireNonNull(given, what).dtype().isFloating()) {
      throw new IllegalArgumentException(
          what
              + ": one of f32, f64 and bf16 is wanted, got "
              + given
              + "; convert it with Tensor.convert");
    }
  }

  static int arrayLength(String what, long... sizes) {
    return arrayLengthOr("use more groups or fewer a call", what, sizes);
  }

  static int arrayLengthOr(String remedy, String what, long... sizes) {
    long length = Shape.of(sizes).elementCount();
    if (length > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          what + ": at most 2^31 - 9 elements are wanted, got " + Shape.of(sizes) + "; " + remedy);
    }
    return (int) length;
  }
}
