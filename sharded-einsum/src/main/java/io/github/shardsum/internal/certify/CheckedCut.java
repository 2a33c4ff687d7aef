package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.mesh.MeshAxis;
import java.util.List;
import java.util.stream.Stream;

/**
 * The indices of a dimension that a device has, as a function of its mesh coordinates: the first
 * axis takes a chunk of [0, size), the next axis a chunk of that chunk, and so on. A chunk of n
 * indices over p devices has ceil(n / p) indices, the last ones fewer or none. Axes have more than
 * one device each.
 */
record CheckedCut(String label, long size, List<MeshAxis> axes) {
  static CheckedCut whole(String label, long size) {
    return new CheckedCut(label, size, List.of());
  }

  boolean isWhole() {
    return axes.isEmpty();
  }

  CheckedCut named(String other) {
    return new CheckedCut(other, size, axes);
  }

  CheckedCut by(List<MeshAxis> more) {
    return new CheckedCut(label, size, Stream.concat(axes.stream(), more.stream()).toList());
  }

  /** The cut before the given axes, which must be its last ones. */
  CheckedCut without(List<MeshAxis> last) {
    int left = Math.max(0, axes.size() - last.size());
    CheckedCut before = new CheckedCut(label, size, axes.subList(0, left));
    require(before.by(last).equals(this), "axes must be the last of %s, got %s", this, last);
    return before;
  }

  /**
   * Several dimensions as one, major first. A minor dimension may be split only if each device has
   * at most one index of the major dimensions. Major dimensions may be split unevenly only if the
   * minor one has at most size 1. Otherwise a device would have strips.
   */
  static CheckedCut merged(String label, List<CheckedCut> dims) {
    return dims.stream().reduce(whole(label, 1), CheckedCut::times);
  }

  private CheckedCut times(CheckedCut minor) {
    boolean isOneIndex = size <= parts(axes);
    boolean isEven = size % parts(axes) == 0;
    boolean fits = (minor.isWhole() || isOneIndex) && (minor.size <= 1 || isEven);
    require(fits, "%s must be one interval, got %s of each index of %s", label, minor, this);
    return new CheckedCut(label, Math.multiplyExact(size, minor.size), by(minor.axes).axes);
  }

  /**
   * Whether an exchange of blocks within groups along axes turns this cut into the other: the n-th
   * parts of both have the same indices, and coordinates outside of the group mean the same.
   */
  boolean isPermutedTo(CheckedCut other, List<MeshAxis> group) {
    boolean isAlike = sizes().equals(other.sizes());
    boolean isEven = size % parts(axes) == 0 && parts(axes) == parts(other.axes);
    return label.equals(other.label)
        && size == other.size
        && (isAlike || isEven)
        && axes.stream().allMatch(a -> group.contains(a) || stride(a) == other.stride(a));
  }

  private List<Integer> sizes() {
    return axes.stream().map(MeshAxis::size).toList();
  }

  /** The parts that one step along an axis advances; 0 for an axis that does not cut. */
  private long stride(MeshAxis axis) {
    int at = axes.indexOf(axis);
    return at < 0 ? 0 : parts(axes.subList(at + 1, axes.size()));
  }

  private static long parts(List<MeshAxis> axes) {
    return axes.stream().mapToLong(MeshAxis::size).reduce(1, Math::multiplyExact);
  }

  /** As in {@code m@x.y=48}. */
  @Override
  public String toString() {
    return label
        + (isWhole() ? "=" : "@" + String.join(".", CheckedParts.names(axes)) + "=")
        + size;
  }
}
