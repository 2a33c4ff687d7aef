package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.kernel.LongRows;
import io.github.shardsum.internal.ops.DefaultOpsWorkers;
import io.github.shardsum.internal.ops.IndexedFill;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/**
 * Tensors of random numbers. Each number is a pure function of the seed, the stream and the
 * element's index in C order, so the bits are the same on every machine and for any number of
 * threads.
 *
 * <p>Nothing is stored, so a second call gives the same numbers. For different numbers, use another
 * stream. Immutable and thread-safe.
 *
 * <pre>{@code
 * Sampler sampler = Sampler.of(42);
 * Tensor weights = sampler.normal(DType.F32, 256, 64);
 * Tensor noise = sampler.withStream(1).uniform(DType.F32, 256);
 * }</pre>
 *
 * @param seed the key of {@link Philox}
 * @param stream distinguishes draws with the same seed
 */
public record Sampler(long seed, long stream) {
  private static final LongRows ROWS = KernelSelection.best().longs();

  /** Numbers that are drawn in one call. */
  private static final int PIECE = 1 << 12;

  /**
   * A sampler for a seed, with stream 0 (NumPy's {@code np.random.default_rng(seed)}).
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
    Tensor out = Tensor.zeros(dtype, shape);
    uniformInto(out);
    return out;
  }

  /**
   * As {@link #uniform}, into a given result.
   *
   * @param out the result, of a floating dtype and any strides and memory
   * @throws IllegalArgumentException if out has another dtype, is read-only or overlaps itself;
   *     nothing is then written
   */
  public void uniformInto(Tensor out) {
    uniformInto(DefaultOpsWorkers.get(), out);
  }

  /**
   * As {@link #uniform}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of a floating dtype and any strides and memory
   * @throws IllegalArgumentException if out has another dtype, is read-only or overlaps itself;
   *     nothing is then written
   */
  public void uniformInto(Workers workers, Tensor out) {
    OperandChecks.floating("uniform", out);
    DType dtype = out.dtype();
    int bits = dtype == DType.F64 ? 53 : dtype == DType.F32 ? 24 : 8;
    double unit = Math.scalb(1.0, -bits);
    IndexedFill.doubles(
        "uniform",
        workers,
        out,
        (from, n, values, words) -> {
          ROWS.random(seed, stream, from, words, 0, n);
          for (int i = 0; i < n; i++) {
            values[i] = (words[i] >>> (64 - bits)) * unit;
          }
        });
  }

  /**
   * Numbers of the normal distribution with mean 0 and deviation 1 (NumPy's {@code
   * rng.standard_normal}). The Box-Muller transform is computed in f64; results are rounded once.
   *
   * @param dtype the element type, floating
   * @param shape the size of each axis
   * @return a fresh tensor on the heap
   * @throws IllegalArgumentException if the dtype is not floating
   */
  public Tensor normal(DType dtype, long... shape) {
    Tensor out = Tensor.zeros(dtype, shape);
    normalInto(out);
    return out;
  }

  /**
   * As {@link #normal(DType, long...)}, into a given result.
   *
   * @param out the result, of a floating dtype and any strides and memory
   * @throws IllegalArgumentException if out has another dtype, is read-only or overlaps itself;
   *     nothing is then written
   */
  public void normalInto(Tensor out) {
    normalInto(DefaultOpsWorkers.get(), out);
  }

  /**
   * As {@link #normal(DType, long...)}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of a floating dtype and any strides and memory
   * @throws IllegalArgumentException if out has another dtype, is read-only or overlaps itself;
   *     nothing is then written
   */
  public void normalInto(Workers workers, Tensor out) {
    OperandChecks.floating("normal", out);
    Philox philox = new Philox(seed);
    IndexedFill.doubles(
        "normal",
        workers,
        out,
        (from, n, values, _) -> {
          for (int i = 0; i < n; i++) {
            values[i] = normal(philox, from + i);
          }
        });
  }

  /** One normal number; the functions of StrictMath give the same bits everywhere. */
  private double normal(Philox philox, long index) {
    double radius = Math.sqrt(-2 * StrictMath.log(1 - philox.uniform(2 * index, stream)));
    return radius * StrictMath.cos(2 * Math.PI * philox.uniform(2 * index + 1, stream));
  }

  /**
   * Integers in [from, to) (NumPy's {@code rng.integers}), equally likely up to a relative error of
   * (to - from) / 2^64.
   *
   * @param dtype i32 or i64
   * @param from the least
   * @param to one past the greatest
   * @param shape the size of each axis
   * @return a fresh tensor on the heap
   * @throws IllegalArgumentException if the dtype is neither i32 nor i64, or the range is empty or
   *     does not fit in the dtype
   */
  public Tensor integers(DType dtype, long from, long to, long... shape) {
    Tensor out = Tensor.zeros(dtype, shape);
    integersInto(out, from, to);
    return out;
  }

  /**
   * As {@link #integers}, into a given result.
   *
   * @param out the result, of i32 or i64 and any strides and memory
   * @param from the least
   * @param to one past the greatest
   * @throws IllegalArgumentException as {@link #integers}, or if out is read-only or overlaps
   *     itself; nothing is then written
   */
  public void integersInto(Tensor out, long from, long to) {
    integersInto(DefaultOpsWorkers.get(), out, from, to);
  }

  /**
   * As {@link #integers}, into a given result, by given threads.
   *
   * @param workers threads to use
   * @param out the result, of i32 or i64 and any strides and memory
   * @param from the least
   * @param to one past the greatest
   * @throws IllegalArgumentException as {@link #integers}, or if out is read-only or overlaps
   *     itself; nothing is then written
   */
  public void integersInto(Workers workers, Tensor out, long from, long to) {
    DType dtype = out.dtype();
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
    IndexedFill.longs(
        "integers",
        workers,
        out,
        (first, n, values) -> {
          ROWS.random(seed, stream, first, values, 0, n);
          for (int i = 0; i < n; i++) {
            values[i] = from + below(values[i], to - from);
          }
        });
  }

  /** An integer below an unsigned bound, made from random bits. */
  private static long below(long bits, long bound) {
    return Math.unsignedMultiplyHigh(bits, bound);
  }

  /**
   * The integers from 0 to n - 1 in random order (NumPy's {@code rng.permutation}), by the
   * Fisher-Yates shuffle.
   *
   * @param n the number of elements, at least 0
   * @return a fresh tensor {@code [n]} of i64, for {@link Movement#take}
   * @throws IllegalArgumentException if n is negative or does not fit in a Java array
   */
  public Tensor permutation(long n) {
    if (n < 0 || n > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException("permutation: expected 0 to 2^31 - 9 numbers, got " + n);
    }
    Tensor out = Tensor.zeros(DType.I64, n);
    permutationInto(out);
    return out;
  }

  /**
   * As {@link #permutation}, into a given result.
   *
   * @param out the result {@code [n]}, of i32 or i64
   * @throws IllegalArgumentException if out has another dtype or rank, is read-only or overlaps
   *     itself; nothing is then written
   */
  public void permutationInto(Tensor out) {
    boolean integers = out.dtype() == DType.I32 || out.dtype() == DType.I64;
    if (!integers || out.rank() != 1) {
      throw new IllegalArgumentException(
          "permutation: expected an out of i32 or i64 with one axis, got " + out.description());
    }
    Creation.arangeInto(out, 0, 1);
    Elements order = Elements.of(out);
    long step = out.stride(0);
    DefaultOpsWorkers.get()
        .run(
            1,
            (_, scratch) -> {
              long[] words = scratch.longs(0, PIECE);
              for (long end = out.size(0); end > 1; ) {
                long begin = Math.max(1, end - PIECE);
                ROWS.random(seed, stream, begin, words, 0, (int) (end - begin));
                for (long i = end - 1; i >= begin; i--) {
                  long other = below(words[(int) (i - begin)], i + 1);
                  long kept = order.getLong(i * step);
                  order.set(i * step, order.getLong(other * step));
                  order.set(other * step, kept);
                }
                end = begin;
              }
            });
  }
}
