package io.github.shardsum.internal.program.types;

import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Arithmetic of types: broadcasts, replaces and removes labels. */
final class LabelTypes {
  private LabelTypes() {}

  /** The type that has all labels of some values, see {@link Pointwise}. */
  static ValueType union(Operation operation, DType dtype, List<Value> values) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (Value value : values) {
      ValueType type = value.type();
      for (int axis = 0; axis < type.rank(); axis++) {
        String label = type.labels().axis(axis).label();
        Long before = sizes.putIfAbsent(label, type.shape().size(axis));
        if (before != null && before != type.shape().size(axis)) {
          throw ProgramException.of(
              operation,
              "label "
                  + label
                  + " has sizes "
                  + before
                  + " and "
                  + type.shape().size(axis)
                  + "; they must be equal: slice or pad, or rename it with an identity einsum");
        }
      }
    }
    for (Value value : values) {
      if (value.type().rank() == sizes.size()) {
        return value.type().withDtype(dtype);
      }
    }
    return ValueType.of(dtype, List.copyOf(sizes.keySet()), List.copyOf(sizes.values()));
  }

  /** The axis of a label, which the value must have. */
  static int axis(Operation operation, Value value, String label) {
    int axis = value.type().axis(label);
    if (axis < 0) {
      throw ProgramException.of(operation, "expected label " + label + " in " + value);
    }
    return axis;
  }

  /** A type with one label replaced by others. */
  static ValueType replace(
      Operation operation, ValueType type, int axis, List<String> labels, List<Long> sizes) {
    List<String> names = new ArrayList<>(type.names());
    List<Long> lengths = new ArrayList<>(type.sizes());
    names.remove(axis);
    lengths.remove(axis);
    names.addAll(axis, labels);
    lengths.addAll(axis, sizes);
    return of(operation, type.dtype(), names, lengths);
  }

  /** A type with labels that an operation names; they must be distinct. */
  static ValueType of(Operation operation, DType dtype, List<String> names, List<Long> sizes) {
    try {
      return ValueType.of(dtype, names, sizes);
    } catch (IllegalArgumentException bad) {
      throw ProgramException.of(operation, "the result has no type: " + bad.getMessage());
    }
  }
}
