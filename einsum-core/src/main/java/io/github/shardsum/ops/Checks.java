package io.github.shardsum.ops;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.stream.IntStream;

/** What must hold before an operation writes anything. */
final class Checks {
  private Checks() {}

  static void floating(String name, Tensor x) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": a floating dtype is wanted, got " + x + "; use Tensor.convert");
    }
  }

  static void number(String name, Tensor x) {
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(
          name + ": a dtype of numbers is wanted, got " + x + "; use Tensor.convert");
    }
  }

  static void out(String name, Tensor out, DType dtype, Shape shape) {
    if (out.dtype() != dtype || !out.shape().equals(shape)) {
      throw new IllegalArgumentException(
          name + ": an out of " + dtype + shape + " is wanted, got " + out);
    }
    if (out.segment().isReadOnly()) {
      throw new IllegalArgumentException(name + ": a writable out is wanted, got a read-only one");
    }
    if (out.overlapsItself()) {
      throw new IllegalArgumentException(
          name
              + ": an out whose elements are apart is wanted, got "
              + out
              + ", a broadcast or overlapping view; use a fresh tensor");
    }
  }

  static void apart(String name, Tensor out, Tensor operand) {
    if (out.overlaps(operand)) {
      throw new IllegalArgumentException(
          name
              + ": an out that shares no element with an operand is wanted, got "
              + out
              + " over "
              + operand
              + "; copy that operand or use a fresh out");
    }
  }

  /** As {@code apart}, but an out that is the operand, element for element, will do. */
  static void apartOrSame(String name, Tensor out, Tensor operand) {
    boolean same =
        out.dtype() == operand.dtype()
            && out.segment().equals(operand.segment())
            && out.offset() == operand.offset()
            && out.shape().equals(operand.shape())
            && IntStream.range(0, out.rank())
                .allMatch(axis -> out.size(axis) == 1 || out.stride(axis) == operand.stride(axis));
    if (!same) {
      apart(name, out, operand);
    }
  }

  static void axis(String name, Tensor x, int axis) {
    if (axis < 0 || axis >= x.rank()) {
      throw new IllegalArgumentException(
          name + ": an axis in [0, " + x.rank() + ") of " + x + " is wanted, got " + axis);
    }
    if (x.size(axis) > Shape.LONGEST_ARRAY) {
      throw new IllegalArgumentException(
          name + ": at most 2^31 - 9 elements along axis " + axis + " are wanted, got " + x);
    }
  }

  static void nonEmpty(String name, Tensor x, int axis) {
    if (x.size(axis) == 0) {
      throw new IllegalArgumentException(
          name + ": at least one element along axis " + axis + " is wanted, got " + x);
    }
  }

  /**
   * The workers, or the calling thread alone where some memory is confined to it.
   *
   * @throws IllegalStateException if some memory was closed
   * @throws WrongThreadException if some memory is confined to another thread
   */
  static Workers reachable(String name, Workers workers, Tensor... tensors) {
    boolean shared = true;
    for (Tensor tensor : tensors) {
      tensor.checkAccessible(name);
      shared &= tensor.isShared();
    }
    return shared ? workers : workers.alone();
  }
}
