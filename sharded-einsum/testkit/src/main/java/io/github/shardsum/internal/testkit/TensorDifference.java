package io.github.shardsum.internal.testkit;

import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds the first difference of tensors. They are compared bit by bit, except for the sign of a
 * zero, which is not promised.
 */
public final class TensorDifference {
  private TensorDifference() {}

  /**
   * The first difference between the outputs of two runs.
   *
   * @param names one for each output
   * @return the difference, such as {@code output y, element 3: expected 4, got 5}; empty if there
   *     is none
   */
  public static Optional<String> between(
      List<Value> names, List<Tensor> expected, List<Tensor> given) {
    if (expected.size() != given.size()) {
      return Optional.of(
          String.format(Locale.ROOT, "expected %d outputs, got %d", expected.size(), given.size()));
    }
    for (int i = 0; i < expected.size(); i++) {
      Optional<String> difference = between(expected.get(i), given.get(i));
      if (difference.isPresent()) {
        return Optional.of("output " + names.get(i).name() + difference.get());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> between(Tensor expected, Tensor given) {
    if (expected.dtype() != given.dtype() || !expected.shape().equals(given.shape())) {
      return Optional.of(": expected " + expected.description() + ", got " + given.description());
    }
    // A conversion to double would round an i64.
    boolean whole = !expected.dtype().isFloating();
    long[] bits = whole ? expected.toLongArray() : bits(expected);
    long[] others = whole ? given.toLongArray() : bits(given);
    for (int i = 0; i < bits.length; i++) {
      if (bits[i] != others[i]) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                ", element %d: expected %s, got %s",
                i,
                number(bits[i], whole),
                number(others[i], whole)));
      }
    }
    return Optional.empty();
  }

  private static String number(long bits, boolean whole) {
    return whole ? Long.toString(bits) : Double.toString(Double.longBitsToDouble(bits));
  }

  private static long[] bits(Tensor tensor) {
    double[] values = tensor.toDoubleArray();
    long[] bits = new long[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Double.doubleToLongBits(values[i] + 0.0);
    }
    return bits;
  }
}
