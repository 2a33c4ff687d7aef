package io.github.shardsum.internal.stablehlo.read;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Neighbouring dimensions of a value that a reshape turns into other ones of the same product.
 * Dimensions of size 1 belong to no group.
 *
 * @param from dimensions before
 * @param into dimensions after
 */
record ReshapeGroup(List<Integer> from, List<Integer> into) {
  /** The smallest groups, in order, of shapes with as many elements. */
  static List<ReshapeGroup> of(List<Long> before, List<Long> after) {
    List<Integer> left = longer(before);
    List<Integer> right = longer(after);
    List<ReshapeGroup> groups = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < left.size() && j < right.size()) {
      List<Integer> from = new ArrayList<>(List.of(left.get(i)));
      List<Integer> into = new ArrayList<>(List.of(right.get(j)));
      long one = before.get(left.get(i++));
      long other = after.get(right.get(j++));
      while (one != other) {
        if (one < other && i < left.size()) {
          from.add(left.get(i));
          one *= before.get(left.get(i++));
        } else if (j < right.size()) {
          into.add(right.get(j));
          other *= after.get(right.get(j++));
        } else {
          return List.of();
        }
      }
      groups.add(new ReshapeGroup(from, into));
    }
    return groups;
  }

  /** The dimensions that are longer than 1. */
  private static List<Integer> longer(List<Long> sizes) {
    return IntStream.range(0, sizes.size()).boxed().filter(i -> sizes.get(i) != 1).toList();
  }

  /** Whether a dimension stays one dimension. */
  boolean isOne() {
    return from.size() == 1 && into.size() == 1;
  }
}
