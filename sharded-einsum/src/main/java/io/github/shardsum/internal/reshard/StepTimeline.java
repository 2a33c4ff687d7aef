package io.github.shardsum.internal.reshard;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The schedule of a plan on two resources, computing and links.
 *
 * @param entries the times of each step, in order; the times of a loop's body begin at 0 in each
 *     round
 * @param end the time at which the last step ends
 */
public record StepTimeline(List<Entry> entries, double end) {
  /** Copies the list. */
  public StepTimeline {
    entries = List.copyOf(entries);
  }

  /**
   * One step.
   *
   * @param isTransfer whether the step uses the links: a collective or a start; other steps compute
   *     or wait
   * @param price the time that the step takes alone
   * @param begin the time at which the step begins; for a start, the time at which its transfer
   *     begins
   * @param end the time at which the step ends; for a start, the time at which its transfer ends
   * @param exposed the time that devices wait in the step; 0 for steps other than awaits
   * @param body entries of one round of a loop's body; empty for other steps
   */
  public record Entry(
      boolean isTransfer,
      double price,
      double begin,
      double end,
      double exposed,
      List<Entry> body) {
    /** Copies the list. */
    public Entry {
      body = List.copyOf(body);
    }
  }

  /**
   * The schedule.
   *
   * @param prices prices of its steps
   * @return the begin and the end of each step
   */
  public static StepTimeline of(SpmdPlan plan, Prices prices) {
    PriceClocks clocks = new PriceClocks(prices.overlap());
    Map<Integer, Double> ends = new HashMap<>();
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      double begin = clocks.now();
      entries.add(
          switch (step.action()) {
            case Action.Loop loop -> {
              StepTimeline round = of(loop.body(), prices);
              long rounds = loop.rounds();
              double price = rounds * round.end();
              clocks.blocking(price);
              yield new Entry(false, price, clocks.now() - price, clocks.now(), 0, round.entries());
            }
            case Action.Start _ -> {
              double price = price(plan, i, prices);
              double end = clocks.start(price);
              ends.put(plan.number(i), end);
              yield new Entry(true, price, end - price, end, 0, List.of());
            }
            case Action.Await _ -> {
              double end = ends.getOrDefault(step.operands().getFirst(), begin);
              double exposed = clocks.await(end);
              yield new Entry(false, 0, begin, clocks.now(), exposed, List.of());
            }
            default -> {
              double price = price(plan, i, prices);
              boolean isTransfer = step.action().isCollective();
              if (isTransfer) {
                clocks.blocking(price);
              } else {
                clocks.local(price);
              }
              yield new Entry(isTransfer, price, clocks.now() - price, clocks.now(), 0, List.of());
            }
          });
    }
    return new StepTimeline(entries, clocks.now());
  }

  /**
   * The time that devices wait in awaits, in all rounds of loops.
   *
   * @param plan the plan of the timeline
   * @return the sum
   */
  public double exposed(SpmdPlan plan) {
    return exposed(plan, entries);
  }

  private static double exposed(SpmdPlan plan, List<Entry> entries) {
    double sum = 0;
    for (int i = 0; i < entries.size(); i++) {
      sum += entries.get(i).exposed();
      if (plan.steps().get(i).action() instanceof Action.Loop loop) {
        long rounds = loop.rounds();
        sum += rounds * exposed(loop.body(), entries.get(i).body());
      }
    }
    return sum;
  }

  /**
   * The price of a single step; a loop has the price of all its rounds.
   *
   * @param i the step's place
   * @param prices prices of its steps
   * @return seconds, or elements
   */
  public static double price(SpmdPlan plan, int i, Prices prices) {
    PlanStep step = plan.steps().get(i);
    List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
    if (step.action() instanceof Action.Loop loop) {
      long rounds = loop.rounds();
      return rounds * of(loop.body(), prices).end();
    }
    if (step.action() instanceof Action.Neighbour neighbour) {
      Halo halo = Halo.of(neighbour, read, step.result());
      return prices.total(prices.halo(halo, step.result().dtype().byteSize()));
    }
    if (step.action() instanceof Action.Partitioned partitioned) {
      return partitioned.parts().pieces() == 1
          ? prices.total(prices.parts(PartFigures.of(partitioned, read)))
          : prices.exposed(partitioned, read);
    }
    if (step.action() instanceof Action.Windows windows) {
      PlannedValue travels = windows.isScatter() ? step.result() : read.get(windows.operand());
      return WindowedEinsum.of(windows, read, step.result())
          .price(
              windows,
              travels.localElements(),
              WindowedEinsum.travelling(windows, read, step.result()).byteSize(),
              prices);
    }
    if (!step.action().isCollective()) {
      return prices.total(prices.multiplyAdds(plan.flops(i) / 2, step.result().dtype().byteSize()));
    }
    PlannedValue before = read.getFirst();
    Layout after = step.result().layout();
    return prices.total(
        prices.collective(
            step::action,
            StepCounts.received(step.action(), read, step.result()),
            StepCounts.elements(read),
            before.dtype().byteSize(),
            before::layout,
            () -> after));
  }
}
