package io.github.shardsum.mesh;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The groups of a mesh along some of its axes; an immutable value.
 *
 * <p>On a mesh {@code x=2 y=3} the groups along {@code y} are {@code {0, 1, 2}} and {@code {3, 4,
 * 5}}; along {@code y, x} there is one group, with y as the major axis and the members {@code 0, 3,
 * 1, 4, 2, 5} in this order. Groups are numbered by the coordinates along the other axes, in the
 * mesh's order.
 */
public final class DeviceGroups {
  private final Mesh mesh;
  private final List<String> axes;
  private final int[] sizes;
  private final int[] strides;
  private final int[] otherSizes;
  private final int[] otherStrides;
  private final int size;

  DeviceGroups(Mesh mesh, List<String> axes) {
    this.mesh = mesh;
    axes.forEach(axis -> Objects.requireNonNull(axis, "axis"));
    this.axes = List.copyOf(axes);
    if (new HashSet<>(axes).size() != axes.size()) {
      throw new IllegalArgumentException(
          "groups: each axis must be named once, got " + axes + " on mesh " + mesh.notation());
    }
    int[] along = axes.stream().mapToInt(mesh::indexOf).toArray();
    int[] others =
        IntStream.range(0, mesh.axes().size())
            .filter(i -> IntStream.of(along).noneMatch(j -> j == i))
            .toArray();
    this.sizes = IntStream.of(along).map(i -> mesh.axes().get(i).size()).toArray();
    this.strides = IntStream.of(along).map(mesh::stride).toArray();
    this.otherSizes = IntStream.of(others).map(i -> mesh.axes().get(i).size()).toArray();
    this.otherStrides = IntStream.of(others).map(mesh::stride).toArray();
    this.size = mesh.size(axes);
  }

  /**
   * The mesh.
   *
   * @return the mesh
   */
  public Mesh mesh() {
    return mesh;
  }

  /**
   * The axes, major to minor.
   *
   * @return an immutable list
   */
  public List<String> axes() {
    return axes;
  }

  /**
   * Number of groups.
   *
   * @return the count, at least 1
   */
  public int count() {
    return mesh.size() / size;
  }

  /**
   * Number of members of each group.
   *
   * @return the count, at least 1
   */
  public int size() {
    return size;
  }

  /**
   * One member of a group.
   *
   * @param group the group, in [0, count)
   * @param member the member, in [0, size)
   * @return its device
   * @throws IndexOutOfBoundsException if there is no such group or member
   */
  public int device(int group, int member) {
    check("a group", group, count());
    check("a member", member, size);
    return mesh.deviceAt(
        position(group, otherSizes, otherStrides) + position(member, sizes, strides));
  }

  private void check(String what, int number, int count) {
    if (number < 0 || number >= count) {
      throw new IndexOutOfBoundsException(
          "groups along "
              + axes
              + " of mesh "
              + mesh.notation()
              + ": "
              + what
              + " must be in [0, "
              + count
              + "), got "
              + number);
    }
  }

  private static int position(int index, int[] sizes, int[] strides) {
    int rest = index;
    int position = 0;
    for (int i = sizes.length - 1; i >= 0; i--) {
      position += rest % sizes[i] * strides[i];
      rest /= sizes[i];
    }
    return position;
  }

  /**
   * The members of a group, in order.
   *
   * @param group the group, in [0, count)
   * @return their devices; a fresh array
   * @throws IndexOutOfBoundsException if there is no such group
   */
  public int[] devices(int group) {
    check("a group", group, count());
    int[] devices = new int[size];
    Arrays.setAll(devices, member -> device(group, member));
    return devices;
  }

  /**
   * The group of a device.
   *
   * @param device the device, in [0, mesh.size())
   * @return its group, in [0, count)
   * @throws IndexOutOfBoundsException if there is no such device
   */
  public int groupOf(int device) {
    return index(mesh.positionOf(device), otherSizes, otherStrides);
  }

  /**
   * The number of a device in its group.
   *
   * @param device the device, in [0, mesh.size())
   * @return its member number, in [0, size)
   * @throws IndexOutOfBoundsException if there is no such device
   */
  public int memberOf(int device) {
    return index(mesh.positionOf(device), sizes, strides);
  }

  private static int index(int position, int[] sizes, int[] strides) {
    int index = 0;
    for (int i = 0; i < sizes.length; i++) {
      index = index * sizes[i] + position / strides[i] % sizes[i];
    }
    return index;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DeviceGroups groups
        && mesh.equals(groups.mesh)
        && axes.equals(groups.axes);
  }

  @Override
  public int hashCode() {
    return 31 * mesh.hashCode() + axes.hashCode();
  }

  /**
   * The axes and the members, as in {@code along y: {0, 1} {2, 3}}; only the first of many groups.
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("along ").append(String.join(".", axes)).append(':');
    for (int group = 0; group < Math.min(count(), 16); group++) {
      String members = Arrays.toString(devices(group));
      text.append(" {").append(members, 1, members.length() - 1).append('}');
    }
    return count() > 16 ? text.append(" ...").toString() : text.toString();
  }
}
