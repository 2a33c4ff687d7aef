package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Finds the cheapest reshard, by Dijkstra's algorithm over the layouts to which moves lead, and
 * keeps the results. Used by one thread at a time.
 *
 * <p>On a mesh of few axes one search from a layout serves all goals, one search to a layout serves
 * all sources, and a way may use every axis of the mesh. If the layouts are too many for that, each
 * pair of layouts has its own search. Such a search uses the axes in which the two layouts differ.
 * It also uses axes that neither layout has, while the layouts over all these axes are few enough.
 *
 * <p>Of ways of equal cost the one with fewer steps is taken, then the first in a fixed order of
 * states, so that a plan depends on nothing but the arguments.
 */
@SuppressWarnings("ReferenceEquality") // nodes of a search are compared by identity
public final class Reshards {
  /** The largest number of states for which the cheapest way is searched. */
  private static final int MOST_STATES = 20_000;

  /** The largest number of states for which a way may use every axis of the mesh. */
  private static final int MOST_SHARED = 6_000;

  private final Prices prices;
  private final OptionalLong limit;
  private final boolean replication;
  private final boolean isOrdered;
  private final Map<Key, Optional<Way>> known = new HashMap<>();
  private final Map<Anchor, ReshardSearch> searches = new HashMap<>();
  private final Map<Value, MoveGraph> graphs = new HashMap<>();

  private final WorkCount work = new WorkCount();

  /**
   * Finds reshards with the prices and limits of a plan.
   *
   * @param prices the prices of moves
   * @param options memory limit and whether whole values are allowed
   */
  public Reshards(Prices prices, PlanOptions options) {
    this.prices = prices;
    this.limit = options.memoryLimit();
    this.replication = options.replication();
    this.isOrdered = options.sums().isTree();
  }

  private record Key(Layout from, Layout to, Shape shape, DType dtype) {}

  /** A value that stays a partial sum over some axes. */
  private record Value(Layout whole, List<String> kept, Shape shape, DType dtype) {}

  /** The layout at which a shared search begins, and the bounds of its ways. */
  private record Anchor(Layout end, boolean isGoal, boolean sums, Value value, long most) {}

  /**
   * The work that was done so far.
   *
   * @param searches number of searches that were begun
   * @param expanded number of layouts whose moves were followed, in all searches together
   */
  public record Work(int searches, long expanded) {}

  /** The work so far. */
  static final class WorkCount {
    int searches;
    long expanded;
  }

  /**
   * One step of a way.
   *
   * @param after the layout after the action
   */
  public record Stage(Action action, Layout after) {}

  /**
   * A way from a layout to another.
   *
   * @param stages its steps
   * @param cost their price
   * @param greedy whether the search was greedy, since there are too many layouts to find the
   *     cheapest way
   */
  public record Way(List<Stage> stages, Cost cost, boolean greedy) {}

  /**
   * The cheapest way.
   *
   * @param from layout of the value
   * @param to the target layout, of the same mesh and labels
   * @param shape the value's shape
   * @param dtype the value's dtype
   * @return the way; none if every way exceeds the limits
   */
  public Optional<Way> way(Layout from, Layout to, Shape shape, DType dtype) {
    if (!isReachable(from, to, dtype)) {
      return Optional.empty();
    }
    if (isShared(from, to)) {
      return forward(from, to, shape, dtype).way(to);
    }
    Key key = new Key(from, to, shape, dtype);
    Optional<Way> way = known.get(key);
    if (way == null) {
      way = search(key, Set.of());
      known.put(key, way);
    }
    return way;
  }

  /**
   * The cost of the cheapest way, for many goals from the same layout.
   *
   * @param from layout of the value
   * @param to the target layout, of the same mesh and labels
   * @param shape the value's shape
   * @param dtype the value's dtype
   * @param atMost the highest price
   * @return the cost; none if every way exceeds the limits or the highest price
   */
  public Optional<Cost> cost(Layout from, Layout to, Shape shape, DType dtype, Cost atMost) {
    if (!isReachable(from, to, dtype)) {
      return Optional.empty();
    }
    return isShared(from, to)
        ? forward(from, to, shape, dtype).cost(to, atMost)
        : way(from, to, shape, dtype).map(Way::cost).filter(cost -> cost.compareTo(atMost) <= 0);
  }

  /**
   * The cost of the cheapest way, for the same goal from many layouts.
   *
   * @param from layout of the value
   * @param to the target layout, of the same mesh and labels
   * @param shape the value's shape
   * @param dtype the value's dtype
   * @param atMost the highest price
   * @return the cost; none if every way exceeds the limits or the highest price
   */
  public Optional<Cost> costInto(Layout from, Layout to, Shape shape, DType dtype, Cost atMost) {
    if (!isReachable(from, to, dtype)) {
      return Optional.empty();
    }
    return isShared(from, to)
        ? backward(from, to, shape, dtype).cost(from, atMost)
        : way(from, to, shape, dtype).map(Way::cost).filter(cost -> cost.compareTo(atMost) <= 0);
  }

  /**
   * The work of all searches so far. A question whose answer was kept adds nothing.
   *
   * @return the number of searches and the layouts that they expanded
   */
  public Work work() {
    return new Work(work.searches, work.expanded);
  }

  /**
   * Whether some way leads to a layout: sums in a fixed order are completed over all their axes at
   * once, or not at all.
   */
  boolean isReachable(Layout from, Layout to, DType dtype) {
    List<String> kept = wide(to.mesh(), to.partial());
    List<String> addends = wide(from.mesh(), from.partial());
    boolean mayBeCompleted = !isOrdered || !dtype.isFloating() || kept.isEmpty();
    return addends.containsAll(kept) && (mayBeCompleted || addends.size() == kept.size());
  }

  static boolean isShared(Layout from, Layout to) {
    Mesh mesh = from.mesh();
    List<String> axes = wide(mesh, mesh.axisNames());
    int partial = wide(mesh, from.partial()).size() - wide(mesh, to.partial()).size();
    int count = axes.size() - wide(mesh, to.partial()).size();
    return states(count, partial, from.rank()) <= MOST_SHARED;
  }

  static List<String> wide(Mesh mesh, List<String> axes) {
    return axes.stream().filter(axis -> mesh.size(axis) > 1).toList();
  }

  /**
   * The number of layouts of a rank over a number of axes. The value may be a partial sum over
   * {@code partial} of them.
   */
  private static double states(int axes, int partial, int rank) {
    double all = 0;
    double subsets = 1;
    for (int summed = 0; summed <= partial; summed++) {
      double placed = 1;
      for (int count = 0; count <= axes - summed; count++) {
        all += subsets * placed;
        placed *= (double) (axes - summed - count) * (rank + count) / (count + 1);
      }
      subsets *= (double) (partial - summed) / (summed + 1);
    }
    return all;
  }

  /** A search from many layouts; either all of them hold the value whole or none does. */
  ReshardSearch fromMany(Map<Layout, Cost> from, Layout to, Shape shape, DType dtype) {
    Layout any = from.keySet().iterator().next();
    long most = most(any, to, shape, dtype);
    ReshardSearch search =
        new ReshardSearch(graph(to, shape, dtype), most, false, false, Set.of(), work);
    from.forEach(search::source);
    return search;
  }

  private ReshardSearch forward(Layout from, Layout to, Shape shape, DType dtype) {
    Value value = new Value(to.whole(), wide(to.mesh(), to.partial()), shape, dtype);
    Anchor anchor = new Anchor(from, false, false, value, most(from, to, shape, dtype));
    return searches.computeIfAbsent(anchor, _ -> search(anchor, graph(to, shape, dtype)));
  }

  private ReshardSearch backward(Layout from, Layout to, Shape shape, DType dtype) {
    Value value = new Value(to.whole(), wide(to.mesh(), to.partial()), shape, dtype);
    boolean sums = wide(from.mesh(), from.partial()).size() > value.kept().size();
    Anchor anchor = new Anchor(to, true, sums, value, most(from, to, shape, dtype));
    return searches.computeIfAbsent(anchor, _ -> search(anchor, graph(to, shape, dtype)));
  }

  private ReshardSearch search(Anchor anchor, MoveGraph graph) {
    ReshardSearch search =
        new ReshardSearch(graph, anchor.most(), anchor.isGoal(), anchor.sums(), Set.of(), work);
    search.source(anchor.end(), Cost.NOTHING);
    return search;
  }

  private MoveGraph graph(Layout to, Shape shape, DType dtype) {
    Value value = new Value(to.whole(), wide(to.mesh(), to.partial()), shape, dtype);
    return graphs.computeIfAbsent(
        value,
        _ -> {
          ReshardUnits units = ReshardUnits.ofAll(value.whole(), value.kept());
          return new MoveGraph(
              prices,
              dtype,
              units,
              new Moves(units, value.whole(), shape, isOrdered && dtype.isFloating()));
        });
  }

  /**
   * The most elements that a device may hold on the way: as many as at its ends, or more if the
   * memory limit allows them. Without replication, these are fewer than the whole value.
   */
  private long most(Layout from, Layout to, Shape shape, DType dtype) {
    long ends =
        Math.max(from.largestShape(shape).elementCount(), to.largestShape(shape).elementCount());
    long all = shape.elementCount();
    long within = limit.isEmpty() ? Long.MAX_VALUE : limit.getAsLong() / dtype.byteSize();
    long whole = replication ? Long.MAX_VALUE : all - 1;
    long most = Math.max(ends, Math.min(within, whole));
    return most >= all ? Long.MAX_VALUE : most;
  }

  /**
   * The cheapest way that does not begin with one of the given actions.
   *
   * @param from layout of the value
   * @param to the target layout
   * @param shape the value's shape
   * @param dtype the value's dtype
   * @param without actions with which the way may not begin
   * @return the way; none if there is none
   */
  public Optional<Way> otherWay(
      Layout from, Layout to, Shape shape, DType dtype, Set<Action> without) {
    return search(new Key(from, to, shape, dtype), without);
  }

  /**
   * An error with the reason why there is no way, and with a remedy if replication is the reason.
   *
   * @param what the value
   * @param from layout of the value
   * @param to the target layout
   */
  public PlanException none(String what, Layout from, Layout to) {
    String way =
        to.partial().stream().anyMatch(axis -> !from.partial().contains(axis))
            ? "a value that is whole along an axis cannot become a partial sum over it"
            : limit.isPresent()
                ? "no way stays within the memory limit of " + limit.getAsLong() + " bytes"
                : "every way holds the whole value on a device, which neither layout does; allow it"
                    + " with PlanOptions.withReplication()";
    return new PlanException(
        String.format(Locale.ROOT, "reshard of %s from %s to %s: %s", what, from, to, way));
  }

  private Optional<Way> search(Key key, Set<Action> without) {
    if (!isReachable(key.from, key.to, key.dtype)) {
      return Optional.empty();
    }
    ReshardUnits units = ReshardUnits.between(key.from, key.to, idle(key));
    Moves moves = new Moves(units, key.from, key.shape, isOrdered && key.dtype.isFloating());
    long most = most(key.from, key.to, key.shape, key.dtype);
    return new Dijkstra(key, units, moves, most).run(without);
  }

  /** Axes that neither layout has, while the layouts over all axes are few enough. */
  private static List<String> idle(Key key) {
    Mesh mesh = key.from.mesh();
    Set<String> used = new HashSet<>();
    for (Layout end : List.of(key.from, key.to)) {
      used.addAll(end.partial());
      end.term().axes().forEach(axis -> used.addAll(axis.mesh()));
    }
    int partial = wide(mesh, key.from.partial()).size();
    int count = ReshardUnits.between(key.from, key.to, List.of()).count();
    List<String> idle = new ArrayList<>();
    for (String axis : wide(mesh, mesh.axisNames())) {
      if (!used.contains(axis)
          && states(count + idle.size() + 1, partial, key.from.rank()) <= MOST_SHARED) {
        idle.add(axis);
      }
    }
    return idle;
  }

  /** Joins successive slices of one label. */
  static List<Stage> joined(List<Stage> stages) {
    List<Stage> joined = new ArrayList<>();
    for (Stage stage : stages) {
      if (!joined.isEmpty()
          && stage.action() instanceof Action.Slice(String label, List<String> axes)
          && joined.getLast().action() instanceof Action.Slice(String same, List<String> before)
          && label.equals(same)) {
        List<String> all = new ArrayList<>(before);
        all.addAll(axes);
        joined.set(joined.size() - 1, new Stage(new Action.Slice(label, all), stage.after()));
      } else {
        joined.add(stage);
      }
    }
    return List.copyOf(joined);
  }

  /** A state on the way or at its end, with its cost and a lower bound of the whole way's cost. */
  private record Node(
      ReshardState state,
      Cost cost,
      double bound,
      int steps,
      Optional<Node> before,
      Optional<Move> by)
      implements Comparable<Node> {
    @Override
    public int compareTo(Node other) {
      int order = Double.compare(bound, other.bound);
      order = order != 0 ? order : Integer.compare(cost.collectives(), other.cost.collectives());
      order = order != 0 ? order : Integer.compare(steps, other.steps);
      return order != 0 ? order : state.compareTo(other.state);
    }

    boolean beats(Node other) {
      int order = cost.compareTo(other.cost);
      return order < 0 || (order == 0 && steps < other.steps);
    }
  }

  private final class Dijkstra {
    private final Key key;
    private final ReshardUnits units;
    private final Moves moves;
    private final long most;
    private final boolean bounded;
    private final Map<ReshardState, Node> best = new HashMap<>();
    private final PriorityQueue<Node> open = new PriorityQueue<>();

    Dijkstra(Key key, ReshardUnits units, Moves moves, long most) {
      this.key = key;
      this.units = units;
      this.moves = moves;
      this.most = most;
      this.bounded = !prices.isTimed() && moves.even();
    }

    Optional<Way> run(Set<Action> without) {
      work.searches++;
      Node start = new Node(units.start(), Cost.NOTHING, 0, 0, Optional.empty(), Optional.empty());
      best.put(start.state, start);
      open.add(start);
      while (!open.isEmpty()) {
        Node node = open.remove();
        if (node.state.equals(units.goal())) {
          return Optional.of(way(node, false));
        }
        if (best.get(node.state) == node) {
          if (best.size() > MOST_STATES) {
            return greedy(start);
          }
          work.expanded++;
          moves.from(
              node.state,
              move -> {
                if (node != start || !without.contains(move.action().get())) {
                  take(node, move);
                }
              });
        }
      }
      return Optional.empty();
    }

    /**
     * A way that takes, in each step, the cheapest move after which fewer units are misplaced. Such
     * a move always exists, since a gather is one, but it may exceed the limits.
     */
    private Optional<Way> greedy(Node start) {
      Node at = start;
      while (!at.state.equals(units.goal())) {
        Node from = at;
        List<Node> better = new ArrayList<>();
        moves.withoutPermutes(
            from.state,
            move -> {
              if (moves.elements(move.to()) <= most
                  && misplaced(move.to()) < misplaced(from.state)) {
                better.add(node(from, move));
              }
            });
        if (better.isEmpty()) {
          return Optional.empty();
        }
        at = Collections.min(better);
      }
      return Optional.of(way(at, true));
    }

    /**
     * Number of misplaced units. These are the units of a label after the common beginning of both
     * layouts, and the units that are partial in only one layout.
     */
    private int misplaced(ReshardState state) {
      int count = Long.bitCount(state.partial() ^ units.goal().partial());
      for (int dim = 0; dim < state.dims().length; dim++) {
        int[] now = state.dims()[dim];
        int[] goal = units.goal().dims()[dim];
        int mismatch = Arrays.mismatch(now, goal);
        count += mismatch < 0 ? 0 : now.length + goal.length - 2 * mismatch;
      }
      return count;
    }

    private void take(Node node, Move move) {
      if (moves.elements(move.to()) <= most) {
        Node next = node(node, move);
        Node known = best.get(next.state);
        if (known == null || next.beats(known)) {
          best.put(next.state, next);
          open.add(next);
        }
      }
    }

    private Node node(Node node, Move move) {
      Cost price = move.collective() ? price(node, move) : Cost.NOTHING;
      Cost cost = node.cost.plus(price);
      // Every way from here receives at least the elements that some device lacks.
      double least = bounded ? moves.lacking(move.to(), units.goal()) : 0;
      return new Node(
          move.to(),
          cost,
          cost.amount() + least,
          node.steps + 1,
          Optional.of(node),
          Optional.of(move));
    }

    private Cost price(Node node, Move move) {
      return prices.collective(
          move.action(),
          move.received().getAsLong(),
          moves.elements(node.state),
          key.dtype.byteSize(),
          () -> units.layout(node.state),
          () -> units.layout(move.to()));
    }

    private Way way(Node end, boolean greedy) {
      List<Stage> stages = new ArrayList<>();
      for (Node node = end; node.by.isPresent(); node = node.before.orElseThrow()) {
        boolean last = node == end;
        Layout after = last ? key.to : units.layout(node.state);
        stages.add(new Stage(node.by.get().action().get(), after));
      }
      Collections.reverse(stages);
      return new Way(joined(stages), end.cost, greedy);
    }
  }
}
