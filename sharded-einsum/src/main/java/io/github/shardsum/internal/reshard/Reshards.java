package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Finds the cheapest reshard, by Dijkstra's algorithm over the layouts that moves lead to, and
 * keeps what it found. Used by one thread at a time.
 *
 * <p>Ties go to fewer steps, then to the first in a fixed order of states, so that a plan is a
 * function of its arguments.
 */
@SuppressWarnings("ReferenceEquality") // a node of the search is that node, whatever its values
public final class Reshards {
  /** States beyond which the cheapest way is not looked for. */
  private static final int MOST_STATES = 20_000;

  private final Prices prices;
  private final OptionalLong limit;
  private final boolean replication;
  private final Map<Key, Optional<Way>> known = new HashMap<>();

  /**
   * With the prices and limits of a plan.
   *
   * @param prices what moves cost
   * @param options memory limit and whether whole values are allowed
   */
  public Reshards(Prices prices, PlanOptions options) {
    this.prices = prices;
    this.limit = options.memoryLimit();
    this.replication = options.replication();
  }

  private record Key(Layout from, Layout to, Shape shape, DType dtype) {}

  /**
   * One step of a way.
   *
   * @param action what is done
   * @param after the layout after it
   */
  public record Stage(Action action, Layout after) {}

  /**
   * A way from a layout to another.
   *
   * @param stages its steps
   * @param cost their price
   * @param greedy whether the cheapest way was not looked for, as there are too many layouts
   */
  public record Way(List<Stage> stages, Cost cost, boolean greedy) {}

  /**
   * The cheapest way.
   *
   * @param from layout of the value
   * @param to the target layout, of the same mesh and labels
   * @param shape the value's shape
   * @param dtype the value's dtype
   * @return the way, none if there is none within the limits
   */
  public Optional<Way> way(Layout from, Layout to, Shape shape, DType dtype) {
    Key key = new Key(from, to, shape, dtype);
    Optional<Way> way = known.get(key);
    if (way == null) {
      way = search(key, Set.of());
      known.put(key, way);
    }
    return way;
  }

  /**
   * The cheapest way that does not begin with one of some actions.
   *
   * @param from layout of the value
   * @param to the target layout
   * @param shape the value's shape
   * @param dtype the value's dtype
   * @param without actions that are not taken in the first layout
   * @return the way, none if there is none
   */
  public Optional<Way> otherWay(
      Layout from, Layout to, Shape shape, DType dtype, Set<Action> without) {
    return search(new Key(from, to, shape, dtype), without);
  }

  /**
   * Why there is no way, and what would make one.
   *
   * @param what the value
   * @param from its layout
   * @param to the target layout
   * @return the error
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
    Units units = new Units(key.from, key.to);
    Moves moves = new Moves(units, key.from, key.shape);
    if ((units.goal().partial() & ~units.start().partial()) != 0) {
      return Optional.empty();
    }
    long ends = Math.max(moves.elements(units.start()), moves.elements(units.goal()));
    long most = limit.isEmpty() ? Long.MAX_VALUE : limit.getAsLong() / key.dtype.byteSize();
    long whole = replication ? Long.MAX_VALUE : key.shape.elementCount() - 1;
    Dijkstra dijkstra = new Dijkstra(key, units, moves, Math.max(ends, Math.min(most, whole)));
    return dijkstra.run(without);
  }

  /** A state on the way, or at its end; of its cost, and with the least that is still to come. */
  private record Node(
      State state, Cost cost, double bound, int steps, Optional<Node> before, Optional<Move> by)
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
    private final Units units;
    private final Moves moves;
    private final long most;
    private final boolean bounded;
    private final Map<State, Node> best = new HashMap<>();
    private final PriorityQueue<Node> open = new PriorityQueue<>();

    Dijkstra(Key key, Units units, Moves moves, long most) {
      this.key = key;
      this.units = units;
      this.moves = moves;
      this.most = most;
      this.bounded = !prices.isTimed() && moves.even();
    }

    Optional<Way> run(Set<Action> without) {
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
     * Step by step the cheapest move that brings more axes to where they belong. There always is
     * one, a gather if nothing else, but it may not stay within the limits.
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

    /** Units that are behind the places where both layouts agree, in either. */
    private int misplaced(State state) {
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
      // No way from here receives fewer elements than some device lacks.
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
          move.received(),
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

    /** Slices of one label one after another are one. */
    private static List<Stage> joined(List<Stage> stages) {
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
  }
}
