package io.github.shardsum.internal.partition.text;

import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Counting;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a step of a plan is shown by.
 *
 * @param results numbers of the values that it gives, as {@code %3}
 * @param step the op with its labels, axes or equation
 * @param operands numbers of the values that it reads
 * @param shapes local shapes of the largest device, before and after
 * @param received elements that the busiest device receives
 * @param bytesReceived the same in bytes
 * @param bytesSent bytes that the busiest device sends: in a ring what it receives, in an exchange
 *     what of its block others need
 * @param lowerBound bytes that a device lacks of its block afterwards, however it gets them
 * @param flops of the largest device
 * @param price seconds on a network, or elements and what is worth as much
 * @param liveBytes what the largest device holds at once
 * @param cause why it is there
 * @param runnerUp what was weighed against it and lost
 */
record StepFigures(
    String results,
    String step,
    String operands,
    String shapes,
    long received,
    long bytesReceived,
    long bytesSent,
    long lowerBound,
    double flops,
    double price,
    long liveBytes,
    String cause,
    Optional<Origin.Alternative> runnerUp) {

  /** Of each step of a plan. */
  static List<StepFigures> of(SpmdPlan plan, PlanOptions options) {
    Prices prices = Prices.of(plan.mesh(), options);
    List<Long> held = plan.heldBytes();
    List<StepFigures> all = new ArrayList<>();
    int first = plan.inputs().size();
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      int last = first + step.results().size();
      String results =
          IntStream.range(first, last)
              .mapToObj(value -> "%" + value)
              .collect(Collectors.joining(" "));
      all.add(of(plan, i, results, prices, held.get(i)));
      first = last;
    }
    return all;
  }

  private static StepFigures of(SpmdPlan plan, int i, String results, Prices prices, long held) {
    PlanStep step = plan.steps().get(i);
    List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
    int width = (read.isEmpty() ? step.result() : read.getFirst()).dtype().byteSize();
    long received = plan.elementsReceived(i);
    long lacking = 0;
    long sent = received;
    if (step.action() instanceof Action.Neighbour neighbour) {
      lacking = received;
      sent = Halo.of(neighbour, read, step.result()).sent();
    } else if (step.action().isCollective()) {
      PlannedValue before = read.getFirst();
      sent = step.action() instanceof Action.Exchange ? sent(step, before) : received;
      for (int value = 0; value < step.results().size(); value++) {
        PlannedValue after = step.results().get(value);
        lacking += Missing.most(read.get(value).layout(), after.layout(), after.shape());
      }
    }
    return new StepFigures(
        results,
        PlanTable.describe(step),
        step.operands().stream().map(value -> "%" + value).collect(Collectors.joining(" ")),
        local(read) + " -> " + local(step.results()),
        received,
        received * width,
        sent * width,
        lacking * width,
        plan.flops(i),
        prices.total(price(plan, i, prices)),
        held,
        step.origin().cause(),
        step.origin().runnerUp());
  }

  private static String local(List<PlannedValue> values) {
    return values.stream()
        .map(value -> value.layout().largestShape(value.shape()).toString())
        .collect(Collectors.joining(" "));
  }

  /** What a device gives away in an exchange, in which every element has one place afterwards. */
  private static long sent(PlanStep step, PlannedValue before) {
    return Missing.most(step.result().layout(), before.layout(), before.shape());
  }

  private static Cost price(SpmdPlan plan, int i, Prices prices) {
    PlanStep step = plan.steps().get(i);
    if (step.action() instanceof Action.Loop loop) {
      Cost round = Cost.NOTHING;
      for (int inner = 0; inner < loop.body().steps().size(); inner++) {
        round = round.plus(price(loop.body(), inner, prices));
      }
      long rounds = ((Nested.Scan) loop.statement().operation()).count();
      return new Cost(round.amount() * rounds, Math.toIntExact(round.collectives() * rounds));
    }
    if (step.action() instanceof Action.Neighbour neighbour) {
      List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
      return prices.halo(Halo.of(neighbour, read, step.result()), step.result().dtype().byteSize());
    }
    if (!step.action().isCollective()) {
      return prices.multiplyAdds(plan.flops(i) / 2, step.result().dtype().byteSize());
    }
    List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
    PlannedValue before = read.getFirst();
    Layout after = step.result().layout();
    return prices.collective(
        step::action,
        Counting.received(step.action(), read, step.result()),
        Counting.elements(read),
        before.dtype().byteSize(),
        before::layout,
        () -> after);
  }
}
