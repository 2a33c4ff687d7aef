package io.github.shardsum.topology;

import java.util.List;
import java.util.StringJoiner;

/** Numbers of chips, lines and coordinates of a topology; chips are numbered across hosts. */
final class Grid {
  private final List<TopologyAxis> axes;
  private final int[] strides;
  private final int chipsPerHost;

  Grid(Topology topology) {
    this.axes = topology.axes();
    this.chipsPerHost = topology.chipsPerHost();
    this.strides = new int[axes.size()];
    int stride = 1;
    for (int axis = axes.size() - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= axes.get(axis).size();
    }
  }

  int rank() {
    return axes.size();
  }

  int size(int axis) {
    return axes.get(axis).size();
  }

  TopologyAxis axis(int axis) {
    return axes.get(axis);
  }

  int host(int chip) {
    return chip / chipsPerHost;
  }

  int chipsPerHost() {
    return chipsPerHost;
  }

  int coordinate(int chip, int axis) {
    return chip / strides[axis] % size(axis);
  }

  int stride(int axis) {
    return strides[axis];
  }

  /** The line along an axis that a chip is on. */
  int line(int chip, int axis) {
    return chip / (strides[axis] * size(axis)) * strides[axis] + chip % strides[axis];
  }

  /** The chip at a coordinate of a line. */
  int chip(int line, int axis, int coordinate) {
    int above = line / strides[axis] * strides[axis] * size(axis);
    return above + line % strides[axis] + coordinate * strides[axis];
  }

  /** Coordinates, as in {@code (3,4)}. */
  String text(int chip) {
    StringJoiner text = new StringJoiner(",", "(", ")");
    for (int axis = 0; axis < rank(); axis++) {
      text.add(Integer.toString(coordinate(chip, axis)));
    }
    return text.toString();
  }
}
