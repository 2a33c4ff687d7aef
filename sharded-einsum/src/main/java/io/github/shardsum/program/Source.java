package io.github.shardsum.program;

import java.util.List;

/**
 * Operations that make a value of a given type, possibly from its indices. A type with an empty
 * label gives a value without elements.
 */
public sealed interface Source extends Operation {
  @Override
  default List<Value> operands() {
    return switch (this) {
      case Constant _, Iota _ -> List.of();
      case Random(Value seed, _, _) -> List.of(seed);
    };
  }

  /**
   * A value with one number everywhere; the elements are NaN only if the number is NaN.
   *
   * @param type the result's type, any dtype
   * @param value the number, rounded to the dtype
   */
  record Constant(ValueType type, Scalar value) implements Source {}

  /**
   * The index along a label, rounded to the dtype; never NaN.
   *
   * @param type the result's type, of any dtype but bool
   * @param label one of its labels
   */
  record Iota(ValueType type, String label) implements Source {}

  /**
   * Uniform numbers in [0, 1) of {@link io.github.shardsum.random.Philox}, keyed by the element's
   * row-major index in the whole value: {@link Pointwise.Uniform} of that index. Never NaN.
   *
   * @param seed a scalar of i64, the key
   * @param stream distinguishes draws of one seed
   * @param type the result's type, floating
   */
  record Random(Value seed, long stream, ValueType type) implements Source {}
}
