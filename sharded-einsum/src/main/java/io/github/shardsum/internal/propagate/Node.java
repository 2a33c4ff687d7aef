package io.github.shardsum.internal.propagate;

import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A statement, or an edge of a loop, as propagation sees it.
 *
 * @param text for a reader
 * @param rule its factors
 * @param operands names of its operands
 * @param results names of its results
 * @param level the level from which on its passing factors carry axes
 * @param isBroadcast whether an operand lacks a label of the result: then axes go backward on that
 *     level and forward on the last
 */
record Node(
    String text,
    FactorRule rule,
    List<String> operands,
    List<String> results,
    int level,
    boolean isBroadcast) {
  /** Where a factor stands. */
  record Place(String value, int dim, Dim dims, boolean isResult) {}

  /** All places of a factor, operands first; of a diagonal the first. */
  List<Place> places(int factor) {
    return Stream.concat(
            places(factor, operands, rule.operands(), false),
            places(factor, results, rule.results(), true))
        .toList();
  }

  private static Stream<Place> places(
      int factor, List<String> values, List<List<Dim>> dims, boolean isResult) {
    return IntStream.range(0, values.size())
        .filter(i -> FactorRule.dimOf(dims.get(i), factor) >= 0)
        .mapToObj(
            i -> {
              int dim = FactorRule.dimOf(dims.get(i), factor);
              return new Place(values.get(i), dim, dims.get(i).get(dim), isResult);
            });
  }

  /** Whether a factor carries axes on a level, and whether only from results to operands. */
  Carries carries(int factor, int at) {
    return switch (rule.factors().get(factor).kind()) {
      case FactorRule.Kind.Pass _, FactorRule.Kind.Neighbour _ ->
          at < level
              ? Carries.NOTHING
              : isBroadcast && at < LAST ? Carries.BACKWARD : Carries.EVERYWHERE;
      case FactorRule.Kind.Reduce _ -> at < SIDEWAYS ? Carries.NOTHING : Carries.EVERYWHERE;
      case FactorRule.Kind.Scan _, FactorRule.Kind.Search _, FactorRule.Kind.Normalize _ ->
          at < LAST ? Carries.NOTHING : Carries.EVERYWHERE;
      case FactorRule.Kind.Make _, FactorRule.Kind.Whole _ -> Carries.NOTHING;
    };
  }

  static final int SIDEWAYS = 2;
  static final int LAST = 3;

  enum Carries {
    NOTHING,
    BACKWARD,
    EVERYWHERE
  }

  /** The names that occur, each once. */
  List<String> values() {
    return Stream.concat(operands.stream(), results.stream()).distinct().toList();
  }
}
