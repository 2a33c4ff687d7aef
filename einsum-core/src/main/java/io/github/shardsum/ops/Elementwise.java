package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.internal.kernel.Kernels;
import io.github.shardsum.internal.ops.Checks;
import io.github.shardsum.internal.rows.DoublePointwise;
import io.github.shardsum.internal.rows.FloatPointwise;
import io.github.shardsum.internal.rows.LongPointwise;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * Operations on one element at a time, of tensors of any dtype, strides and memory.
 *
 * <p>Each comes in two forms: one gives a fresh tensor on the heap in C order, one writes into
 * {@code out}. An {@code out} may be an operand, element for element; it may not overlap one
 * otherwise. Results are equal to the bit for every number of threads, every kind of memory and
 * every vector width. Bad arguments are an {@link IllegalArgumentException} before anything is
 * written. Thread-safe.
 */
public final class Elementwise {
  private static final Kernels KERNELS = KernelSelection.best();

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
    Checks.floating(name, x);
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
    Checks.number("relu", x);
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
   * a x, computed in the dtype that x is computed in, to which a is rounded.
   *
   * @param workers threads to use
   * @param a the factor; an integer for an integer dtype
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
   * @param a the factor; an integer for an integer dtype
   * @param x numbers, of any dtype but bool
   */
  public static void scaleInto(Workers workers, Tensor out, double a, Tensor x) {
    Checks.number("scale", x);
    if (!x.dtype().isFloating() && (a != Math.rint(a) || Math.abs(a) > 1L << 53)) {
      throw new IllegalArgumentException(
          "scale: expected an integer factor up to 2^53 for " + x.description() + ", got " + a);
    }
    run(
        "scale",
        workers,
        out,
        x,
        (from, at, _, _, to, toAt, n) -> KERNELS.floats().scale((float) a, from, at, to, toAt, n),
        (from, at, _, _, to, toAt, n) -> KERNELS.doubles().scale(a, from, at, to, toAt, n),
        (from, at, _, _, to, toAt, n) -> KERNELS.longs().scale((long) a, from, at, to, toAt, n));
  }

  /**
   * x + y, broadcast against each other as in NumPy; OR for bool.
   *
   * @param workers threads to use
   * @param x one summand
   * @param y the other
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   */
  public static Tensor add(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(x.dtype().promote(y.dtype()), broadcast("add", x, y));
    addInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #add}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape
   * @param x one summand
   * @param y the other
   */
  public static void addInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    run(
        "add",
        workers,
        out,
        x,
        y,
        KERNELS.floats()::add,
        KERNELS.doubles()::add,
        KERNELS.longs()::add);
  }

  /**
   * x y, broadcast against each other as in NumPy; AND for bool.
   *
   * @param workers threads to use
   * @param x one factor
   * @param y the other
   * @return a fresh tensor of the promoted dtype, see {@link DType#promote}, and the broadcast
   *     shape
   */
  public static Tensor multiply(Workers workers, Tensor x, Tensor y) {
    Tensor out = Tensor.zeros(x.dtype().promote(y.dtype()), broadcast("multiply", x, y));
    multiplyInto(workers, out, x, y);
    return out;
  }

  /**
   * As {@link #multiply}, into a given result.
   *
   * @param workers threads to use
   * @param out the result, of the promoted dtype and the broadcast shape
   * @param x one factor
   * @param y the other
   */
  public static void multiplyInto(Workers workers, Tensor out, Tensor x, Tensor y) {
    run(
        "multiply",
        workers,
        out,
        x,
        y,
        KERNELS.floats()::multiply,
        KERNELS.doubles()::multiply,
        KERNELS.longs()::multiply);
  }

  /** One operand. */
  private static void run(
      String name,
      Workers workers,
      Tensor out,
      Tensor x,
      FloatPointwise.Row floats,
      DoublePointwise.Row doubles,
      LongPointwise.Row longs) {
    run(name, workers, out, x, x, floats, doubles, longs);
  }

  private static void run(
      String name,
      Workers workers,
      Tensor out,
      Tensor x,
      Tensor y,
      FloatPointwise.Row floats,
      DoublePointwise.Row doubles,
      LongPointwise.Row longs) {
    Shape shape = broadcast(name, x, y);
    Checks.out(name, out, x.dtype().promote(y.dtype()), shape);
    Tensor left = x.broadcastTo(shape);
    Tensor right = y.broadcastTo(shape);
    Checks.apartOrSame(name, out, left);
    Checks.apartOrSame(name, out, right);
    Workers threads = Checks.reachable(name, workers, out, x, y);
    switch (ComputeType.of(out.dtype())) {
      case FLOAT -> FloatPointwise.run(threads, floats, out, left, right);
      case DOUBLE -> DoublePointwise.run(threads, doubles, out, left, right);
      case LONG -> LongPointwise.run(threads, longs, out, left, right);
    }
  }

  private static Shape broadcast(String name, Tensor x, Tensor y) {
    long[] sizes = new long[Math.max(x.rank(), y.rank())];
    for (int i = 1; i <= sizes.length; i++) {
      long left = i <= x.rank() ? x.size(x.rank() - i) : 1;
      long right = i <= y.rank() ? y.size(y.rank() - i) : 1;
      if (left != right && left != 1 && right != 1) {
        throw new IllegalArgumentException(
            name
                + ": expected shapes that agree from the right or have 1, got "
                + x.shape()
                + " and "
                + y.shape());
      }
      sizes[sizes.length - i] = left == 1 ? right : left;
    }
    return Shape.of(sizes);
  }
}
