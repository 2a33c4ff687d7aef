package io.github.shardsum.internal.reference;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Operand;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/**
 * The definition of einsum, as one loop nest over all labels: for every index of every label, the
 * product of the operands' elements there is added to the output's element there.
 *
 * <p>f32, f64 and bf16 are summed in f64, in the order of the nest, and rounded once at the end;
 * i32 and i64 wrap; bool is OR of ANDs. The dtype is the operands' promoted one. The time is the
 * product of all label sizes, so this is for tests and for what no kernel covers.
 */
public final class ReferenceEinsum {
  private ReferenceEinsum() {}

  /**
   * Evaluates an equation.
   *
   * @param equation the equation with its shapes
   * @param operands one an operand of the equation, of its shapes
   * @return a fresh tensor in C order
   * @throws IllegalArgumentException if an operand does not fit
   */
  public static Tensor evaluate(BoundEquation equation, Operand... operands) {
    check(equation, List.of(operands));
    Tensor out = Tensor.zeros(resultType(List.of(operands)), equation.outputShape());
    evaluate(equation, 1, 0, List.of(operands), out);
    return out;
  }

  /**
   * Evaluates {@code out = alpha * equation + beta * out}; where beta is 0, out is not read.
   *
   * @param equation the equation with its shapes
   * @param alpha factor of the value; a whole number for an integer result; for bool, whether it is
   *     0
   * @param beta factor of what out holds, as alpha
   * @param operands one an operand of the equation, of its shapes; may overlap out
   * @param out of the output's shape and any dtype, to which the result is rounded once
   * @throws IllegalArgumentException if a shape or a factor does not fit
   */
  public static void evaluate(
      BoundEquation equation, double alpha, double beta, List<Operand> operands, Tensor out) {
    check(equation, operands);
    if (!out.shape().equals(equation.outputShape())) {
      throw new IllegalArgumentException(
          "einsum: expected an out of shape " + equation.outputShape() + ", got " + out.shape());
    }
    List<Tensor> inputs = operands.stream().map(ReferenceEinsum::dense).toList();
    Nest nest = new Nest(equation);
    switch (resultType(operands)) {
      case F32, F64, BF16 -> floating(nest, alpha, beta, inputs, out);
      case I32, I64 -> integer(nest, whole(alpha), whole(beta), inputs, out);
      case BOOL -> bool(nest, alpha != 0, beta != 0, inputs, out);
    }
  }

  /**
   * The dtype of a result.
   *
   * @param operands at least one
   * @return the dtypes of all, promoted
   */
  public static DType resultType(List<Operand> operands) {
    return operands.stream().map(Operand::dtype).reduce(DType::promote).orElseThrow();
  }

  private static void floating(
      Nest nest, double alpha, double beta, List<Tensor> inputs, Tensor out) {
    double[][] x = inputs.stream().map(Tensor::toDoubleArray).toArray(double[][]::new);
    double[] sum = new double[Math.toIntExact(out.shape().elementCount())];
    nest.forEach(
        at -> {
          double product = 1;
          for (int i = 0; i < x.length; i++) {
            product *= x[i][at[i]];
          }
          sum[at[x.length]] += product;
        });
    double[] old = beta == 0 ? new double[sum.length] : out.toDoubleArray();
    for (int i = 0; i < sum.length; i++) {
      sum[i] = beta == 0 ? alpha * sum[i] : alpha * sum[i] + beta * old[i];
    }
    out.assign(Tensor.of(sum, out.shape().toArray()));
  }

  private static void integer(Nest nest, long alpha, long beta, List<Tensor> inputs, Tensor out) {
    long[][] x = inputs.stream().map(Tensor::toLongArray).toArray(long[][]::new);
    long[] sum = new long[Math.toIntExact(out.shape().elementCount())];
    nest.forEach(
        at -> {
          long product = 1;
          for (int i = 0; i < x.length; i++) {
            product *= x[i][at[i]];
          }
          sum[at[x.length]] += product;
        });
    long[] old = beta == 0 ? new long[sum.length] : out.toLongArray();
    for (int i = 0; i < sum.length; i++) {
      sum[i] = alpha * sum[i] + beta * old[i];
    }
    out.assign(Tensor.of(sum, out.shape().toArray()));
  }

  private static void bool(
      Nest nest, boolean alpha, boolean beta, List<Tensor> inputs, Tensor out) {
    long[][] x = inputs.stream().map(Tensor::toLongArray).toArray(long[][]::new);
    byte[] any = new byte[Math.toIntExact(out.shape().elementCount())];
    nest.forEach(
        at -> {
          boolean all = alpha;
          for (int i = 0; i < x.length; i++) {
            all &= x[i][at[i]] != 0;
          }
          any[at[x.length]] |= (byte) (all ? 1 : 0);
        });
    long[] old = beta ? out.toLongArray() : new long[any.length];
    for (int i = 0; i < any.length; i++) {
      any[i] |= (byte) (old[i] != 0 ? 1 : 0);
    }
    out.assign(Tensor.ofBool(any, out.shape().toArray()));
  }

  private static long whole(double factor) {
    if (factor != Math.rint(factor) || Math.abs(factor) > 1L << 53) {
      throw new IllegalArgumentException(
          "einsum: alpha and beta of an integer result must be whole numbers of at most 2^53, got "
              + factor);
    }
    return (long) factor;
  }

  private static Tensor dense(Operand operand) {
    return switch (operand) {
      case Tensor tensor -> tensor;
      case RoutingTensor routing -> routing.toDense();
    };
  }

  private static void check(BoundEquation equation, List<Operand> operands) {
    if (operands.size() != equation.operandCount()) {
      throw new IllegalArgumentException(
          "einsum: expected "
              + equation.operandCount()
              + " operands for "
              + equation
              + ", got "
              + operands.size());
    }
    for (int i = 0; i < operands.size(); i++) {
      if (!operands.get(i).shape().equals(equation.operandShape(i))) {
        throw new IllegalArgumentException(
            "einsum: expected for operand "
                + i
                + " of shape "
                + equation.operandShape(i)
                + " for "
                + equation
                + ", got "
                + operands.get(i).shape());
      }
    }
  }
}
