package io.github.shardsum.program;

import io.github.shardsum.tensor.DType;
import java.util.List;

/** Operations between values and their indices along a label. */
public sealed interface Selection extends Operation {
  @Override
  default List<Value> operands() {
    return switch (this) {
      case TopK(Value x, _, _, _) -> List.of(x);
      case ArgMax(Value x, _) -> List.of(x);
      case OneHot(Value indices, _, _, _) -> List.of(indices);
    };
  }

  /**
   * The k largest elements along a label in falling order, and their indices. The two results are
   * values of x's dtype, which may be any, and indices of i32. They have x's labels, with a new
   * label of size k in place of the given one. Of equal elements the lower index comes first. NaN
   * ranks above everything, and the two zeros are equal. With k = 0 the results have no elements; k
   * must not exceed the label's size.
   *
   * @param x the elements
   * @param label the label
   * @param k number of elements to select
   * @param into name of the new label
   */
  record TopK(Value x, String label, long k, String into) implements Selection {}

  /**
   * The index of the largest element along a label, the lowest index of equal ones. The result has
   * dtype i32 and x's other labels; x may have any dtype. NaN is the largest. An empty label is an
   * error.
   *
   * @param x the elements
   * @param label the label
   */
  record ArgMax(Value x, String label) implements Selection {}

  /**
   * Elements that are 1 where the index along a new last label equals the operand's element, and 0
   * elsewhere. An index outside of [0, size) gives zeros. An einsum with a one-hot operand is a
   * gather or a scatter. Indices without elements, or a size of 0, give a value without elements.
   *
   * @param indices i32 or i64
   * @param label name of the new label
   * @param size its size, at least 0
   * @param dtype the result's dtype, any
   */
  record OneHot(Value indices, String label, long size, DType dtype) implements Selection {}
}
