package io.github.shardsum.ops;

import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.ops.OverAxes;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The axes of a reduction, and whether the result keeps them with size 1 (NumPy's {@code axis} and
 * {@code keepdims}). Immutable and thread-safe.
 *
 * <pre>{@code
 * Tensor centred = Elementwise.subtract(x, Reductions.mean(x, Axes.of(-1).kept()));
 * }</pre>
 */
public final class Axes {
  private static final Axes ALL = new Axes(true, new int[0], false);

  private final boolean all;
  private final int[] axes;
  private final boolean kept;

  private Axes(boolean all, int[] axes, boolean kept) {
    this.all = all;
    this.axes = axes;
    this.kept = kept;
  }

  /**
   * Every axis: NumPy's {@code axis=None}.
   *
   * @return the axes
   */
  public static Axes all() {
    return ALL;
  }

  /**
   * Some axes.
   *
   * @param axes the axes, each once; -1 is the last one; without axes, nothing is reduced
   * @return the axes
   */
  public static Axes of(int... axes) {
    return new Axes(false, Objects.requireNonNull(axes, "axes").clone(), false);
  }

  /**
   * The same axes, kept in the result with size 1: NumPy's {@code keepdims=True}.
   *
   * @return the axes
   */
  public Axes kept() {
    return new Axes(all, axes, true);
  }

  /** The axes of a tensor, from the first to the last. */
  int[] in(String name, Tensor x) {
    return all ? IntStream.range(0, x.rank()).toArray() : OperandChecks.axes(name, x, axes);
  }

  /** The shape of the result. */
  Shape result(String name, Tensor x) {
    return kept ? ones(x, in(name, x)) : OverAxes.without(x, in(name, x));
  }

  /** The view of a result without its axes of size 1 that were kept. */
  Tensor bare(String name, Tensor out, Tensor x) {
    int[] numbers = in(name, x);
    boolean whole = out.rank() == x.rank() && out.shape().equals(ones(x, numbers));
    Tensor bare = out;
    for (int i = numbers.length - 1; i >= 0 && whole; i--) {
      bare = bare.select(numbers[i], 0);
    }
    return bare;
  }

  private static Shape ones(Tensor x, int... axes) {
    long[] sizes = x.shape().toArray();
    for (int axis : axes) {
      sizes[axis] = 1;
    }
    return Shape.of(sizes);
  }

  /** The axes as text: {@code all}, {@code [0, 1]}, {@code [-1] kept}. */
  @Override
  public String toString() {
    return (all ? "all" : Arrays.toString(axes)) + (kept ? " kept" : "");
  }
}
