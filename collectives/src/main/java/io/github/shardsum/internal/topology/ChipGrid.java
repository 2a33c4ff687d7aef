package io.github.shardsum.internal.topology;

import io.github.shardsum.topology.Topology;
import io.github.shardsum.topology.TopologyAxis;
import java.util.List;
import java.util.StringJoiner;

/** Numbers of chips, lines and coordinates of a topology; chips are numbered across hosts. */
public final class ChipGrid {
  private final List<TopologyAxis> axes;
  private final int[] strides;
  private final int chipsPerHost;

  public ChipGrid(Topology topology) {
    this.axes = topology.axes();
    this.chipsPerHost = topology.chipsPerHost();
    this.strides = new int[axes.size()];
    int stride = 1;
    for (int axis = axes.size() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= axes.get(axis).size();
    }
  }

  public int rank() {
    return axes.size();
  }

  public int size(int axis) {
    return axes.get(axis).size();
  }

  public TopologyAxis axis(int axis) {
    return axes.get(axis);
  }

  public int host(int chip) {
    return chip / chipsPerHost;
  }

  public int chipsPerHost() {
    return chipsPerHost;
  }

  public int coordinate(int chip, int axis) {
    return chip / strides[axis] % size(axis);
  }

  public int stride(int axis) {
    return strides[axis];
  }

  /** The line along an axis that contains a chip. */
  public int line(int chip, int axis) {
    return chip / (strides[axis] * size(axis)) * strides[axis] + chip % strides[axis];
  }

  /** The chip at a coordinate of a line. */
  public int chip(int line, int axis, int coordinate) {
    int above = line / strides[axis] * strides[axis] * size(axis);
    return above + line % strides[axis] + coordinate * strides[axis];
  }

  /** Coordinates, as in {@code (3,4)}. */
  public String text(int chip) {
    StringJoiner text = new StringJoiner(",", "(", ")");
    for (int axis = 0; axis < rank(); axis++) {
      text.add(Integer.toString(coordinate(chip, axis)));
    }
    return text.toString();
  }
}
