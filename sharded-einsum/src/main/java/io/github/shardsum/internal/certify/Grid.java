package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  long size(String axis) {
    return mesh.axes().get(mesh.indexOf(axis)).size();
  }

  long coordinate(int device, String axis) {
    return coordinates[device][mesh.indexOf(axis)];
  }

  /** What a device has of indices that are dealt out over axes, major first. */
  Interval chunk(int device, Interval whole, List<String> axes) {
    return whole.chunk(
        axes.stream().map(this::size).toList(),
        axes.stream().map(axis -> coordinate(device, axis)).toList());
  }

  /** What a device has of each dimension of a shape. */
  List<Interval> box(int device, Term term, long[] shape) {
    List<Interval> box = new ArrayList<>();
    for (int dim = 0; dim < shape.length; dim++) {
      Axis axis = term.axes().get(dim);
      box.add(chunk(device, Interval.all(shape[dim]), axis.mesh()));
    }
    return box;
  }

  /**
   * The devices that differ along axes only, in groups; in a group they are in the order of those
   * axes, major first.
   */
  List<List<Integer>> groups(List<String> axes) {
    Map<List<Integer>, Integer[]> groups = new LinkedHashMap<>();
    int members = (int) axes.stream().mapToLong(this::size).reduce(1, (a, b) -> a * b);
    for (int device = 0; device < devices(); device++) {
      List<Integer> rest = new ArrayList<>();
      for (int i = 0; i < coordinates[device].length; i++) {
        rest.add(axes.contains(mesh.axes().get(i).name()) ? 0 : coordinates[device][i]);
      }
      long number = 0;
      for (String axis : axes) {
        number = number * size(axis) + coordinate(device, axis);
      }
      groups.computeIfAbsent(rest, _ -> new Integer[members])[(int) number] = device;
    }
    return groups.values().stream().map(List::of).toList();
  }
}
