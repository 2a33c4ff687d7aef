package io.github.shardsum.internal.partition;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A plan as a table for a reader. */
public final class PlanTable {
  private static final List<String> HEAD =
      List.of("#", "step", "of", "local shapes", "received", "flops", "live", "because");

  private PlanTable() {}

  public static String of(SpmdPlan plan) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEAD);
    for (int i = 0; i < plan.steps().size(); i++) {
      rows.add(row(plan, i));
    }
    StringBuilder text = new StringBuilder();
    text.append("mesh ").append(plan.mesh().size() == 1 ? "of one device" : plan.mesh().notation());
    for (int i = 0; i < plan.inputs().size(); i++) {
      text.append("\n%").append(i).append(" = ").append(plan.inputs().get(i));
    }
    text.append('\n').append(table(rows));
    text.append(
        "%ngives %s%nreceived %d elements, %.4g flops, at most %d elements live"
            .formatted(
                plan.outputs().stream()
                    .map(output -> "%" + output + " = " + plan.value(output))
                    .collect(Collectors.joining(", ")),
                plan.elementsReceived(),
                plan.flops(),
                plan.peakElements()));
    return text.toString();
  }

  private static List<String> row(SpmdPlan plan, int i) {
    PlanStep step = plan.steps().get(i);
    String operands =
        step.operands().stream().map(value -> "%" + value).collect(Collectors.joining(" "));
    String shapes =
        step.operands().stream()
                .map(value -> local(plan.value(value)))
                .collect(Collectors.joining(" "))
            + " -> "
            + step.results().stream().map(PlanTable::local).collect(Collectors.joining(" "));
    String results =
        IntStream.range(plan.number(i), plan.number(i + 1))
            .mapToObj(value -> "%" + value)
            .collect(Collectors.joining(" "));
    Optional<Origin.Alternative> other = step.origin().runnerUp();
    return List.of(
        results,
        describe(step.action(), step.result().layout()),
        operands,
        shapes,
        Long.toString(plan.elementsReceived(i)),
        plan.flops(i) == 0 ? "" : "%.4g".formatted(plan.flops(i)),
        Long.toString(plan.liveElements(i)),
        step.origin().cause() + other.map(way -> "; instead " + way).orElse(""));
  }

  private static String local(PlannedValue value) {
    return value.layout().largestShape(value.shape()).toString();
  }

  /** The op with its labels, axes and equation. */
  public static String describe(Action action, Layout after) {
    String over = action.isCollective() ? " over " + axes(action.groupAxes()) : "";
    return action.op()
        + switch (action) {
          case Action.Slice slice -> " " + slice.label() + " by " + axes(slice.axes());
          case Action.AllGather gather -> " " + gather.label() + over;
          case Action.AllReduce(_, ReduceKind by) ->
              (by == ReduceKind.SUM ? "" : " " + by.name().toLowerCase(Locale.ROOT)) + over;
          case Action.ReduceScatter scatter -> " " + scatter.label() + over;
          case Action.AllToAll all -> " " + all.from() + " to " + all.to() + over;
          case Action.CollectivePermute _ -> over + " to " + after;
          case Action.Exchange exchange -> " " + exchange.label() + over + " to " + after;
          case Action.Contract contract -> " " + contract.equation();
          case Action.Apply(Statement statement) ->
              statement.operation() instanceof Contraction.Einsum einsum
                  ? " " + einsum.equation()
                  : "";
          case Action.Loop(Statement statement, SpmdPlan body) ->
              " of %d rounds of %d steps"
                  .formatted(((Nested.Scan) statement.operation()).count(), body.steps().size());
        };
  }

  private static String axes(List<String> axes) {
    return String.join(".", axes);
  }

  private static String table(List<List<String>> rows) {
    int[] widths = new int[HEAD.size()];
    for (List<String> row : rows) {
      Arrays.setAll(widths, i -> Math.max(widths[i], row.get(i).length()));
    }
    return rows.stream()
        .map(row -> line(row, widths).stripTrailing())
        .collect(Collectors.joining("\n"));
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      boolean number = i >= 4 && i <= 6;
      String pad = " ".repeat(widths[i] - row.get(i).length());
      line.append(i == 0 ? "" : "  ").append(number ? pad + row.get(i) : row.get(i) + pad);
    }
    return line.toString();
  }
}
