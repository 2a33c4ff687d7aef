package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.mesh.MeshAxis;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which indices of a dimension a device has, as a function of its mesh coordinates: of [0, size)
 * the chunk of the first axis, of that the chunk of the next. A chunk of n over p has ceil(n / p)
 * indices, the last ones fewer or none. Axes have more than one device each.
 */
record Cut(long size, List<MeshAxis> axes) {
  static Cut whole(long size) {
    return new Cut(size, List.of());
  }

  boolean isWhole() {
    return axes.isEmpty();
  }

  Cut by(List<MeshAxis> more) {
    List<MeshAxis> all = new ArrayList<>(axes);
    all.addAll(more);
    return new Cut(size, all);
  }

  /** The cut that becomes this one by axes. */
  Cut without(List<MeshAxis> last) {
    Cut left = new Cut(size, axes.stream().filter(axis -> !last.contains(axis)).toList());
    require(left.by(last).isSame(this), "axes must be the last of %s, got %s", this, last);
    return left;
  }

  /** Whether every device has the same indices by both. */
  boolean isSame(Cut other) {
    return size == other.size && ordered().equals(other.ordered());
  }

  /** The axes; those that cut chunks of one index or none, as in any order, by name. */
  private List<MeshAxis> ordered() {
    List<MeshAxis> ordered = new ArrayList<>(axes);
    int first = 0;
    for (long chunk = size; chunk > 1 && first < ordered.size(); first++) {
      chunk = Math.ceilDiv(chunk, ordered.get(first).size());
    }
    ordered.subList(first, ordered.size()).sort(Comparator.comparing(MeshAxis::name));
    return ordered;
  }

  /** Whether the n-th parts of both are the same indices, by whatever axes they are numbered. */
  boolean hasPartsOf(Cut other) {
    List<Integer> sizes = axes.stream().map(MeshAxis::size).toList();
    return sizes.equals(other.axes.stream().map(MeshAxis::size).toList())
        || (size % parts(axes) == 0 && parts(axes) == parts(other.axes));
  }

  /** By how many parts a step along an axis counts; 0 if it does not cut. */
  long stride(MeshAxis axis) {
    int at = axes.indexOf(axis);
    return at < 0 ? 0 : parts(axes.subList(at + 1, axes.size()));
  }

  private static long parts(List<MeshAxis> axes) {
    return axes.stream().mapToLong(MeshAxis::size).reduce(1, Math::multiplyExact);
  }

  /**
   * The cut of several dimensions as one, major first. Behind a dimension of which a device has
   * more than one index all must be whole, and only the last may be cut unevenly, else it has
   * strips.
   */
  static Cut merged(List<Cut> dims) {
    Cut all = whole(dims.stream().mapToLong(Cut::size).reduce(1, Math::multiplyExact));
    long behind = all.size;
    boolean isOne = true;
    for (Cut dim : dims) {
      behind /= Math.max(1, dim.size);
      boolean fits = isOne && (behind <= 1 || dim.size % parts(dim.axes) == 0);
      require(fits || dim.isWhole(), "must be one interval, got %s", dims);
      isOne &= dim.size <= parts(dim.axes);
      all = all.by(dim.axes);
    }
    return all;
  }

  /** As in {@code 48@x.y}. */
  @Override
  public String toString() {
    return axes.isEmpty() ? "" + size : size + "@" + String.join(".", Held.names(axes));
  }
}
