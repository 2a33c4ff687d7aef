package io.github.shardsum.mesh;

import io.github.shardsum.internal.mesh.MeshPicture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Devices laid out on named axes; an immutable value.
 *
 * <p>A mesh of axes {@code x=2 y=4} has 8 positions, numbered in row-major order: the last axis
 * varies fastest, so position {@code 5} has coordinates {@code x=1 y=1}. Each position has one
 * device, and devices are numbered from 0 too. Unless another device order is given, device d is at
 * position d. The device order determines which positions are close on the network. The result of a
 * collective depends only on positions, so another device order gives the same bits.
 *
 * <p>Source: JAX's {@code Mesh} and GShard's device assignment (an array of devices with named
 * dimensions).
 */
public final class Mesh {
  /** The largest number of devices: positions are ints, and groups are lists. */
  private static final int MOST_DEVICES = 1 << 24;

  private final List<MeshAxis> axes;
  private final int[] strides;
  private final int[] deviceAt;
  private final int[] positionOf;

  private Mesh(List<MeshAxis> axes, int[] deviceAt) {
    this.axes = axes;
    this.deviceAt = deviceAt;
    this.strides = new int[axes.size()];
    int stride = 1;
    for (int i = axes.size() - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= axes.get(i).size();
    }
    this.positionOf = new int[deviceAt.length];
    for (int position = 0; position < deviceAt.length; position++) {
      positionOf[deviceAt[position]] = position;
    }
  }

  /**
   * A mesh with device d on position d.
   *
   * @param axes the axes, major to minor; none for a single device
   * @return the mesh
   * @throws IllegalArgumentException if two axes have one name, or there are more than 2^24 devices
   */
  public static Mesh of(MeshAxis... axes) {
    return of(Arrays.asList(Objects.requireNonNull(axes, "axes")));
  }

  /**
   * As {@link #of(MeshAxis...)}.
   *
   * @param axes the axes, major to minor
   * @return the mesh
   */
  public static Mesh of(List<MeshAxis> axes) {
    int[] order = new int[checkedCount(axes)];
    Arrays.setAll(order, i -> i);
    return new Mesh(List.copyOf(axes), order);
  }

  /**
   * A mesh of one axis.
   *
   * @param name its name
   * @param size its size
   * @return the mesh
   */
  public static Mesh of(String name, int size) {
    return of(new MeshAxis(name, size));
  }

  /**
   * A mesh of two axes.
   *
   * @param major name of the first axis
   * @param majorSize its size
   * @param minor name of the second axis, whose coordinate varies fastest
   * @param minorSize its size
   * @return the mesh
   */
  public static Mesh of(String major, int majorSize, String minor, int minorSize) {
    return of(new MeshAxis(major, majorSize), new MeshAxis(minor, minorSize));
  }

  /**
   * The mesh of a text: {@code name=size} for each axis, major to minor, separated by spaces or
   * commas.
   *
   * @param notation the axes, as {@link #notation()} prints them, for example {@code x=2 y=4}; a
   *     device order cannot be given
   * @return the mesh
   * @throws IllegalArgumentException if the text is not such a list
   */
  public static Mesh parse(String notation) {
    List<MeshAxis> axes = new ArrayList<>();
    for (String term : notation.strip().split("[\\s,]+", -1)) {
      if (!term.isEmpty()) {
        axes.add(parseAxis(term, notation));
      }
    }
    return of(axes);
  }

  private static MeshAxis parseAxis(String term, String notation) {
    int sign = term.indexOf('=');
    String digits = term.substring(sign + 1);
    boolean number = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    if (sign >= 1 && number && digits.length() > 9) {
      throw new IllegalArgumentException(
          "mesh: devices must be at most " + MOST_DEVICES + ", got \"" + term + "\"");
    }
    if (sign >= 1 && digits.matches("-[0-9]+")) {
      throw new IllegalArgumentException(
          "mesh axis " + term.substring(0, sign) + ": the size must be at least 1, got " + digits);
    }
    if (sign < 1 || !number) {
      throw new IllegalArgumentException(
          "mesh: expected axes like x=2 y=4, got \"" + term + "\" in \"" + notation + "\"");
    }
    return new MeshAxis(term.substring(0, sign), Integer.parseInt(digits));
  }

  private static int checkedCount(List<MeshAxis> axes) {
    Set<String> names = new HashSet<>();
    long count = 1;
    for (MeshAxis axis : axes) {
      if (!names.add(axis.name())) {
        throw new IllegalArgumentException(
            "mesh: every axis must have a name of its own, got "
                + axis.name()
                + " twice in "
                + axes);
      }
      count *= axis.size();
      if (count > MOST_DEVICES) {
        throw new IllegalArgumentException(
            "mesh: devices must be at most " + MOST_DEVICES + ", got " + axes);
      }
    }
    return (int) count;
  }

  /**
   * The same axes with another device order.
   *
   * @param devices for each position in row-major order, the device on it: a permutation of [0,
   *     size)
   * @return the mesh
   * @throws IllegalArgumentException if the devices are not a permutation
   */
  public Mesh withDevices(int... devices) {
    boolean[] seen = new boolean[size()];
    boolean permutation = devices.length == size();
    for (int i = 0; permutation && i < devices.length; i++) {
      permutation = devices[i] >= 0 && devices[i] < seen.length && !seen[devices[i]];
      if (permutation) {
        seen[devices[i]] = true;
      }
    }
    if (!permutation) {
      throw new IllegalArgumentException(
          "mesh "
              + notation()
              + ": a device order holds each of 0 to "
              + (size() - 1)
              + " once, got "
              + Arrays.toString(devices));
    }
    return new Mesh(axes, devices.clone());
  }

  /**
   * The axes, major to minor.
   *
   * @return an immutable list
   */
  public List<MeshAxis> axes() {
    return axes;
  }

  /**
   * The names of the axes, major to minor.
   *
   * @return an immutable list
   */
  public List<String> axisNames() {
    return axes.stream().map(MeshAxis::name).toList();
  }

  /**
   * Number of devices: the product of the axes' sizes, 1 without axes.
   *
   * @return the count
   */
  public int size() {
    return deviceAt.length;
  }

  /**
   * Size of one axis.
   *
   * @param axis its name
   * @return the size
   * @throws IllegalArgumentException if there is no such axis
   */
  public int size(String axis) {
    return axes.get(indexOf(axis)).size();
  }

  /**
   * Product of the sizes of several axes: the number of members of a group along them.
   *
   * @param names the axes
   * @return the product, 1 for none
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public int size(List<String> names) {
    int product = 1;
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      if (names.indexOf(name) < i) {
        throw new IllegalArgumentException(
            "mesh " + notation() + ": each axis must be named once, got " + names);
      }
      product *= size(name);
    }
    return product;
  }

  /**
   * Index of an axis.
   *
   * @param axis its name
   * @return its index in {@link #axes()}
   * @throws IllegalArgumentException if there is no such axis
   */
  public int indexOf(String axis) {
    for (int i = 0; i < axes.size(); i++) {
      if (axes.get(i).name().equals(axis)) {
        return i;
      }
    }
    throw new IllegalArgumentException(
        "mesh: expected an axis of " + notation() + ", got \"" + axis + "\"");
  }

  /**
   * Distance between neighbours along an axis.
   *
   * @param i the axis, an index into {@link #axes()}
   * @return the distance in positions
   */
  public int stride(int i) {
    return strides[i];
  }

  /**
   * The device on a position.
   *
   * @param position the row-major position, in [0, size)
   * @return the device's number
   * @throws IndexOutOfBoundsException if there is no such position
   */
  public int deviceAt(int position) {
    return deviceAt[checked("a position", position)];
  }

  /**
   * The device at coordinates.
   *
   * @param coordinates one for each axis, major to minor
   * @return the device's number
   * @throws IllegalArgumentException if there is not one coordinate for each axis
   * @throws IndexOutOfBoundsException if a coordinate is not on its axis
   */
  public int deviceAt(List<Integer> coordinates) {
    if (coordinates.size() != axes.size()) {
      throw new IllegalArgumentException(
          "mesh " + notation() + ": expected one coordinate for each axis, got " + coordinates);
    }
    int position = 0;
    for (int i = 0; i < axes.size(); i++) {
      int coordinate = coordinates.get(i);
      if (coordinate < 0 || coordinate >= axes.get(i).size()) {
        throw new IndexOutOfBoundsException(
            "mesh "
                + notation()
                + ": coordinates must be in [0, size of the axis), got "
                + coordinates);
      }
      position += coordinate * strides[i];
    }
    return deviceAt[position];
  }

  /**
   * The position of a device.
   *
   * @param device the device's number, in [0, size)
   * @return its row-major position
   * @throws IndexOutOfBoundsException if there is no such device
   */
  public int positionOf(int device) {
    return positionOf[checked("a device", device)];
  }

  private int checked(String what, int number) {
    if (number < 0 || number >= size()) {
      throw new IndexOutOfBoundsException(
          "mesh " + notation() + ": " + what + " must be in [0, " + size() + "), got " + number);
    }
    return number;
  }

  /**
   * The coordinates of a device.
   *
   * @param device the device's number, in [0, size)
   * @return one coordinate for each axis, major to minor; a fresh array
   * @throws IndexOutOfBoundsException if there is no such device
   */
  public int[] coordinates(int device) {
    int position = positionOf(device);
    int[] coordinates = new int[axes.size()];
    Arrays.setAll(coordinates, i -> position / strides[i] % axes.get(i).size());
    return coordinates;
  }

  /**
   * The coordinate of a device along one axis.
   *
   * @param device the device's number, in [0, size)
   * @param axis the axis's name
   * @return the coordinate, in [0, size(axis))
   * @throws IllegalArgumentException if there is no such axis
   * @throws IndexOutOfBoundsException if there is no such device
   */
  public int coordinate(int device, String axis) {
    int i = indexOf(axis);
    return positionOf(device) / strides[i] % axes.get(i).size();
  }

  /**
   * The number of the part that a device holds if a value is split along axes. This is the device's
   * number within its group along these axes.
   *
   * @param names the axes, major to minor; none for one part
   * @param device the device's number, in [0, size)
   * @return the part, in [0, size(names))
   * @throws IllegalArgumentException if there is no such axis
   * @throws IndexOutOfBoundsException if there is no such device
   */
  public int part(List<String> names, int device) {
    positionOf(device);
    int part = 0;
    for (String name : names) {
      part = part * size(name) + coordinate(device, name);
    }
    return part;
  }

  /**
   * The groups along axes: devices that differ only in their coordinates along these axes are in
   * one group.
   *
   * @param names the axes, in the order that numbers the members: the last named varies fastest;
   *     none for groups of one device
   * @return the groups
   * @throws IllegalArgumentException if an axis does not exist or is named twice
   */
  public DeviceGroups groups(List<String> names) {
    return new DeviceGroups(this, Objects.requireNonNull(names, "names"));
  }

  /**
   * As {@link #groups(List)}.
   *
   * @param names the axes
   * @return the groups
   */
  public DeviceGroups groups(String... names) {
    return groups(Arrays.asList(Objects.requireNonNull(names, "names")));
  }

  /**
   * The axes and their sizes, as {@link #parse} reads them: {@code x=2 y=4}.
   *
   * @return the notation, empty for a mesh without axes
   */
  public String notation() {
    return axes.stream().map(MeshAxis::toString).collect(Collectors.joining(" "));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mesh mesh
        && axes.equals(mesh.axes)
        && Arrays.equals(deviceAt, mesh.deviceAt);
  }

  @Override
  public int hashCode() {
    return 31 * axes.hashCode() + Arrays.hashCode(deviceAt);
  }

  /**
   * A picture: the notation, then the device on each position, one row for each coordinate of the
   * last axis but one; the middle of a long row and of many rows is left out.
   */
  @Override
  public String toString() {
    return MeshPicture.of(this);
  }
}
