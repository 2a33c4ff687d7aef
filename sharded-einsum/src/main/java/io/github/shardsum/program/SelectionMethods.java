package io.github.shardsum.program;

import io.github.shardsum.tensor.DType;
import java.util.List;

/**
 * Builder methods of {@link Selection} operations. Public for languages that call by reflection; a
 * program names the builder.
 */
public sealed interface SelectionMethods permits ProgramBuilder {
  /**
   * See {@link ProgramBuilder#add(Operation)}.
   *
   * @param operation the operation
   * @return its results
   */
  List<Value> add(Operation operation);

  /**
   * The k largest along a label.
   *
   * @param x the elements
   * @param label along which
   * @param k how many
   * @param into name of the label that takes its place
   * @return values and indices
   * @see Selection.TopK
   */
  default List<Value> topK(Value x, String label, long k, String into) {
    return add(new Selection.TopK(x, label, k, into));
  }

  /**
   * The index of the largest along a label.
   *
   * @param x the elements
   * @param label along which
   * @return i32
   * @see Selection.ArgMax
   */
  default Value argMax(Value x, String label) {
    return add(new Selection.ArgMax(x, label)).getFirst();
  }

  /**
   * One-hot rows along a new last label.
   *
   * @param indices i32 or i64
   * @param label the new label
   * @param size its size
   * @param dtype the result's dtype
   * @return the result
   * @see Selection.OneHot
   */
  default Value oneHot(Value indices, String label, long size, DType dtype) {
    return add(new Selection.OneHot(indices, label, size, dtype)).getFirst();
  }
}
