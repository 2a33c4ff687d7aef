package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.internal.reshard.PriceClocks;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.StepTimeline;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs collectives of one operand while devices compute. If the schedule gets shorter, a collective
 * is started after the step that makes its operand, and awaited before the first reader of its
 * result. If the new plan would hold more memory, starts stay where the collectives were. If this
 * plan would hold more too, the plan is unchanged. Collectives keep their order, nothing is in
 * flight at a loop or windows, and the bodies of manual regions stay as they are.
 */
public final class CollectiveOverlap {
  /** A step in its new place: a start, an await, or the unchanged step. */
  private record Item(int step, boolean isStart, boolean isAwait) {}

  private final SpmdPlan plan;
  private final double overlap;
  private final double[] prices;

  /** The step that makes each value, -1 for an input. */
  private final int[] makers;

  private final Map<Integer, Integer> firstReaders = new HashMap<>();
  private List<Item> items = new ArrayList<>();

  private CollectiveOverlap(SpmdPlan plan, Prices prices) {
    this.plan = plan;
    this.overlap = prices.overlap();
    this.prices = new double[plan.steps().size()];
    this.makers = new int[plan.values().size()];
    for (int input = 0; input < plan.inputs().size(); input++) {
      makers[input] = -1;
    }
    for (int step = 0; step < this.prices.length; step++) {
      this.prices[step] = StepTimeline.price(plan, step, prices);
      items.add(new Item(step, false, false));
      for (int value = plan.number(step); value < plan.number(step + 1); value++) {
        makers[value] = step;
      }
      for (int operand : plan.steps().get(step).operands()) {
        firstReaders.putIfAbsent(operand, step);
      }
    }
  }

  /**
   * The plan with starts and awaits.
   *
   * @param composites finds the code of composites, whose workspaces count as memory
   * @param options the options that it was chosen by; without overlap the plan is unchanged
   * @return a plan with the same bits, no higher peak and no longer schedule
   */
  public static SpmdPlan of(SpmdPlan plan, CompositeCode.Finder composites, PlanOptions options) {
    if (!options.overlap()) {
      return plan;
    }
    Prices prices = Prices.of(plan.mesh(), options);
    long peak = DeviceMemory.of(plan, composites).peakBytes();
    for (boolean isEarly : new boolean[] {true, false}) {
      SpmdPlan changed = changed(plan, prices, isEarly);
      if (changed.equals(plan) || DeviceMemory.of(changed, composites).peakBytes() <= peak) {
        return changed;
      }
    }
    return plan;
  }

  /** The memory that devices hold when they run a plan with its overlapped collectives. */
  static DeviceMemory memory(SpmdPlan plan, CompositeCode.Finder composites, PlanOptions options) {
    return DeviceMemory.of(of(plan, composites, options), composites);
  }

  private static SpmdPlan changed(SpmdPlan plan, Prices prices, boolean isEarly) {
    SpmdPlan inner =
        PlanEditor.inBodies(
            plan,
            loop ->
                loop.statement().operation() instanceof Nested.Scan
                    ? changed(loop.body(), prices, isEarly)
                    : loop.body());
    return new CollectiveOverlap(inner, prices).run(isEarly);
  }

  private SpmdPlan run(boolean isEarly) {
    double least = end(items);
    for (int step = 0; step < plan.steps().size(); step++) {
      if (moves(plan.steps().get(step))) {
        List<Item> candidate = started(step, isEarly);
        double end = atMostInFlight(candidate) ? end(candidate) : least;
        if (end < least) {
          items = candidate;
          least = end;
        }
      }
    }
    return built();
  }

  private static boolean moves(PlanStep step) {
    return step.operands().size() == 1
        && switch (step.action()) {
          case Action.AllGather _,
              Action.AllToAll _,
              Action.AllReduce _,
              Action.ReduceScatter _,
              Action.CollectivePermute _ ->
              true;
          default -> false;
        };
  }

  /** The items with one collective started and awaited. */
  private List<Item> started(int step, boolean isEarly) {
    List<Item> all = new ArrayList<>(items);
    int at = all.indexOf(new Item(step, false, false));
    int operand = plan.steps().get(step).operands().getFirst();
    int begin = at;
    while (isEarly && begin > 0 && mayPass(all.get(begin - 1), makers[operand])) {
      begin--;
    }
    int reader = firstReaders.getOrDefault(plan.number(step), plan.steps().size());
    int end = at + 1;
    while (end < all.size() && !isEdge(all.get(end), reader)) {
      end++;
    }
    all.add(end, new Item(step, false, true));
    all.remove(at);
    all.add(begin, new Item(step, true, false));
    return all;
  }

  /**
   * Whether a start may move before an item. It must stay after a collective, after an item during
   * which nothing may be in flight, and after the maker of its operand.
   */
  private boolean mayPass(Item item, int maker) {
    PlanStep step = plan.steps().get(item.step());
    // The await of a collective gives the value; its start does not.
    boolean makes = item.step() == maker && !item.isStart();
    return !makes && (item.isAwait() || !step.action().isCollective()) && !isAlone(step.action());
  }

  /**
   * Whether an await must come before an item: its first reader, or an item that cannot overlap.
   */
  private boolean isEdge(Item item, int reader) {
    return (item.step() == reader && !item.isAwait())
        || isAlone(plan.steps().get(item.step()).action());
  }

  /** Whether nothing may be in flight while an action runs. */
  private static boolean isAlone(Action action) {
    return switch (action) {
      case Action.Loop _, Action.Windows _, Action.Partitioned _ -> true;
      default -> false;
    };
  }

  private static boolean atMostInFlight(List<Item> items) {
    int flying = 0;
    for (Item item : items) {
      flying += item.isStart() ? 1 : item.isAwait() ? -1 : 0;
      if (flying > CollectivePlan.MOST_IN_FLIGHT) {
        return false;
      }
    }
    return true;
  }

  private double end(List<Item> schedule) {
    PriceClocks clocks = new PriceClocks(overlap);
    Map<Integer, Double> ends = new HashMap<>();
    for (Item item : schedule) {
      Action action = plan.steps().get(item.step()).action();
      double price = prices[item.step()];
      if (item.isStart()) {
        ends.put(item.step(), clocks.start(price));
      } else if (item.isAwait()) {
        clocks.await(ends.getOrDefault(item.step(), 0.0));
      } else if (action.isCollective() || isAlone(action)) {
        clocks.blocking(price);
      } else {
        clocks.local(price);
      }
    }
    return clocks.now();
  }

  private SpmdPlan built() {
    PlanEditor editor = new PlanEditor(plan);
    Map<Integer, Integer> flights = new HashMap<>();
    for (Item item : items) {
      PlanStep old = plan.steps().get(item.step());
      if (item.isStart()) {
        List<Integer> operands = editor.numbers(old.operands());
        Action start = new Action.Start(old.action());
        int flying = editor.add(new PlanStep(start, operands, inFlight(old), old.origin()));
        flights.put(item.step(), flying);
      } else if (item.isAwait()) {
        List<Integer> flying = List.of(flights.getOrDefault(item.step(), -1));
        PlanStep await = new PlanStep(new Action.Await(), flying, old.results(), old.origin());
        editor.stand(item.step(), editor.add(await));
      } else {
        editor.keep(item.step());
      }
    }
    return editor.plan();
  }

  /** A sum of bf16 is rounded when it is complete. */
  private PlannedValue inFlight(PlanStep step) {
    PlannedValue result = step.result();
    DType dtype = plan.value(step.operands().getFirst()).dtype();
    return new PlannedValue(result.name(), dtype, result.shape(), result.layout());
  }
}
