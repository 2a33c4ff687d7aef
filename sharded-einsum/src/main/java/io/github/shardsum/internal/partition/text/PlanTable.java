package io.github.shardsum.internal.partition.text;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.Origin;
import io.github.shardsum.partition.PlanFigures;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.picture.Unit;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A plan as text for a reader: each statement with its steps below it. */
public final class PlanTable {
  /** The most columns of a line. */
  private static final int WIDTH = 120;

  private static final List<String> HEAD =
      List.of("received", "sent", "at least", "FLOP", "price", "held");

  /** Columns of each figure. */
  private static final int FIGURE = 10;

  private final SpmdPlan plan;
  private final boolean isTimed;
  private final StringBuilder text = new StringBuilder();

  private PlanTable(SpmdPlan plan, boolean isTimed) {
    this.plan = plan;
    this.isTimed = isTimed;
  }

  /**
   * The table.
   *
   * @param options the options by which the plan is priced
   * @return lines of text, of at most 120 columns
   */
  public static String of(SpmdPlan plan, PlanOptions options) {
    PlanFigures figures = plan.figures(options);
    PlanTable table = new PlanTable(plan, figures.isTimed());
    table.write(figures);
    return table.text.toString().stripTrailing();
  }

  private void write(PlanFigures figures) {
    String mesh = plan.mesh().size() == 1 ? "of one device" : plan.mesh().notation();
    String sums = plan.sums().isTree() ? ", sums by a " + plan.sums() : "";
    wrapped(0, "mesh " + mesh + ", devices " + plan.mesh().size() + sums);
    plan.inputs().forEach(value -> wrapped(0, "given " + value(value)));
    if (!figures.steps().isEmpty()) {
      List<String> head = new ArrayList<>(HEAD);
      if (figures.steps().getFirst().schedule().isPresent()) {
        head.addAll(List.of("begin", "exposed"));
      }
      head.replaceAll(name -> name.equals("price") && isTimed ? "time" : name);
      line(0, "", head);
    }
    steps(plan, figures.steps(), 0);
    plan.outputs().forEach(output -> wrapped(0, "gives " + value(plan.value(output))));
    wrapped(0, total(figures));
  }

  /** Text such as {@code the busiest device receives 448 elements, the largest holds ...}. */
  private String total(PlanFigures figures) {
    long bytes = figures.steps().stream().mapToLong(PlanFigures.Step::bytesReceived).sum();
    return String.format(
        Locale.ROOT,
        "in all: received %,d elements%s, computed %s, held at most %s, %s%s",
        figures.elementsReceived(),
        bytes == 0 ? "" : " (" + PlanTableCells.bytes(bytes) + ")",
        Unit.FLOP.text(figures.flops()),
        Unit.BYTES.text(figures.peakBytes()),
        isTimed ? "in " : "priced as ",
        orNone(PlanTableCells.price(figures.price(), isTimed)) + (isTimed ? "" : " elements"));
  }

  private static String orNone(String figure) {
    return figure.isEmpty() ? "0" : figure;
  }

  private static String value(PlannedValue value) {
    return PlanNames.of(value) + " " + value.dtype() + value.shape() + " " + value.layout();
  }

  private void steps(SpmdPlan of, List<PlanFigures.Step> steps, int indent) {
    String group = "";
    for (int i = 0; i < steps.size(); i++) {
      PlanFigures.Step step = steps.get(i);
      if (!step.group().equals(group)) {
        group = step.group();
        wrapped(indent, group + ":");
      }
      line(indent + 2, step.text(), figures(step));
      wrapped(indent + 4, step.values());
      IdleDevices.of(of, of.steps().get(i)).forEach(idle -> wrapped(indent + 4, idle));
      PipelineRounds.of(of, i).forEach(pipe -> wrapped(indent + 4, pipe.toString()));
      wrapped(
          indent + 4,
          "because " + step.cause() + step.runnerUp().map(way -> "; " + instead(way)).orElse(""));
      if (of.steps().get(i).action() instanceof Action.Partitioned partitioned) {
        wrapped(indent + 4, CompositePartText.of(of, of.steps().get(i), partitioned));
      }
      if (of.steps().get(i).action() instanceof Action.Loop loop) {
        boolean isRegion = loop.statement().operation() instanceof Nested.Manual;
        wrapped(
            indent + 4, isRegion ? "of each member:" : "in each of " + step.rounds() + " rounds:");
        loop.body().inputs().forEach(value -> wrapped(indent + 6, "given " + value(value)));
        steps(loop.body(), step.body(), indent + 6);
        loop.body().outputs().stream()
            .map(loop.body()::value)
            .forEach(value -> wrapped(indent + 6, "gives " + value(value)));
      }
    }
  }

  private String instead(Origin.Alternative way) {
    return instead(way, isTimed);
  }

  /** A price in another unit than the table's would mislead, so it is left out. */
  static String instead(Origin.Alternative way, boolean isTimed) {
    String at = way.isTimed() == isTimed ? " at " + PlanTableCells.price(way.cost(), isTimed) : "";
    return "instead " + way.description() + at;
  }

  private List<String> figures(PlanFigures.Step step) {
    List<String> all = new ArrayList<>();
    all.add(PlanTableCells.bytes(step.bytesReceived()));
    all.add(PlanTableCells.bytes(step.bytesSent()));
    all.add(PlanTableCells.bytes(step.lowerBound()));
    all.add(PlanTableCells.operations(step.flops()));
    all.add(PlanTableCells.price(step.price(), isTimed));
    all.add(PlanTableCells.bytes(step.heldBytes()));
    step.schedule().ifPresent(at -> all.add(PlanTableCells.price(at.begin(), isTimed)));
    step.schedule().ifPresent(at -> all.add(PlanTableCells.price(at.exposed(), isTimed)));
    return all;
  }

  /**
   * A line with words at the left and figures at the right edge. Words that leave no room for the
   * figures are written in lines above them.
   */
  private void line(int indent, String words, List<String> figures) {
    StringBuilder right = new StringBuilder();
    figures.forEach(
        figure -> right.append(" ".repeat(Math.max(1, FIGURE - figure.length()))).append(figure));
    int left = WIDTH - right.length();
    if (indent + words.length() > left) {
      wrapped(indent, words);
      text.append(" ".repeat(left));
    } else {
      text.append(" ".repeat(indent)).append(words);
      text.append(" ".repeat(left - indent - words.length()));
    }
    text.append(right.toString().stripTrailing()).append('\n');
  }

  /** Words in lines of the page's width; all lines but the first are indented. */
  private void wrapped(int indent, String words) {
    StringBuilder line = new StringBuilder(" ".repeat(margin(indent)));
    boolean empty = true;
    for (String word : words.split(" ", -1)) {
      String rest = word;
      if (!empty && line.length() + 1 + rest.length() > WIDTH) {
        text.append(line.toString().stripTrailing()).append('\n');
        line = new StringBuilder(" ".repeat(margin(indent + 4)));
        empty = true;
      }
      line.append(empty ? "" : " ");
      while (line.length() + rest.length() > WIDTH) {
        int fits = WIDTH - line.length();
        text.append(line).append(rest, 0, fits).append('\n');
        rest = rest.substring(fits);
        line = new StringBuilder(" ".repeat(margin(indent + 4)));
      }
      line.append(rest);
      empty = false;
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  /** The margin of a nested loop, at most half of the page. */
  private static int margin(int indent) {
    return Math.min(indent, WIDTH / 2);
  }

  /** The description of a step's action, with the names of values that are packed. */
  static String describe(SpmdPlan plan, PlanStep step) {
    String text = describe(step.action(), step.result().layout());
    boolean isPacked = step.action() instanceof Action.AllReduce && step.results().size() > 1;
    if (step.action() instanceof Action.Await) {
      return text + " " + PlanNames.of(plan.value(step.operands().getFirst()));
    }
    return isPacked
        ? text
            + step.results().stream()
                .map(PlanNames::of)
                .collect(Collectors.joining(", ", " of ", ""))
        : text;
  }

  /** The name of the action, with its labels, axes or equation. */
  public static String describe(Action action, Layout after) {
    if (action instanceof Action.Start(Action collective)) {
      return action.op() + " " + describe(collective, after);
    }
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
          case Action.Apply(Statement statement) ->
              statement.operation() instanceof Contraction.Einsum einsum
                  ? " " + einsum.equation()
                  : "";
          case Action.Neighbour neighbour ->
              neighbour.isCollective()
                  ? " with a halo of " + numbers(neighbour.exchanged()) + over
                  : " along a label" + over;
          case Action.Partitioned partitioned ->
              String.format(
                  Locale.ROOT,
                  " by rows%s, bound %s%s",
                  over,
                  bound(partitioned.parts().bound()),
                  pieces(partitioned.parts().pieces()));
          case Action.Start _, Action.Await _ -> "";
          case Action.Windows windows ->
              " "
                  + ((Contraction.Einsum) windows.statement().operation()).equation()
                  + (windows.isScatter()
                      ? ", scattering " + windows.label()
                      : ", gathering " + windows.label() + " of operand " + windows.operand())
                  + over
                  + " in "
                  + after.mesh().size(windows.axes())
                  + (windows.rings().size() > 1 ? " rounds by two rings" : " rounds by a ring");
          case Action.Communicate _ -> over;
          case Action.Loop region when region.statement().operation() instanceof Nested.Manual of ->
              String.format(
                  Locale.ROOT,
                  " over %s of %d steps",
                  of.axes().stream().map(MeshAxis::name).collect(Collectors.joining(".")),
                  region.body().steps().size());
          case Action.Loop loop ->
              String.format(
                  Locale.ROOT,
                  " of %d rounds of %d steps",
                  loop.rounds(),
                  loop.body().steps().size());
        };
  }

  private static String bound(double factor) {
    return factor == Math.rint(factor) ? Long.toString((long) factor) : Double.toString(factor);
  }

  private static String pieces(int count) {
    return count == 1 ? "" : ", in " + count + " pieces";
  }

  private static String numbers(List<Integer> operands) {
    return operands.size() == 1 && operands.getFirst() == 0
        ? "it"
        : "operands " + operands.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  private static String axes(List<String> axes) {
    return String.join(".", axes);
  }
}
