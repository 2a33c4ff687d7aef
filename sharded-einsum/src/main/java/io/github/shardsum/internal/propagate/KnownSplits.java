package io.github.shardsum.internal.propagate;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.propagation.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The known part of one value's layout: for each dimension the axes, whether the dimension is open,
 * and the reasons.
 */
final class KnownSplits {
  private final ValueType type;
  private final List<List<String>> axes;
  private final boolean[] closed;
  private final List<Reason> reasons;
  private List<String> partial = List.of();

  KnownSplits(ValueType type) {
    this.type = type;
    axes = new ArrayList<>(Collections.nCopies(type.rank(), List.of()));
    closed = new boolean[type.rank()];
    reasons = new ArrayList<>(Collections.nCopies(type.rank(), new Reason.Unasked()));
  }

  ValueType type() {
    return type;
  }

  List<String> axes(int dim) {
    return axes.get(dim);
  }

  boolean isOpen(int dim) {
    return !closed[dim];
  }

  List<Reason> reasons() {
    return List.copyOf(reasons);
  }

  String label(int dim) {
    return type.names().get(dim);
  }

  void set(int dim, List<String> to, boolean open, Reason reason) {
    axes.set(dim, List.copyOf(to));
    closed[dim] = !open;
    reasons.set(dim, reason);
  }

  /** The dimension that an axis splits, or -1. */
  int dimOf(String axis) {
    for (int dim = 0; dim < axes.size(); dim++) {
      if (axes.get(dim).contains(axis)) {
        return dim;
      }
    }
    return -1;
  }

  void setReason(int dim, Reason reason) {
    reasons.set(dim, reason);
  }

  /** Removes axes from every dimension, since an annotation uses these axes elsewhere. */
  void release(List<String> taken) {
    axes.replaceAll(own -> own.stream().filter(axis -> !taken.contains(axis)).toList());
  }

  void setPartial(List<String> to) {
    partial = List.copyOf(to);
  }

  List<String> partial() {
    return partial;
  }

  boolean uses(String axis) {
    return partial.contains(axis) || axes.stream().anyMatch(names -> names.contains(axis));
  }

  Layout layout(Mesh mesh) {
    return with(mesh, -1, List.of());
  }

  /** The layout with new axes on a dimension; other dimensions lose these axes. */
  Layout with(Mesh mesh, int dim, List<String> other) {
    List<Axis> terms = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      List<String> own = i == dim ? other : axes.get(i);
      if (dim >= 0 && i != dim) {
        own = own.stream().filter(axis -> !other.contains(axis)).toList();
      }
      terms.add(new Axis(label(i), own));
    }
    List<String> left = partial.stream().filter(axis -> !other.contains(axis)).toList();
    return new Layout(mesh, new Term(terms, left));
  }

  /**
   * The layout with an axis moved to the end of a dimension's axes; for dimension -1 the axis is
   * only removed.
   */
  Layout moved(Mesh mesh, String axis, int dim) {
    List<Axis> terms = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      List<String> own = new ArrayList<>(axes.get(i));
      own.remove(axis);
      if (i == dim) {
        own.add(axis);
      }
      terms.add(new Axis(label(i), own));
    }
    List<String> left = partial.stream().filter(name -> !name.equals(axis)).toList();
    return new Layout(mesh, new Term(terms, left));
  }
}
