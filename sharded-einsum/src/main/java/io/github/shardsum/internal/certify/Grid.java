package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Where each device lies on a mesh, and which indices that gives it. */
final class Grid {
  private final Mesh mesh;
  private final int[][] coordinates;

  Grid(Mesh mesh) {
    this.mesh = mesh;
    coordinates = new int[mesh.size()][];
    for (int device = 0; device < coordinates.length; device++) {
      coordinates[device] = mesh.coordinates(device);
    }
  }

  int devices() {
    return coordinates.length;
  }

  int parts(List<String> axes) {
    return axes.stream().mapToInt(mesh::size).reduce(1, Math::multiplyExact);
  }

  boolean isAxes(List<String> axes) {
    return mesh.axisNames().containsAll(axes) && new HashSet<>(axes).size() == axes.size();
  }

  /** A device's place along axes, major first. */
  int part(int device, List<String> axes) {
    int part = 0;
    for (String axis : axes) {
      part = part * mesh.size(axis) + coordinates[device][mesh.indexOf(axis)];
    }
    return part;
  }

  /** What a device has of indices that are dealt out over one axis after the other. */
  Interval chunk(int device, Interval whole, List<String> axes) {
    Interval left = whole;
    for (String axis : axes) {
      left = left.chunk(mesh.size(axis), coordinates[device][mesh.indexOf(axis)]);
    }
    return left;
  }

  /** What a device has of each dimension of a shape. */
  List<Interval> box(int device, Term term, Shape shape) {
    List<Interval> box = new ArrayList<>();
    for (Axis axis : term.axes()) {
      box.add(chunk(device, Interval.all(shape.size(box.size())), axis.mesh()));
    }
    return box;
  }

  /** The devices that differ along axes only, in groups, in the order of those axes. */
  int[][] groups(List<String> axes) {
    List<String> others = mesh.axisNames().stream().filter(axis -> !axes.contains(axis)).toList();
    int[][] groups = new int[parts(others)][parts(axes)];
    for (int device = 0; device < devices(); device++) {
      groups[part(device, others)][part(device, axes)] = device;
    }
    return groups;
  }
}
