package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.kernel.DoubleArithmetic;
import io.github.shardsum.internal.kernel.FloatArithmetic;
import io.github.shardsum.internal.kernel.KernelSet;
import io.github.shardsum.internal.kernel.LongArithmetic;
import io.github.shardsum.internal.ops.BinaryElementFunction;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.ops.TernaryElementFunction;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;

/**
 * Arithmetic on one element at a time, of tensors of any dtype, strides and memory.
 *
 * <p>Two operands are broadcast by position as in NumPy: axes are aligned from the right, and an
 * axis that is missing or has size 1 is repeated. f32 and bf16 are computed in f32, f64 in f64,
 * integers modulo 2^32 and 2^64. A number as an operand takes the dtype of the tensor.
 *
 * <p>Each operation has two forms. One returns a fresh tensor on the heap in C order; the other
 * writes into {@code out} and allocates nothing that grows with the operands. Without workers,
 * large operands are divided among the threads of the process. {@code out} may be an operand,
 * element for element, but must not overlap an operand otherwise. Results are equal to the bit for
 * every number of threads, every kind of memory and every vector width. Bad arguments are an {@link
 * IllegalArgumentException} before anything is written. Thread-safe.
 */
public final class Elementwise {
  private static final KernelSet KERNELS = KernelSelection.best();

  private static final BinaryElementFunction ADD =
      new BinaryElementFunction(
          KERNELS.floats()::add, KERNELS.doubles()::add, KERNELS.longs()::add);
  private static final BinaryElementFunction MULTIPLY =
      new BinaryElementFunction(
          KERNELS.floats()::multiply, KERNELS.doubles()::multiply, KERNELS.longs()::multiply);
  private static final BinaryElementFunction NEGATE =
      BinaryElementFunction.of(
          FloatArithmetic::negate, DoubleArithmetic::negate, LongArithmetic::negate);
  private static final BinaryElementFunction ABS =
      BinaryElementFunction.of(FloatArithmetic::abs, DoubleArithmetic::abs, LongArithmetic::abs);
  private static final BinaryElementFunction SIGN =
      BinaryElementFunction.of(FloatArithmetic::sign, DoubleArithmetic::sign, LongArithmetic::sign);
  private static final BinaryElementFunction SQRT =
      BinaryElementFunction.of(
          FloatArithmetic::sqrt, DoubleArithmetic::sqrt, BinaryElementFunction.NO_LONGS);
  private static final BinaryElementFunction RSQRT =
      BinaryElementFunction.of(
          FloatArithmetic::rsqrt, DoubleArithmetic::rsqrt, BinaryElementFunction.NO_LONGS);
  private static final BinaryElementFunction FLOOR =
      BinaryElementFunction.of(
          FloatArithmetic::floor, DoubleArithmetic::floor, LongArithmetic::floor);
  private static final BinaryElementFunction SUBTRACT =
      BinaryElementFunction.of(
          FloatArithmetic::subtract, DoubleArithmetic::subtract, LongArithmetic::subtract);
  private static final BinaryElementFunction DIVIDE =
      BinaryElementFunction.of(
          FloatArithmetic::divide, DoubleArithmetic::divide, LongArithmetic::divide);
  private static final BinaryElementFunction REMAINDER =
      BinaryElementFunction.of(
          FloatArithmetic::remainder, DoubleArithmetic::remainder, LongArithmetic::remainder);
  private static final BinaryElementFunction MAXIMUM =
      BinaryElementFunction.of(
          FloatArithmetic::maximum, DoubleArithmetic::maximum, LongArithmetic::maximum);
  private static final BinaryElementFunction MINIMUM =
      BinaryElementFunction.of(
          FloatArithmetic::minimum, DoubleArithmetic::minimum, LongArithmetic::minimum);
  private static final BinaryElementFunction POWER =
      BinaryElementFunction.of(
          FloatArithmetic::power, DoubleArithmetic::power, LongArithmetic::power);
  private static final TernaryElementFunction CLIP =
      new TernaryElementFunction(
          FloatArithmetic::clip, DoubleArithmetic::clip, LongArithmetic::clip);

  private Elementwise() {}

  /**
   * e^x, within 1 ulp in f32 and f64 where the machine has a fused multiply-add, 1.2 ulp elsewhere;
   * infinite above the range, subnormal and zero below it, NaN of NaN.
   *
   * @param workers threads to use
   * @param x exponents, of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   */
  public static Tensor exp(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    expInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #exp}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape
   * @param x exponents, of a floating dtype
   */
  public static void expInto(Workers workers, Tensor out, Tensor x) {
    apply(MathFunction.EXP, workers, out, x);
  }

  /** A function of floating elements. */
  static void apply(MathFunction function, Workers workers, Tensor out, Tensor x) {
    String name = function.toString();
    OperandChecks.floating(name, x);
    run(
        name,
        workers,
        out,
        x,
        (from, at, _, _, to, toAt, n) -> function.row(from, at, to, toAt, n),
        (from, at, _, _, to, toAt, n) -> function.row(from, at, to, toAt, n),
        (_, _, _, _, _, _, _) -> {});
  }

  /**
   * The greater of x and 0; NaN of NaN.
   *
   * @param workers threads to use
   * @param x numbers, of any dtype but bool
   * @return a fresh tensor of x's dtype and shape
   */
  public static Tensor relu(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    reluInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #relu}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape
   * @param x numbers, of any dtype but bool
   */
  public static void reluInto(Workers workers, Tensor out, Tensor x) {
    OperandChecks.number("relu", x);
    run(
        "relu",
        workers,
        out,
        x,
        (from, at, _, _, to, toAt, n) -> KERNELS.floats().relu(from, at, to, toAt, n),
        (from, at, _, _, to, toAt, n) -> KERNELS.doubles().relu(from, at, to, toAt, n),
        (from, at, _, _, to, toAt, n) -> KERNELS.longs().relu(from, at, to, toAt, n));
  }

  /**
   * The product a x; a is rounded to x's dtype.
   *
   * @param workers threads to use
   * @param a the factor; an integer that x's dtype holds, if this is an integer dtype
   * @param x numbers, of any dtype but bool
   * @return a fresh tensor of x's dtype and shape
   */
  public static Tensor scale(Workers workers, double a, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    scaleInto(workers, out, a, x);
    return out;
  }

  /**
   * As {@link #scale}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape
   * @param a the factor; an integer that x's dtype holds, if this is an integer dtype
   * @param x numbers, of any dtype but bool
   */
  public static void scaleInto(Workers workers, Tensor out, double a, Tensor x) {
    OperandChecks.number("scale", x);
    if (!x.dtype().isFloating() && (a != Math.rint(a) || Math.abs(a) > 1L << 53)) {
      throw new IllegalArgumentException(
          "scale: expected an integer factor up to 2^53 for " + x.description() + ", got " + a);
    }
    double factor = OperandChecks.held("scale", x, a).getDouble();
    run(
        "scale",
        workers,
        out,
        x,
        (from, at, _, _, to, toAt, n) ->
            KERNELS.floats().scale((float) factor, from, at, to, toAt, n),
        (from, at, _, _, to, toAt, n) -> KERNELS.doubles().scale(factor, from, at, to, toAt, n),
        (from, at, _, _, to, toAt, n) ->
            KERNELS.longs().scale((long) factor, from, at, to, toAt, n));
  }

  /**
   * As {@link #scale(Workers, double, Tensor)}, by the threads of the process; {@link
   * #multiply(Tensor, double)} is the same.
   *
   * @param a the factor; an integer that x's dtype holds, if this is an integer dtype
   * @param x numbers, of any dtype but bool
   * @return a fresh tensor of x's dtype and shape
   */
  public static Tensor scale(double a, Tensor x) {
    return scale(DefaultOpsWorkers.get(), a, x);
  }

  /**
   * As {@link #scale(double, Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape
   * @param a the factor; an integer that x's dtype holds, if this is an integer dtype
   * @param x numbers, of any dtype but bool
   */
  public static void scaleInto(Tensor out, double a, Tensor x) {
    scaleInto(DefaultOpsWorkers.get(), out, a, x);
  }

  /**
   * x + y, broadcast against each other as in NumPy; OR for bool.
   *
   * @param workers threads to use
   * @param x one summand
   * @param y the other summand
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   */
  public static Tensor add(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(x.dtype().promote(y.dtype()), OperandChecks.broadcast("add", x, y));
    addInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #add}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape
   * @param x one summand
   * @param y the other summand
   */
  public static void addInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    run("add", ADD, workers, out, x.dtype().promote(y.dtype()), x, y);
  }

  /**
   * x y, broadcast against each other as in NumPy; AND for bool.
   *
   * @param workers threads to use
   * @param x one factor
   * @param y the other factor
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   */
  public static Tensor multiply(Workers workers, Tensor x, Tensor y) {
    Tensor out =
        Tensor.zeros(x.dtype().promote(y.dtype()), OperandChecks.broadcast("multiply", x, y));
    multiplyInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #multiply}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape
   * @param x one factor
   * @param y the other factor
   */
  public static void multiplyInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    run("multiply", MULTIPLY, workers, out, x.dtype().promote(y.dtype()), x, y);
  }

  /**
   * e^x; NumPy's {@code np.exp}. Uses the threads of the process.
   *
   * @param x exponents, of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor exp(Tensor x) {
    return exp(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #exp(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x exponents, of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void expInto(Tensor out, Tensor x) {
    expInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * The greater of x and 0; NaN of NaN; NumPy's {@code np.maximum(x, 0)}. Uses the threads of the
   * process.
   *
   * @param x numbers, of any dtype but bool
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor relu(Tensor x) {
    return relu(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #relu(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any dtype but bool
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void reluInto(Tensor out, Tensor x) {
    reluInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * The natural logarithm: minus infinity of 0, NaN below; NumPy's {@code np.log}. Uses the threads
   * of the process.
   *
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor log(Tensor x) {
    return log(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #log(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor log(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    logInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #log(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void logInto(Tensor out, Tensor x) {
    logInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #log(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void logInto(Workers workers, Tensor out, Tensor x) {
    apply(MathFunction.LOG, workers, out, x);
  }

  /**
   * The hyperbolic tangent; NumPy's {@code np.tanh}. Uses the threads of the process.
   *
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor tanh(Tensor x) {
    return tanh(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #tanh(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor tanh(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    tanhInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #tanh(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void tanhInto(Tensor out, Tensor x) {
    tanhInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #tanh(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void tanhInto(Workers workers, Tensor out, Tensor x) {
    apply(MathFunction.TANH, workers, out, x);
  }

  /**
   * 1 / (1 + e^-x); NumPy's {@code 1 / (1 + np.exp(-x))}. Uses the threads of the process.
   *
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor logistic(Tensor x) {
    return logistic(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #logistic(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor logistic(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    logisticInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #logistic(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void logisticInto(Tensor out, Tensor x) {
    logisticInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #logistic(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void logisticInto(Workers workers, Tensor out, Tensor x) {
    apply(MathFunction.LOGISTIC, workers, out, x);
  }

  /**
   * The sine of an angle in radians: NaN of an infinity; NumPy's {@code np.sin}. Uses the threads
   * of the process.
   *
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor sine(Tensor x) {
    return sine(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #sine(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor sine(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    sineInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #sine(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void sineInto(Tensor out, Tensor x) {
    sineInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #sine(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void sineInto(Workers workers, Tensor out, Tensor x) {
    apply(MathFunction.SINE, workers, out, x);
  }

  /**
   * The cosine of an angle in radians: NaN of an infinity; NumPy's {@code np.cos}. Uses the threads
   * of the process.
   *
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor cosine(Tensor x) {
    return cosine(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #cosine(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers of a floating dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor cosine(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    cosineInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #cosine(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void cosineInto(Tensor out, Tensor x) {
    cosineInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #cosine(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void cosineInto(Workers workers, Tensor out, Tensor x) {
    apply(MathFunction.COSINE, workers, out, x);
  }

  /**
   * x + y, or OR for bool. Broadcasts like NumPy's {@code np.add}. Uses the threads of the process.
   *
   * @param x one summand
   * @param y the other summand
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor add(Tensor x, Tensor y) {
    return add(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #add(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in
   * which x is computed.
   *
   * @param x one summand
   * @param y the other summand; an integer if x is not floating
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, or x is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor add(Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    addInto(out, x, y);
    return out;
  }

  /**
   * As {@link #add(Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #add(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void addInto(Tensor out, Tensor x, double y) {
    addInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #add(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #add(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void addInto(Workers workers, Tensor out, Tensor x, double y) {
    run("add", ADD, workers, out, x, y);
  }

  /**
   * As {@link #add(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x one summand
   * @param y the other summand
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void addInto(Tensor out, Tensor x, Tensor y) {
    addInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * x y, or AND for bool. Broadcasts like NumPy's {@code np.multiply}. Uses the threads of the
   * process.
   *
   * @param x one factor
   * @param y the other factor
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor multiply(Tensor x, Tensor y) {
    return multiply(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #multiply(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in
   * which x is computed.
   *
   * @param x one factor
   * @param y the other factor; an integer if x is not floating
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, or x is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor multiply(Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    multiplyInto(out, x, y);
    return out;
  }

  /**
   * As {@link #multiply(Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #multiply(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void multiplyInto(Tensor out, Tensor x, double y) {
    multiplyInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #multiply(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #multiply(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void multiplyInto(Workers workers, Tensor out, Tensor x, double y) {
    run("multiply", MULTIPLY, workers, out, x, y);
  }

  /**
   * As {@link #multiply(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x one factor
   * @param y the other factor
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void multiplyInto(Tensor out, Tensor x, Tensor y) {
    multiplyInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * -x; integers wrap; NumPy's {@code np.negative}. Uses the threads of the process.
   *
   * @param x numbers, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor negate(Tensor x) {
    return negate(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #negate(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor negate(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    negateInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #negate(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any strides
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void negateInto(Tensor out, Tensor x) {
    negateInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #negate(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any strides
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void negateInto(Workers workers, Tensor out, Tensor x) {
    OperandChecks.number("negate", x);
    run("negate", NEGATE, workers, out, x.dtype(), x, x);
  }

  /**
   * |x|; the least integer stays itself; NumPy's {@code np.abs}. Uses the threads of the process.
   *
   * @param x numbers, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor abs(Tensor x) {
    return abs(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #abs(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor abs(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    absInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #abs(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any strides
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void absInto(Tensor out, Tensor x) {
    absInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #abs(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any strides
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void absInto(Workers workers, Tensor out, Tensor x) {
    OperandChecks.number("abs", x);
    run("abs", ABS, workers, out, x.dtype(), x, x);
  }

  /**
   * -1, 0 or 1, NaN of NaN; NumPy's {@code np.sign}. Uses the threads of the process.
   *
   * @param x numbers, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor sign(Tensor x) {
    return sign(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #sign(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor sign(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    signInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #sign(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any strides
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void signInto(Tensor out, Tensor x) {
    signInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #sign(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any strides
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void signInto(Workers workers, Tensor out, Tensor x) {
    OperandChecks.number("sign", x);
    run("sign", SIGN, workers, out, x.dtype(), x, x);
  }

  /**
   * The square root; NaN below 0; NumPy's {@code np.sqrt}. Uses the threads of the process.
   *
   * @param x numbers of a floating dtype, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor sqrt(Tensor x) {
    return sqrt(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #sqrt(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers of a floating dtype, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor sqrt(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    sqrtInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #sqrt(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype, of any strides
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void sqrtInto(Tensor out, Tensor x) {
    sqrtInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #sqrt(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype, of any strides
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void sqrtInto(Workers workers, Tensor out, Tensor x) {
    OperandChecks.floating("sqrt", x);
    run("sqrt", SQRT, workers, out, x.dtype(), x, x);
  }

  /**
   * One over the square root; NaN for x below 0, infinite for 0; NumPy's {@code 1 / np.sqrt}. Uses
   * the threads of the process.
   *
   * @param x numbers of a floating dtype, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor rsqrt(Tensor x) {
    return rsqrt(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #rsqrt(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers of a floating dtype, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is not of a floating dtype
   */
  public static Tensor rsqrt(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    rsqrtInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #rsqrt(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype, of any strides
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void rsqrtInto(Tensor out, Tensor x) {
    rsqrtInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #rsqrt(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers of a floating dtype, of any strides
   * @throws IllegalArgumentException if x is not of a floating dtype or out does not fit; nothing
   *     is then written
   */
  public static void rsqrtInto(Workers workers, Tensor out, Tensor x) {
    OperandChecks.floating("rsqrt", x);
    run("rsqrt", RSQRT, workers, out, x.dtype(), x, x);
  }

  /**
   * The greatest integer not above x; an integer stays itself; NumPy's {@code np.floor}. Uses the
   * threads of the process.
   *
   * @param x numbers, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor floor(Tensor x) {
    return floor(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #floor(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers, of any strides
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool
   */
  public static Tensor floor(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    floorInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #floor(Tensor)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any strides
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void floorInto(Tensor out, Tensor x) {
    floorInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #floor(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x numbers, of any strides
   * @throws IllegalArgumentException if x is of bool or out does not fit; nothing is then written
   */
  public static void floorInto(Workers workers, Tensor out, Tensor x) {
    OperandChecks.number("floor", x);
    run("floor", FLOOR, workers, out, x.dtype(), x, x);
  }

  /**
   * x - y; integers wrap. Broadcasts like NumPy's {@code np.subtract}. Uses the threads of the
   * process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor subtract(Tensor x, Tensor y) {
    return subtract(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #subtract(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in
   * which x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, or x is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor subtract(Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    subtractInto(out, x, y);
    return out;
  }

  /**
   * As {@link #subtract(Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #subtract(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void subtractInto(Tensor out, Tensor x, double y) {
    subtractInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #subtract(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #subtract(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void subtractInto(Workers workers, Tensor out, Tensor x, double y) {
    run("subtract", SUBTRACT, workers, out, x, y);
  }

  /**
   * As {@link #subtract(Tensor, Tensor)}, with a number as x; the number is rounded to the dtype in
   * which y is computed.
   *
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @return a fresh tensor of y's dtype and shape
   * @throws IllegalArgumentException if y is of bool, or y is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor subtract(double x, Tensor y) {
    Tensor out = Tensor.zeros(y.dtype(), y.shape());
    subtractInto(out, x, y);
    return out;
  }

  /**
   * As {@link #subtract(double, Tensor)}, into a given result.
   *
   * @param out the result, of y's dtype and shape; it may be y, but not overlap it otherwise
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @throws IllegalArgumentException as {@link #subtract(double, Tensor)}, or if out does not fit;
   *     nothing is then written
   */
  public static void subtractInto(Tensor out, double x, Tensor y) {
    subtractInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #subtract(double, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of y's dtype and shape; it may be y, but not overlap it otherwise
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @throws IllegalArgumentException as {@link #subtract(double, Tensor)}, or if out does not fit;
   *     nothing is then written
   */
  public static void subtractInto(Workers workers, Tensor out, double x, Tensor y) {
    run("subtract", SUBTRACT, workers, out, x, y);
  }

  /**
   * As {@link #subtract(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor subtract(Workers workers, Tensor x, Tensor y) {
    Tensor out =
        Tensor.zeros(x.dtype().promote(y.dtype()), OperandChecks.broadcast("subtract", x, y));
    subtractInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #subtract(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void subtractInto(Tensor out, Tensor x, Tensor y) {
    subtractInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #subtract(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void subtractInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    DType dtype = OperandChecks.numbers("subtract", x, y);
    run("subtract", SUBTRACT, workers, out, dtype, x, y);
  }

  /**
   * x / y. Quotients of integers are rounded toward zero; x / 0 is then -1, and the least integer
   * divided by -1 is itself, as in XLA. Broadcasts like NumPy's {@code np.divide}. Uses the threads
   * of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor divide(Tensor x, Tensor y) {
    return divide(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #divide(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in
   * which x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, or x is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor divide(Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    divideInto(out, x, y);
    return out;
  }

  /**
   * As {@link #divide(Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #divide(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void divideInto(Tensor out, Tensor x, double y) {
    divideInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #divide(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #divide(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void divideInto(Workers workers, Tensor out, Tensor x, double y) {
    run("divide", DIVIDE, workers, out, x, y);
  }

  /**
   * As {@link #divide(Tensor, Tensor)}, with a number as x; the number is rounded to the dtype in
   * which y is computed.
   *
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @return a fresh tensor of y's dtype and shape
   * @throws IllegalArgumentException if y is of bool, or y is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor divide(double x, Tensor y) {
    Tensor out = Tensor.zeros(y.dtype(), y.shape());
    divideInto(out, x, y);
    return out;
  }

  /**
   * As {@link #divide(double, Tensor)}, into a given result.
   *
   * @param out the result, of y's dtype and shape; it may be y, but not overlap it otherwise
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @throws IllegalArgumentException as {@link #divide(double, Tensor)}, or if out does not fit;
   *     nothing is then written
   */
  public static void divideInto(Tensor out, double x, Tensor y) {
    divideInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #divide(double, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of y's dtype and shape; it may be y, but not overlap it otherwise
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @throws IllegalArgumentException as {@link #divide(double, Tensor)}, or if out does not fit;
   *     nothing is then written
   */
  public static void divideInto(Workers workers, Tensor out, double x, Tensor y) {
    run("divide", DIVIDE, workers, out, x, y);
  }

  /**
   * As {@link #divide(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor divide(Workers workers, Tensor x, Tensor y) {
    Tensor out =
        Tensor.zeros(x.dtype().promote(y.dtype()), OperandChecks.broadcast("divide", x, y));
    divideInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #divide(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void divideInto(Tensor out, Tensor x, Tensor y) {
    divideInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #divide(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void divideInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    DType dtype = OperandChecks.numbers("divide", x, y);
    run("divide", DIVIDE, workers, out, dtype, x, y);
  }

  /**
   * The remainder of {@link #divide(Tensor, Tensor)}, with the sign of x. If y is 0, the remainder
   * is x for integers and NaN for floating numbers. Broadcasts like NumPy's {@code np.fmod}. Uses
   * the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor remainder(Tensor x, Tensor y) {
    return remainder(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #remainder(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype
   * in which x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, or x is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor remainder(Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    remainderInto(out, x, y);
    return out;
  }

  /**
   * As {@link #remainder(Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #remainder(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void remainderInto(Tensor out, Tensor x, double y) {
    remainderInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #remainder(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #remainder(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void remainderInto(Workers workers, Tensor out, Tensor x, double y) {
    run("remainder", REMAINDER, workers, out, x, y);
  }

  /**
   * As {@link #remainder(Tensor, Tensor)}, with a number as x; the number is rounded to the dtype
   * in which y is computed.
   *
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @return a fresh tensor of y's dtype and shape
   * @throws IllegalArgumentException if y is of bool, or y is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor remainder(double x, Tensor y) {
    Tensor out = Tensor.zeros(y.dtype(), y.shape());
    remainderInto(out, x, y);
    return out;
  }

  /**
   * As {@link #remainder(double, Tensor)}, into a given result.
   *
   * @param out the result, of y's dtype and shape; it may be y, but not overlap it otherwise
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @throws IllegalArgumentException as {@link #remainder(double, Tensor)}, or if out does not fit;
   *     nothing is then written
   */
  public static void remainderInto(Tensor out, double x, Tensor y) {
    remainderInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #remainder(double, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of y's dtype and shape; it may be y, but not overlap it otherwise
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @throws IllegalArgumentException as {@link #remainder(double, Tensor)}, or if out does not fit;
   *     nothing is then written
   */
  public static void remainderInto(Workers workers, Tensor out, double x, Tensor y) {
    run("remainder", REMAINDER, workers, out, x, y);
  }

  /**
   * As {@link #remainder(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor remainder(Workers workers, Tensor x, Tensor y) {
    Tensor out =
        Tensor.zeros(x.dtype().promote(y.dtype()), OperandChecks.broadcast("remainder", x, y));
    remainderInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #remainder(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void remainderInto(Tensor out, Tensor x, Tensor y) {
    remainderInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #remainder(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void remainderInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    DType dtype = OperandChecks.numbers("remainder", x, y);
    run("remainder", REMAINDER, workers, out, dtype, x, y);
  }

  /**
   * The greater of x and y; NaN if either is NaN. Broadcasts like NumPy's {@code np.maximum}. Uses
   * the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor maximum(Tensor x, Tensor y) {
    return maximum(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #maximum(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in
   * which x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, or x is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor maximum(Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    maximumInto(out, x, y);
    return out;
  }

  /**
   * As {@link #maximum(Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #maximum(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void maximumInto(Tensor out, Tensor x, double y) {
    maximumInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #maximum(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #maximum(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void maximumInto(Workers workers, Tensor out, Tensor x, double y) {
    run("maximum", MAXIMUM, workers, out, x, y);
  }

  /**
   * As {@link #maximum(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor maximum(Workers workers, Tensor x, Tensor y) {
    Tensor out =
        Tensor.zeros(x.dtype().promote(y.dtype()), OperandChecks.broadcast("maximum", x, y));
    maximumInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #maximum(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void maximumInto(Tensor out, Tensor x, Tensor y) {
    maximumInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #maximum(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void maximumInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    DType dtype = OperandChecks.numbers("maximum", x, y);
    run("maximum", MAXIMUM, workers, out, dtype, x, y);
  }

  /**
   * The lesser of x and y; NaN if either is NaN. Broadcasts like NumPy's {@code np.minimum}. Uses
   * the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor minimum(Tensor x, Tensor y) {
    return minimum(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #minimum(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in
   * which x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, or x is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor minimum(Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    minimumInto(out, x, y);
    return out;
  }

  /**
   * As {@link #minimum(Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #minimum(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void minimumInto(Tensor out, Tensor x, double y) {
    minimumInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #minimum(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #minimum(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void minimumInto(Workers workers, Tensor out, Tensor x, double y) {
    run("minimum", MINIMUM, workers, out, x, y);
  }

  /**
   * As {@link #minimum(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers
   */
  public static Tensor minimum(Workers workers, Tensor x, Tensor y) {
    Tensor out =
        Tensor.zeros(x.dtype().promote(y.dtype()), OperandChecks.broadcast("minimum", x, y));
    minimumInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #minimum(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void minimumInto(Tensor out, Tensor x, Tensor y) {
    minimumInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #minimum(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or the operands are not
   *     numbers, or out does not fit; nothing is then written
   */
  public static void minimumInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    DType dtype = OperandChecks.numbers("minimum", x, y);
    run("minimum", MINIMUM, workers, out, dtype, x, y);
  }

  /**
   * x to the power of y. Broadcasts like NumPy's {@code np.power}. Uses the threads of the process.
   *
   * <p>In f64 the power is {@link Math#pow}; in f32 it is within 0.5001 ulp of the exact power. As
   * in C, two cases differ from {@link Math#pow}: every power of 1 is 1, even with a NaN, and an
   * infinite power of -1 is 1. Powers of integers wrap; if y is negative, the power is 1 /
   * x<sup>-y</sup> by {@link #divide(Tensor, Tensor)}.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or both are of bool
   */
  public static Tensor power(Tensor x, Tensor y) {
    return power(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #power(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in
   * which x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, or x is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor power(Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    powerInto(out, x, y);
    return out;
  }

  /**
   * As {@link #power(Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #power(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void powerInto(Tensor out, Tensor x, double y) {
    powerInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #power(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #power(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void powerInto(Workers workers, Tensor out, Tensor x, double y) {
    run("power", POWER, workers, out, x, y);
  }

  /**
   * As {@link #power(Tensor, Tensor)}, with a number as x; the number is rounded to the dtype in
   * which y is computed.
   *
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @return a fresh tensor of y's dtype and shape
   * @throws IllegalArgumentException if y is of bool, or y is of an integer dtype and the number is
   *     not an integer up to 2^53 that this dtype holds
   */
  public static Tensor power(double x, Tensor y) {
    Tensor out = Tensor.zeros(y.dtype(), y.shape());
    powerInto(out, x, y);
    return out;
  }

  /**
   * As {@link #power(double, Tensor)}, into a given result.
   *
   * @param out the result, of y's dtype and shape; it may be y, but not overlap it otherwise
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @throws IllegalArgumentException as {@link #power(double, Tensor)}, or if out does not fit;
   *     nothing is then written
   */
  public static void powerInto(Tensor out, double x, Tensor y) {
    powerInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #power(double, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of y's dtype and shape; it may be y, but not overlap it otherwise
   * @param x the left side; an integer if y is not floating
   * @param y the right side
   * @throws IllegalArgumentException as {@link #power(double, Tensor)}, or if out does not fit;
   *     nothing is then written
   */
  public static void powerInto(Workers workers, Tensor out, double x, Tensor y) {
    run("power", POWER, workers, out, x, y);
  }

  /**
   * As {@link #power(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   * @throws IllegalArgumentException if the shapes do not broadcast, or both are of bool
   */
  public static Tensor power(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(x.dtype().promote(y.dtype()), OperandChecks.broadcast("power", x, y));
    powerInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #power(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or both are of bool, or out
   *     does not fit; nothing is then written
   */
  public static void powerInto(Tensor out, Tensor x, Tensor y) {
    powerInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #power(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape; it may be an operand,
   *     element for element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or both are of bool, or out
   *     does not fit; nothing is then written
   */
  public static void powerInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    DType dtype = OperandChecks.numbers("power", x, y);
    run("power", POWER, workers, out, dtype, x, y);
  }

  /**
   * Each element, or the nearest number in [low, high] where it is outside; NaN of NaN; NumPy's
   * {@code np.clip}. Uses the threads of the process.
   *
   * @param x numbers, of any strides
   * @param low the least result; an integer if x is of an integer dtype
   * @param high the greatest result, at least low; an integer if x is of an integer dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException if x is of bool, the bounds are out of order, or x is of an
   *     integer dtype and a bound is not an integer up to 2^53
   */
  public static Tensor clip(Tensor x, double low, double high) {
    return clip(DefaultOpsWorkers.get(), x, low, high);
  }

  /**
   * As {@link #clip(Tensor, double, double)}, by given threads.
   *
   * @param workers threads to use
   * @param x numbers, of any strides
   * @param low the least result; an integer if x is of an integer dtype
   * @param high the greatest result, at least low; an integer if x is of an integer dtype
   * @return a fresh tensor of x's dtype and shape
   * @throws IllegalArgumentException as {@link #clip(Tensor, double, double)}
   */
  public static Tensor clip(Workers workers, Tensor x, double low, double high) {
    Tensor out = Tensor.zeros(x.dtype(), x.shape());
    clipInto(workers, out, x, low, high);
    return out;
  }

  /**
   * As {@link #clip(Tensor, double, double)}, into a given result.
   *
   * @param out the result, of x's dtype and shape; it may be x
   * @param x numbers, of any strides
   * @param low the least result; an integer if x is of an integer dtype
   * @param high the greatest result, at least low; an integer if x is of an integer dtype
   * @throws IllegalArgumentException as {@link #clip(Tensor, double, double)}, or if out does not
   *     fit; nothing is then written
   */
  public static void clipInto(Tensor out, Tensor x, double low, double high) {
    clipInto(DefaultOpsWorkers.get(), out, x, low, high);
  }

  /**
   * As {@link #clip(Tensor, double, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and shape; it may be x
   * @param x numbers, of any strides
   * @param low the least result; an integer if x is of an integer dtype
   * @param high the greatest result, at least low; an integer if x is of an integer dtype
   * @throws IllegalArgumentException as {@link #clip(Tensor, double, double)}, or if out does not
   *     fit; nothing is then written
   */
  public static void clipInto(Workers workers, Tensor out, Tensor x, double low, double high) {
    OperandChecks.number("clip", x);
    if (!(low <= high)) {
      throw new IllegalArgumentException(
          "clip: bounds must be in order, got " + low + " and " + high);
    }
    Tensor least = OperandChecks.scalar("clip", x, low);
    Tensor most = OperandChecks.scalar("clip", x, high);
    CLIP.run("clip", workers, x.dtype(), out, x, least, most);
  }

  private static void run(
      String name,
      Workers workers,
      Tensor out,
      Tensor x,
      FloatPointwise.Row floats,
      DoublePointwise.Row doubles,
      LongPointwise.Row longs) {
    run(name, new BinaryElementFunction(floats, doubles, longs), workers, out, x.dtype(), x, x);
  }

  private static void run(
      String name, BinaryElementFunction rows, Workers workers, Tensor out, Tensor x, double y) {
    OperandChecks.number(name, x);
    run(name, rows, workers, out, x.dtype(), x, OperandChecks.held(name, x, y));
  }

  private static void run(
      String name, BinaryElementFunction rows, Workers workers, Tensor out, double x, Tensor y) {
    OperandChecks.number(name, y);
    run(name, rows, workers, out, y.dtype(), OperandChecks.held(name, y, x), y);
  }

  private static void run(
      String name,
      BinaryElementFunction rows,
      Workers workers,
      Tensor out,
      DType dtype,
      Tensor x,
      Tensor y) {
    rows.run(name, workers, ComputeType.of(dtype), dtype, out, x, y);
  }
}
