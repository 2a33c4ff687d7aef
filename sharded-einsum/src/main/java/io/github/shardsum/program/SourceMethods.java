package io.github.shardsum.program;

import io.github.shardsum.tensor.DType;
import java.util.List;

/**
 * Builder methods of {@link Source} operations. Public for languages that call by reflection; a
 * program names the builder.
 */
public sealed interface SourceMethods permits ProgramBuilder {
  /**
   * See {@link ProgramBuilder#add(Operation)}.
   *
   * @param operation the operation
   * @return its results
   */
  List<Value> add(Operation operation);

  /**
   * A scalar.
   *
   * @param dtype its dtype
   * @param value its value
   * @return the result
   * @see Source.Constant
   */
  default Value constant(DType dtype, double value) {
    return constant(ValueType.scalar(dtype), value);
  }

  /**
   * One number everywhere.
   *
   * @param type the result's type
   * @param value the number
   * @return the result
   * @see Source.Constant
   */
  default Value constant(ValueType type, double value) {
    return add(new Source.Constant(type, Scalar.of(type.dtype(), value))).getFirst();
  }

  /**
   * Indices along a label.
   *
   * @param type the result's notation
   * @param label one of its labels
   * @return the result
   * @see Source.Iota
   */
  default Value iota(String type, String label) {
    return add(new Source.Iota(ValueType.parse(type), label)).getFirst();
  }

  /**
   * Uniform numbers in [0, 1).
   *
   * @param seed a scalar of i64
   * @param stream tells draws apart
   * @param type the result's notation, floating
   * @return the result
   * @see Source.Random
   */
  default Value random(Value seed, long stream, String type) {
    return add(new Source.Random(seed, stream, ValueType.parse(type))).getFirst();
  }
}
