package io.github.shardsum.ops;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.ops.OperandChecks;
import io.github.shardsum.internal.rows.RowCopy;
import io.github.shardsum.internal.rows.RowGather;
import io.github.shardsum.internal.tensor.TensorViews;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Copies of tensors of any dtype, strides and memory that move elements without changing them. Only
 * {@code concatenate} and {@code stack} may change elements: they convert parts to the promoted
 * dtype. {@code nonzero} returns indices. The forms without a {@link Target} give a fresh tensor
 * and use the threads of the process. Thread-safe.
 *
 * @since 0.1.0
 */
public final class Movement {
  /** Elements of a mask that are read in one call. */
  private static final int BLOCK = 1024;

  private Movement() {}

  /**
   * A copy with the axes in another order; {@link Tensor#transpose(int...)} copies nothing. Blocks
   * are transposed in registers, so the copy runs at the memory's speed for any order.
   *
   * @param x the tensor
   * @param axes for each axis of the copy, the axis of x, each once; -1 is the last one
   * @return a fresh tensor on the heap, in C order
   * @throws IllegalArgumentException if the axes are not a permutation
   */
  public static Tensor transpose(Tensor x, int... axes) {
    return transpose(Target.process(), x, axes);
  }

  /**
   * As {@link #transpose(Tensor, int...)}, on a target.
   *
   * @param target the threads, and the tensor for the result, of x's dtype; does not overlap x
   * @param x the tensor
   * @param axes for each axis of the copy, the axis of x, each once; -1 is the last one
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException if the axes are not a permutation or the target's tensor does
   *     not fit; nothing is then written
   */
  public static Tensor transpose(Target target, Tensor x, int... axes) {
    int[] order = TensorViews.permutation(axes, x.shape());
    Tensor out = target.or(() -> Tensor.zeros(x.dtype(), x.transpose(axes).shape()));
    OperandChecks.out("transpose", out, x.dtype(), x.transpose(axes).shape());
    OperandChecks.apart("transpose", out, x);
    if (out.shape().elementCount() == 0) {
      return out;
    }
    int[] labels = IntStream.range(0, x.rank()).toArray();
    Equation equation = Equation.ofSublists(List.of(labels), order);
    EinsumOptions options = EinsumOptions.defaults().withWorkers(target.workers());
    Einsum.compile(equation, options, OperandSpec.like(x)).runInto(out, x);
    return out;
  }

  /**
   * Tensors one after another along an axis (NumPy's {@code np.concatenate}).
   *
   * @param parts at least one, of one rank, of shapes that differ along the axis only
   * @param axis the axis; -1 is the last one
   * @return a fresh tensor of the promoted dtype, in C order
   * @throws IllegalArgumentException if there is no part, the axis does not exist, or shapes do not
   *     fit
   */
  public static Tensor concatenate(List<Tensor> parts, int axis) {
    return concatenate(Target.process(), parts, axis);
  }

  /**
   * As {@link #concatenate}, on a target.
   *
   * @param target the threads, and the tensor for the result, of the promoted dtype; overlaps no
   *     part
   * @param parts at least one, of one rank, of shapes that differ along the axis only
   * @param axis the axis; -1 is the last one
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException as {@link #concatenate}, or if the target's tensor does not
   *     fit; nothing is then written
   */
  public static Tensor concatenate(Target target, List<Tensor> parts, int axis) {
    Tensor out =
        target.or(() -> Tensor.zeros(promoted("concatenate", parts), concatenated(parts, axis)));
    OperandChecks.out(
        "concatenate", out, promoted("concatenate", parts), concatenated(parts, axis));
    out.checkAccessible("concatenate");
    for (Tensor part : parts) {
      OperandChecks.apart("concatenate", out, part);
      part.checkAccessible("concatenate");
    }
    int number = OperandChecks.axis("concatenate", parts.getFirst(), axis);
    long from = 0;
    for (Tensor part : parts) {
      long to = from + part.size(number);
      RowCopy.run(
          OperandChecks.reachable("concatenate", target.workers(), out, part),
          out.slice(number, from, to),
          part);
      from = to;
    }
    return out;
  }

  private static DType promoted(String name, List<Tensor> parts) {
    return parts.stream()
        .map(Tensor::dtype)
        .reduce(DType::promote)
        .orElseThrow(
            () -> new IllegalArgumentException(name + ": expected at least one tensor, got none"));
  }

  private static Shape concatenated(List<Tensor> parts, int axis) {
    int number = OperandChecks.axis("concatenate", parts.getFirst(), axis);
    long[] sizes = parts.getFirst().shape().toArray();
    sizes[number] = 0;
    for (Tensor part : parts) {
      boolean fits = part.rank() == sizes.length;
      for (int i = 0; fits && i < sizes.length; i++) {
        fits = i == number || part.size(i) == sizes[i];
      }
      if (!fits) {
        throw new IllegalArgumentException(
            "concatenate: expected shapes that differ along axis "
                + axis
                + " only, got "
                + parts.getFirst().shape()
                + " and "
                + part.shape());
      }
      sizes[number] = sum("concatenate", sizes[number], part.size(number));
    }
    return Shape.of(sizes);
  }

  /** The sum of two sizes, neither negative. */
  private static long sum(String name, long size, long more) {
    if (size > Long.MAX_VALUE - more) {
      throw new IllegalArgumentException(
          name + ": sizes of the result must be below 2^63, got " + size + " + " + more);
    }
    return size + more;
  }

  /**
   * Tensors of one shape along a new axis (NumPy's {@code np.stack}).
   *
   * @param parts at least one, of one shape
   * @param axis the position of the new axis in the result; -1 is the last place
   * @return a fresh tensor of the promoted dtype, in C order
   * @throws IllegalArgumentException if there is no part or the shapes differ
   * @throws IndexOutOfBoundsException if the new axis cannot be at this position
   */
  public static Tensor stack(List<Tensor> parts, int axis) {
    return stack(Target.process(), parts, axis);
  }

  /**
   * As {@link #stack}, on a target.
   *
   * @param target the threads, and the tensor for the result, of the promoted dtype; overlaps no
   *     part
   * @param parts at least one, of one shape
   * @param axis the position of the new axis in the result; -1 is the last place
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException as {@link #stack}, or if the target's tensor does not fit;
   *     nothing is then written
   * @throws IndexOutOfBoundsException if the new axis cannot be at this position
   */
  public static Tensor stack(Target target, List<Tensor> parts, int axis) {
    return concatenate(target, expanded(parts, axis), axis);
  }

  private static List<Tensor> expanded(List<Tensor> parts, int axis) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("stack: expected at least one tensor, got none");
    }
    for (Tensor part : parts) {
      if (!part.shape().equals(parts.getFirst().shape())) {
        throw new IllegalArgumentException(
            "stack: expected tensors of one shape, got "
                + parts.getFirst().shape()
                + " and "
                + part.shape());
      }
    }
    return parts.stream().map(part -> part.expand(axis)).toList();
  }

  /**
   * A tensor inside a frame of one value (NumPy's {@code np.pad} with {@code mode="constant"}).
   *
   * @param x any dtype, strides and memory
   * @param value the value of the frame, converted as by {@link Tensor#convert}
   * @param before the number of elements before, for each axis
   * @param after the number of elements after, for each axis
   * @return a fresh tensor of x's dtype, in C order
   * @throws IllegalArgumentException if there is not one number for each axis, a number is
   *     negative, or the result has 2^62 elements or more
   */
  public static Tensor pad(Tensor x, double value, long[] before, long[] after) {
    return pad(Target.process(), x, value, before, after);
  }

  /**
   * As {@link #pad}, on a target.
   *
   * @param target the threads, and the tensor for the result, of x's dtype; does not overlap x
   * @param x any dtype, strides and memory
   * @param value the value of the frame, converted as by {@link Tensor#convert}
   * @param before the number of elements before, for each axis
   * @param after the number of elements after, for each axis
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException as {@link #pad}, or if the target's tensor does not fit;
   *     nothing is then written
   */
  public static Tensor pad(Target target, Tensor x, double value, long[] before, long[] after) {
    Tensor out = target.or(() -> Tensor.zeros(x.dtype(), framed(x, before, after)));
    OperandChecks.out("pad", out, x.dtype(), framed(x, before, after));
    OperandChecks.apart("pad", out, x);
    Workers threads = OperandChecks.reachable("pad", target.workers(), out, x);
    RowCopy.run(threads, out, Tensor.scalar(x.dtype(), value).broadcastTo(out.shape()));
    Tensor middle = out;
    for (int axis = 0; axis < x.rank(); axis++) {
      middle = middle.slice(axis, before[axis], before[axis] + x.size(axis));
    }
    RowCopy.run(threads, middle, x);
    return out;
  }

  private static Shape framed(Tensor x, long[] before, long[] after) {
    long[] sizes = x.shape().toArray();
    boolean fits = before.length == sizes.length && after.length == sizes.length;
    for (int axis = 0; fits && axis < sizes.length; axis++) {
      fits = before[axis] >= 0 && after[axis] >= 0;
      if (fits) {
        sizes[axis] = sum("pad", sum("pad", before[axis], sizes[axis]), after[axis]);
      }
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "pad: expected a number of at least 0 for each axis of "
              + x.shape()
              + ", got "
              + Arrays.toString(before)
              + " and "
              + Arrays.toString(after));
    }
    return Shape.of(sizes);
  }

  /**
   * A tensor rotated along an axis: elements that leave at one end enter at the other (NumPy's
   * {@code np.roll}).
   *
   * @param x any dtype, strides and memory
   * @param shift the number of places toward the end; negative toward the front
   * @param axis the axis; -1 is the last one
   * @return a fresh tensor of x's dtype and shape, in C order
   * @throws IllegalArgumentException if there is no such axis
   */
  public static Tensor roll(Tensor x, long shift, int axis) {
    return roll(Target.process(), x, shift, axis);
  }

  /**
   * As {@link #roll}, on a target.
   *
   * @param target the threads, and the tensor for the result, of x's dtype and shape; does not
   *     overlap x
   * @param x any dtype, strides and memory
   * @param shift the number of places toward the end; negative toward the front
   * @param axis the axis; -1 is the last one
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException as {@link #roll}, or if the target's tensor does not fit;
   *     nothing is then written
   */
  public static Tensor roll(Target target, Tensor x, long shift, int axis) {
    int number = OperandChecks.axis("roll", x, axis);
    Tensor out = target.or(() -> Tensor.zeros(x.dtype(), x.shape()));
    OperandChecks.out("roll", out, x.dtype(), x.shape());
    OperandChecks.apart("roll", out, x);
    long size = x.size(number);
    if (size > 0) {
      long by = Math.floorMod(shift, size);
      Workers threads = OperandChecks.reachable("roll", target.workers(), out, x);
      RowCopy.run(threads, out.slice(number, by, size), x.slice(number, 0, size - by));
      RowCopy.run(threads, out.slice(number, 0, by), x.slice(number, size - by, size));
    }
    return out;
  }

  /**
   * A tensor repeated along its axes (NumPy's {@code np.tile}).
   *
   * @param x any dtype, strides and memory
   * @param repeats the number of copies, for each axis. More numbers than axes add leading axes;
   *     with fewer numbers, the leading axes are not repeated
   * @return a fresh tensor of x's dtype, in C order
   * @throws IllegalArgumentException if a number is negative or the result has 2^62 elements or
   *     more
   */
  public static Tensor tile(Tensor x, long... repeats) {
    return tile(Target.process(), x, repeats);
  }

  /**
   * As {@link #tile}, on a target.
   *
   * @param target the threads, and the tensor for the result, of x's dtype; does not overlap x
   * @param x any dtype, strides and memory
   * @param repeats the number of copies, for each axis, as for {@link #tile}
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException as {@link #tile}, or if the target's tensor does not fit;
   *     nothing is then written
   */
  public static Tensor tile(Target target, Tensor x, long... repeats) {
    long[] pairs = pairs(x, repeats);
    Tensor out = target.or(() -> Tensor.zeros(x.dtype(), merged(pairs)));
    OperandChecks.out("tile", out, x.dtype(), merged(pairs));
    OperandChecks.apart("tile", out, x);
    if (out.shape().elementCount() == 0) {
      return out;
    }
    int rank = pairs.length / 2;
    Tensor view = x;
    for (int axis = x.rank(); axis < rank; axis++) {
      view = view.expand(0);
    }
    for (int axis = 0; axis < rank; axis++) {
      view = view.expand(2 * axis);
    }
    Workers threads = OperandChecks.reachable("tile", target.workers(), out, x);
    // Splitting an axis in two always has a view.
    Tensor repeated = out.reshape(pairs);
    RowCopy.run(threads, repeated, view.broadcastTo(repeated.shape()));
    return out;
  }

  /** A pair for each axis of the result: the number of copies, and the size of x. */
  private static long[] pairs(Tensor x, long... repeats) {
    int rank = Math.max(x.rank(), repeats.length);
    long[] pairs = new long[2 * rank];
    for (int axis = 0; axis < rank; axis++) {
      int repeat = axis - (rank - repeats.length);
      int own = axis - (rank - x.rank());
      pairs[2 * axis] = repeat < 0 ? 1 : repeats[repeat];
      pairs[2 * axis + 1] = own < 0 ? 1 : x.size(own);
      if (pairs[2 * axis] < 0) {
        throw new IllegalArgumentException(
            "tile: repeats must be at least 0, got " + Arrays.toString(repeats));
      }
      if (Math.multiplyHigh(pairs[2 * axis], pairs[2 * axis + 1]) != 0
          || pairs[2 * axis] * pairs[2 * axis + 1] < 0) {
        throw new IllegalArgumentException(
            "tile: sizes of the result must be below 2^63, got "
                + x.shape()
                + " by "
                + Arrays.toString(repeats));
      }
    }
    return pairs;
  }

  private static Shape merged(long... pairs) {
    return Shape.of(
        IntStream.range(0, pairs.length / 2)
            .mapToLong(axis -> pairs[2 * axis] * pairs[2 * axis + 1])
            .toArray());
  }

  /**
   * Elements by their positions along an axis (NumPy's {@code np.take}). For rank 2 and axis 1,
   * result[r, i...] = x[r, indices[i...]].
   *
   * @param x any dtype, strides and memory
   * @param indices i32 or i64 of any shape, each in [-size, size) of the axis
   * @param axis the axis; -1 is the last one
   * @return a fresh tensor of x's dtype, in C order; the axes of indices take the place of the axis
   * @throws IllegalArgumentException if the axis does not exist or indices are not integers
   * @throws IndexOutOfBoundsException if an index is out of range
   */
  public static Tensor take(Tensor x, Tensor indices, int axis) {
    return take(Target.process(), x, indices, axis);
  }

  /**
   * As {@link #take}, on a target.
   *
   * @param target the threads, and the tensor for the result, of x's dtype; overlaps neither
   *     operand
   * @param x any dtype, strides and memory
   * @param indices i32 or i64 of any shape, each in [-size, size) of the axis; must not be written
   *     during the call
   * @param axis the axis; -1 is the last one
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException as {@link #take}, or if the target's tensor does not fit;
   *     nothing is then written
   * @throws IndexOutOfBoundsException if an index is out of range; nothing is then written
   */
  public static Tensor take(Target target, Tensor x, Tensor indices, int axis) {
    int number = OperandChecks.axis("take", x, axis);
    Tensor out = target.or(() -> Tensor.zeros(x.dtype(), taken(x, indices, number)));
    OperandChecks.out("take", out, x.dtype(), taken(x, indices, number));
    // A gather has the axes of indices first.
    int[] order = new int[out.rank()];
    for (int i = 0; i < order.length; i++) {
      boolean index = i < indices.rank();
      order[i] = index ? number + i : i < indices.rank() + number ? i - indices.rank() : i;
    }
    OperandChecks.apart("take", out, x);
    OperandChecks.apart("take", out, indices);
    Workers threads = OperandChecks.reachable("take", target.workers(), out, x, indices);
    RowGather.run(
        "take", threads, out.transpose(order), first(x, number), indices, -x.size(number));
    return out;
  }

  private static Shape taken(Tensor x, Tensor indices, int axis) {
    if (indices.dtype() != DType.I32 && indices.dtype() != DType.I64) {
      throw new IllegalArgumentException(
          "take: expected indices of i32 or i64, got " + indices.description());
    }
    long[] sizes = x.shape().toArray();
    return Shape.of(
        LongStream.concat(
                LongStream.concat(
                    LongStream.of(sizes).limit(axis), LongStream.of(indices.shape().toArray())),
                LongStream.of(sizes).skip(axis + 1L))
            .toArray());
  }

  private static Tensor first(Tensor x, int axis) {
    int[] order = new int[x.rank()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i == 0 ? axis : i <= axis ? i - 1 : i;
    }
    return x.transpose(order);
  }

  /**
   * The elements where a mask is true (NumPy's {@code x[mask]}).
   *
   * @param x {@code [m..., d...]}, any dtype
   * @param mask {@code [m...]} of bool
   * @return a fresh tensor {@code [count, d...]} of x's dtype, the elements in C order of the mask
   * @throws IllegalArgumentException if the mask is not of bool or its shape is not that of x's
   *     leading axes
   */
  public static Tensor masked(Tensor x, Tensor mask) {
    return masked(Target.process(), x, mask);
  }

  /**
   * As {@link #masked(Tensor, Tensor)}, on a target, with the same copies.
   *
   * @param target the threads, and the tensor for the result {@code [count, d...]}, of x's dtype;
   *     overlaps neither operand
   * @param x {@code [m..., d...]}, any dtype
   * @param mask {@code [m...]} of bool
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException as {@link #masked}, or if the target's tensor does not fit;
   *     nothing is then written
   */
  public static Tensor masked(Target target, Tensor x, Tensor mask) {
    Tensor rows = places(checkedMask(x, mask));
    Tensor table = leading(x, mask.rank());
    Tensor out = target.or(() -> Tensor.zeros(x.dtype(), taken(table, rows, 0)));
    OperandChecks.apart("masked", out, x);
    return take(Target.into(target.workers(), out), table, rows, 0);
  }

  private static Tensor checkedMask(Tensor x, Tensor mask) {
    boolean fits = mask.dtype() == DType.BOOL && mask.rank() <= x.rank();
    long[] sizes = fits ? Arrays.copyOf(x.shape().toArray(), mask.rank()) : new long[0];
    if (!fits || !Arrays.equals(sizes, mask.shape().toArray())) {
      throw new IllegalArgumentException(
          "masked: expected a mask of bool whose shape is that of leading axes of "
              + x.shape()
              + ", got "
              + mask.description());
    }
    return mask;
  }

  /** The tensor with its leading axes joined into one: a view, or a copy if no view exists. */
  private static Tensor leading(Tensor x, int axes) {
    long[] sizes = x.shape().toArray();
    long[] merged = new long[sizes.length - axes + 1];
    merged[0] = LongStream.of(sizes).limit(axes).reduce(1, Math::multiplyExact);
    System.arraycopy(sizes, axes, merged, 1, merged.length - 1);
    return TensorViews.reshapeStrides(x.shape(), x.strides(), Shape.of(merged)).isPresent()
        ? x.reshape(merged)
        : x.copy().reshape(merged);
  }

  /**
   * The slices along an axis where a mask is true (NumPy's {@code np.compress}).
   *
   * @param x any dtype, strides and memory
   * @param mask {@code [n]} of bool, n the size of the axis
   * @param axis the axis; -1 is the last one
   * @return a fresh tensor of x's dtype, in C order
   * @throws IllegalArgumentException if the axis does not exist or the mask does not fit
   */
  public static Tensor compress(Tensor x, Tensor mask, int axis) {
    return compress(Target.process(), x, mask, axis);
  }

  /**
   * As {@link #compress}, on a target.
   *
   * @param target the threads, and the tensor for the result, of x's dtype; overlaps neither
   *     operand
   * @param x any dtype, strides and memory
   * @param mask {@code [n]} of bool, n the size of the axis
   * @param axis the axis; -1 is the last one
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException as {@link #compress}, or if the target's tensor does not fit;
   *     nothing is then written
   */
  public static Tensor compress(Target target, Tensor x, Tensor mask, int axis) {
    int number = OperandChecks.axis("compress", x, axis);
    return take(target, x, places(checkedMask(x, mask, number)), number);
  }

  private static Tensor checkedMask(Tensor x, Tensor mask, int axis) {
    if (mask.dtype() != DType.BOOL || !mask.shape().equals(Shape.of(x.size(axis)))) {
      throw new IllegalArgumentException(
          "compress: expected a mask of bool[" + x.size(axis) + "], got " + mask.description());
    }
    return mask;
  }

  /**
   * The indices of the elements that are not zero (NumPy's {@code np.argwhere}; each column is one
   * array of {@code np.nonzero}).
   *
   * @param x any dtype, strides and memory; NaN is not zero
   * @return a fresh tensor {@code [count, rank]} of i64, in C order of the indices
   */
  public static Tensor nonzero(Tensor x) {
    return nonzero(Target.process(), x);
  }

  /**
   * As {@link #nonzero}, on a target. The call allocates the positions of the elements, and copies
   * x as bool unless x is of bool and contiguous.
   *
   * @param target the tensor for the result {@code [count, rank]}, of i64; does not overlap x
   * @param x any dtype, strides and memory; NaN is not zero
   * @return the target's tensor; a fresh one if it has none
   * @throws IllegalArgumentException if the target's tensor does not fit; nothing is then written
   */
  public static Tensor nonzero(Target target, Tensor x) {
    Tensor places = places(x);
    Shape shape = Shape.of(places.size(0), x.rank());
    Tensor out = target.or(() -> Tensor.zeros(DType.I64, shape));
    OperandChecks.out("nonzero", out, DType.I64, shape);
    OperandChecks.apart("nonzero", out, x);
    indices(out, places, x.shape());
    return out;
  }

  private static void indices(Tensor out, Tensor places, Shape shape) {
    Elements from = Elements.of(places);
    Elements to = Elements.of(out);
    for (long i = 0; i < places.size(0); i++) {
      long rest = from.getLong(i);
      for (int axis = shape.rank() - 1; axis >= 0; axis--) {
        to.set(i * out.stride(0) + axis * out.stride(1), rest % shape.size(axis));
        rest /= shape.size(axis);
      }
    }
  }

  /** The positions in C order of the elements that are not zero: counted first, then found. */
  private static Tensor places(Tensor x) {
    Tensor ordered = x.dtype() == DType.BOOL ? x.contiguous() : x.convert(DType.BOOL);
    Elements elements = Elements.of(ordered);
    long n = x.shape().elementCount();
    long[] block = new long[(int) Math.min(n, BLOCK)];
    long count = 0;
    for (long from = 0; from < n; from += BLOCK) {
      int size = (int) Math.min(BLOCK, n - from);
      elements.load(from, 1, size, block, 0);
      for (int i = 0; i < size; i++) {
        count += block[i];
      }
    }
    long[] places = new long[Math.toIntExact(count)];
    int at = 0;
    for (long from = 0; at < places.length; from += BLOCK) {
      int size = (int) Math.min(BLOCK, n - from);
      elements.load(from, 1, size, block, 0);
      for (int i = 0; i < size; i++) {
        if (block[i] != 0) {
          places[at++] = from + i;
        }
      }
    }
    return Tensor.of(places, places.length);
  }
}
