package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;

/** All moves from a state: a closed set of collectives, each exact on chunks of chunks. */
final class Moves {
  private final ReshardUnits units;
  private final Layout layout;
  private final Shape shape;
  private final boolean even;
  private final boolean together;
  private final ChunkBounds bounds;

  /**
   * Moves of a value.
   *
   * @param together whether a sum is completed by one reduction over all its axes, so that its
   *     order is one tree
   */
  Moves(ReshardUnits units, Layout layout, Shape shape, boolean together) {
    this.together = together;
    this.units = units;
    this.layout = layout;
    this.shape = shape;
    this.even = isEven();
    this.bounds = new ChunkBounds(units, shape);
  }

  /** Elements of the largest block. */
  long elements(ReshardState state) {
    long product = 1;
    for (int dim = 0; dim < state.dims().length; dim++) {
      product *= longest(dim, state.dims()[dim]);
    }
    return product;
  }

  /** Whether all states have chunks of equal size, so that the counts for rings are exact. */
  boolean even() {
    return even;
  }

  private boolean isEven() {
    int[] all = IntStream.range(0, units.count()).toArray();
    return IntStream.range(0, shape.rank())
        .allMatch(dim -> shape.size(dim) % (units.kept(dim) * units.product(all)) == 0);
  }

  /**
   * Elements of the goal's largest block that a state's block lacks even if the two overlap as much
   * as their sizes allow.
   */
  long lacking(ReshardState state, ReshardState goal) {
    long wanted = 1;
    long had = 1;
    for (int dim = 0; dim < state.dims().length; dim++) {
      long then = longest(dim, goal.dims()[dim]);
      wanted *= then;
      had *= Math.min(then, longest(dim, state.dims()[dim]));
    }
    return wanted - had;
  }

  /** The longest chunk of a dimension; chunks of chunks are no longer than flat ones. */
  private long longest(int dim, int[] of) {
    long parts = units.kept(dim) * units.product(of);
    return Math.ceilDiv(shape.size(dim), parts);
  }

  private long others(ReshardState state, int without, int orThis) {
    long product = 1;
    for (int dim = 0; dim < state.dims().length; dim++) {
      product *= dim == without || dim == orThis ? 1 : longest(dim, state.dims()[dim]);
    }
    return product;
  }

  /** Calls a consumer for every move from a state, in a fixed order. */
  void from(ReshardState state, Consumer<Move> out) {
    withoutPermutes(state, out);
    if (state.partial() == 0) {
      permuted(state, other -> out.accept(permute(state, other)));
    }
  }

  /** All moves except permutes, which may be very many. */
  void withoutPermutes(ReshardState state, Consumer<Move> out) {
    slices(state, out);
    if (state.partial() != 0) {
      reductions(state, out);
    } else {
      gathers(state, out);
      allToAlls(state, out);
      reordered(state, (other, dim) -> out.accept(exchange(state, other, dim)));
    }
  }

  /**
   * Calls a consumer for every move that leads to a state, in a fixed order.
   *
   * @param state the state after the moves
   * @param partial the units over which the value may be a partial sum before the move
   * @param out takes the moves
   */
  void into(ReshardState state, long partial, Consumer<Move> out) {
    for (int dim = 0; dim < state.dims().length; dim++) {
      int[] on = state.dims()[dim];
      if (on.length > 0) {
        out.accept(slice(state.with(dim, ReshardState.head(on, on.length - 1)), state, dim));
      }
    }
    reductionsInto(state, partial & ((1L << units.count()) - 1), out);
    if (state.partial() == 0) {
      gathersInto(state, out);
      allToAllsInto(state, out);
      reordered(state, (other, dim) -> out.accept(exchange(other, state, dim)));
      permuted(state, other -> out.accept(permute(other, state)));
    }
  }

  private void slices(ReshardState state, Consumer<Move> out) {
    long used = state.used();
    for (int unit = 0; unit < units.count(); unit++) {
      for (int dim = 0; dim < state.dims().length && (used >> unit & 1) == 0; dim++) {
        out.accept(
            slice(state, state.with(dim, ReshardState.append(state.dims()[dim], unit)), dim));
      }
    }
  }

  private Move slice(ReshardState from, ReshardState to, int dim) {
    int[] on = to.dims()[dim];
    return new Move(
        () -> new Action.Slice(layout.label(dim), units.axes(on[on.length - 1])),
        from,
        to,
        () -> 0,
        false);
  }

  private Move allReduce(ReshardState from, ReshardState to, int[] over) {
    return new Move(
        () -> new Action.AllReduce(units.axes(over)),
        from,
        to,
        () -> StepCounts.reduced(elements(from), units.product(over)),
        true);
  }

  private Move reduceScatter(ReshardState from, ReshardState to, int dim, int[] over) {
    return new Move(
        () -> new Action.ReduceScatter(layout.label(dim), units.axes(over)),
        from,
        to,
        () -> StepCounts.scattered(elements(to), units.product(over)),
        true);
  }

  private Move gather(ReshardState from, ReshardState to, int dim, int[] over) {
    return new Move(
        () -> new Action.AllGather(layout.label(dim), units.axes(over)),
        from,
        to,
        () -> gathered(from, to, dim, over),
        true);
  }

  private Move allToAll(ReshardState from, ReshardState to, int split, int whole, int[] over) {
    return new Move(
        () -> new Action.AllToAll(layout.label(split), layout.label(whole), units.axes(over)),
        from,
        to,
        () -> allToAllReceived(from, to, split, whole, over),
        true);
  }

  private Move permute(ReshardState from, ReshardState to) {
    return new Move(
        () ->
            new Action.CollectivePermute(
                ReshardPermutation.of(units.layout(from), units.layout(to)).axes()),
        from,
        to,
        () -> permuted(from, to),
        true);
  }

  private Move exchange(ReshardState from, ReshardState to, int dim) {
    return new Move(
        () ->
            new Action.Exchange(layout.label(dim), units.changed(from.dims()[dim], to.dims()[dim])),
        from,
        to,
        () -> others(from, dim, dim) * exchanged(from, to, dim),
        true);
  }

  private boolean isEven(ReshardState state, int dim) {
    return shape.size(dim) % (units.kept(dim) * units.product(state.dims()[dim])) == 0;
  }

  private long exchanged(ReshardState from, ReshardState to, int dim) {
    return bounds.isListed(dim, from.dims()[dim])
        ? bounds.exchanged(dim, from.dims()[dim], to.dims()[dim])
        : AxisReordering.of(units.layout(from), units.layout(to), dim, shape.size(dim)).most();
  }

  private long gathered(ReshardState from, ReshardState to, int dim, int[] over) {
    if (isEven(from, dim)) {
      return (units.product(over) - 1) * elements(from);
    }
    long lacking =
        bounds.isListed(dim, from.dims()[dim])
            ? bounds.gathered(dim, from.dims()[dim], to.dims()[dim])
            : ReshardCounts.gathered(
                shape.size(dim), units.levels(dim, to.dims()[dim]), units.parts(over));
    return others(from, dim, dim) * lacking;
  }

  private long allToAllReceived(
      ReshardState from, ReshardState to, int split, int whole, int[] over) {
    if (isEven(from, split) && isEven(to, whole)) {
      long group = units.product(over);
      return elements(from) / group * (group - 1);
    }
    int[] chunk = from.dims()[split];
    int[] cut = to.dims()[whole];
    long lacking =
        bounds.isListed(split, chunk) && bounds.isListed(whole, cut)
            ? bounds.allToAll(split, chunk, to.dims()[split], whole, cut)
            : ReshardCounts.allToAll(
                shape.size(split),
                units.levels(split, to.dims()[split]),
                units.parts(over),
                shape.size(whole),
                units.levels(whole, from.dims()[whole]));
    return others(from, split, whole) * lacking;
  }

  private long permuted(ReshardState from, ReshardState to) {
    boolean isEven = true;
    long others = 1;
    for (int dim = 0; dim < from.dims().length; dim++) {
      isEven &= isEven(from, dim);
      boolean isSame = Arrays.equals(from.dims()[dim], to.dims()[dim]);
      others *= isSame ? longest(dim, from.dims()[dim]) : 1;
    }
    if (isEven) {
      return elements(from);
    }
    long block = units.areAxes() ? bounds.permuted(from, to) : -1;
    return block < 0
        ? ReshardPermutation.of(units.layout(from), units.layout(to)).received(shape)
        : others * block;
  }

  private void reductions(ReshardState state, Consumer<Move> out) {
    for (int[] subset : subsets(state.partial())) {
      if (together && mask(subset) != state.partial()) {
        continue;
      }
      ReshardState summed = state.withPartial(state.partial() & ~mask(subset));
      out.accept(allReduce(state, summed, subset));
      for (int[] order : orders(subset)) {
        for (int dim = 0; dim < state.dims().length; dim++) {
          ReshardState to = summed.with(dim, ReshardState.append(state.dims()[dim], order));
          out.accept(reduceScatter(state, to, dim, order));
        }
      }
    }
  }

  private void reductionsInto(ReshardState state, long partial, Consumer<Move> out) {
    if (together && state.partial() != 0) {
      return;
    }
    for (int[] subset : subsets(partial & ~state.used())) {
      out.accept(allReduce(state.withPartial(state.partial() | mask(subset)), state, subset));
    }
    suffixes(
        state,
        (dim, kept, over) -> {
          if ((mask(over) & ~partial) == 0) {
            ReshardState before = state.with(dim, kept).withPartial(state.partial() | mask(over));
            out.accept(reduceScatter(before, state, dim, over));
          }
        });
  }

  private static long mask(int[] of) {
    long mask = 0;
    for (int unit : of) {
      mask |= 1L << unit;
    }
    return mask;
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
      int[] rest = ReshardState.append(ReshardState.head(of, i), ReshardState.tail(of, i + 1));
      for (int[] order : orders(rest)) {
        orders.add(ReshardState.append(new int[] {of[i]}, order));
      }
    }
    return orders;
  }

  /**
   * Receives a dimension's axes in two parts: the axes before a place, and the axes from that place
   * on.
   */
  private interface Suffix {
    void take(int dim, int[] kept, int[] moved);
  }

  private static void suffixes(ReshardState state, Suffix out) {
    for (int dim = 0; dim < state.dims().length; dim++) {
      int[] on = state.dims()[dim];
      for (int keep = on.length - 1; keep >= 0; keep--) {
        out.take(dim, ReshardState.head(on, keep), ReshardState.tail(on, keep));
      }
    }
  }

  private void gathers(ReshardState state, Consumer<Move> out) {
    suffixes(
        state, (dim, kept, over) -> out.accept(gather(state, state.with(dim, kept), dim, over)));
  }

  private void gathersInto(ReshardState state, Consumer<Move> out) {
    long all = (1L << units.count()) - 1;
    for (int[] subset : subsets(all & ~state.used())) {
      for (int[] order : orders(subset)) {
        for (int dim = 0; dim < state.dims().length; dim++) {
          ReshardState before = state.with(dim, ReshardState.append(state.dims()[dim], order));
          out.accept(gather(before, state, dim, order));
        }
      }
    }
  }

  private void allToAlls(ReshardState state, Consumer<Move> out) {
    suffixes(
        state,
        (from, kept, moved) -> {
          for (int to = 0; to < state.dims().length; to++) {
            if (to != from) {
              int[] there = ReshardState.append(state.dims()[to], moved);
              ReshardState after = state.with(from, kept).with(to, there);
              out.accept(allToAll(state, after, from, to, moved));
            }
          }
        });
  }

  private void allToAllsInto(ReshardState state, Consumer<Move> out) {
    suffixes(
        state,
        (to, kept, moved) -> {
          for (int from = 0; from < state.dims().length; from++) {
            if (from != to) {
              int[] there = ReshardState.append(state.dims()[from], moved);
              ReshardState before = state.with(to, kept).with(from, there);
              out.accept(allToAll(before, state, from, to, moved));
            }
          }
        });
  }

  /**
   * The states in which other axes, or the same axes in another order, cut every dimension into the
   * same parts.
   */
  private void permuted(ReshardState state, Consumer<ReshardState> out) {
    permuted(state, new int[state.dims().length][], 0, 0, out);
  }

  private void permuted(
      ReshardState state, int[][] chosen, int dim, long used, Consumer<ReshardState> out) {
    if (dim == chosen.length) {
      ReshardState other = new ReshardState(chosen.clone(), 0);
      if (!other.equals(state)) {
        out.accept(other);
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
          permuted(state, chosen, dim + 1, used | mask(sequence), out);
        });
  }

  /** Sequences of units that cut a dimension into the same chunks as its present units. */
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
      boolean free = (used >> unit & 1) == 0 && !has(begun, unit);
      if (free && wanted % (have * units.product(unit)) == 0) {
        places(old, dim, ReshardState.append(begun, unit), used, out);
      }
    }
  }

  private static boolean has(int[] units, int unit) {
    for (int other : units) {
      if (other == unit) {
        return true;
      }
    }
    return false;
  }

  private boolean cutsAlike(int[] old, int[] now, int dim) {
    return shape.size(dim) % (units.kept(dim) * units.product(old)) == 0
        || units.parts(old).equals(units.parts(now));
  }

  /** The states in which one dimension has its units in another order, so its chunks differ. */
  private void reordered(ReshardState state, ObjIntConsumer<ReshardState> out) {
    for (int dim = 0; dim < state.dims().length; dim++) {
      int[] on = state.dims()[dim];
      for (int[] order : orders(on)) {
        if (!Arrays.equals(order, on) && !cutsAlike(on, order, dim)) {
          out.accept(state.with(dim, order), dim);
        }
      }
    }
  }
}
