package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which member of a group sends its block to which, where blocks change places. */
public final class Permutation {
  private final Mesh mesh;
  private final List<String> axes;
  private final List<List<String>> before = new ArrayList<>();
  private final List<List<String>> after = new ArrayList<>();

  private Permutation(Layout from, Layout to) {
    this.mesh = from.mesh();
    Set<String> moved = new LinkedHashSet<>();
    for (int dim = 0; dim < from.rank(); dim++) {
      List<String> old = from.axes(dim);
      List<String> now = to.axes(dim);
      int head = 0;
      while (head < Math.min(old.size(), now.size()) && old.get(head).equals(now.get(head))) {
        head++;
      }
      int tail = 0;
      while (tail < Math.min(old.size(), now.size()) - head
          && old.get(old.size() - 1 - tail).equals(now.get(now.size() - 1 - tail))) {
        tail++;
      }
      before.add(old.subList(head, old.size() - tail));
      after.add(now.subList(head, now.size() - tail));
      moved.addAll(before.getLast());
      moved.addAll(after.getLast());
    }
    this.axes = mesh.axisNames().stream().filter(moved::contains).toList();
  }

  /**
   * Of two layouts with equal products of axes on every label.
   *
   * @param from the layout before
   * @param to the layout after
   * @return the permutation
   */
  public static Permutation of(Layout from, Layout to) {
    return new Permutation(from, to);
  }

  /** The axes along which blocks move, in mesh order. */
  public List<String> axes() {
    return axes;
  }

  /** For each member of a group along {@link #axes()} the member whose block it gets. */
  public int[] sources() {
    List<String> unusedBefore = axes.stream().filter(a -> !uses(before, a)).toList();
    List<String> unusedAfter = axes.stream().filter(a -> !uses(after, a)).toList();
    int[] sources = new int[mesh.size(axes)];
    int[] coordinates = new int[axes.size()];
    for (int member = 0; member < sources.length; member++) {
      for (int dim = 0; dim < before.size(); dim++) {
        decode(number(after.get(dim), member), before.get(dim), coordinates);
      }
      decode(number(unusedAfter, member), unusedBefore, coordinates);
      int source = 0;
      for (int i = 0; i < coordinates.length; i++) {
        source = source * mesh.size(axes.get(i)) + coordinates[i];
      }
      sources[member] = source;
    }
    return sources;
  }

  private static boolean uses(List<List<String>> dims, String axis) {
    return dims.stream().anyMatch(dim -> dim.contains(axis));
  }

  private int number(List<String> names, int member) {
    int number = 0;
    for (String name : names) {
      int stride = mesh.size(axes.subList(axes.indexOf(name) + 1, axes.size()));
      number = number * mesh.size(name) + member / stride % mesh.size(name);
    }
    return number;
  }

  private void decode(int number, List<String> names, int[] coordinates) {
    int rest = number;
    for (int i = names.size() - 1; i >= 0; i--) {
      int size = mesh.size(names.get(i));
      coordinates[axes.indexOf(names.get(i))] = rest % size;
      rest /= size;
    }
  }
}
