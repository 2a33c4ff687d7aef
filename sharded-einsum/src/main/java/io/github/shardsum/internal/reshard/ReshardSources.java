package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * The cheapest ways to make a value and reshard it to a layout, if the value can be made in several
 * layouts, each at a price. One search from all these layouts serves every goal.
 */
public final class ReshardSources {
  private final Reshards reshards;
  private final Map<Layout, Cost> from;
  private final Shape shape;
  private final Function<Layout, DType> stored;
  private final Map<Goals, List<ReshardSearch>> searches = new HashMap<>();

  /** The most goals that one search serves. */
  private record Goals(List<String> partial, boolean isWhole) {}

  /** The most sources with which one search begins. */
  private record Group(boolean isWhole, DType dtype) {}

  /**
   * The sources for a value that may be computed in several layouts.
   *
   * @param reshards finds ways
   * @param from the layouts, with the cost of computing the value in each, in a fixed order
   * @param shape the value's shape
   * @param stored the dtype in which the value is stored in a layout
   */
  public ReshardSources(
      Reshards reshards, Map<Layout, Cost> from, Shape shape, Function<Layout, DType> stored) {
    this.reshards = reshards;
    this.from = from;
    this.shape = shape;
    this.stored = stored;
  }

  /**
   * The cost of making the value and resharding it to a layout.
   *
   * @param atMost the highest price
   * @return the cost; none if every way exceeds the limits or the highest price
   */
  public Optional<Cost> cost(Layout to, Cost atMost) {
    if (!isShared(to)) {
      return source(to)
          .flatMap(layout -> cost(layout, to))
          .filter(cost -> cost.compareTo(atMost) <= 0);
    }
    Optional<Cost> best = Optional.empty();
    for (ReshardSearch search : searches(to)) {
      Optional<Cost> cost = search.cost(to, best.orElse(atMost));
      if (cost.isPresent() && (best.isEmpty() || cost.get().compareTo(best.get()) < 0)) {
        best = cost;
      }
    }
    return best;
  }

  /**
   * The layout in which the value is computed if another layout of it is needed.
   *
   * @param to the layout in which the value is needed
   * @return the first of the cheapest layouts; none if there is no way
   */
  public Optional<Layout> source(Layout to) {
    Optional<Layout> best = Optional.empty();
    Cost least = Cost.MOST;
    if (isShared(to)) {
      for (ReshardSearch search : searches(to)) {
        Optional<Cost> cost = search.cost(to, least);
        if (cost.isPresent() && cost.get().compareTo(least) < 0) {
          best = search.root(to);
          least = cost.get();
        }
      }
    } else {
      for (Layout layout : from.keySet()) {
        Optional<Cost> cost = cost(layout, to);
        if (cost.isPresent() && cost.get().compareTo(least) < 0) {
          best = Optional.of(layout);
          least = cost.get();
        }
      }
    }
    return best;
  }

  private Optional<Cost> cost(Layout layout, Layout to) {
    Cost made = Objects.requireNonNull(from.get(layout), "source");
    return layout.isEquivalent(to)
        ? Optional.of(made)
        : reshards.way(layout, to, shape, stored.apply(layout)).map(way -> made.plus(way.cost()));
  }

  private boolean isShared(Layout to) {
    return from.keySet().stream().allMatch(layout -> Reshards.isShared(layout, to));
  }

  private List<ReshardSearch> searches(Layout to) {
    Goals goals = new Goals(Reshards.wide(to.mesh(), to.partial()), isWhole(to));
    List<ReshardSearch> known = searches.get(goals);
    if (known == null) {
      Map<Group, Map<Layout, Cost>> groups = new LinkedHashMap<>();
      from.forEach(
          (layout, cost) -> {
            DType dtype = stored.apply(layout);
            if (reshards.isReachable(layout, to, dtype)) {
              Group group = new Group(isWhole(layout), dtype);
              groups.computeIfAbsent(group, _ -> new LinkedHashMap<>()).put(layout, cost);
            }
          });
      List<ReshardSearch> made = new ArrayList<>();
      groups.forEach(
          (group, layouts) -> made.add(reshards.fromMany(layouts, to, shape, group.dtype())));
      searches.put(goals, made);
      known = made;
    }
    return known;
  }

  private boolean isWhole(Layout layout) {
    return layout.largestShape(shape).elementCount() == shape.elementCount();
  }
}
