package io.github.shardsum.program;

import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.tensor.DType;
import java.util.List;

/**
 * Builder methods of {@link Pointwise} operations. Public for languages that call by reflection; a
 * program names the builder.
 */
public sealed interface PointwiseMethods permits ProgramBuilder {
  /**
   * See {@link ProgramBuilder#add(Operation)}.
   *
   * @param operation the operation
   * @return its results
   */
  List<Value> add(Operation operation);

  /**
   * A function of each element.
   *
   * @param kind which
   * @param x the argument
   * @return the result
   * @see Pointwise.Unary
   */
  default Value unary(UnaryKind kind, Value x) {
    return add(new Pointwise.Unary(kind, x)).getFirst();
  }

  /**
   * A function of two elements.
   *
   * @param kind which
   * @param x the first argument
   * @param y the second
   * @return the result
   * @see Pointwise.Binary
   */
  default Value binary(BinaryKind kind, Value x, Value y) {
    return add(new Pointwise.Binary(kind, x, y)).getFirst();
  }

  /**
   * {@code max(x, 0)}.
   *
   * @param x the argument
   * @return the result
   * @see Pointwise.UnaryKind#RELU
   */
  default Value relu(Value x) {
    return unary(UnaryKind.RELU, x);
  }

  /**
   * {@code e^x}.
   *
   * @param x the argument
   * @return the result
   * @see Pointwise.UnaryKind#EXP
   */
  default Value exp(Value x) {
    return unary(UnaryKind.EXP, x);
  }

  /**
   * {@code ln x}.
   *
   * @param x the argument
   * @return the result
   * @see Pointwise.UnaryKind#LOG
   */
  default Value log(Value x) {
    return unary(UnaryKind.LOG, x);
  }

  /**
   * {@code x^(1/2)}.
   *
   * @param x the argument
   * @return the result
   * @see Pointwise.UnaryKind#SQRT
   */
  default Value sqrt(Value x) {
    return unary(UnaryKind.SQRT, x);
  }

  /**
   * {@code tanh x}.
   *
   * @param x the argument
   * @return the result
   * @see Pointwise.UnaryKind#TANH
   */
  default Value tanh(Value x) {
    return unary(UnaryKind.TANH, x);
  }

  /**
   * {@code 1 / (1 + e^-x)}.
   *
   * @param x the argument
   * @return the result
   * @see Pointwise.UnaryKind#LOGISTIC
   */
  default Value logistic(Value x) {
    return unary(UnaryKind.LOGISTIC, x);
  }

  /**
   * {@code -x}.
   *
   * @param x the argument
   * @return the result
   * @see Pointwise.UnaryKind#NEGATE
   */
  default Value negate(Value x) {
    return unary(UnaryKind.NEGATE, x);
  }

  /**
   * {@code x + y}.
   *
   * @param x a summand
   * @param y the other
   * @return the result
   * @see Pointwise.BinaryKind#ADD
   */
  default Value add(Value x, Value y) {
    return binary(BinaryKind.ADD, x, y);
  }

  /**
   * {@code x - y}.
   *
   * @param x the minuend
   * @param y the subtrahend
   * @return the result
   * @see Pointwise.BinaryKind#SUBTRACT
   */
  default Value subtract(Value x, Value y) {
    return binary(BinaryKind.SUBTRACT, x, y);
  }

  /**
   * {@code x y}.
   *
   * @param x a factor
   * @param y the other
   * @return the result
   * @see Pointwise.BinaryKind#MULTIPLY
   */
  default Value multiply(Value x, Value y) {
    return binary(BinaryKind.MULTIPLY, x, y);
  }

  /**
   * {@code x / y}.
   *
   * @param x the dividend
   * @param y the divisor
   * @return the result
   * @see Pointwise.BinaryKind#DIVIDE
   */
  default Value divide(Value x, Value y) {
    return binary(BinaryKind.DIVIDE, x, y);
  }

  /**
   * {@code max(x, y)}.
   *
   * @param x an argument
   * @param y the other
   * @return the result
   * @see Pointwise.BinaryKind#MAXIMUM
   */
  default Value maximum(Value x, Value y) {
    return binary(BinaryKind.MAXIMUM, x, y);
  }

  /**
   * {@code min(x, y)}.
   *
   * @param x an argument
   * @param y the other
   * @return the result
   * @see Pointwise.BinaryKind#MINIMUM
   */
  default Value minimum(Value x, Value y) {
    return binary(BinaryKind.MINIMUM, x, y);
  }

  /**
   * {@code x y} of a number.
   *
   * @param factor the number, cut to an integer for integer dtypes
   * @param x the other factor
   * @return the result
   * @see Pointwise.BinaryKind#MULTIPLY
   */
  default Value scale(double factor, Value x) {
    DType dtype = x.type().dtype();
    ValueType scalar = ValueType.scalar(dtype);
    return multiply(x, add(new Source.Constant(scalar, Scalar.of(dtype, factor))).getFirst());
  }

  /**
   * Whether a relation holds.
   *
   * @param relation which
   * @param x the left side
   * @param y the right side
   * @return bool
   * @see Pointwise.Compare
   */
  default Value compare(Comparison relation, Value x, Value y) {
    return add(new Pointwise.Compare(relation, x, y)).getFirst();
  }

  /**
   * x where true, y elsewhere.
   *
   * @param condition bool
   * @param x chosen where true
   * @param y chosen where false
   * @return the result
   * @see Pointwise.Select
   */
  default Value select(Value condition, Value x, Value y) {
    return add(new Pointwise.Select(condition, x, y)).getFirst();
  }

  /**
   * Another dtype.
   *
   * @param x what is converted
   * @param dtype the result's dtype
   * @return the result; x itself if it has the dtype
   * @see Pointwise.Convert
   */
  default Value convert(Value x, DType dtype) {
    return x.type().dtype() == dtype ? x : add(new Pointwise.Convert(x, dtype)).getFirst();
  }

  /**
   * A ragged label.
   *
   * @param x what is cut
   * @param lengths its lengths
   * @param label the label
   * @param fill the value of padding
   * @return the result
   * @see Pointwise.Ragged
   */
  default Value ragged(Value x, Value lengths, String label, double fill) {
    return add(new Pointwise.Ragged(x, lengths, label, Scalar.of(x.type().dtype(), fill)))
        .getFirst();
  }
}
