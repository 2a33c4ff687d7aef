package io.github.shardsum.program;

import io.github.shardsum.tensor.DType;
import java.util.List;

/** Operations between values and their indices along a label. */
public sealed interface Selection extends Operation {
  /**
   * The k largest along a label in falling order, and their indices. Two results of x's labels, the
   * label being replaced by a new one of size k: values of x's dtype (any) and indices of i32. Of
   * equal elements the lower index comes first; NaN ranks above everything, the two zeros are
   * equal. k of 0 gives values without elements; k must not exceed the label's size.
   *
   * @param x the elements
   * @param label the label
   * @param k how many
   * @param into name of the label that takes its place
   */
  record TopK(Value x, String label, long k, String into) implements Selection {
    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }

  /**
   * The index of the largest along a label: i32 of x's other labels; x of any dtype. The index of
   * the largest element, the lowest of equal ones; NaN is the largest. An empty label is an error.
   *
   * @param x the elements
   * @param label the label
   */
  record ArgMax(Value x, String label) implements Selection {
    @Override
    public List<Value> operands() {
      return List.of(x);
    }
  }

  /**
   * 1 where the index along a new last label equals the operand's element, 0 elsewhere. An index
   * outside of [0, size) gives zeros; integers have no NaN. As an operand of an einsum it is a
   * gather or a scatter. Indices without elements, or a size of 0, give a value without elements.
   *
   * @param indices i32 or i64
   * @param label name of the new label
   * @param size its size, at least 0
   * @param dtype the result's dtype, any
   */
  record OneHot(Value indices, String label, long size, DType dtype) implements Selection {
    @Override
    public List<Value> operands() {
      return List.of(indices);
    }
  }
}
