package io.github.shardsum.internal.partition.text;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanFigures;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Statement;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** A plan of one einsum or reshard as JSON, for programs. */
public final class PlanJson {
  private final SpmdPlan plan;
  private final PlanFigures figures;

  /** The name of a price, which is its unit. */
  private final String price;

  private PlanJson(SpmdPlan plan, PlanFigures figures) {
    this.plan = plan;
    this.figures = figures;
    this.price = price(figures.isTimed());
  }

  private static String price(boolean isTimed) {
    return isTimed ? "\"seconds\":" : "\"price\":";
  }

  /**
   * The text.
   *
   * @param options the options of its prices
   * @return an object on one line
   */
  public static String of(SpmdPlan plan, PlanOptions options) {
    return new PlanJson(plan, plan.figures(options)).text();
  }

  private String text() {
    return String.format(
        Locale.ROOT,
        "{\"steps\":%s,\"localShapes\":%s,\"elementsReceived\":%d,\"flops\":%s,\"peakElements\":%d,\"peakBytes\":%d,%s%s,\"plan\":%s}",
        steps(plan, figures.steps()),
        localShapes(),
        figures.elementsReceived(),
        number(figures.flops()),
        figures.peakElements(),
        figures.peakBytes(),
        price,
        figures.price(),
        PlanWriter.of(plan));
  }

  private String steps(SpmdPlan of, List<PlanFigures.Step> steps) {
    StringJoiner text = new StringJoiner(",", "[", "]");
    for (int i = 0; i < steps.size(); i++) {
      text.add(step(of, i, steps.get(i)));
    }
    return text.toString();
  }

  /** Adds a step's figures, which all steps have. */
  private void figures(PlanFigures.Step step, StringJoiner text) {
    text.add("\"step\":" + quoted(step.text()));
    text.add("\"for\":" + quoted(step.group()));
    text.add("\"localShapes\":" + quoted(step.localShapes()));
    text.add("\"bytesReceived\":" + step.bytesReceived());
    text.add("\"bytesSent\":" + step.bytesSent());
    text.add("\"lowerBoundBytes\":" + step.lowerBound());
    text.add("\"flops\":" + number(step.flops()));
    text.add(price + step.price());
    step.schedule()
        .ifPresent(
            at ->
                text.add("\"lane\":" + quoted(at.isTransfer() ? "links" : "compute"))
                    .add("\"begin\":" + at.begin())
                    .add("\"end\":" + at.end())
                    .add("\"exposed\":" + at.exposed()));
    text.add("\"liveBytes\":" + step.heldBytes());
    text.add("\"because\":" + quoted(step.cause()));
    step.runnerUp()
        .ifPresent(
            way ->
                text.add(
                    String.format(
                        Locale.ROOT,
                        "\"runnerUp\":{\"steps\":%s,%s%s}",
                        quoted(way.description()),
                        price(way.isTimed()),
                        Double.toString(way.cost()))));
  }

  private static String bubbles(List<PipelineRounds> pipelines) {
    StringJoiner all = new StringJoiner(",", "[", "]");
    for (PipelineRounds pipeline : pipelines) {
      all.add(
          String.format(
              Locale.ROOT,
              "{\"rounds\":%d,\"of\":%d,\"stages\":%d,%s}",
              pipeline.bubble(),
              pipeline.rounds(),
              pipeline.stages(),
              axes(pipeline.axes())));
    }
    return all.toString();
  }

  private static String number(double whole) {
    return whole < 9e15 ? Long.toString((long) whole) : Double.toString(whole);
  }

  private String step(SpmdPlan plan, int index, PlanFigures.Step figures) {
    PlanStep step = plan.steps().get(index);
    StringJoiner text = new StringJoiner(",", "{", "}");
    text.add("\"op\":" + quoted(step.action().op()));
    if (step.action() instanceof Action.Neighbour neighbour) {
      text.add("\"operands\":" + names(step.operands().stream().map(plan::value).toList()));
      text.add("\"results\":" + names(step.results()));
      text.add(axes(neighbour.axes())).add("\"exchanged\":" + neighbour.exchanged());
      text.add("\"elementsReceived\":" + plan.elementsReceived(index));
    } else if (step.action() instanceof Action.Partitioned partitioned) {
      text.add("\"operands\":" + names(step.operands().stream().map(plan::value).toList()));
      text.add("\"results\":" + names(step.results())).add(axes(partitioned.groupAxes()));
      text.add("\"bound\":" + partitioned.parts().bound());
      text.add("\"parts\":" + parts(figures));
      text.add("\"elementsReceived\":" + plan.elementsReceived(index));
    } else if (step.action() instanceof Action.Communicate communicate) {
      text.add("\"operands\":" + names(step.operands().stream().map(plan::value).toList()));
      text.add("\"results\":" + names(step.results())).add(axes(communicate.groupAxes()));
      text.add("\"elementsReceived\":" + plan.elementsReceived(index));
    } else if (step.action() instanceof Action.Start(Action collective)) {
      StringJoiner started = new StringJoiner(",", "{", "}");
      started.add("\"op\":" + quoted(collective.op()));
      details(collective, step, started);
      text.add("\"collective\":" + started).add("\"operand\":" + name(step.result()));
      text.add("\"elementsReceived\":" + plan.elementsReceived(index));
    } else if (step.action() instanceof Action.Windows windows) {
      int rounds = plan.mesh().size(windows.axes());
      text.add("\"operands\":" + names(step.operands().stream().map(plan::value).toList()));
      text.add("\"results\":" + names(step.results()));
      text.add(windows.isScatter() ? "\"scatters\":true" : "\"gathers\":" + windows.operand());
      text.add(label(windows.label())).add(axes(windows.axes()));
      text.add("\"rounds\":" + rounds).add("\"rings\":" + windows.rings().size());
      text.add("\"flopsEachRound\":" + number(Math.ceil(plan.flops(index) / rounds)));
      text.add("\"elementsReceived\":" + plan.elementsReceived(index));
    } else if (step.action() instanceof Action.Await) {
      text.add("\"of\":" + step.operands().getFirst());
    } else if (!step.action().isCollective() && !(step.action() instanceof Action.Slice)) {
      if (step.action() instanceof Action.Apply(Statement statement)
          && statement.operation() instanceof Contraction.Einsum einsum) {
        text.add("\"equation\":" + quoted(einsum.equation().toString()));
      }
      // An equation of at most two operands says which ones its einsum reads.
      boolean isEquation =
          !plan.inputs().isEmpty() && plan.inputs().stream().allMatch(PlanNames::isNumber);
      if (!isEquation || plan.inputs().size() > 2) {
        text.add("\"operands\":" + names(step.operands().stream().map(plan::value).toList()));
      }
      if (!isEquation) {
        text.add("\"results\":" + names(step.results()));
      }
      if (step.action() instanceof Action.Loop loop) {
        text.add("\"rounds\":" + loop.rounds());
        List<PipelineRounds> pipelines = PipelineRounds.of(plan, index);
        if (!pipelines.isEmpty()) {
          text.add("\"bubbles\":" + bubbles(pipelines));
        }
        text.add("\"body\":" + steps(loop.body(), figures.body()));
      }
    } else {
      text.add(
          step.results().size() == 1
              ? "\"operand\":" + name(step.result())
              : "\"operands\":" + names(step.results()));
      details(step.action(), step, text);
      text.add("\"elementsReceived\":" + plan.elementsReceived(index));
    }
    figures(figures, text);
    return text.toString();
  }

  private String parts(PlanFigures.Step step) {
    return step.parts().stream()
        .map(
            part ->
                String.format(
                    Locale.ROOT,
                    "{\"part\":%s,\"bytesReceived\":%d,\"mostBytesReceived\":%d,%s%s}",
                    quoted(part.name()),
                    part.bytesReceived(),
                    part.mostBytesReceived(),
                    price,
                    Double.toString(part.price())))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String names(List<PlannedValue> values) {
    return values.stream().map(PlanJson::name).collect(Collectors.joining(",", "[", "]"));
  }

  private static void details(Action action, PlanStep step, StringJoiner text) {
    switch (action) {
      case Action.Slice slice -> text.add(label(slice.label())).add(axes(slice.axes()));
      case Action.AllGather gather -> text.add(label(gather.label())).add(axes(gather.axes()));
      case Action.AllReduce reduce -> {
        text.add(axes(reduce.axes()));
        if (reduce.by() != ReduceKind.SUM) {
          text.add("\"by\":" + quoted(reduce.by().name().toLowerCase(Locale.ROOT)));
        }
      }
      case Action.ReduceScatter scatter ->
          text.add(label(scatter.label())).add(axes(scatter.axes()));
      case Action.AllToAll all ->
          text.add("\"from\":" + quoted(all.from()))
              .add("\"to\":" + quoted(all.to()))
              .add(axes(all.axes()));
      case Action.CollectivePermute permute ->
          text.add(axes(permute.axes()))
              .add("\"layout\":" + quoted(step.result().layout().toString()));
      case Action.Exchange exchange ->
          text.add(label(exchange.label()))
              .add(axes(exchange.axes()))
              .add("\"layout\":" + quoted(step.result().layout().toString()));
      case Action.Apply _, Action.Neighbour _, Action.Loop _ -> {}
      case Action.Start _, Action.Await _, Action.Communicate _ -> {}
      case Action.Windows _, Action.Partitioned _ -> {}
    }
  }

  private static String label(String label) {
    return "\"label\":" + quoted(label);
  }

  private static String axes(List<String> axes) {
    return "\"axes\":"
        + axes.stream().map(PlanJson::quoted).collect(Collectors.joining(",", "[", "]"));
  }

  /** Names an operand by its number, and any other value by its name. */
  private static String name(PlannedValue value) {
    return PlanNames.isNumber(value) ? value.programName() : quoted(value.programName());
  }

  private String localShapes() {
    List<String> operands = new ArrayList<>();
    for (int input = 0; input < plan.inputs().size(); input++) {
      operands.add(shape(met(input)));
    }
    List<String> results = plan.outputs().stream().map(plan::value).map(PlanJson::shape).toList();
    return String.format(
        Locale.ROOT,
        "{\"operands\":[%s],%s}",
        String.join(",", operands),
        results.size() == 1
            ? "\"result\":" + results.getFirst()
            : "\"results\":[" + String.join(",", results) + "]");
  }

  /**
   * An input of a program or a reshard in its own layout, an operand of an einsum in the layout in
   * which the einsum reads it. Such an operand has a number as its name.
   */
  private PlannedValue met(int input) {
    boolean isOperand =
        PlanNames.isNumber(plan.value(input))
            && plan.steps().stream().anyMatch(step -> step.action() instanceof Action.Apply);
    int value = input;
    for (int step = 0; isOperand && step < plan.steps().size(); step++) {
      PlanStep at = plan.steps().get(step);
      if (at.operands().contains(value) && at.result().name().equals(plan.value(input).name())) {
        value = plan.number(step);
      }
    }
    return plan.value(value);
  }

  private static String shape(PlannedValue value) {
    Shape largest = value.layout().largestShape(value.shape());
    StringJoiner sizes = new StringJoiner(",", "[", "]");
    for (int dim = 0; dim < largest.rank(); dim++) {
      sizes.add(Long.toString(largest.size(dim)));
    }
    return sizes.toString();
  }

  private static String quoted(String text) {
    return Json.quoted(text);
  }
}
