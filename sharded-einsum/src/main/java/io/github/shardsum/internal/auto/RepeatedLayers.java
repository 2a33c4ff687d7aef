package io.github.shardsum.internal.auto;

import io.github.shardsum.internal.auto.LayoutGraph.Site;
import io.github.shardsum.internal.layout.ShardingRules;
import io.github.shardsum.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds equal parts of a program, such as the layers of a model: statements of the same operation
 * on values of the same types, whose neighbours are equal too.
 */
final class RepeatedLayers {
  /** The distance up to which neighbours are compared. */
  private static final int ROUNDS = 6;

  /**
   * The distance up to which neighbours are compared to find values that are annotated together.
   */
  private static final int NEAR = 2;

  private RepeatedLayers() {}

  /** Edges that make equal statements, and equal values, choose the same strategy. */
  static List<EdgePrices.Edge> ties(List<Site> sites, int firstSite, EdgePrices prices) {
    List<EdgePrices.Edge> ties = new ArrayList<>();
    Map<LayoutGraphNode, Integer> colours = colours(sites, ROUNDS);
    Map<String, LayoutGraphNode> first = new TreeMap<>();
    colours.forEach(
        (slot, colour) -> {
          String key = colour + " " + EdgePrices.keys(slot.layouts);
          LayoutGraphNode same = first.putIfAbsent(key, slot);
          if (same != null) {
            ties.add(prices.tie(same.node, slot.node, slot.layouts.size()));
          }
        });
    Map<String, Integer> firstOf = new HashMap<>();
    for (int i = 0; i < sites.size(); i++) {
      Site site = sites.get(i);
      StringBuilder key = new StringBuilder(kind(site));
      site.operands().forEach(slot -> key.append(' ').append(colours.get(slot)));
      site.results().forEach(slot -> key.append(' ').append(colours.get(slot)));
      Integer same = firstOf.putIfAbsent(key.toString(), firstSite + i);
      int strategies = site.choices().choices().size();
      if (same != null && strategies == sites.get(same - firstSite).choices().choices().size()) {
        ties.add(prices.tie(same, firstSite + i, strategies));
      }
    }
    return ties;
  }

  private static String kind(Site site) {
    StringBuilder kind = new StringBuilder(site.statement().operation().getClass().getSimpleName());
    kind.append(' ').append(ShardingRules.of(site.statement())).append(' ').append(site.times());
    for (Value operand : site.statement().operation().operands()) {
      kind.append(' ').append(operand.type());
    }
    return kind.toString();
  }

  /**
   * For each value, the number of its group by the value's name; values of one group are annotated
   * together. Neighbours are compared to a small distance, so that the first and the last layer are
   * in the group of the others.
   */
  static Map<String, Integer> groups(List<Site> sites) {
    Map<String, Integer> groups = new HashMap<>();
    colours(sites, NEAR).forEach((slot, colour) -> groups.put(slot.name, colour));
    return groups;
  }

  /** Numbers of values, equal if the values' neighbours are equal up to the compared distance. */
  private static Map<LayoutGraphNode, Integer> colours(List<Site> sites, int rounds) {
    Map<LayoutGraphNode, Integer> colours = new LinkedHashMap<>();
    for (Site site : sites) {
      site.operands().forEach(slot -> colours.put(slot, 0));
      site.results().forEach(slot -> colours.put(slot, 0));
    }
    List<String> kinds = sites.stream().map(RepeatedLayers::kind).toList();
    for (int round = 0; round < rounds; round++) {
      Map<LayoutGraphNode, String> seen = seen(sites, kinds, colours);
      Map<String, Integer> numbers = new HashMap<>();
      seen.forEach(
          (slot, text) -> colours.put(slot, numbers.computeIfAbsent(text, _ -> numbers.size())));
    }
    return colours;
  }

  /** A description of each value with the colours of its neighbours. */
  private static Map<LayoutGraphNode, String> seen(
      List<Site> sites, List<String> kinds, Map<LayoutGraphNode, Integer> colours) {
    Map<LayoutGraphNode, String> seen = new LinkedHashMap<>();
    colours
        .keySet()
        .forEach(
            slot ->
                seen.put(
                    slot, slot.value.type() + " " + slot.isInput + slot.isOutput + slot.times));
    for (int i = 0; i < sites.size(); i++) {
      Site site = sites.get(i);
      String around =
          kinds.get(i)
              + site.operands().stream().map(colours::get).toList()
              + site.results().stream().map(colours::get).toList();
      for (int j = 0; j < site.operands().size(); j++) {
        seen.merge(site.operands().get(j), " read " + j + around, String::concat);
      }
      for (int j = 0; j < site.results().size(); j++) {
        seen.merge(site.results().get(j), " made " + j + around, String::concat);
      }
    }
    return seen;
  }
}
