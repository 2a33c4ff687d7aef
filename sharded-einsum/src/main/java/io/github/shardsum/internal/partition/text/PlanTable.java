package io.github.shardsum.internal.partition.text;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
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
import java.util.stream.Collectors;

/** A plan as a table for a reader. */
public final class PlanTable {
  private static final List<String> HEAD =
      List.of(
          "#",
          "step",
          "of",
          "local shapes",
          "received",
          "bytes in",
          "bytes out",
          "at least",
          "flops",
          "price",
          "bytes live",
          "because");

  private static final int FIRST_NUMBER = 4;
  private static final int LAST_NUMBER = 10;

  private PlanTable() {}

  /**
   * The table.
   *
   * @param plan the plan
   * @param options what it is priced by
   * @return lines of text
   */
  public static String of(SpmdPlan plan, PlanOptions options) {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(HEAD);
    head.replaceAll(
        name -> name.equals("price") && options.topology().isPresent() ? "seconds" : name);
    rows.add(head);
    double price = 0;
    for (StepFigures step : StepFigures.of(plan, options)) {
      rows.add(row(step));
      price += step.price();
    }
    StringBuilder text = new StringBuilder();
    text.append("mesh ").append(plan.mesh().size() == 1 ? "of one device" : plan.mesh().notation());
    for (int i = 0; i < plan.inputs().size(); i++) {
      text.append("\n%").append(i).append(" = ").append(plan.inputs().get(i));
    }
    text.append('\n').append(table(rows));
    text.append(
        String.format(
            Locale.ROOT,
            "%ngives %s%nreceived %d elements, %.4g flops, at most %d elements live, %d bytes at the peak of a run, %s",
            plan.outputs().stream()
                .map(output -> "%" + output + " = " + plan.value(output))
                .collect(Collectors.joining(", ")),
            plan.elementsReceived(),
            plan.flops(),
            plan.peakElements(),
            plan.peakBytes(),
            options.topology().isPresent()
                ? String.format(Locale.ROOT, "%.4g s", price)
                : String.format(Locale.ROOT, "price %.4g", price)));
    return text.toString();
  }

  private static List<String> row(StepFigures step) {
    return List.of(
        step.results(),
        step.step(),
        step.operands(),
        step.shapes(),
        count(step.received()),
        count(step.bytesReceived()),
        count(step.bytesSent()),
        count(step.lowerBound()),
        number(step.flops()),
        number(step.price()),
        count(step.liveBytes()),
        step.cause() + step.runnerUp().map(way -> "; instead " + way).orElse(""));
  }

  private static String count(long number) {
    return number == 0 ? "" : Long.toString(number);
  }

  private static String number(double number) {
    return number == 0 ? "" : String.format(Locale.ROOT, "%.4g", number);
  }

  /** As {@link #describe(Action, Layout)}, with the names of values that are packed. */
  static String describe(PlanStep step) {
    String text = describe(step.action(), step.result().layout());
    boolean isPacked = step.action() instanceof Action.AllReduce && step.results().size() > 1;
    return isPacked
        ? text
            + step.results().stream()
                .map(PlannedValue::name)
                .collect(Collectors.joining(", ", " of ", ""))
        : text;
  }

  /** The op with its labels, axes and equation. */
  public static String describe(Action action, Layout after) {
    String over = !action.groupAxes().isEmpty() ? " over " + axes(action.groupAxes()) : "";
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
          case Action.Neighbour neighbour ->
              neighbour.isCollective()
                  ? " with what neighbours hold of " + numbers(neighbour.exchanged()) + over
                  : " along a label" + over;
          case Action.Loop(Statement statement, SpmdPlan body) ->
              String.format(
                  Locale.ROOT,
                  " of %d rounds of %d steps",
                  ((Nested.Scan) statement.operation()).count(),
                  body.steps().size());
        };
  }

  private static String numbers(List<Integer> operands) {
    return operands.size() == 1 && operands.getFirst() == 0
        ? "it"
        : "operands " + operands.stream().map(String::valueOf).collect(Collectors.joining(", "));
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
      boolean number = i >= FIRST_NUMBER && i <= LAST_NUMBER;
      String pad = " ".repeat(widths[i] - row.get(i).length());
      line.append(i == 0 ? "" : "  ").append(number ? pad + row.get(i) : row.get(i) + pad);
    }
    return line.toString();
  }
}
