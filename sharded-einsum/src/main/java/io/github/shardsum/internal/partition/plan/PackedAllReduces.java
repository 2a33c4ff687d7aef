package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.Collectors;

/**
 * Packs short all-reduces into one, such as those of the gradients of one backward pass:
 * independent sums over the same axes, of one dtype. A reader of one sum then waits for all, so
 * steps may change places.
 */
final class PackedAllReduces implements PlanPass {
  /**
   * Limit of a packed value's bytes on a device; copies of longer values cost more than the start
   * of a collective.
   */
  static final long SHORT = 64 << 10;

  private final ReshardWays ways;
  private double saved;

  /** Properties that packed sums share; sums of one level do not wait for each other. */
  private record Key(int level, List<String> axes, DType addends, DType sum) {}

  PackedAllReduces(ReshardWays ways) {
    this.ways = ways;
  }

  /** The cost that packing saved. */
  double saved() {
    return saved;
  }

  /** The plan with its short sums packed, also in its loops. */
  @Override
  public SpmdPlan of(SpmdPlan plan) {
    return packed(plan, 1);
  }

  private SpmdPlan packed(SpmdPlan plan, double rounds) {
    SpmdPlan inner = PlanEditor.inBodies(plan, loop -> packed(loop.body(), rounds * loop.rounds()));
    List<List<Integer>> packs =
        packs(inner).values().stream().filter(pack -> pack.size() > 1).toList();
    for (List<Integer> pack : packs) {
      saved += rounds * saved(inner, pack);
    }
    return packs.isEmpty() ? inner : new Reordering(inner, packs).plan();
  }

  private double saved(SpmdPlan plan, List<Integer> pack) {
    List<PlannedValue> values = new ArrayList<>();
    double apart = 0;
    List<String> axes = plan.steps().get(pack.getFirst()).action().groupAxes();
    for (int step : pack) {
      PlannedValue value = plan.value(plan.steps().get(step).operands().getFirst());
      values.add(value);
      apart += ways.total(ways.reduction(value, axes, ReduceKind.SUM));
    }
    return apart - ways.total(ways.reduction(values, axes, ReduceKind.SUM));
  }

  /** Steps that may be packed together, by their common properties. */
  private static Map<Key, List<Integer>> packs(SpmdPlan plan) {
    Map<Key, List<Integer>> packs = new LinkedHashMap<>();
    int[] levels = new int[plan.values().size()];
    for (int number = 0; number < plan.steps().size(); number++) {
      PlanStep step = plan.steps().get(number);
      int level = step.operands().stream().mapToInt(value -> levels[value]).max().orElse(0);
      boolean isShort = isShortSum(plan, step);
      if (isShort) {
        PlannedValue addends = plan.value(step.operands().getFirst());
        Key key = new Key(level, step.action().groupAxes(), addends.dtype(), step.result().dtype());
        packs.computeIfAbsent(key, _ -> new ArrayList<>()).add(number);
      }
      for (int i = 0; i < step.results().size(); i++) {
        levels[plan.number(number) + i] = isShort ? level + 1 : level;
      }
    }
    return packs;
  }

  private static boolean isShortSum(SpmdPlan plan, PlanStep step) {
    if (!(step.action() instanceof Action.AllReduce(List<String> _, ReduceKind by))) {
      return false;
    }
    PlannedValue addends = plan.value(step.operands().getFirst());
    return by == ReduceKind.SUM
        && step.operands().size() == 1
        && addends.localElements() * addends.dtype().byteSize() <= SHORT;
  }

  /** Steps in an order in which each pack is one step, after all operands of its parts. */
  private static final class Reordering {
    private final SpmdPlan plan;
    private final Map<Integer, List<Integer>> packs = new HashMap<>();
    private final int[] leader;
    private final int[] maker;
    private final PlanEditor editor;

    Reordering(SpmdPlan plan, List<List<Integer>> together) {
      this.plan = plan;
      leader = new int[plan.steps().size()];
      maker = new int[plan.values().size()];
      editor = new PlanEditor(plan);
      Arrays.fill(maker, -1);
      for (int step = 0; step < leader.length; step++) {
        leader[step] = step;
        for (int i = 0; i < plan.steps().get(step).results().size(); i++) {
          maker[plan.number(step) + i] = step;
        }
      }
      for (List<Integer> pack : together) {
        packs.put(pack.getLast(), pack);
        pack.forEach(step -> leader[step] = pack.getLast());
      }
    }

    SpmdPlan plan() {
      Map<Integer, List<Integer>> readers = new HashMap<>();
      int[] waits = new int[leader.length];
      for (int step = 0; step < leader.length; step++) {
        for (int operand : plan.steps().get(step).operands()) {
          if (maker[operand] >= 0) {
            readers
                .computeIfAbsent(leader[maker[operand]], _ -> new ArrayList<>())
                .add(leader[step]);
            waits[leader[step]]++;
          }
        }
      }
      PriorityQueue<Integer> ready = new PriorityQueue<>();
      for (int step = 0; step < leader.length; step++) {
        if (leader[step] == step && waits[step] == 0) {
          ready.add(step);
        }
      }
      while (!ready.isEmpty()) {
        int step = ready.remove();
        add(packs.getOrDefault(step, List.of(step)));
        for (int reader : readers.getOrDefault(step, List.of())) {
          if (--waits[reader] == 0) {
            ready.add(reader);
          }
        }
      }
      return editor.plan();
    }

    private void add(List<Integer> parts) {
      List<Integer> operands = new ArrayList<>();
      List<PlannedValue> results = new ArrayList<>();
      for (int part : parts) {
        operands.addAll(editor.numbers(plan.steps().get(part).operands()));
        results.addAll(plan.steps().get(part).results());
      }
      PlanStep first = plan.steps().get(parts.getFirst());
      Origin origin =
          parts.size() == 1
              ? first.origin()
              : Origin.of(
                  parts.stream()
                      .map(part -> plan.steps().get(part).origin().cause())
                      .distinct()
                      .collect(Collectors.joining("; ")));
      int number = editor.add(new PlanStep(first.action(), operands, results, origin));
      for (int part : parts) {
        editor.stand(part, number);
        number += plan.steps().get(part).results().size();
      }
    }
  }
}
