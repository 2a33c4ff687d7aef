package io.github.shardsum.einsum;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.LongStream;

/**
 * An operand before there is one: what a plan depends on. An immutable value; lets an einsum be
 * compiled for memory that has not been allocated yet.
 *
 * @param dtype the element type
 * @param shape the logical shape
 * @param strides of a dense operand one stride an axis, in elements; of a routing operand the
 *     strides of its positions and then those of its weights
 * @param leadRank of a routing operand, how many axes lead; empty for a dense one
 */
public record OperandForm(DType dtype, Shape shape, List<Long> strides, OptionalInt leadRank) {
  /**
   * Copies the list and checks the number of strides.
   *
   * @throws IllegalArgumentException if there are more or fewer than that
   */
  public OperandForm {
    strides = List.copyOf(strides);
    int wanted = leadRank.isPresent() ? 2 * (leadRank.getAsInt() + 1) : shape.rank();
    if (strides.size() != wanted) {
      throw new IllegalArgumentException(
          "operand form: " + wanted + " strides are wanted for " + shape + ", got " + strides);
    }
  }

  /**
   * A dense operand.
   *
   * @param dtype the element type
   * @param shape the shape
   * @param strides one an axis, in elements
   * @return the form
   * @throws IllegalArgumentException if there is not one stride an axis
   */
  public static OperandForm dense(DType dtype, Shape shape, long... strides) {
    return new OperandForm(
        dtype, shape, LongStream.of(strides).boxed().toList(), OptionalInt.empty());
  }

  Signature signature() {
    long[] steps = strides.stream().mapToLong(Long::longValue).toArray();
    return Signature.of(dtype, shape, steps, leadRank.orElse(-1));
  }
}
