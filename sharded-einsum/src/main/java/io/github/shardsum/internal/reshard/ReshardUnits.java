package io.github.shardsum.internal.reshard;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The mesh axes that a reshard may use. Between two layouts, axes that follow each other on a label
 * in both layouts are one unit, and axes at the same place in both layouts belong to no unit. From
 * one layout to all others every axis is a unit. Axes of size 1 never move and belong to no unit.
 */
final class ReshardUnits {
  private final Mesh mesh;
  private final Layout from;
  private final List<List<String>> units = new ArrayList<>();
  private final List<List<Integer>> parts = new ArrayList<>();
  private final List<List<String>> prefixes = new ArrayList<>();
  private final Map<String, Integer> unitOf = new HashMap<>();
  private final List<String> partialPrefix;
  private final long[] kept;
  private final long[] sizes;
  private final ReshardState start;
  private final ReshardState goal;
  private final boolean areAxes;

  private ReshardUnits(Layout from, Layout to, List<String> idle) {
    this.mesh = from.mesh();
    this.from = from;
    List<List<String>> before = new ArrayList<>();
    List<List<String>> after = new ArrayList<>();
    for (int dim = 0; dim < from.rank(); dim++) {
      List<String> old = large(from.axes(dim));
      List<String> now = large(to.axes(dim));
      int same = 0;
      while (same < Math.min(old.size(), now.size()) && old.get(same).equals(now.get(same))) {
        same++;
      }
      prefixes.add(old.subList(0, same));
      before.add(old.subList(same, old.size()));
      after.add(now.subList(same, now.size()));
    }
    List<String> oldPartial = large(from.partial());
    List<String> newPartial = large(to.partial());
    this.partialPrefix = oldPartial.stream().filter(newPartial::contains).toList();
    before.add(oldPartial.stream().filter(a -> !newPartial.contains(a)).toList());
    after.add(newPartial.stream().filter(a -> !oldPartial.contains(a)).toList());
    join(before, after);
    idle.forEach(this::unit);
    this.kept = prefixes.stream().mapToLong(mesh::size).toArray();
    this.sizes = units.stream().mapToLong(mesh::size).toArray();
    this.start = state(before);
    this.goal = state(after);
    this.areAxes = false;
  }

  private ReshardUnits(Layout of, List<String> kept) {
    this.mesh = of.mesh();
    this.from = of;
    this.partialPrefix = kept;
    large(mesh.axisNames()).stream().filter(axis -> !kept.contains(axis)).forEach(this::unit);
    of.term().axes().forEach(_ -> prefixes.add(List.of()));
    this.kept = prefixes.stream().mapToLong(_ -> 1).toArray();
    this.sizes = units.stream().mapToLong(mesh::size).toArray();
    this.start = new ReshardState(new int[of.rank()][0], 0);
    this.goal = start;
    this.areAxes = true;
  }

  /**
   * The units of all moves from a layout: every axis, except the axes over which the value stays a
   * partial sum.
   */
  static ReshardUnits ofAll(Layout of, List<String> partial) {
    return new ReshardUnits(of, partial);
  }

  /**
   * The units between two layouts.
   *
   * @param to the other
   * @param idle axes that neither layout has and that moves may use
   */
  static ReshardUnits between(Layout from, Layout to, List<String> idle) {
    return new ReshardUnits(from, to, idle);
  }

  /** The state of a layout, if each unit is a single axis. */
  ReshardState stateOf(Layout layout) {
    List<List<String>> dims = new ArrayList<>();
    for (int dim = 0; dim < layout.rank(); dim++) {
      dims.add(large(layout.axes(dim)));
    }
    dims.add(large(layout.partial()).stream().filter(a -> !partialPrefix.contains(a)).toList());
    return state(dims);
  }

  private void unit(String axis) {
    unitOf.put(axis, units.size());
    units.add(new ArrayList<>(List.of(axis)));
    parts.add(new ArrayList<>(List.of(mesh.size(axis))));
  }

  private List<String> large(List<String> axes) {
    return axes.stream().filter(axis -> mesh.size(axis) > 1).toList();
  }

  /**
   * Joins axes to units: an axis belongs to the unit of its predecessor if it follows that axis in
   * both layouts.
   */
  private void join(List<List<String>> before, List<List<String>> after) {
    List<String> all = new ArrayList<>();
    before.forEach(all::addAll);
    after.forEach(dim -> dim.stream().filter(a -> !all.contains(a)).forEach(all::add));
    for (String axis : all) {
      Optional<String> previous =
          unitOf.keySet().stream()
              .filter(p -> units.get(unitOf.getOrDefault(p, 0)).getLast().equals(p))
              .filter(p -> follows(before, p, axis) && follows(after, p, axis))
              .sorted()
              .findFirst();
      if (previous.isPresent()) {
        int unit = unitOf.getOrDefault(previous.get(), 0);
        units.get(unit).add(axis);
        parts.get(unit).add(mesh.size(axis));
        unitOf.put(axis, unit);
      } else {
        unit(axis);
      }
    }
  }

  private static boolean follows(List<List<String>> dims, String first, String second) {
    int dim = place(dims, first);
    return dim >= 0
        && dim < dims.size() - 1
        && dims.get(dim).indexOf(second) == dims.get(dim).indexOf(first) + 1;
  }

  private static int place(List<List<String>> dims, String axis) {
    for (int dim = 0; dim < dims.size(); dim++) {
      if (dims.get(dim).contains(axis)) {
        return dim;
      }
    }
    return -1;
  }

  private ReshardState state(List<List<String>> dims) {
    int[][] state = new int[dims.size() - 1][];
    for (int dim = 0; dim < state.length; dim++) {
      state[dim] = units(dims.get(dim));
    }
    long partial = 0;
    for (int unit : units(dims.getLast())) {
      partial |= 1L << unit;
    }
    return new ReshardState(state, partial);
  }

  private int[] units(List<String> axes) {
    return axes.stream().mapToInt(axis -> unitOf.getOrDefault(axis, -1)).distinct().toArray();
  }

  int count() {
    return units.size();
  }

  /** Whether the units are the single axes, in mesh order. */
  boolean areAxes() {
    return areAxes;
  }

  ReshardState start() {
    return start;
  }

  ReshardState goal() {
    return goal;
  }

  /** Number of parts into which the axes that stay cut a dimension. */
  long kept(int dim) {
    return kept[dim];
  }

  /** Sizes of the axes that a dimension has in a state, major to minor. */
  List<Integer> levels(int dim, int[] of) {
    List<Integer> levels = new ArrayList<>(prefixes.get(dim).stream().map(mesh::size).toList());
    levels.addAll(parts(of));
    return levels;
  }

  /** Sizes of the axes of units, in order. */
  List<Integer> parts(int... of) {
    List<Integer> levels = new ArrayList<>();
    for (int unit : of) {
      levels.addAll(parts.get(unit));
    }
    return levels;
  }

  long product(int... of) {
    long product = 1;
    for (int unit : of) {
      product *= sizes[unit];
    }
    return product;
  }

  /** Names of the axes of units, in order. */
  List<String> axes(int... of) {
    return Arrays.stream(of).boxed().flatMap(unit -> units.get(unit).stream()).toList();
  }

  /** The axes after the first difference of two orders of units, in mesh order. */
  List<String> changed(int[] one, int[] other) {
    List<String> axes = axes(ReshardState.tail(one, Arrays.mismatch(one, other)));
    return mesh.axisNames().stream().filter(axes::contains).toList();
  }

  /** The layout of a state; axes of size 1 stay where the first layout has them. */
  Layout layout(ReshardState state) {
    List<Axis> axes = new ArrayList<>();
    for (int dim = 0; dim < state.dims().length; dim++) {
      List<String> names = new ArrayList<>(prefixes.get(dim));
      names.addAll(axes(state.dims()[dim]));
      axes.add(new Axis(from.label(dim), names));
    }
    List<String> partial = new ArrayList<>(partialPrefix);
    for (int unit = 0; unit < units.size(); unit++) {
      if ((state.partial() >> unit & 1) == 1) {
        partial.addAll(units.get(unit));
      }
    }
    return new Layout(mesh, new Term(axes, partial));
  }
}
