package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * All moves from a state: the closed set of notes on resharding, each exact on chunks of chunks.
 */
final class Moves {
  private final Units units;
  private final Layout layout;
  private final Shape shape;
  private final boolean even;

  Moves(Units units, Layout layout, Shape shape) {
    this.units = units;
    this.layout = layout;
    this.shape = shape;
    this.even = isEven();
  }

  /** Elements of the largest block. */
  long elements(State state) {
    long product = 1;
    for (int dim = 0; dim < state.dims().length; dim++) {
      product *= longest(dim, state.dims()[dim]);
    }
    return product;
  }

  /** Whether no state has chunks of different sizes, so that ring counts are what is received. */
  boolean even() {
    return even;
  }

  private boolean isEven() {
    int[] all = IntStream.range(0, units.count()).toArray();
    return IntStream.range(0, shape.rank())
        .allMatch(dim -> shape.size(dim) % (units.kept(dim) * units.product(all)) == 0);
  }

  /** Elements of a goal's block that no device can have in a state, wherever its block lies. */
  long lacking(State state, State goal) {
    long wanted = 1;
    long had = 1;
    for (int dim = 0; dim < state.dims().length; dim++) {
      long then = longest(dim, goal.dims()[dim]);
      wanted *= then;
      had *= Math.min(then, longest(dim, state.dims()[dim]));
    }
    return wanted - had;
  }

  /** Of chunks of chunks the largest is as large as of flat ones. */
  private long longest(int dim, int[] of) {
    long parts = units.kept(dim) * units.product(of);
    return Math.ceilDiv(shape.size(dim), parts);
  }

  private long others(State state, int... without) {
    long product = 1;
    for (int i = 0; i < state.dims().length; i++) {
      int dim = i;
      boolean counts = Arrays.stream(without).noneMatch(other -> other == dim);
      product *= counts ? longest(dim, state.dims()[dim]) : 1;
    }
    return product;
  }

  /** Gives every move to a consumer, in a fixed order. */
  void from(State state, Consumer<Move> out) {
    withoutPermutes(state, out);
    if (state.partial() == 0) {
      permutes(state, out);
    }
  }

  /** All moves but permutes, of which there may be very many. */
  void withoutPermutes(State state, Consumer<Move> out) {
    slices(state, out);
    if (state.partial() != 0) {
      reductions(state, out);
    } else {
      gathers(state, out);
      allToAlls(state, out);
      exchanges(state, out);
    }
  }

  private void slices(State state, Consumer<Move> out) {
    long used = state.used();
    for (int unit = 0; unit < units.count(); unit++) {
      for (int dim = 0; dim < state.dims().length && (used >> unit & 1) == 0; dim++) {
        State to = state.with(dim, State.append(state.dims()[dim], unit));
        out.accept(slice(dim, unit, to));
      }
    }
  }

  private Move slice(int dim, int unit, State to) {
    return new Move(() -> new Action.Slice(layout.label(dim), units.axes(unit)), to, 0, false);
  }

  private static Move collective(Supplier<Action> action, State to, long received) {
    return new Move(action, to, received, true);
  }

  private void reductions(State state, Consumer<Move> out) {
    List<int[]> subsets = subsets(state.partial());
    for (int[] subset : subsets) {
      long rest = state.partial();
      for (int unit : subset) {
        rest &= ~(1L << unit);
      }
      State summed = state.withPartial(rest);
      long group = units.product(subset);
      out.accept(
          collective(
              () -> new Action.AllReduce(units.axes(subset)),
              summed,
              Counting.reduced(elements(state), group)));
      for (int[] order : orders(subset)) {
        for (int i = 0; i < state.dims().length; i++) {
          int dim = i;
          State to = summed.with(dim, State.append(state.dims()[dim], order));
          out.accept(
              collective(
                  () -> new Action.ReduceScatter(layout.label(dim), units.axes(order)),
                  to,
                  Counting.scattered(elements(to), group)));
        }
      }
    }
  }

  private static List<int[]> subsets(long mask) {
    List<int[]> subsets = new ArrayList<>();
    for (long subset = mask; subset != 0; subset = (subset - 1) & mask) {
      long bits = subset;
      subsets.add(IntStream.range(0, Long.SIZE).filter(i -> (bits >> i & 1) == 1).toArray());
    }
    return subsets;
  }

  static List<int[]> orders(int[] of) {
    if (of.length <= 1) {
      return List.of(of);
    }
    List<int[]> orders = new ArrayList<>();
    for (int i = 0; i < of.length; i++) {
      int[] rest = State.append(State.head(of, i), State.tail(of, i + 1));
      for (int[] order : orders(rest)) {
        orders.add(State.append(new int[] {of[i]}, order));
      }
    }
    return orders;
  }

  private void gathers(State state, Consumer<Move> out) {
    for (int i = 0; i < state.dims().length; i++) {
      int dim = i;
      int[] on = state.dims()[dim];
      for (int keep = on.length - 1; keep >= 0; keep--) {
        int[] kept = State.head(on, keep);
        int[] moved = State.tail(on, keep);
        out.accept(
            collective(
                () -> new Action.AllGather(layout.label(dim), units.axes(moved)),
                state.with(dim, kept),
                gathered(state, dim, kept, moved)));
      }
    }
  }

  private long gathered(State state, int dim, int[] kept, int[] moved) {
    return even
        ? (units.product(moved) - 1) * elements(state)
        : others(state, dim)
            * Chunking.gathered(shape.size(dim), units.levels(dim, kept), units.parts(moved));
  }

  private long allToAll(State state, int from, int to, int[] kept, int[] moved) {
    long group = units.product(moved);
    if (even) {
      return elements(state) / group * (group - 1);
    }
    return others(state, from, to)
        * Chunking.allToAll(
            shape.size(from),
            units.levels(from, kept),
            units.parts(moved),
            shape.size(to),
            units.levels(to, state.dims()[to]));
  }

  private long permuted(State state, State to) {
    return even
        ? elements(state)
        : Permutation.of(units.layout(state), units.layout(to)).received(shape);
  }

  private void allToAlls(State state, Consumer<Move> out) {
    for (int i = 0; i < state.dims().length; i++) {
      int from = i;
      int[] on = state.dims()[from];
      for (int keep = on.length - 1; keep >= 0; keep--) {
        int[] kept = State.head(on, keep);
        int[] moved = State.tail(on, keep);
        for (int j = 0; j < state.dims().length; j++) {
          int to = j;
          if (to != from) {
            int[] there = state.dims()[to];
            State next = state.with(from, kept).with(to, State.append(there, moved));
            out.accept(
                collective(
                    () ->
                        new Action.AllToAll(
                            layout.label(from), layout.label(to), units.axes(moved)),
                    next,
                    allToAll(state, from, to, kept, moved)));
          }
        }
      }
    }
  }

  private void permutes(State state, Consumer<Move> out) {
    permutes(state, new int[state.dims().length][], 0, 0, out);
  }

  private Action permute(State state, State to) {
    return new Action.CollectivePermute(
        Permutation.of(units.layout(state), units.layout(to)).axes());
  }

  private void permutes(State state, int[][] chosen, int dim, long used, Consumer<Move> out) {
    if (dim == chosen.length) {
      State to = new State(chosen.clone(), 0);
      if (!to.equals(state)) {
        out.accept(collective(() -> permute(state, to), to, permuted(state, to)));
      }
      return;
    }
    places(
        state.dims()[dim],
        dim,
        new int[0],
        used,
        sequence -> {
          chosen[dim] = sequence;
          long with = used;
          for (int unit : sequence) {
            with |= 1L << unit;
          }
          permutes(state, chosen, dim + 1, with, out);
        });
  }

  /** Sequences of units that cut a dimension as the present ones do. */
  private void places(int[] old, int dim, int[] begun, long used, Consumer<int[]> out) {
    long wanted = units.product(old);
    long have = units.product(begun);
    if (have == wanted) {
      if (cutsAlike(old, begun, dim)) {
        out.accept(begun);
      }
      return;
    }
    for (int unit = 0; unit < units.count(); unit++) {
      boolean free = (used >> unit & 1) == 0 && Arrays.stream(begun).noneMatch(has(unit));
      if (free && wanted % (have * units.product(unit)) == 0) {
        places(old, dim, State.append(begun, unit), used, out);
      }
    }
  }

  private static IntPredicate has(int unit) {
    return other -> other == unit;
  }

  private boolean cutsAlike(int[] old, int[] now, int dim) {
    return shape.size(dim) % (units.kept(dim) * units.product(old)) == 0
        || units.parts(old).equals(units.parts(now));
  }

  private void exchanges(State state, Consumer<Move> out) {
    for (int i = 0; i < state.dims().length; i++) {
      int dim = i;
      int[] on = state.dims()[dim];
      for (int[] order : orders(on)) {
        if (!Arrays.equals(order, on) && !cutsAlike(on, order, dim)) {
          State to = state.with(dim, order);
          Layout before = units.layout(state);
          Layout after = units.layout(to);
          long most = Reordering.of(before, after, dim, shape.size(dim)).most();
          out.accept(
              collective(
                  () -> new Action.Exchange(layout.label(dim), units.changed(on, order)),
                  to,
                  most * others(state, dim)));
        }
      }
    }
  }
}
