package io.github.shardsum.internal.partition.text;

import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.internal.program.pass.AnnotationInsertion;
import io.github.shardsum.internal.reshard.Halo;
import io.github.shardsum.internal.reshard.PartFigures;
import io.github.shardsum.internal.reshard.Prices;
import io.github.shardsum.internal.reshard.StepTimeline;
import io.github.shardsum.internal.reshard.WindowedEinsum;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanFigures;
import io.github.shardsum.partition.PlanFigures.Part;
import io.github.shardsum.partition.PlanFigures.Schedule;
import io.github.shardsum.partition.PlanFigures.Step;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** Counts and prices the steps of a plan. */
public final class StepFigures {
  private StepFigures() {}

  /**
   * The figures of a plan and of each of its steps.
   *
   * @param options the options of its prices
   */
  public static PlanFigures of(SpmdPlan plan, PlanOptions options) {
    DeviceMemory memory = DeviceMemory.of(plan);
    Prices prices = Prices.of(plan.mesh(), options);
    Optional<StepTimeline> timeline =
        starts(plan) ? Optional.of(StepTimeline.of(plan, prices)) : Optional.empty();
    List<Step> steps =
        of(plan, prices, memory.steps(), timeline.map(StepTimeline::entries).orElse(List.of()));
    return new PlanFigures(
        steps,
        plan.elementsReceived(),
        plan.flops(),
        timeline
            .map(StepTimeline::end)
            .orElseGet(() -> steps.stream().mapToDouble(Step::price).sum()),
        options.topology().isPresent(),
        plan.peakElements(),
        memory.peakBytes());
  }

  private static boolean starts(SpmdPlan plan) {
    return plan.steps().stream()
        .map(PlanStep::action)
        .anyMatch(
            action ->
                action instanceof Action.Start
                    || (action instanceof Action.Loop loop && starts(loop.body())));
  }

  private static List<Step> of(
      SpmdPlan plan,
      Prices prices,
      List<DeviceMemory.Step> memory,
      List<StepTimeline.Entry> entries) {
    List<String> groups = PlanNames.groups(plan);
    List<Step> all = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      DeviceMemory.Step held = memory.get(i);
      Optional<StepTimeline.Entry> schedule =
          entries.isEmpty() ? Optional.empty() : Optional.of(entries.get(i));
      List<Step> body =
          step.action() instanceof Action.Loop loop
              ? of(
                  loop.body(),
                  prices,
                  held.body(),
                  schedule.map(StepTimeline.Entry::body).orElse(List.of()))
              : List.of();
      all.add(of(plan, i, groups.get(i), prices, schedule, held.bytes(), body));
    }
    return all;
  }

  private static Step of(
      SpmdPlan plan,
      int i,
      String group,
      Prices prices,
      Optional<StepTimeline.Entry> schedule,
      long held,
      List<Step> body) {
    PlanStep step = plan.steps().get(i);
    List<PlannedValue> read = step.operands().stream().map(plan::value).toList();
    int width = (read.isEmpty() ? step.result() : read.getFirst()).dtype().byteSize();
    long rounds = step.action() instanceof Action.Loop loop ? loop.rounds() : 1;
    long received = plan.elementsReceived(i);
    long bytes = Math.multiplyExact(received, width);
    long sent = bytes;
    long lacking = 0;
    if (step.action() instanceof Action.Loop) {
      bytes = inAll(rounds, body, Step::bytesReceived);
      sent = inAll(rounds, body, Step::bytesSent);
      lacking = inAll(rounds, body, Step::lowerBound);
    } else if (step.action() instanceof Action.Windows windows) {
      bytes =
          Math.multiplyExact(
              received, WindowedEinsum.travelling(windows, read, step.result()).byteSize());
      sent = bytes;
      lacking = bytes;
    } else if (step.action() instanceof Action.Neighbour neighbour) {
      lacking = bytes;
      sent = Halo.of(neighbour, read, step.result()).sent() * width;
    } else if (step.action() instanceof Action.Partitioned partitioned) {
      List<PartFigures> parts = PartFigures.of(partitioned, read);
      bytes = parts.stream().mapToLong(PartFigures::bytes).reduce(0, Math::addExact);
      sent = bytes;
    } else if (step.action() instanceof Action.Communicate) {
      lacking = bytes;
    } else if (step.action().isCollective()) {
      PlannedValue before = read.getFirst();
      Action moved = step.action().moved();
      boolean eachOnce = moved instanceof Action.Exchange || moved instanceof Action.AllToAll;
      sent = eachOnce ? sent(step, before) * width : bytes;
      for (int value = 0; value < step.results().size(); value++) {
        PlannedValue after = step.results().get(value);
        lacking +=
            PlanLowerBound.most(read.get(value).layout(), after.layout(), after.shape()) * width;
      }
    }
    return new Step(
        group,
        PlanTable.describe(plan, step),
        named(read) + (read.isEmpty() ? "" : " ") + "-> " + made(step),
        local(read) + " -> " + local(step.results()),
        received,
        bytes,
        sent,
        lacking,
        plan.flops(i),
        schedule.map(StepTimeline.Entry::price).orElseGet(() -> price(plan, i, prices, body)),
        schedule.map(at -> new Schedule(at.begin(), at.end(), at.exposed(), at.isTransfer())),
        held,
        parts(step, read, prices),
        AnnotationInsertion.withoutSuffixes(step.origin().cause()),
        step.origin()
            .runnerUp()
            .map(
                way ->
                    new Origin.Alternative(
                        AnnotationInsertion.withoutSuffixes(way.description()),
                        way.cost(),
                        way.isTimed())),
        rounds,
        body);
  }

  private static List<Part> parts(PlanStep step, List<PlannedValue> read, Prices prices) {
    return step.action() instanceof Action.Partitioned partitioned
        ? PartFigures.of(partitioned, read).stream()
            .map(
                part ->
                    new Part(
                        part.name(),
                        part.bytes(),
                        part.mostBytes(),
                        prices.total(prices.parts(List.of(part)))))
            .toList()
        : List.of();
  }

  private static long inAll(long rounds, List<Step> body, ToLongFunction<Step> figure) {
    return Math.multiplyExact(rounds, body.stream().mapToLong(figure).reduce(0, Math::addExact));
  }

  private static String named(List<PlannedValue> values) {
    return values.stream()
        .map(value -> PlanNames.of(value) + " " + value.layout().largestShape(value.shape()))
        .collect(Collectors.joining(", "));
  }

  private static String made(PlanStep step) {
    return step.results().stream()
        .map(
            value ->
                PlanNames.of(value)
                    + " "
                    + value.layout().largestShape(value.shape())
                    + (value.layout().rank() == 0 && value.layout().partial().isEmpty()
                        ? ""
                        : " as " + value.layout()))
        .collect(Collectors.joining(", "));
  }

  private static String local(List<PlannedValue> values) {
    return values.stream()
        .map(value -> value.layout().largestShape(value.shape()).toString())
        .collect(Collectors.joining(" "));
  }

  /**
   * Elements that a device sends in an exchange. Each element has one owner before and after the
   * exchange, so a device sends as many elements as it would receive in the opposite exchange.
   */
  private static long sent(PlanStep step, PlannedValue before) {
    return PlanLowerBound.most(step.result().layout(), before.layout(), before.shape());
  }

  private static double price(SpmdPlan plan, int i, Prices prices, List<Step> body) {
    PlanStep step = plan.steps().get(i);
    if (step.action() instanceof Action.Loop loop) {
      return loop.rounds() * body.stream().mapToDouble(Step::price).sum();
    }
    return StepTimeline.price(plan, i, prices);
  }
}
