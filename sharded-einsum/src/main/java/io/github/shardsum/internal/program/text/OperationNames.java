package io.github.shardsum.internal.program.text;

import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The names of operations in a program's text, and suggestions for a wrong name. */
final class OperationNames {
  private static final int MOST = 3;

  /**
   * The longest name for which similar names are suggested. Longer names are hardly typing errors,
   * and the time of a comparison grows with the product of the two lengths.
   */
  private static final int LONGEST = 40;

  /** Names of operations that are neither pointwise nor reductions. */
  private static final List<String> OTHERS =
      List.of(
          "select",
          "convert",
          "ragged",
          "uniform",
          "einsum",
          "softmax",
          "cumulative_sum",
          "top_k",
          "arg_max",
          "one_hot",
          "constant",
          "iota",
          "random",
          "scan",
          "composite",
          "attention",
          "attention.gradient",
          "manual",
          "all_reduce",
          "all_gather",
          "reduce_scatter",
          "all_to_all",
          "permute",
          "own_chunk",
          "axis_index",
          "annotate",
          "slice",
          "pad",
          "concatenate",
          "shift",
          "window",
          "split",
          "merge");

  private OperationNames() {}

  /** Every name. */
  static List<String> all() {
    return Stream.of(
            Stream.of(UnaryKind.values()).map(OperationPrinter::lower),
            Stream.of(BinaryKind.values()).map(OperationPrinter::lower),
            Stream.of(Comparison.values()).map(OperationPrinter::lower),
            Stream.of(ReduceKind.values()).map(kind -> "reduce_" + OperationPrinter.lower(kind)),
            OTHERS.stream())
        .flatMap(names -> names)
        .toList();
  }

  /** A suggestion for the error of an unknown name: similar names, if there are any. */
  static String similar(String name) {
    if (name.length() > LONGEST) {
      return "";
    }
    String similar =
        all().stream()
            .filter(known -> distance(name, known) <= 1 + known.length() / 4)
            .sorted(Comparator.comparingInt(known -> distance(name, known)))
            .limit(MOST)
            .collect(Collectors.joining(", "));
    return similar.isEmpty() ? "" : "; similar: " + similar;
  }

  /**
   * The distance of two names: the letters to insert, remove or replace, and the neighbours to
   * swap.
   */
  private static int distance(String a, String b) {
    int[][] distance = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        distance[i][j] = i == 0 || j == 0 ? i + j : nearest(distance, a, b, i, j);
      }
    }
    return distance[a.length()][b.length()];
  }

  private static int nearest(int[][] distance, String a, String b, int i, int j) {
    boolean same = a.charAt(i - 1) == b.charAt(j - 1);
    int least = Math.min(distance[i - 1][j], distance[i][j - 1]) + 1;
    least = Math.min(least, distance[i - 1][j - 1] + (same ? 0 : 1));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(least, distance[i - 2][j - 2] + 1) : least;
  }
}
