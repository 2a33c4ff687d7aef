package io.github.shardsum.internal.program.types;

import io.github.shardsum.program.MeshAxis;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;

/**
 * The members of nested manual regions: one for each combination of indices along the regions'
 * axes, numbered row-major. An immutable value.
 *
 * @param axes all axes, those of outer regions first
 */
public record RegionMembers(List<MeshAxis> axes) {
  /** The single member outside of all regions. */
  public static final RegionMembers OUTSIDE = new RegionMembers(List.of());

  /** Copies the list. */
  public RegionMembers {
    axes = List.copyOf(axes);
  }

  /**
   * The family inside a region: one member for each member of this family and each member of the
   * region.
   *
   * @param inner its axes
   * @return the members; all members inside one member of this family follow each other
   */
  public RegionMembers with(List<MeshAxis> inner) {
    List<MeshAxis> all = new ArrayList<>(axes);
    all.addAll(inner);
    return new RegionMembers(all);
  }

  /**
   * The number of members.
   *
   * @return product of the sizes
   */
  public int members() {
    return product(axes);
  }

  private static int product(List<MeshAxis> axes) {
    return axes.stream().mapToInt(MeshAxis::size).reduce(1, Math::multiplyExact);
  }

  private int stride(MeshAxis axis) {
    int at =
        IntStream.range(0, axes.size())
            .filter(i -> axes.get(i).equals(axis))
            .findFirst()
            .orElseThrow();
    return product(axes.subList(at + 1, axes.size()));
  }

  /**
   * A member's number in its group.
   *
   * @param of the axes of the group, major to minor
   */
  public int index(int member, List<MeshAxis> of) {
    int index = 0;
    for (MeshAxis axis : of) {
      index = index * axis.size() + member / stride(axis) % axis.size();
    }
    return index;
  }

  /**
   * A member's number in its group, whose axes are given by name.
   *
   * @param names names of axes, major to minor
   */
  public int indexOf(int member, List<String> names) {
    return index(member, named(names));
  }

  /**
   * Axes by their names.
   *
   * @param names names of axes of the family
   * @return the axes, in the names' order
   */
  public List<MeshAxis> named(List<String> names) {
    return names.stream()
        .map(
            name ->
                axes.stream().filter(axis -> axis.name().equals(name)).findFirst().orElseThrow())
        .toList();
  }

  /**
   * A member's group.
   *
   * @param of the axes of the group, major to minor
   * @return the members, in the order of their numbers
   */
  public List<Integer> group(int member, List<MeshAxis> of) {
    List<Integer> group = List.of(member);
    for (MeshAxis axis : of) {
      int stride = stride(axis);
      List<Integer> more = new ArrayList<>();
      for (int each : group) {
        int first = each - each / stride % axis.size() * stride;
        IntStream.range(0, axis.size()).forEach(i -> more.add(first + i * stride));
      }
      group = more;
    }
    return List.copyOf(group);
  }

  /**
   * Combines the parts of a group's members along one axis after the other, from the last axis to
   * the first. The left part of each tree is the largest power of two below its size.
   *
   * @param <T> the type of the combined values
   * @param parts one part for each member, in the order of the members' numbers
   * @param of the axes of the group, major to minor
   * @param combine combines two parts, the part with the smaller numbers first
   * @return the combination
   */
  public static <T> T combine(List<T> parts, List<MeshAxis> of, BinaryOperator<T> combine) {
    if (of.isEmpty()) {
      return parts.getFirst();
    }
    List<MeshAxis> inner = of.subList(1, of.size());
    int size = parts.size() / of.getFirst().size();
    List<T> outer = new ArrayList<>();
    for (int i = 0; i < of.getFirst().size(); i++) {
      outer.add(combine(parts.subList(i * size, (i + 1) * size), inner, combine));
    }
    return tree(outer, combine);
  }

  private static <T> T tree(List<T> parts, BinaryOperator<T> combine) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    int half = Integer.highestOneBit(parts.size() - 1);
    T left = tree(parts.subList(0, half), combine);
    return combine.apply(left, tree(parts.subList(half, parts.size()), combine));
  }
}
