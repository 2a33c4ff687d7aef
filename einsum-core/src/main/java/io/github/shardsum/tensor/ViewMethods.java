package io.github.shardsum.tensor;

import java.util.Arrays;

/**
 * Views of a {@link Tensor}: other shapes and strides over its memory, without a copy. Public for
 * languages that call by reflection; a program names the tensor.
 */
public sealed interface ViewMethods permits Tensor {
  /** {@return what {@link Tensor#shape()} gives} */
  Shape shape();

  /** {@return what {@link Tensor#rank()} gives} */
  int rank();

  /**
   * See {@link Tensor#stride(int)}.
   *
   * @param axis an axis
   * @return its stride
   */
  long stride(int axis);

  /** {@return what {@link Tensor#strides()} gives} */
  long[] strides();

  /** {@return what {@link Tensor#offset()} gives} */
  long offset();

  private Tensor view(Shape target, long[] steps, long start) {
    return ((Tensor) this).view(target, steps, start);
  }

  /**
   * A view with the axes in reverse order.
   *
   * @return the view
   */
  default Tensor transpose() {
    int[] axes = new int[rank()];
    Arrays.setAll(axes, i -> axes.length - 1 - i);
    return transpose(axes);
  }

  /**
   * A view with the axes in another order.
   *
   * @param axes for each axis of the view, the axis of this tensor: a permutation of [0, rank)
   * @return the view
   * @throws IllegalArgumentException if it is not a permutation
   */
  default Tensor transpose(int... axes) {
    Views.checkPermutation(axes, shape());
    long[] sizes = new long[axes.length];
    long[] steps = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      sizes[i] = shape().size(axes[i]);
      steps[i] = stride(axes[i]);
    }
    return view(Shape.of(sizes), steps, offset());
  }

  /**
   * A view of the elements from, from + 1, ..., to - 1 of an axis.
   *
   * @param axis the axis, in [0, rank)
   * @param from the first index, in [0, to]
   * @param to one past the last index, at most the size
   * @return the view
   * @throws IndexOutOfBoundsException if there is no such axis, or the range does not lie in it
   */
  default Tensor slice(int axis, long from, long to) {
    return slice(axis, from, to, 1);
  }

  /**
   * A view of the elements from, from + step, ... of an axis, up to but without {@code to}.
   *
   * @param axis the axis, in [0, rank)
   * @param from the first index
   * @param to the exclusive bound; with a negative step it is at most {@code from} and may be -1
   * @param step the distance, not 0; negative reverses
   * @return the view
   * @throws IndexOutOfBoundsException if there is no such axis, or the range does not lie in it
   * @throws IllegalArgumentException if the step is 0
   */
  default Tensor slice(int axis, long from, long to, long step) {
    Views.checkAxis("slice", axis, rank(), shape());
    long count = Views.sliceCount(from, to, step, shape().size(axis), axis, shape());
    long[] sizes = shape().toArray();
    long[] steps = strides();
    sizes[axis] = count;
    steps[axis] = stride(axis) * step;
    long start = count == 0 ? offset() : offset() + from * stride(axis);
    return view(Shape.of(sizes), steps, start);
  }

  /**
   * A view at one index of an axis, without that axis.
   *
   * @param axis the axis, in [0, rank)
   * @param index the index, in [0, size)
   * @return the view, of rank one less
   * @throws IndexOutOfBoundsException if there is no such axis or index
   */
  default Tensor select(int axis, long index) {
    Views.checkAxis("select", axis, rank(), shape());
    if (index < 0 || index >= shape().size(axis)) {
      throw new IndexOutOfBoundsException(
          "select: an index in [0, "
              + shape().size(axis)
              + ") of axis "
              + axis
              + " of shape "
              + shape()
              + " is wanted, got "
              + index);
    }
    return view(
        Shape.of(Views.without(shape().toArray(), axis)),
        Views.without(strides(), axis),
        offset() + index * stride(axis));
  }

  /**
   * A view of the diagonal of two axes, which replaces both and comes last.
   *
   * @param axis1 one axis, in [0, rank)
   * @param axis2 another axis, of the same size
   * @return the view, of rank one less
   * @throws IndexOutOfBoundsException if there is no such axis
   * @throws IllegalArgumentException if the axes are the same or of different sizes
   */
  default Tensor diagonal(int axis1, int axis2) {
    Views.checkAxis("diagonal", axis1, rank(), shape());
    Views.checkAxis("diagonal", axis2, rank(), shape());
    if (axis1 == axis2 || shape().size(axis1) != shape().size(axis2)) {
      throw new IllegalArgumentException(
          "diagonal: two different axes of equal size are wanted, got axes "
              + axis1
              + " and "
              + axis2
              + " of shape "
              + shape());
    }
    int low = Math.min(axis1, axis2);
    int high = Math.max(axis1, axis2);
    long[] sizes = Views.without(Views.without(shape().toArray(), high), low);
    long[] steps = Views.without(Views.without(strides(), high), low);
    sizes = Arrays.copyOf(sizes, sizes.length + 1);
    steps = Arrays.copyOf(steps, steps.length + 1);
    sizes[sizes.length - 1] = shape().size(axis1);
    steps[steps.length - 1] = stride(axis1) + stride(axis2);
    return view(Shape.of(sizes), steps, offset());
  }

  /**
   * A view with this tensor repeated along new leading axes and along axes of size 1 (NumPy's
   * broadcasting); its repeated elements are one element in memory, so it is not for writing.
   *
   * @param target the wanted shape
   * @return the view
   * @throws IllegalArgumentException if the shapes, right-aligned, differ where this one is not 1
   */
  default Tensor broadcastTo(Shape target) {
    int added = target.rank() - rank();
    long[] steps = new long[target.rank()];
    for (int axis = target.rank() - 1; axis >= 0; axis--) {
      long size = axis < added ? 1 : shape().size(axis - added);
      if (added < 0 || (size != 1 && size != target.size(axis))) {
        throw new IllegalArgumentException(
            "broadcast: shape "
                + shape()
                + " does not broadcast to "
                + target
                + "; axes are aligned from the right and must be equal or 1");
      }
      steps[axis] = size == 1 ? 0 : stride(axis - added);
    }
    if (added < 0) {
      throw new IllegalArgumentException(
          "broadcast: rank " + target.rank() + " is lower than that of " + shape());
    }
    return view(target, steps, offset());
  }

  /**
   * A view with another shape of as many elements.
   *
   * @param sizes the new sizes; one may be -1 and is then computed
   * @return the view
   * @throws IllegalArgumentException if the counts differ, or the strides do not allow a view (copy
   *     with {@link Tensor#contiguous() contiguous()} first)
   */
  default Tensor reshape(long... sizes) {
    Shape target = Views.inferShape(shape(), sizes);
    long[] steps =
        Views.reshapeStrides(shape(), strides(), target)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "reshape: a view of shape "
                            + shape()
                            + ", strides "
                            + Arrays.toString(strides())
                            + " as "
                            + target
                            + " does not exist; call contiguous() first to copy"));
    return view(target, steps, offset());
  }

  /**
   * A view with a new axis of size 1.
   *
   * @param axis where the new axis stands in the view, in [0, rank]
   * @return the view, of rank one more
   * @throws IndexOutOfBoundsException if it cannot stand there
   */
  default Tensor expand(int axis) {
    Views.checkAxis("expand", axis, rank() + 1, shape());
    long[] sizes = new long[rank() + 1];
    long[] steps = new long[rank() + 1];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = i == axis ? 1 : shape().size(i < axis ? i : i - 1);
      steps[i] = i == axis ? 0 : stride(i < axis ? i : i - 1);
    }
    return view(Shape.of(sizes), steps, offset());
  }
}
