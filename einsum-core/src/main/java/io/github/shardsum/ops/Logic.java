package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.kernel.DoubleArithmetic;
import io.github.shardsum.internal.kernel.FloatArithmetic;
import io.github.shardsum.internal.kernel.LongArithmetic;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.ops.ElementChoice;
import io.github.shardsum.internal.ops.ElementTests;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * Comparisons, logical operations and choices between elements, of tensors of any dtype, strides
 * and memory, broadcast by position as in NumPy.
 *
 * <p>Of the comparisons with a NaN, only {@code ne} is true. {@code out} may be an operand, element
 * for element, but must not overlap an operand otherwise. Bad arguments are an {@link
 * IllegalArgumentException} before anything is written. Thread-safe.
 */
public final class Logic {
  private static final ElementTests EQ =
      new ElementTests(FloatArithmetic::eq, DoubleArithmetic::eq, LongArithmetic::eq);
  private static final ElementTests NE =
      new ElementTests(FloatArithmetic::ne, DoubleArithmetic::ne, LongArithmetic::ne);
  private static final ElementTests LT =
      new ElementTests(FloatArithmetic::lt, DoubleArithmetic::lt, LongArithmetic::lt);
  private static final ElementTests LE =
      new ElementTests(FloatArithmetic::le, DoubleArithmetic::le, LongArithmetic::le);
  private static final ElementTests GT =
      new ElementTests(FloatArithmetic::gt, DoubleArithmetic::gt, LongArithmetic::gt);
  private static final ElementTests GE =
      new ElementTests(FloatArithmetic::ge, DoubleArithmetic::ge, LongArithmetic::ge);
  private static final ElementTests AND =
      new ElementTests(FloatArithmetic::and, DoubleArithmetic::and, LongArithmetic::and);
  private static final ElementTests OR =
      new ElementTests(FloatArithmetic::or, DoubleArithmetic::or, LongArithmetic::or);
  private static final ElementTests XOR =
      new ElementTests(FloatArithmetic::xor, DoubleArithmetic::xor, LongArithmetic::xor);
  private static final ElementTests NOT =
      new ElementTests(FloatArithmetic::not, DoubleArithmetic::not, LongArithmetic::not);
  private static final ElementTests IS_NAN =
      new ElementTests(FloatArithmetic::ne, DoubleArithmetic::ne, LongArithmetic::ne);
  private static final ElementChoice WHERE =
      new ElementChoice(FloatArithmetic::where, DoubleArithmetic::where, LongArithmetic::where);

  private Logic() {}

  /**
   * Whether x = y, compared in the promoted dtype, in which false is below true. Broadcasts like
   * NumPy's {@code np.equal}. Uses the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor eq(Tensor x, Tensor y) {
    return eq(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #eq(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in which
   * x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of bool, of x's shape
   * @throws IllegalArgumentException if x is not floating and the number is not an integer up to
   *     2^53
   */
  public static Tensor eq(Tensor x, double y) {
    Tensor out = Tensor.zeros(DType.BOOL, x.shape());
    eqInto(out, x, y);
    return out;
  }

  /**
   * As {@link #eq(Tensor, double)}, into a given result.
   *
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #eq(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void eqInto(Tensor out, Tensor x, double y) {
    eqInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #eq(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #eq(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void eqInto(Workers workers, Tensor out, Tensor x, double y) {
    EQ.run("eq", workers, ComputeType.of(x.dtype()), out, x, OperandChecks.scalar("eq", x, y));
  }

  /**
   * As {@link #eq(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor eq(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("eq", x, y));
    eqInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #eq(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void eqInto(Tensor out, Tensor x, Tensor y) {
    eqInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #eq(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void eqInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("eq", EQ, workers, out, x, y);
  }

  /**
   * Whether x and y differ, compared in the promoted dtype, in which false is below true.
   * Broadcasts like NumPy's {@code np.not_equal}. Uses the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor ne(Tensor x, Tensor y) {
    return ne(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #ne(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in which
   * x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of bool, of x's shape
   * @throws IllegalArgumentException if x is not floating and the number is not an integer up to
   *     2^53
   */
  public static Tensor ne(Tensor x, double y) {
    Tensor out = Tensor.zeros(DType.BOOL, x.shape());
    neInto(out, x, y);
    return out;
  }

  /**
   * As {@link #ne(Tensor, double)}, into a given result.
   *
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #ne(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void neInto(Tensor out, Tensor x, double y) {
    neInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #ne(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #ne(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void neInto(Workers workers, Tensor out, Tensor x, double y) {
    NE.run("ne", workers, ComputeType.of(x.dtype()), out, x, OperandChecks.scalar("ne", x, y));
  }

  /**
   * As {@link #ne(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor ne(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("ne", x, y));
    neInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #ne(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void neInto(Tensor out, Tensor x, Tensor y) {
    neInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #ne(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void neInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("ne", NE, workers, out, x, y);
  }

  /**
   * Whether {@code x < y}, compared in the promoted dtype, in which false is below true. Broadcasts
   * like NumPy's {@code np.less}. Uses the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor lt(Tensor x, Tensor y) {
    return lt(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #lt(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in which
   * x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of bool, of x's shape
   * @throws IllegalArgumentException if x is not floating and the number is not an integer up to
   *     2^53
   */
  public static Tensor lt(Tensor x, double y) {
    Tensor out = Tensor.zeros(DType.BOOL, x.shape());
    ltInto(out, x, y);
    return out;
  }

  /**
   * As {@link #lt(Tensor, double)}, into a given result.
   *
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #lt(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void ltInto(Tensor out, Tensor x, double y) {
    ltInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #lt(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #lt(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void ltInto(Workers workers, Tensor out, Tensor x, double y) {
    LT.run("lt", workers, ComputeType.of(x.dtype()), out, x, OperandChecks.scalar("lt", x, y));
  }

  /**
   * As {@link #lt(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor lt(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("lt", x, y));
    ltInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #lt(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void ltInto(Tensor out, Tensor x, Tensor y) {
    ltInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #lt(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void ltInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("lt", LT, workers, out, x, y);
  }

  /**
   * Whether {@code x <= y}, compared in the promoted dtype, in which false is below true.
   * Broadcasts like NumPy's {@code np.less_equal}. Uses the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor le(Tensor x, Tensor y) {
    return le(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #le(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in which
   * x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of bool, of x's shape
   * @throws IllegalArgumentException if x is not floating and the number is not an integer up to
   *     2^53
   */
  public static Tensor le(Tensor x, double y) {
    Tensor out = Tensor.zeros(DType.BOOL, x.shape());
    leInto(out, x, y);
    return out;
  }

  /**
   * As {@link #le(Tensor, double)}, into a given result.
   *
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #le(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void leInto(Tensor out, Tensor x, double y) {
    leInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #le(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #le(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void leInto(Workers workers, Tensor out, Tensor x, double y) {
    LE.run("le", workers, ComputeType.of(x.dtype()), out, x, OperandChecks.scalar("le", x, y));
  }

  /**
   * As {@link #le(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor le(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("le", x, y));
    leInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #le(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void leInto(Tensor out, Tensor x, Tensor y) {
    leInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #le(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void leInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("le", LE, workers, out, x, y);
  }

  /**
   * Whether {@code x > y}, compared in the promoted dtype, in which false is below true. Broadcasts
   * like NumPy's {@code np.greater}. Uses the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor gt(Tensor x, Tensor y) {
    return gt(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #gt(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in which
   * x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of bool, of x's shape
   * @throws IllegalArgumentException if x is not floating and the number is not an integer up to
   *     2^53
   */
  public static Tensor gt(Tensor x, double y) {
    Tensor out = Tensor.zeros(DType.BOOL, x.shape());
    gtInto(out, x, y);
    return out;
  }

  /**
   * As {@link #gt(Tensor, double)}, into a given result.
   *
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #gt(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void gtInto(Tensor out, Tensor x, double y) {
    gtInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #gt(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #gt(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void gtInto(Workers workers, Tensor out, Tensor x, double y) {
    GT.run("gt", workers, ComputeType.of(x.dtype()), out, x, OperandChecks.scalar("gt", x, y));
  }

  /**
   * As {@link #gt(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor gt(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("gt", x, y));
    gtInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #gt(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void gtInto(Tensor out, Tensor x, Tensor y) {
    gtInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #gt(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void gtInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("gt", GT, workers, out, x, y);
  }

  /**
   * Whether {@code x >= y}, compared in the promoted dtype, in which false is below true.
   * Broadcasts like NumPy's {@code np.greater_equal}. Uses the threads of the process.
   *
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor ge(Tensor x, Tensor y) {
    return ge(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #ge(Tensor, Tensor)}, with a number as y; the number is rounded to the dtype in which
   * x is computed.
   *
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @return a fresh tensor of bool, of x's shape
   * @throws IllegalArgumentException if x is not floating and the number is not an integer up to
   *     2^53
   */
  public static Tensor ge(Tensor x, double y) {
    Tensor out = Tensor.zeros(DType.BOOL, x.shape());
    geInto(out, x, y);
    return out;
  }

  /**
   * As {@link #ge(Tensor, double)}, into a given result.
   *
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #ge(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void geInto(Tensor out, Tensor x, double y) {
    geInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #ge(Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x the left side
   * @param y the right side; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #ge(Tensor, double)}, or if out does not fit;
   *     nothing is then written
   */
  public static void geInto(Workers workers, Tensor out, Tensor x, double y) {
    GE.run("ge", workers, ComputeType.of(x.dtype()), out, x, OperandChecks.scalar("ge", x, y));
  }

  /**
   * As {@link #ge(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x the left side
   * @param y the right side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor ge(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("ge", x, y));
    geInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #ge(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void geInto(Tensor out, Tensor x, Tensor y) {
    geInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #ge(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x the left side
   * @param y the right side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void geInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("ge", GE, workers, out, x, y);
  }

  /**
   * Whether both are true, that is, not zero. Broadcasts like NumPy's {@code np.logical_and}. Uses
   * the threads of the process.
   *
   * @param x one side, of any dtype
   * @param y the other side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor and(Tensor x, Tensor y) {
    return and(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #and(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x one side, of any dtype
   * @param y the other side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor and(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("and", x, y));
    andInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #and(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x one side, of any dtype
   * @param y the other side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void andInto(Tensor out, Tensor x, Tensor y) {
    andInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #and(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x one side, of any dtype
   * @param y the other side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void andInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("and", AND, workers, out, x, y);
  }

  /**
   * Whether at least one is true, that is, not zero. Broadcasts like NumPy's {@code np.logical_or}.
   * Uses the threads of the process.
   *
   * @param x one side, of any dtype
   * @param y the other side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor or(Tensor x, Tensor y) {
    return or(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #or(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x one side, of any dtype
   * @param y the other side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor or(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("or", x, y));
    orInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #or(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x one side, of any dtype
   * @param y the other side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void orInto(Tensor out, Tensor x, Tensor y) {
    orInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #or(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x one side, of any dtype
   * @param y the other side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void orInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("or", OR, workers, out, x, y);
  }

  /**
   * Whether exactly one is true, that is, not zero. Broadcasts like NumPy's {@code np.logical_xor}.
   * Uses the threads of the process.
   *
   * @param x one side, of any dtype
   * @param y the other side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor xor(Tensor x, Tensor y) {
    return xor(DefaultOpsWorkers.get(), x, y);
  }

  /**
   * As {@link #xor(Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x one side, of any dtype
   * @param y the other side
   * @return a fresh tensor of bool, of the broadcast shape
   * @throws IllegalArgumentException if the shapes do not broadcast
   */
  public static Tensor xor(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(DType.BOOL, OperandChecks.broadcast("xor", x, y));
    xorInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #xor(Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x one side, of any dtype
   * @param y the other side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void xorInto(Tensor out, Tensor x, Tensor y) {
    xorInto(DefaultOpsWorkers.get(), out, x, y);
  }

  /**
   * As {@link #xor(Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and the broadcast shape; it may be an operand, element for
   *     element
   * @param x one side, of any dtype
   * @param y the other side
   * @throws IllegalArgumentException if the shapes do not broadcast, or out does not fit; nothing
   *     is then written
   */
  public static void xorInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    compare("xor", XOR, workers, out, x, y);
  }

  /**
   * Whether x is false, that is zero; NumPy's {@code np.logical_not}. Uses the threads of the
   * process.
   *
   * @param x elements of any dtype and strides
   * @return a fresh tensor of bool, of x's shape
   */
  public static Tensor not(Tensor x) {
    return not(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #not(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x elements of any dtype and strides
   * @return a fresh tensor of bool, of x's shape
   */
  public static Tensor not(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(DType.BOOL, x.shape());
    notInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #not(Tensor)}, into a given result.
   *
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x elements of any dtype and strides
   * @throws IllegalArgumentException if out does not fit; nothing is then written
   */
  public static void notInto(Tensor out, Tensor x) {
    notInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #not(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x elements of any dtype and strides
   * @throws IllegalArgumentException if out does not fit; nothing is then written
   */
  public static void notInto(Workers workers, Tensor out, Tensor x) {
    compare("not", NOT, workers, out, x, x);
  }

  /**
   * Whether x is NaN; NumPy's {@code np.isnan}. Uses the threads of the process.
   *
   * @param x elements of any dtype and strides
   * @return a fresh tensor of bool, of x's shape
   */
  public static Tensor isNan(Tensor x) {
    return isNan(DefaultOpsWorkers.get(), x);
  }

  /**
   * As {@link #isNan(Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param x elements of any dtype and strides
   * @return a fresh tensor of bool, of x's shape
   */
  public static Tensor isNan(Workers workers, Tensor x) {
    Tensor out = Tensor.zeros(DType.BOOL, x.shape());
    isNanInto(workers, out, x);
    return out;
  }

  /**
   * As {@link #isNan(Tensor)}, into a given result.
   *
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x elements of any dtype and strides
   * @throws IllegalArgumentException if out does not fit; nothing is then written
   */
  public static void isNanInto(Tensor out, Tensor x) {
    isNanInto(DefaultOpsWorkers.get(), out, x);
  }

  /**
   * As {@link #isNan(Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of bool and x's shape; it may be x, but not overlap it otherwise
   * @param x elements of any dtype and strides
   * @throws IllegalArgumentException if out does not fit; nothing is then written
   */
  public static void isNanInto(Workers workers, Tensor out, Tensor x) {
    compare("is NaN", IS_NAN, workers, out, x, x);
  }

  /**
   * x where the condition is true, y elsewhere. Broadcasts like NumPy's {@code np.where}. Elements
   * that are not chosen have no influence, NaN included. Uses the threads of the process.
   *
   * @param condition a tensor of bool
   * @param x chosen where true
   * @param y chosen where false
   * @return a fresh tensor of the promoted dtype of x and y and the broadcast shape
   * @throws IllegalArgumentException if the condition is not of bool or the shapes do not broadcast
   */
  public static Tensor where(Tensor condition, Tensor x, Tensor y) {
    return where(DefaultOpsWorkers.get(), condition, x, y);
  }

  /**
   * As {@link #where(Tensor, Tensor, Tensor)}, with a number as y; x's dtype must hold the number.
   *
   * @param condition a tensor of bool
   * @param x chosen where true
   * @param y chosen where false; an integer if x is not floating
   * @return a fresh tensor of x's dtype and the broadcast shape
   * @throws IllegalArgumentException if the condition is not of bool, the shapes do not broadcast,
   *     or x is not floating and the number is not an integer up to 2^53 that x's dtype holds
   */
  public static Tensor where(Tensor condition, Tensor x, double y) {
    Tensor out = Tensor.zeros(x.dtype(), OperandChecks.broadcast("where", condition, x));
    whereInto(out, condition, x, y);
    return out;
  }

  /**
   * As {@link #where(Tensor, Tensor, double)}, into a given result.
   *
   * @param out the result, of x's dtype and the broadcast shape; it may be an operand
   * @param condition a tensor of bool
   * @param x chosen where true
   * @param y chosen where false; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #where(Tensor, Tensor, double)}, or if out does not
   *     fit; nothing is then written
   */
  public static void whereInto(Tensor out, Tensor condition, Tensor x, double y) {
    whereInto(DefaultOpsWorkers.get(), out, condition, x, y);
  }

  /**
   * As {@link #where(Tensor, Tensor, double)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of x's dtype and the broadcast shape; it may be an operand
   * @param condition a tensor of bool
   * @param x chosen where true
   * @param y chosen where false; an integer if x is not floating
   * @throws IllegalArgumentException as {@link #where(Tensor, Tensor, double)}, or if out does not
   *     fit; nothing is then written
   */
  public static void whereInto(Workers workers, Tensor out, Tensor condition, Tensor x, double y) {
    choose(workers, out, condition, x, OperandChecks.held("where", x, y), x.dtype());
  }

  /**
   * As {@link #where(Tensor, Tensor, Tensor)}, by given threads.
   *
   * @param workers threads to use
   * @param condition a tensor of bool
   * @param x chosen where true
   * @param y chosen where false
   * @return a fresh tensor of the promoted dtype of x and y and the broadcast shape
   * @throws IllegalArgumentException if the condition is not of bool or the shapes do not broadcast
   */
  public static Tensor where(Workers workers, Tensor condition, Tensor x, Tensor y) {
    Shape shape = OperandChecks.broadcast("where", condition, x, y);
    Tensor out = Tensor.zeros(x.dtype().promote(y.dtype()), shape);
    whereInto(workers, out, condition, x, y);
    return out;
  }

  /**
   * As {@link #where(Tensor, Tensor, Tensor)}, into a given result.
   *
   * @param out the result, of the promoted dtype of x and y and the broadcast shape; it may be an
   *     operand, element for element
   * @param condition a tensor of bool
   * @param x chosen where true
   * @param y chosen where false
   * @throws IllegalArgumentException if the condition is not of bool, the shapes do not broadcast
   *     or out does not fit; nothing is then written
   */
  public static void whereInto(Tensor out, Tensor condition, Tensor x, Tensor y) {
    whereInto(DefaultOpsWorkers.get(), out, condition, x, y);
  }

  /**
   * As {@link #where(Tensor, Tensor, Tensor)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype of x and y and the broadcast shape; it may be an
   *     operand, element for element
   * @param condition a tensor of bool
   * @param x chosen where true
   * @param y chosen where false
   * @throws IllegalArgumentException if the condition is not of bool, the shapes do not broadcast
   *     or out does not fit; nothing is then written
   */
  public static void whereInto(Workers workers, Tensor out, Tensor condition, Tensor x, Tensor y) {
    choose(workers, out, condition, x, y, x.dtype().promote(y.dtype()));
  }

  /**
   * Whether two tensors have the same shape and equal elements (NumPy's {@code np.array_equal}).
   * Dtypes may differ; a NaN is equal to nothing.
   *
   * @param x one tensor
   * @param y the other tensor
   * @return whether the tensors are equal
   */
  public static boolean arrayEqual(Tensor x, Tensor y) {
    return x.shape().equals(y.shape()) && Reductions.all(eq(x, y)).getLong() == 1;
  }

  /**
   * Whether a tensor is close to another, with NumPy's tolerances, 1e-5 relative and 1e-8 absolute;
   * {@link Closeness#of(Tensor, Tensor)} says where it is not.
   *
   * @param actual the actual values
   * @param expected the expected values, of the same shape
   * @return whether every element is within its bound
   * @throws IllegalArgumentException if the shapes differ
   */
  public static boolean allClose(Tensor actual, Tensor expected) {
    return Closeness.of(actual, expected).isClose();
  }

  /**
   * As {@link #allClose(Tensor, Tensor)}, with given tolerances.
   *
   * @param actual the actual values
   * @param expected the expected values, of the same shape
   * @param relative the bound as part of the expected magnitude, at least 0
   * @param absolute an absolute part of the bound, at least 0
   * @return whether every element is within its bound
   * @throws IllegalArgumentException if the shapes differ or a tolerance is negative
   */
  public static boolean allClose(Tensor actual, Tensor expected, double relative, double absolute) {
    return Closeness.of(actual, expected, relative, absolute).isClose();
  }

  private static void choose(
      Workers workers, Tensor out, Tensor condition, Tensor x, Tensor y, DType dtype) {
    if (condition.dtype() != DType.BOOL) {
      throw new IllegalArgumentException(
          "where: expected a condition of bool, got "
              + condition.description()
              + "; use Logic.ne(condition, 0)");
    }
    WHERE.run("where", workers, dtype, out, condition, x, y);
  }

  private static void compare(
      String name, ElementTests rows, Workers workers, Tensor out, Tensor x, Tensor y) {
    ComputeType type = ComputeType.of(x.dtype().promote(y.dtype()));
    rows.run(name, workers, type, out, x, y);
  }
}
