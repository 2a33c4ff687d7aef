package io.github.shardsum.internal.partition;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Chunks;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.Shape;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/** What the largest or busiest device receives, computes and holds in a step. */
public final class Counting {
  private Counting() {}

  /**
   * Elements that the busiest device receives.
   *
   * @param action what is done
   * @param before its operand
   * @param after its result
   * @return the number, rounded up
   */
  public static long received(Action action, PlannedValue before, PlannedValue after) {
    Mesh mesh = before.layout().mesh();
    int group = mesh.size(action.groupAxes());
    return group == 1
        ? 0
        : switch (action) {
          case Action.Slice _, Action.Contract _ -> 0;
          case Action.AllGather gather -> gathered(gather, before);
          case Action.AllReduce _ -> reduced(before.localElements(), group);
          case Action.ReduceScatter _ -> (group - 1) * after.localElements();
          case Action.AllToAll all -> turned(all, before, after);
          case Action.CollectivePermute _ -> after.localElements();
          case Action.Exchange exchange -> exchanged(exchange, before, after);
        };
  }

  private static long reduced(long elements, int group) {
    return Math.ceilDiv(Math.multiplyExact(2L * (group - 1), elements), group);
  }

  /** Elements of the largest block in all other dimensions than some. */
  private static long others(PlannedValue value, int... without) {
    Shape largest = value.layout().largestShape(value.shape());
    long product = 1;
    for (int dim = 0; dim < largest.rank(); dim++) {
      boolean counted = true;
      for (int out : without) {
        counted &= dim != out;
      }
      product *= counted ? largest.size(dim) : 1;
    }
    return product;
  }

  /** The last member of a group has the least, and lacks the most. */
  private static long gathered(Action.AllGather gather, PlannedValue before) {
    Layout layout = before.layout();
    int dim = layout.dim(gather.label());
    List<Integer> moved = gather.axes().stream().map(layout.mesh()::size).toList();
    long most = 0;
    for (long outer : kept(layout, dim, gather.axes().size(), before.shape()).lengths().keySet()) {
      Cut cut = Cut.chunks(outer, moved);
      most = Math.max(most, outer - cut.lengths().lastKey());
    }
    return most * others(before, dim);
  }

  /** The cut of a dimension by its axes but the last few. */
  private static Cut kept(Layout layout, int dim, int without, Shape shape) {
    List<String> axes = layout.axes(dim);
    return Cut.chunks(
        shape.size(dim),
        axes.subList(0, axes.size() - without).stream().map(layout.mesh()::size).toList());
  }

  private static long turned(Action.AllToAll all, PlannedValue before, PlannedValue after) {
    Layout layout = before.layout();
    int from = layout.dim(all.from());
    int to = layout.dim(all.to());
    Mesh mesh = layout.mesh();
    Set<Pair> pairs = new HashSet<>();
    for (long a : kept(layout, from, all.axes().size(), before.shape()).lengths().keySet()) {
      for (long b : layout.cut(to, before.shape().size(to)).lengths().keySet()) {
        pairs.add(new Pair(a, a, b));
      }
    }
    for (String axis : all.axes()) {
      pairs = dealt(pairs, mesh.size(axis));
    }
    long most = 0;
    for (Pair pair : pairs) {
      most = Math.max(most, (pair.whole - pair.from) * pair.to);
    }
    return most * others(after, from, to);
  }

  /** What a member has of the label that is put together, and of the one that is cut. */
  private record Pair(long whole, long from, long to) {}

  private static Set<Pair> dealt(Set<Pair> pairs, int parts) {
    Set<Pair> dealt = new HashSet<>();
    for (Pair pair : pairs) {
      for (int part : turns(pair, parts)) {
        dealt.add(
            new Pair(
                pair.whole,
                Chunks.size(pair.from, parts, part),
                Chunks.size(pair.to, parts, part)));
      }
    }
    return dealt;
  }

  /** The parts at which one of two sequences of chunks changes its length. */
  private static Set<Integer> turns(Pair pair, int parts) {
    Set<Integer> turns = new HashSet<>(Set.of(0, parts - 1));
    for (long n : new long[] {pair.from, pair.to}) {
      long full = n == 0 ? 0 : n / Math.ceilDiv(n, parts);
      for (long part = full - 1; part <= full + 1; part++) {
        if (part >= 0 && part < parts) {
          turns.add((int) part);
        }
      }
    }
    return turns;
  }

  private static long exchanged(Action.Exchange exchange, PlannedValue before, PlannedValue after) {
    int dim = before.layout().dim(exchange.label());
    return Reordering.of(before.layout(), after.layout(), dim, before.shape().size(dim)).most()
        * others(before, dim);
  }

  /**
   * Multiply-adds of the largest device.
   *
   * @param contract the einsum
   * @param operands what it reads
   * @param result what it gives
   * @return the product of the local sizes of all labels
   */
  public static double multiplyAdds(
      Action.Contract contract, List<PlannedValue> operands, PlannedValue result) {
    Map<String, Long> sizes = new HashMap<>();
    for (int i = 0; i < operands.size(); i++) {
      collect(contract.equation().operand(i), operands.get(i), sizes);
    }
    collect(contract.equation().output(), result, sizes);
    double product = 1;
    for (long size : sizes.values()) {
      product *= size;
    }
    return product;
  }

  private static void collect(Term term, PlannedValue value, Map<String, Long> sizes) {
    Shape local = value.layout().largestShape(value.shape());
    for (int dim = 0; dim < term.size(); dim++) {
      // The first of several dimensions of a label is split, the others are narrowed to it.
      sizes.merge(term.axis(dim).label(), local.size(dim), Math::min);
    }
  }

  /**
   * What the largest device holds at once in a step.
   *
   * @param plan the plan
   * @param step the step, -1 for before the first
   * @param unit what an element of a value counts
   * @return the sum
   */
  public static long liveElements(SpmdPlan plan, int step, ToLongFunction<PlannedValue> unit) {
    int inputs = plan.inputs().size();
    int[] storage = storage(plan);
    Set<Integer> live = new HashSet<>();
    for (int input = 0; input < inputs; input++) {
      live.add(input);
    }
    for (int value = inputs; value <= inputs + step; value++) {
      if (lastRead(plan, value) >= step) {
        live.add(storage[value]);
      }
    }
    long sum = 0;
    for (int value : live) {
      PlannedValue held = plan.value(value);
      sum = Math.addExact(sum, Math.multiplyExact(held.localElements(), unit.applyAsLong(held)));
    }
    return sum;
  }

  /** The value in whose memory each value lies: its own, or of a slice its operand's. */
  private static int[] storage(SpmdPlan plan) {
    int inputs = plan.inputs().size();
    int[] storage = new int[inputs + plan.steps().size()];
    for (int value = 0; value < storage.length; value++) {
      storage[value] = value;
      if (value >= inputs) {
        PlanStep step = plan.steps().get(value - inputs);
        if (step.action() instanceof Action.Slice) {
          storage[value] = storage[step.operands().getFirst()];
        }
      }
    }
    return storage;
  }

  private static int lastRead(SpmdPlan plan, int value) {
    int last = plan.outputs().contains(value) ? plan.steps().size() : value - plan.inputs().size();
    for (int reader = 0; reader < plan.steps().size(); reader++) {
      if (plan.steps().get(reader).operands().contains(value)) {
        last = Math.max(last, reader);
      }
    }
    return last;
  }
}
