package io.github.shardsum.collective;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/** What the operations of {@link Collective} have in common: their checks and their words. */
final class Requests {
  private Requests() {}

  static List<String> list(String... axes) {
    return Arrays.asList(Objects.requireNonNull(axes, "axes"));
  }

  static List<String> distinct(List<String> axes) {
    Objects.requireNonNull(axes, "axes").forEach(axis -> Objects.requireNonNull(axis, "axis"));
    if (new HashSet<>(axes).size() != axes.size()) {
      throw new IllegalArgumentException(
          "collective: every axis at most once is wanted, got " + axes);
    }
    return List.copyOf(axes);
  }

  static List<RaggedCounts> counts(List<RaggedCounts> counts) {
    Objects.requireNonNull(counts, "counts");
    for (int index = 0; index < counts.size(); index++) {
      Objects.requireNonNull(counts.get(index), "counts of device " + index);
    }
    return List.copyOf(counts);
  }

  static void checkDim(int dim) {
    if (dim < 0) {
      throw new IllegalArgumentException(
          "collective: a dimension of at least 0 is wanted, got " + dim);
    }
  }

  static void checkTotal(OptionalLong total) {
    if (total.isPresent() && total.getAsLong() < 0) {
      throw new IllegalArgumentException(
          "collective: a total of at least 0 is wanted, got " + total.getAsLong());
    }
  }

  static String text(OptionalLong total) {
    return total.isPresent() ? " total " + total.getAsLong() : "";
  }

  static String over(List<String> axes) {
    return axes.isEmpty() ? " over no axis" : " over " + String.join(".", axes);
  }
}
