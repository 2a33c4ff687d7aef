package io.github.shardsum.internal.einsum;

import io.github.shardsum.internal.contraction.ArrayRef;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.contraction.PowersOfTwo;
import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;

/**
 * Operands in a normal range: those with magnitudes far from 1 were divided by powers of two.
 * Neither a product of two of them nor a sum of such products then overflows.
 *
 * @param operands the operands; divided ones are copies, on the heap if they fit into an array
 * @param exponents the exponent of each operand: the given operand is this one times 2 to the
 *     exponent
 */
public record NormalizedOperands(Operand[] operands, long[] exponents) {
  /** Number of elements that are read or written at once. */
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
        Tensor divided = divided(values, type, exponent);
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

  /** Calls an action on the elements, block by block, and writes them back if requested. */
  private static void chunks(Tensor values, ComputeType type, boolean writes, Chunk use) {
    ArrayRef ref = ArrayRef.of(values);
    Memory memory = ref.memory();
    Loops loops = Loops.of(values.shape().toArray(), values.strides());
    Loops.Cursor cursor = loops.cursor(0);
    Object chunk = type == ComputeType.FLOAT ? new float[CHUNK] : new double[CHUNK];
    for (long row = 0, rows = loops.rows(); row < rows; row++, cursor.next()) {
      for (long done = 0; done < loops.row(); done += CHUNK) {
        long at = ref.origin() + cursor.position(0) + done * loops.stride(0);
        int n = (int) Math.min(CHUNK, loops.row() - done);
        switch (chunk) {
          case float[] floats -> memory.load(at, loops.stride(0), n, floats, 0, 1);
          case double[] doubles -> memory.load(at, loops.stride(0), n, doubles, 0, 1);
          default -> throw new IllegalStateException("chunk: " + chunk.getClass());
        }
        use.apply(chunk, n);
        if (writes) {
          switch (chunk) {
            case float[] floats -> memory.store(at, loops.stride(0), n, floats, 0, 1);
            case double[] doubles -> memory.store(at, loops.stride(0), n, doubles, 0, 1);
            default -> throw new IllegalStateException("chunk: " + chunk.getClass());
          }
        }
      }
    }
  }

  /** An action on the first n elements of an array. */
  @FunctionalInterface
  private interface Chunk {
    void apply(Object array, int n);
  }

  private static double largest(Tensor values, ComputeType type) {
    double[] largest = {0};
    if (values.shape().elementCount() > 0) {
      chunks(
          values,
          type,
          false,
          (chunk, n) -> largest[0] = Math.max(largest[0], PowersOfTwo.largest(chunk, n)));
    }
    return largest[0];
  }

  private static Tensor divided(Tensor values, ComputeType type, int exponent) {
    DType dtype = type.dtype();
    Tensor copy =
        values.shape().elementCount() <= Shape.LONGEST_ARRAY
            ? Tensor.zeros(dtype, values.shape())
            : Tensor.allocate(Arena.ofAuto(), dtype, values.shape());
    copy.assign(values);
    chunks(copy, type, true, (chunk, n) -> PowersOfTwo.multiply(chunk, n, -(long) exponent));
    return copy;
  }
}
