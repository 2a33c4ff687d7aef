package io.github.shardsum.internal.einsum;

import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.contraction.PowersOfTwo;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;

/**
 * Operands of which those with magnitudes far from 1 were divided by powers of two, so that neither
 * a product of two of them nor a sum of such products overflows.
 *
 * @param operands the operands; those that were divided are copies on the heap
 * @param exponents of each operand: what was given is the operand times 2 to this
 */
public record NormalizedOperands(Operand[] operands, long[] exponents) {
  /** Elements that are read at once. */
  private static final int CHUNK = 4096;

  /** The operands for sums in a floating-point type. */
  public static NormalizedOperands of(Operand[] given, ComputeType type) {
    Operand[] operands = given.clone();
    long[] exponents = new long[given.length];
    for (int i = 0; i < given.length; i++) {
      Tensor values = values(given[i]);
      int exponent = PowersOfTwo.exponent(largest(values, type));
      if (Math.abs(exponent) > mostExponent(type)) {
        exponents[i] = exponent;
        Tensor divided = divided(values, type.dtype(), exponent);
        operands[i] =
            given[i] instanceof RoutingTensor routing ? routing.withWeights(divided) : divided;
      }
    }
    return new NormalizedOperands(operands, exponents);
  }

  /** A quarter of the type's range: two factors and the longest sum stay within it. */
  private static int mostExponent(ComputeType type) {
    return type == ComputeType.FLOAT ? 32 : 256;
  }

  private static Tensor values(Operand operand) {
    return switch (operand) {
      case Tensor tensor -> tensor;
      case RoutingTensor routing -> routing.weights();
    };
  }

  private static double largest(Tensor values, ComputeType type) {
    Tensor inOrder = values.contiguous();
    ArrayRef from = ArrayRef.of(inOrder);
    Object chunk = type == ComputeType.FLOAT ? new float[CHUNK] : new double[CHUNK];
    double largest = 0;
    long count = inOrder.shape().elementCount();
    for (long at = 0; at < count; at += CHUNK) {
      int n = (int) Math.min(CHUNK, count - at);
      switch (chunk) {
        case float[] floats -> from.memory().load(from.origin() + at, 1, n, floats, 0, 1);
        case double[] doubles -> from.memory().load(from.origin() + at, 1, n, doubles, 0, 1);
        default -> throw new IllegalStateException("chunk: " + chunk.getClass());
      }
      largest = Math.max(largest, PowersOfTwo.largest(chunk, n));
    }
    return largest;
  }

  private static Tensor divided(Tensor values, DType dtype, int exponent) {
    Tensor copy = Tensor.zeros(dtype, values.shape());
    copy.assign(values.dtype() == dtype ? values : values.convert(dtype));
    int n = Math.toIntExact(copy.shape().elementCount());
    PowersOfTwo.multiply(copy.array().orElseThrow(), n, -(long) exponent);
    return copy;
  }
}
