package io.github.shardsum.internal.propagate;

import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A statement, or an edge of a loop, with the parts that propagation needs.
 *
 * @param text the statement for a reader
 * @param rule the statement's rule, with its factors
 * @param operands names of its operands
 * @param results names of its results
 * @param level the first level at which axes pass along the factors of kind pass
 * @param narrow places of broadcast operands, which do not have all labels of the result: they
 *     receive axes from the second level on, and pass axes on only at the last level
 * @param edge the edge of a manual region, if the node is one
 */
record PropagationNode(
    String text,
    FactorRule rule,
    List<String> operands,
    List<String> results,
    int level,
    Set<Integer> narrow,
    Optional<RegionEdge> edge) {
  PropagationNode(
      String text,
      FactorRule rule,
      List<String> operands,
      List<String> results,
      int level,
      Set<Integer> narrow) {
    this(text, rule, operands, results, level, narrow, Optional.empty());
  }

  /**
   * The edge of a manual region: a label of the value outside has the region's axes first, then the
   * axes of the label inside.
   *
   * @param outside the value outside
   * @param prefixes the axes of the region, for each dimension
   * @param own all axes of the region
   */
  record RegionEdge(String outside, List<List<String>> prefixes, Set<String> own) {
    /** The axes that a label has inside, from its axes outside. */
    List<String> inside(int dim, List<String> axes) {
      List<String> prefix = prefixes.get(dim);
      boolean has = axes.size() >= prefix.size() && axes.subList(0, prefix.size()).equals(prefix);
      return has
          ? axes.stream().skip(prefix.size()).takeWhile(axis -> !own.contains(axis)).toList()
          : List.of();
    }
  }

  /** The edge whose outer side is this place, if there is one. */
  Optional<RegionEdge> outside(Place place) {
    return edge.filter(at -> at.outside().equals(place.value()));
  }

  /** The place of a factor. */
  record Place(String value, int dim, Dim dims, boolean isNarrow) {
    /** Whether the axes of the factor at this place are passed on at a level. */
    boolean gives(int level) {
      return !isNarrow || level >= LAST;
    }

    /** Whether the place receives axes at a level. */
    boolean takes(int level) {
      return !isNarrow || level >= BROADCAST;
    }
  }

  /** All places of a factor, operands first. A diagonal counts only with its first dimension. */
  List<Place> places(int factor) {
    List<Place> places = new ArrayList<>();
    places(factor, operands, rule.operands(), narrow, places);
    places(factor, results, rule.results(), Set.of(), places);
    return places;
  }

  private static void places(
      int factor,
      List<String> values,
      List<List<Dim>> dims,
      Set<Integer> narrow,
      List<Place> places) {
    for (int i = 0; i < values.size(); i++) {
      int dim = FactorRule.dimOf(dims.get(i), factor);
      if (dim >= 0) {
        places.add(new Place(values.get(i), dim, dims.get(i).get(dim), narrow.contains(i)));
      }
    }
  }

  /** Whether a factor carries axes at a level. */
  boolean carries(int factor, int at) {
    return switch (rule.factors().get(factor).kind()) {
      case FactorRule.Kind.Pass _, FactorRule.Kind.Neighbour _ -> at >= level;
      case FactorRule.Kind.Reduce _ -> at >= SIDEWAYS;
      case FactorRule.Kind.Scan _, FactorRule.Kind.Search _, FactorRule.Kind.Normalize _ ->
          at >= LAST;
      case FactorRule.Kind.Make _, FactorRule.Kind.Whole _ -> false;
    };
  }

  static final int BROADCAST = 1;
  static final int SIDEWAYS = 2;
  static final int LAST = 3;

  /** The names of operands and results, each once. */
  List<String> values() {
    return Stream.concat(operands.stream(), results.stream()).distinct().toList();
  }
}
