package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** Where each device lies on a mesh, and which indices that gives it. */
final class Grid {
  private final Mesh mesh;
  private final int[][] coordinates;
  private final Map<List<Object>, Interval[]> known = new HashMap<>();

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

  boolean hasEach(List<String> axes) {
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

  /** A device's part of every dimension, and of how many. */
  List<List<Integer>> place(int device, Term term) {
    return term.axes().stream()
        .map(axis -> List.of(part(device, axis.mesh()), parts(axis.mesh())))
        .toList();
  }

  /** What a device has of indices that are dealt out over one axis after the other. */
  Interval chunk(int device, Interval whole, List<String> axes) {
    Interval left = whole;
    for (String axis : axes) {
      left = left.chunk(mesh.size(axis), coordinates[device][mesh.indexOf(axis)]);
    }
    return left;
  }

  /** What each device has of each dimension of a shape. */
  Interval[][] boxes(Term term, Shape shape) {
    Interval[][] boxes = new Interval[devices()][term.size()];
    for (int dim = 0; dim < term.size(); dim++) {
      Interval[] chunks = chunks(shape.size(dim), term.axis(dim).mesh());
      for (int device = 0; device < devices(); device++) {
        boxes[device][dim] = chunks[device];
      }
    }
    return boxes;
  }

  private Interval[] chunks(long size, List<String> axes) {
    return known.computeIfAbsent(
        List.of(size, axes),
        _ -> {
          Interval[] chunks = new Interval[devices()];
          Arrays.setAll(chunks, device -> chunk(device, Interval.all(size), axes));
          return chunks;
        });
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
