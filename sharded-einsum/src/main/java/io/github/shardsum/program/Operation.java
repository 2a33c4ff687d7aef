package io.github.shardsum.program;

import java.util.List;

/**
 * An operation on labelled values; an immutable value. The result depends only on operands and
 * attributes: there is no state, no side effect and no influence of threads.
 *
 * <p>Operands must have the dtypes that the operation names; no dtype is promoted, see {@link
 * Pointwise.Convert}. Operands with different labels are broadcast by label name, never by position
 * or size; a label has one size in all operands of an operation. A label of size 0 makes a value
 * without elements, which is legal everywhere unless an operation says otherwise.
 *
 * <p>bf16 is computed in f32 and rounded to nearest even, once in each operation. Integers wrap.
 */
public sealed interface Operation
    permits Pointwise, Contraction, Selection, Source, Movement, Nested, Communication {
  /**
   * The values that the operation reads.
   *
   * @return the values in order; a value that is read twice is listed twice
   */
  List<Value> operands();
}
