package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.contraction.ComputeType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Checks that an operation makes before it writes anything. */
public final class OperandChecks {
  private OperandChecks() {}

  public static void floating(String name, Tensor x) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": expected a floating dtype, got " + x.description() + "; use Tensor.convert");
    }
  }

  public static void number(String name, Tensor x) {
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(
          name + ": expected a dtype of numbers, got " + x.description() + "; use Tensor.convert");
    }
  }

  /** The promoted dtype of two operands, at least one of which is numeric. */
  public static DType numbers(String name, Tensor x, Tensor y) {
    DType dtype = x.dtype().promote(y.dtype());
    if (dtype == DType.BOOL) {
      number(name, x);
    }
    return dtype;
  }

  /** A number as an operand, rounded to x's dtype; of integers it may be beyond that dtype. */
  public static Tensor scalar(String name, Tensor x, double value) {
    if (!x.dtype().isFloating() && (value != Math.rint(value) || Math.abs(value) > 1L << 53)) {
      throw new IllegalArgumentException(
          name
              + ": expected an integer up to 2^53 for "
              + x.description()
              + ", got "
              + value
              + "; use Tensor.convert");
    }
    DType dtype = x.dtype().isFloating() ? x.dtype() : ComputeType.of(x.dtype()).dtype();
    return Tensor.scalar(dtype, value);
  }

  /**
   * As {@link #scalar}, for a result with the dtype of x; an integer dtype must hold the number.
   */
  public static Tensor held(String name, Tensor x, double value) {
    Tensor number = scalar(name, x, value);
    if (!x.dtype().isFloating() && Tensor.scalar(x.dtype(), value).getDouble() != value) {
      throw new IllegalArgumentException(
          name + ": number must be one that " + x.dtype() + " holds, got " + value);
    }
    return number;
  }

  /** The broadcast shape: axes are aligned from the right, and sizes are equal or 1. */
  public static Shape broadcast(String name, Tensor... tensors) {
    int rank = 0;
    for (Tensor tensor : tensors) {
      rank = Math.max(rank, tensor.rank());
    }
    long[] sizes = new long[rank];
    Arrays.fill(sizes, 1);
    for (Tensor tensor : tensors) {
      for (int i = 1; i <= tensor.rank(); i++) {
        long size = tensor.size(tensor.rank() - i);
        if (size != 1 && sizes[rank - i] != 1 && size != sizes[rank - i]) {
          throw new IllegalArgumentException(
              name
                  + ": expected sizes that are equal from the right or 1, got "
                  + Stream.of(tensors)
                      .map(each -> each.shape().toString())
                      .collect(Collectors.joining(" and ")));
        }
        sizes[rank - i] = size == 1 ? sizes[rank - i] : size;
      }
    }
    return Shape.of(sizes);
  }

  public static void out(String name, Tensor out, DType dtype, Shape shape) {
    if (out.dtype() != dtype || !out.shape().equals(shape)) {
      throw new IllegalArgumentException(
          name + ": expected an out of " + dtype + shape + ", got " + out.description());
    }
    if (out.isReadOnly()) {
      throw new IllegalArgumentException(name + ": expected a writable out, got a read-only one");
    }
    if (out.overlapsItself()) {
      throw new IllegalArgumentException(
          name
              + ": expected an out whose elements are apart, got "
              + out.description()
              + ", a broadcast or overlapping view; use a fresh tensor");
    }
  }

  public static void apart(String name, Tensor out, Tensor operand) {
    if (out.overlaps(operand)) {
      throw new IllegalArgumentException(
          name
              + ": expected an out that shares no element with an operand, got "
              + out.description()
              + " over "
              + operand.description()
              + "; copy that operand or use a fresh out");
    }
  }

  /** As {@code apart}, but out may be the operand itself, element for element. */
  public static void apartOrSame(String name, Tensor out, Tensor operand) {
    boolean same =
        out.dtype() == operand.dtype()
            && operand.blocks().isEmpty()
            && out.segment().equals(operand.segment())
            && out.offset() == operand.offset()
            && out.shape().equals(operand.shape())
            && IntStream.range(0, out.rank())
                .allMatch(axis -> out.size(axis) == 1 || out.stride(axis) == operand.stride(axis));
    if (!same) {
      apart(name, out, operand);
    }
  }

  /** An axis in [-rank, rank), counted from the front. */
  public static int axis(String name, Tensor x, int axis) {
    if (axis < -x.rank() || axis >= x.rank()) {
      throw new IllegalArgumentException(
          name
              + ": expected an axis in ["
              + -x.rank()
              + ", "
              + x.rank()
              + ") of "
              + x.description()
              + ", got "
              + axis);
    }
    return axis < 0 ? axis + x.rank() : axis;
  }

  /** As {@code axis}; a row along the axis must fit into a Java array. */
  public static int rowAxis(String name, Tensor x, int axis) {
    int number = axis(name, x, axis);
    if (x.size(number) > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          name
              + ": expected at most 2^31 - 9 elements along axis "
              + axis
              + ", got "
              + x.description());
    }
    return number;
  }

  /** Axes whose elements, joined in one row, must fit into a Java array. */
  static void joinedAxes(String name, Tensor x, int[] axes) {
    double count = 1;
    for (int axis : axes) {
      count *= x.size(axis);
    }
    if (count > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          name
              + ": expected at most 2^31 - 9 elements along axes "
              + Arrays.toString(axes)
              + ", got "
              + x.description());
    }
  }

  /** Distinct axes, counted from the front, in ascending order. */
  public static int[] axes(String name, Tensor x, int... axes) {
    int[] numbers = new int[axes.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = axis(name, x, axes[i]);
    }
    Arrays.sort(numbers);
    for (int i = 1; i < numbers.length; i++) {
      if (numbers[i] == numbers[i - 1]) {
        throw new IllegalArgumentException(
            name + ": expected each axis once, got " + Arrays.toString(axes));
      }
    }
    return numbers;
  }

  public static void nonEmpty(String name, Tensor x, int axis) {
    if (x.size(axis) == 0) {
      throw new IllegalArgumentException(
          name + ": expected at least one element along axis " + axis + ", got " + x.description());
    }
  }

  /**
   * The workers; only the calling thread if the memory of some tensor is confined to it.
   *
   * @throws IllegalStateException if some memory was closed
   * @throws WrongThreadException if some memory is confined to another thread
   */
  public static Workers reachable(String name, Workers workers, Tensor... tensors) {
    boolean shared = true;
    for (Tensor tensor : tensors) {
      tensor.checkAccessible(name);
      shared &= tensor.isShared();
    }
    return shared ? workers : workers.alone();
  }

  /**
   * Operands that are broadcast to the shape of the result.
   *
   * @param workers threads that may access the operands
   * @param operands views; equal operands share one view
   */
  public record Spread(Workers workers, List<Tensor> operands) {
    /** One of the operands. */
    public Tensor get(int operand) {
      return operands.get(operand);
    }
  }

  /** Broadcasts operands and checks the result; the result may be an operand. */
  public static Spread spread(
      String name, Workers workers, DType dtype, Tensor out, Tensor... given) {
    Shape shape = broadcast(name, given);
    out(name, out, dtype, shape);
    List<Tensor> operands = new ArrayList<>();
    for (Tensor operand : given) {
      int same = Arrays.asList(given).indexOf(operand);
      operands.add(same < operands.size() ? operands.get(same) : operand.broadcastTo(shape));
      apartOrSame(name, out, operands.getLast());
    }
    Tensor[] all = Stream.concat(Stream.of(out), Stream.of(given)).toArray(Tensor[]::new);
    return new Spread(reachable(name, workers, all), operands);
  }
}
