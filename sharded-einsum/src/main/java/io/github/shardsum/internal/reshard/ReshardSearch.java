package io.github.shardsum.internal.reshard;

import io.github.shardsum.internal.reshard.MoveGraph.Edge;
import io.github.shardsum.internal.reshard.MoveGraph.Vertex;
import io.github.shardsum.internal.reshard.Reshards.Stage;
import io.github.shardsum.internal.reshard.Reshards.Way;
import io.github.shardsum.internal.reshard.Reshards.WorkCount;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The cheapest ways from some layouts of a value to all others, or from all others to one, by
 * Dijkstra's algorithm over the layouts to which moves lead. A search explores only as far as a
 * question needs, and keeps its result for later questions. Of ways of equal cost the one with
 * fewer steps is taken, then the first in a fixed order of states, so that a way depends on nothing
 * but the arguments.
 */
final class ReshardSearch {
  private final MoveGraph graph;

  /** The most elements that a state may have. */
  private final long most;

  private final boolean isBackward;
  private final boolean sums;
  private final Set<Action> without;
  private final Map<ReshardState, Layout> sources = new HashMap<>();
  private @Nullable Node[] best = new Node[64];
  private final PriorityQueue<Node> open = new PriorityQueue<>();
  private final WorkCount work;

  /** A layout on a way, with the cost of the way from the nearest source or to the goal. */
  private static final class Node implements Comparable<Node> {
    final Vertex vertex;
    final double amount;
    final int collectives;
    final int steps;
    final Optional<Node> before;
    final Optional<Edge> by;
    boolean isDone;

    Node(Vertex vertex, Cost cost) {
      this.vertex = vertex;
      this.amount = cost.amount();
      this.collectives = cost.collectives();
      this.steps = 0;
      this.before = Optional.empty();
      this.by = Optional.empty();
    }

    Node(Vertex vertex, double amount, Node before, Edge by) {
      this.vertex = vertex;
      this.amount = amount;
      this.collectives = before.collectives + by.collectives();
      this.steps = before.steps + 1;
      this.before = Optional.of(before);
      this.by = Optional.of(by);
    }

    Cost cost() {
      return new Cost(amount, collectives);
    }

    boolean isDearer(Cost than) {
      int order = Double.compare(amount, than.amount());
      return order > 0 || (order == 0 && collectives > than.collectives());
    }

    int compareCost(Node other) {
      int order = Double.compare(amount, other.amount);
      order = order != 0 ? order : Integer.compare(collectives, other.collectives);
      return order != 0 ? order : Integer.compare(steps, other.steps);
    }

    @Override
    public int compareTo(Node other) {
      int order = compareCost(other);
      return order != 0 ? order : vertex.state.compareTo(other.vertex.state);
    }
  }

  /**
   * A search without sources.
   *
   * @param graph the layouts and moves
   * @param most the most elements that a layout on a way may have
   * @param isBackward whether ways end in the source
   * @param sums whether a way that is searched backwards may begin with sums
   * @param without actions that a way may not take in a source
   * @param work counts this search, and each layout whose moves the search follows
   */
  ReshardSearch(
      MoveGraph graph,
      long most,
      boolean isBackward,
      boolean sums,
      Set<Action> without,
      WorkCount work) {
    this.graph = graph;
    this.most = most;
    this.isBackward = isBackward;
    this.sums = sums;
    this.without = without;
    this.work = work;
    work.searches++;
  }

  /**
   * Adds a source and its cost: a layout in which the value exists, or the goal of a backward
   * search.
   */
  void source(Layout layout, Cost cost) {
    ReshardState state = graph.units().stateOf(layout);
    Node node = new Node(graph.vertex(state), cost);
    Node known = best(node.vertex);
    if (known == null || node.compareCost(known) < 0) {
      sources.put(state, layout);
      put(node);
    }
  }

  private @Nullable Node best(Vertex vertex) {
    return vertex.number < best.length ? best[vertex.number] : null;
  }

  private void put(Node node) {
    if (node.vertex.number >= best.length) {
      best = Arrays.copyOf(best, 2 * Math.max(node.vertex.number, graph.size()));
    }
    best[node.vertex.number] = node;
    open.add(node);
  }

  /** The source with which the cheapest way to a layout begins. */
  Optional<Layout> root(Layout layout) {
    return settled(layout, Cost.MOST)
        .map(
            node -> {
              Node root = node;
              while (root.before.isPresent()) {
                root = root.before.get();
              }
              return Objects.requireNonNull(sources.get(root.vertex.state), "source");
            });
  }

  /** The cost between the sources and a layout; none if every way costs more than the limit. */
  Optional<Cost> cost(Layout layout, Cost atMost) {
    return settled(layout, atMost).map(Node::cost);
  }

  /** The way from the sources to a layout. */
  Optional<Way> way(Layout to) {
    return settled(to, Cost.MOST).map(node -> way(node, to));
  }

  private Optional<Node> settled(Layout layout, Cost atMost) {
    Vertex goal = graph.vertex(graph.units().stateOf(layout));
    Node found = best(goal);
    while (!open.isEmpty() && (found == null || !found.isDone)) {
      if (open.element().isDearer(atMost)) {
        return Optional.empty();
      }
      Node next = open.remove();
      if (!next.isDone && isBest(next)) {
        next.isDone = true;
        expand(next);
        found = best(goal);
      }
    }
    return Optional.ofNullable(found).filter(node -> !node.isDearer(atMost));
  }

  @SuppressWarnings("ReferenceEquality") // nodes of a search are compared by identity
  private boolean isBest(Node node) {
    return best(node.vertex) == node;
  }

  private void expand(Node node) {
    work.expanded++;
    if (isBackward) {
      for (Edge edge : graph.into(node.vertex)) {
        if (sums || edge.from.state.partial() == 0) {
          take(node, edge, edge.from);
        }
      }
    } else {
      for (Edge edge : graph.from(node.vertex)) {
        boolean isTaken =
            node.before.isPresent()
                || without.isEmpty()
                || !without.contains(edge.move.action().get());
        if (isTaken) {
          take(node, edge, edge.to);
        }
      }
    }
  }

  private void take(Node node, Edge edge, Vertex to) {
    Node known = best(to);
    if (to.elements > most || (known != null && (known.isDone || isNoBetter(node, edge, known)))) {
      return;
    }
    double amount = node.amount + edge.amount();
    if (known == null || known.amount >= amount) {
      Node next = new Node(to, amount, node, edge);
      if (known == null || next.compareCost(known) < 0) {
        put(next);
      }
    }
  }

  /** Whether a known way would be at least as good as this move even if the move were free. */
  private static boolean isNoBetter(Node node, Edge edge, Node known) {
    return known.amount < node.amount
        || (known.amount == node.amount
            && known.collectives <= node.collectives + edge.collectives()
            && known.steps <= node.steps + 1);
  }

  private Way way(Node end, Layout to) {
    List<Stage> stages = new ArrayList<>();
    for (Node node = end; node.by.isPresent(); node = node.before.orElseThrow()) {
      Layout after = stages.isEmpty() ? to : graph.units().layout(node.vertex.state);
      stages.add(new Stage(node.by.get().move.action().get(), after));
    }
    Collections.reverse(stages);
    return new Way(Reshards.joined(stages), end.cost(), false);
  }
}
