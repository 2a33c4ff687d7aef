package io.github.shardsum.tensor;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/** The oracle of views: an array in C order that every operation copies index by index. */
final class Dense {
  private final long[] sizes;
  private final long[] values;

  private Dense(long[] sizes, long[] values) {
    this.sizes = sizes;
    this.values = values;
  }

  long[] sizes() {
    return sizes;
  }

  long[] values() {
    return values;
  }

  static Dense counting(long... sizes) {
    long[] values = new long[(int) Arrays.stream(sizes).reduce(1, (x, y) -> x * y)];
    Arrays.setAll(values, i -> i);
    return new Dense(sizes, values);
  }

  long at(long... index) {
    return values[(int) position(index)];
  }

  long position(long... index) {
    long position = 0;
    for (int axis = 0; axis < sizes.length; axis++) {
      position = position * sizes[axis] + index[axis];
    }
    return position;
  }

  long[] index(long position) {
    long[] index = new long[sizes.length];
    for (int axis = sizes.length - 1; axis >= 0; axis--) {
      index[axis] = position % sizes[axis];
      position /= sizes[axis];
    }
    return index;
  }

  /** The array of the given sizes whose element at an index is this one's at source(index). */
  private Dense gather(long[] newSizes, UnaryOperator<long[]> source) {
    Dense result = counting(newSizes);
    for (int i = 0; i < result.values.length; i++) {
      result.values[i] = at(source.apply(result.index(i)));
    }
    return result;
  }

  Dense transpose(int... axes) {
    long[] to = new long[axes.length];
    Arrays.setAll(to, i -> sizes[axes[i]]);
    return gather(
        to,
        index -> {
          long[] from = new long[axes.length];
          for (int i = 0; i < axes.length; i++) {
            from[axes[i]] = index[i];
          }
          return from;
        });
  }

  Dense slice(int axis, long from, long to, long step) {
    long count = 0;
    for (long at = from; step > 0 ? at < to : at > to; at += step) {
      count++;
    }
    long[] newSizes = sizes.clone();
    newSizes[axis] = count;
    return gather(
        newSizes,
        index -> {
          long[] source = index.clone();
          source[axis] = from + step * index[axis];
          return source;
        });
  }

  Dense select(int axis, long at) {
    return gather(remove(sizes, axis), index -> insert(index, axis, at));
  }

  Dense expand(int axis) {
    return gather(insert(sizes, axis, 1), index -> remove(index, axis));
  }

  Dense diagonal(int axis1, int axis2) {
    int low = Math.min(axis1, axis2);
    int high = Math.max(axis1, axis2);
    long[] rest = remove(remove(sizes, high), low);
    return gather(
        insert(rest, rest.length, sizes[axis1]),
        index -> {
          long both = index[index.length - 1];
          return insert(insert(remove(index, index.length - 1), low, both), high, both);
        });
  }

  Dense broadcastTo(long... target) {
    return gather(
        target,
        index -> {
          long[] source = Arrays.copyOfRange(index, target.length - sizes.length, target.length);
          for (int axis = 0; axis < source.length; axis++) {
            source[axis] = sizes[axis] == 1 ? 0 : source[axis];
          }
          return source;
        });
  }

  Dense reshape(long... target) {
    return new Dense(target, values);
  }

  static long[] insert(long[] array, int at, long value) {
    long[] result = Arrays.copyOf(array, array.length + 1);
    System.arraycopy(array, at, result, at + 1, array.length - at);
    result[at] = value;
    return result;
  }

  static long[] remove(long[] array, int at) {
    long[] result = Arrays.copyOf(array, array.length - 1);
    System.arraycopy(array, at + 1, result, at, result.length - at);
    return result;
  }
}
