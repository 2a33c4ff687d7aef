package io.github.shardsum.ops;

import io.github.shardsum.internal.ops.DefaultWorkers;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * Tensors of random numbers, each a pure function of the seed, the stream and the element's index
 * in C order: the same bits on every machine and any number of threads.
 *
 * <p>Nothing is stored, so a second call gives the same numbers; another draw takes another stream.
 * Immutable and thread-safe.
 *
 * <pre>{@code
 * Sampler sampler = Sampler.of(42);
 * Tensor weights = sampler.normal(DType.F32, 256, 64);
 * Tensor noise = sampler.withStream(1).uniform(DType.F32, 256);
 * }</pre>
 *
 * @param seed the key of {@link Philox}
 * @param stream tells draws of one seed apart
 */
public record Sampler(long seed, long stream) {
  /** Elements that one task makes. */
  private static final int PIECE = 1 << 12;

  /**
   * Numbers of a seed, of stream 0 (NumPy's {@code np.random.default_rng(seed)}).
   *
   * @param seed the key
   * @return the sampler
   */
  public static Sampler of(long seed) {
    return new Sampler(seed, 0);
  }

  /**
   * The same seed with another stream.
   *
   * @param value the stream
   * @return another sampler
   */
  public Sampler withStream(long value) {
    return new Sampler(seed, value);
  }

  /** The number of an index. */
  @FunctionalInterface
  private interface Draw {
    double at(Philox generator, long index);
  }

  /**
   * Numbers uniform in [0, 1) (NumPy's {@code rng.random}): multiples of 2^-53 in f64, 2^-24 in
   * f32, 2^-8 in bf16, so that 1 is never reached.
   *
   * @param dtype the element type, floating
   * @param shape the size of each axis
   * @return a fresh tensor on the heap
   * @throws IllegalArgumentException if the dtype is not floating
   */
  public Tensor uniform(DType dtype, long... shape) {
    int bits = dtype == DType.F64 ? 53 : dtype == DType.F32 ? 24 : 8;
    double unit = Math.scalb(1.0, -bits);
    return floating(
        "uniform", dtype, shape, (philox, i) -> (philox.bits(i, stream) >>> (64 - bits)) * unit);
  }

  /**
   * Numbers of the normal distribution of mean 0 and deviation 1 (NumPy's {@code
   * rng.standard_normal}), by the transformation of Box and Muller, in f64 and rounded once.
   *
   * @param dtype the element type, floating
   * @param shape the size of each axis
   * @return a fresh tensor on the heap
   * @throws IllegalArgumentException if the dtype is not floating
   */
  public Tensor normal(DType dtype, long... shape) {
    return floating("normal", dtype, shape, this::normal);
  }

  /** The functions of StrictMath give the same bits everywhere. */
  private double normal(Philox philox, long index) {
    double radius = Math.sqrt(-2 * StrictMath.log(1 - philox.uniform(2 * index, stream)));
    return radius * StrictMath.cos(2 * Math.PI * philox.uniform(2 * index + 1, stream));
  }

  private Tensor floating(String name, DType dtype, long[] shape, Draw draw) {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(name + ": expected a floating dtype, got " + dtype);
    }
    Tensor out = Tensor.zeros(dtype, shape);
    Elements elements = Elements.of(out);
    Philox philox = new Philox(seed);
    pieces(
        out.shape(),
        (from, n) -> {
          double[] values = new double[n];
          for (int i = 0; i < n; i++) {
            values[i] = draw.at(philox, from + i);
          }
          elements.store(from, 1, n, values, 0);
        });
    return out;
  }

  /**
   * Integers in [from, to) (NumPy's {@code rng.integers}), each equally likely up to one part in
   * 2^64 over their number.
   *
   * @param dtype i32 or i64
   * @param from the least
   * @param to one past the greatest
   * @param shape the size of each axis
   * @return a fresh tensor on the heap
   * @throws IllegalArgumentException if the dtype is another, the range is empty, or it does not
   *     fit in the dtype
   */
  public Tensor integers(DType dtype, long from, long to, long... shape) {
    boolean fits = dtype == DType.I64 || (from == (int) from && to - 1 == (int) (to - 1));
    if ((dtype != DType.I32 && dtype != DType.I64) || from >= to || !fits) {
      throw new IllegalArgumentException(
          "integers: expected i32 or i64 and a range that fits and is not empty, got "
              + dtype
              + " in ["
              + from
              + ", "
              + to
              + ")");
    }
    Tensor out = Tensor.zeros(dtype, shape);
    Elements elements = Elements.of(out);
    Philox philox = new Philox(seed);
    pieces(
        out.shape(),
        (begin, n) -> {
          long[] values = new long[n];
          for (int i = 0; i < n; i++) {
            values[i] = from + below(philox, begin + i, to - from);
          }
          elements.store(begin, 1, n, values, 0);
        });
    return out;
  }

  /** An integer below a bound, which is unsigned. */
  private long below(Philox philox, long index, long bound) {
    return Math.unsignedMultiplyHigh(philox.bits(index, stream), bound);
  }

  /**
   * The integers from 0 to n - 1 in random order (NumPy's {@code rng.permutation}), by the shuffle
   * of Fisher and Yates.
   *
   * @param n how many, at least 0
   * @return a fresh tensor {@code [n]} of i64, for {@link Movement#take}
   * @throws IllegalArgumentException if n is negative or does not fit in a Java array
   */
  public Tensor permutation(long n) {
    Tensor out = Creation.arange(DType.I64, n);
    long[] order = out.toLongArray();
    Philox philox = new Philox(seed);
    for (int i = order.length - 1; i > 0; i--) {
      int other = (int) below(philox, i, i + 1L);
      long kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    return Tensor.of(order, order.length);
  }

  /** Fills some elements in C order. */
  @FunctionalInterface
  private interface Piece {
    void fill(long from, int n);
  }

  private static void pieces(Shape shape, Piece piece) {
    long count = shape.elementCount();
    DefaultWorkers.get()
        .run(
            (int) Math.ceilDiv(count, PIECE),
            (task, _) -> {
              long from = (long) task * PIECE;
              piece.fill(from, (int) Math.min(PIECE, count - from));
            });
  }
}
