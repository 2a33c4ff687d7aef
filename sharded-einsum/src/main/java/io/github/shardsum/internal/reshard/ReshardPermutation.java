package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The permutation of a group's members along which blocks move: the sender of each member's new
 * block.
 */
public final class ReshardPermutation {
  /** The most members of a group that are all checked. */
  private static final int MOST_MEMBERS = 1 << 14;

  private final Mesh mesh;
  private final List<String> axes;
  private final List<List<String>> heads = new ArrayList<>();
  private final List<List<String>> tails = new ArrayList<>();
  private final List<List<String>> before = new ArrayList<>();
  private final List<List<String>> after = new ArrayList<>();

  private ReshardPermutation(Layout from, Layout to) {
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
      heads.add(old.subList(0, head));
      tails.add(old.subList(old.size() - tail, old.size()));
      before.add(old.subList(head, old.size() - tail));
      after.add(now.subList(head, now.size() - tail));
      moved.addAll(before.getLast());
      moved.addAll(after.getLast());
    }
    this.axes = mesh.axisNames().stream().filter(moved::contains).toList();
  }

  /**
   * The permutation between two layouts with equal products of axes on every label.
   *
   * @param from the layout before
   * @param to the layout after
   */
  public static ReshardPermutation of(Layout from, Layout to) {
    return new ReshardPermutation(from, to);
  }

  /** The axes along which blocks move, in mesh order. */
  public List<String> axes() {
    return axes;
  }

  /** The member whose block each member of a group along {@link #axes()} gets. */
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

  /**
   * Elements that the busiest device receives: its new block, unless the device had this block
   * before.
   *
   * @param shape the value's shape
   * @return the number; if chunks are uneven and devices very many, the elements of the largest
   *     block
   */
  long received(Shape shape) {
    int members = mesh.size(axes);
    List<long[]> lengths = new ArrayList<>();
    long largest = 1;
    boolean even = true;
    for (int dim = 0; dim < shape.rank(); dim++) {
      List<Integer> heads = sizes(this.heads.get(dim));
      List<Integer> tails = sizes(this.tails.get(dim));
      List<Integer> moved = sizes(after.get(dim));
      even &= shape.size(dim) % (product(heads) * product(moved) * product(tails)) == 0;
      long[] longest = lengths(shape.size(dim), heads, moved, tails);
      largest = Math.multiplyExact(largest, longest[0]);
      lengths.add(longest);
    }
    return members == 1 ? 0 : even || members > MOST_MEMBERS ? largest : moved(lengths);
  }

  private long moved(List<long[]> lengths) {
    int[] sources = sources();
    long most = 0;
    for (int member = 0; member < sources.length; member++) {
      long block = sources[member] == member ? 0 : 1;
      for (int dim = 0; dim < lengths.size(); dim++) {
        block *= lengths.get(dim)[number(after.get(dim), member)];
      }
      most = Math.max(most, block);
    }
    return most;
  }

  /** The longest chunk of each part by the moved axes, over all coordinates of the other axes. */
  private static long[] lengths(
      long size, List<Integer> heads, List<Integer> moved, List<Integer> tails) {
    long[] longest = new long[Cut.chunks(0, moved).count()];
    for (long length : Cut.chunks(size, heads).lengths().keySet()) {
      Cut cut = Cut.chunks(length, moved);
      for (int part = 0; part < longest.length; part++) {
        longest[part] = Math.max(longest[part], Cut.chunks(cut.length(part), tails).longest());
      }
    }
    return longest;
  }

  private List<Integer> sizes(List<String> names) {
    return names.stream().map(mesh::size).toList();
  }

  private static long product(List<Integer> sizes) {
    return sizes.stream().mapToLong(size -> size).reduce(1, (a, b) -> a * b);
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
