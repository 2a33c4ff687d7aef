package io.github.shardsum.layout;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * An array of devices that says which device holds which part of a value; an immutable value.
 *
 * <p>Dimension d of the value is cut into as many parts as dimension d of the array has devices,
 * and the device at an index holds the part at that index. The array may have one dimension more
 * than the value; the devices along that dimension hold the same part.
 *
 * <p>Source: GShard's {@code shard(tensor, device_assignment)}; the additional dimension is XLA's
 * {@code last_tile_dim_replicate}.
 *
 * @param sizes sizes of the array
 * @param devices the array's elements in row-major order: each number from 0 to the number of
 *     devices - 1 once
 */
public record DeviceAssignment(List<Integer> sizes, List<Integer> devices) {
  /**
   * Copies and checks the lists.
   *
   * @throws IllegalArgumentException if a size is below 1, or the elements are not the numbers from
   *     0 to the product of the sizes - 1, each once
   */
  public DeviceAssignment {
    sizes = List.copyOf(sizes);
    devices = List.copyOf(devices);
    if (sizes.stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException(
          "device assignment: sizes must be at least 1, got " + sizes);
    }
    long count = sizes.stream().mapToLong(size -> size).reduce(1, Math::multiplyExact);
    boolean isPermutation =
        new HashSet<>(devices).size() == devices.size()
            && devices.stream().allMatch(device -> device >= 0 && device < count);
    if (devices.size() != count || !isPermutation) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "device assignment of sizes %s: must have each of 0 to %d once, got %s",
              sizes,
              count - 1,
              devices));
    }
  }

  /**
   * The assignment of an array of devices.
   *
   * @param sizes sizes of the array
   * @param devices the array's elements in row-major order
   * @return the assignment
   */
  public static DeviceAssignment of(int[] sizes, int... devices) {
    return new DeviceAssignment(
        Arrays.stream(sizes).boxed().toList(), Arrays.stream(devices).boxed().toList());
  }

  /**
   * The layout on a mesh that puts each part on its devices.
   *
   * @param mesh the devices
   * @param labels the value's labels, in order
   * @return the layout
   * @throws IllegalArgumentException if the numbers of labels or devices differ, or no layout on
   *     this mesh fits; the error then has a device order with which a layout fits, see {@link
   *     #ordered}
   */
  public Layout on(Mesh mesh, List<String> labels) {
    check(mesh, labels);
    Optional<List<List<String>>> axes = axes(mesh, labels.size());
    if (axes.isPresent()) {
      Layout layout = layout(mesh, labels, axes.get());
      if (isOf(layout)) {
        return layout;
      }
    }
    Mesh other = ordered(mesh, labels);
    int[] order = new int[other.size()];
    Arrays.setAll(order, other::deviceAt);
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "%s: no layout on mesh \"%s\" puts the parts of \"%s\" there; with device"
                + " order %s one does",
            this,
            mesh.notation(),
            String.join(" ", labels),
            Arrays.toString(order)));
  }

  /**
   * The mesh with a device order for which a layout puts each part on its devices: each dimension
   * is split over the first axes whose sizes multiply to its number of parts.
   *
   * @param mesh the axes
   * @param labels the value's labels, in order
   * @return the mesh, for {@link #on}
   * @throws IllegalArgumentException if the numbers of labels or devices differ, or the mesh has no
   *     such axes
   */
  public Mesh ordered(Mesh mesh, List<String> labels) {
    check(mesh, labels);
    List<MeshAxis> free =
        new ArrayList<>(mesh.axes().stream().filter(axis -> axis.size() > 1).toList());
    List<List<String>> axes = new ArrayList<>();
    if (!choose(0, labels.size(), free, axes)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: mesh \"%s\" has no axes of these products for \"%s\"; factor the"
                  + " mesh, for example x=8 into x=2 y=4",
              this,
              mesh.notation(),
              String.join(" ", labels)));
    }
    Layout layout = layout(mesh, labels, axes);
    List<String> rest = free.stream().map(MeshAxis::name).toList();
    int[] order = new int[mesh.size()];
    for (int position = 0; position < order.length; position++) {
      int device = mesh.deviceAt(position);
      int at = 0;
      for (int dim = 0; dim < labels.size(); dim++) {
        at = at * sizes.get(dim) + layout.part(dim, device);
      }
      order[position] = devices.get(at * mesh.size(rest) + mesh.part(rest, device));
    }
    return mesh.withDevices(order);
  }

  private void check(Mesh mesh, List<String> labels) {
    if (mesh.size() != devices.size()
        || (sizes.size() != labels.size() && sizes.size() != labels.size() + 1)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%s: must have a dimension for each of \"%s\", or one more, and the %d"
                  + " devices of mesh \"%s\"",
              this,
              String.join(" ", labels),
              mesh.size(),
              mesh.notation()));
    }
  }

  private static Layout layout(Mesh mesh, List<String> labels, List<List<String>> axes) {
    List<Axis> dims = new ArrayList<>();
    for (int dim = 0; dim < labels.size(); dim++) {
      dims.add(new Axis(labels.get(dim), axes.get(dim)));
    }
    return new Layout(mesh, new Term(dims, List.of()));
  }

  /** Takes for each dimension the first free axes that give its number of parts. */
  private boolean choose(int dim, int count, List<MeshAxis> free, List<List<String>> axes) {
    return dim == count || choose(dim, count, 0, sizes.get(dim), List.of(), free, axes);
  }

  private boolean choose(
      int dim,
      int count,
      int from,
      int parts,
      List<MeshAxis> taken,
      List<MeshAxis> free,
      List<List<String>> axes) {
    if (parts == 1) {
      List<MeshAxis> before = List.copyOf(free);
      free.removeAll(taken);
      axes.add(taken.stream().map(MeshAxis::name).toList());
      if (choose(dim + 1, count, free, axes)) {
        return true;
      }
      axes.removeLast();
      free.clear();
      free.addAll(before);
      return false;
    }
    for (int i = from; i < free.size(); i++) {
      if (parts % free.get(i).size() == 0) {
        List<MeshAxis> more = new ArrayList<>(taken);
        more.add(free.get(i));
        if (choose(dim, count, i + 1, parts / free.get(i).size(), more, free, axes)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The axes of each dimension of the value, major to minor; none if a step along some axis changes
   * several dimensions. An axis whose step passes more parts is more major.
   */
  private Optional<List<List<String>>> axes(Mesh mesh, int rank) {
    Map<String, Integer> steps = new HashMap<>();
    List<List<String>> axes = new ArrayList<>();
    for (int dim = 0; dim < rank; dim++) {
      axes.add(new ArrayList<>());
    }
    int first = devices.indexOf(mesh.deviceAt(0));
    int stride = mesh.size();
    for (MeshAxis axis : mesh.axes()) {
      stride /= axis.size();
      if (axis.size() > 1) {
        int next = devices.indexOf(mesh.deviceAt(stride));
        for (int dim = 0; dim < rank; dim++) {
          int step = part(dim, next) - part(dim, first);
          if (step != 0 && steps.put(axis.name(), step) != null) {
            return Optional.empty();
          }
          if (step != 0) {
            axes.get(dim).add(axis.name());
          }
        }
      }
    }
    axes.forEach(
        of ->
            of.sort(Comparator.comparing((String axis) -> steps.getOrDefault(axis, 0)).reversed()));
    return Optional.of(axes);
  }

  /** The index of an element of the array along a dimension. */
  private int part(int dim, int element) {
    int inner = 1;
    for (int size : sizes.subList(dim + 1, sizes.size())) {
      inner *= size;
    }
    return element / inner % sizes.get(dim);
  }

  private boolean isOf(Layout layout) {
    for (int dim = 0; dim < layout.rank(); dim++) {
      if (layout.mesh().size(layout.axes(dim)) != sizes.get(dim)) {
        return false;
      }
      for (int element = 0; element < devices.size(); element++) {
        if (layout.part(dim, devices.get(element)) != part(dim, element)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Written as {@code devices [0, 2, 1, 3] of [2, 2]}. */
  @Override
  public String toString() {
    return "devices " + devices + " of " + sizes;
  }
}
