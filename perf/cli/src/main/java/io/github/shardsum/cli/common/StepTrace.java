package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.PlanFigures;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.partition.StepSpan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The times at which devices ran the steps of a plan, with a prediction for each step. A topology
 * predicts collectives; rates of operations and bytes from another run predict local steps.
 */
public final class StepTrace {
  private static final int WORST = 10;
  private static final double NANOS = 1e9;

  private final SpmdPlan plan;
  private final PlanFigures figures;
  private final List<StepSpan> spans;
  private final StepRates rates;

  /**
   * A trace of a run.
   *
   * @param plan the plan that ran
   * @param options the topology that prices collectives, if there is one
   * @param before another run, whose times are the prices of local steps
   * @param spans the run
   */
  public StepTrace(
      SpmdPlan plan, PlanOptions options, List<StepSpan> before, List<StepSpan> spans) {
    this.plan = plan;
    this.figures = plan.figures(options);
    this.spans = List.copyOf(spans);
    this.rates = StepRates.of(before.stream().filter(span -> !isCollective(span)).toList());
  }

  /** A part of the plan, over all its runs and devices. */
  private static final class Part {
    final String name;
    double predicted;
    double measured;
    int count;

    Part(String name) {
      this.name = name;
    }

    double error() {
      return Math.abs(measured - predicted);
    }
  }

  private SpmdPlan planOf(StepSpan span) {
    SpmdPlan at = plan;
    for (int loop : span.within()) {
      at = ((Action.Loop) at.steps().get(loop).action()).body();
    }
    return at;
  }

  private PlanFigures.Step figures(StepSpan span, int step) {
    List<PlanFigures.Step> at = figures.steps();
    for (int loop : span.within()) {
      at = at.get(loop).body();
    }
    return at.get(step);
  }

  private Action action(StepSpan span) {
    return planOf(span).steps().get(span.steps().getFirst()).action();
  }

  private boolean isCollective(StepSpan span) {
    return (action(span) instanceof Action.Partitioned own && span.part().isPresent())
        ? isCollective(own, span.part().getAsInt()) || span.rest()
        : action(span).isCollective();
  }

  private static boolean isCollective(Action.Partitioned own, int part) {
    return switch (own.parts().parts().get(part)) {
      case CompositeParts.Part.Run _, CompositeParts.Part.Overlapped _ -> false;
      default -> true;
    };
  }

  /** The number of collectives of a part among the parts' figures. */
  private static int collectives(Action.Partitioned own, int part) {
    return own.parts().parts().get(part) instanceof CompositeParts.Part.Overlapped overlapped
        ? overlapped.rows().size()
        : isCollective(own, part) ? 1 : 0;
  }

  /** Transfers that a composite overlaps are predicted to end with it. */
  private double predicted(StepSpan span) {
    boolean isExposed = isCollective(span) && !span.rest();
    return (figures.isTimed() && isExposed ? communication(span) : 0) + rates.seconds(span);
  }

  /** The predicted time of a collective by the topology. */
  private double communication(StepSpan span) {
    if (action(span) instanceof Action.Partitioned own && span.part().isPresent()) {
      int before = 0;
      for (int part = 0; part < span.part().getAsInt(); part++) {
        before += collectives(own, part);
      }
      List<PlanFigures.Part> parts = figures(span, span.steps().getFirst()).parts();
      return before < parts.size() ? parts.get(before).price() : 0;
    }
    double seconds = 0;
    for (int step : span.steps()) {
      seconds += figures(span, step).price();
    }
    return seconds;
  }

  /**
   * The trace: a process for each device, with one thread for measured and one for predicted times,
   * each from 0.
   *
   * @param run number of the run, from 1, if there were several runs
   * @return Chrome's trace format
   */
  public String json(OptionalInt run) {
    ObjectNode trace = JsonAnswer.object().put("displayTimeUnit", "ms");
    run.ifPresent(number -> trace.putObject("otherData").put("run", number));
    ArrayNode events = trace.putArray("traceEvents");
    long first = spans.stream().mapToLong(StepSpan::begin).min().orElse(0);
    Map<Integer, Double> at = new LinkedHashMap<>();
    for (StepSpan span : spans) {
      if (!at.containsKey(span.device())) {
        at.put(span.device(), 0.0);
        name(events, "process_name", span.device(), 0, "device " + span.device());
        name(events, "thread_name", span.device(), 0, "measured");
        name(events, "thread_name", span.device(), 1, "predicted");
      }
      double seconds = predicted(span);
      double begin = at.merge(span.device(), seconds, Double::sum) - seconds;
      event(events, span, 0, (span.begin() - first) / 1e3, span.nanoseconds() / 1e3, seconds);
      event(events, span, 1, begin * 1e6, seconds * 1e6, seconds);
    }
    return JsonAnswer.text(trace);
  }

  private static void name(ArrayNode events, String kind, int device, int thread, String name) {
    events
        .addObject()
        .put("name", kind)
        .put("ph", "M")
        .put("pid", device)
        .put("tid", thread)
        .putObject("args")
        .put("name", name);
  }

  private void event(
      ArrayNode events, StepSpan span, int thread, double begin, double micros, double predicted) {
    ObjectNode event =
        events
            .addObject()
            .put("name", span.name())
            .put("cat", isCollective(span) ? "collective" : "local")
            .put("ph", "X")
            .put("pid", span.device())
            .put("tid", thread)
            .put("ts", begin)
            .put("dur", micros);
    ObjectNode arguments = event.putObject("args");
    ArrayNode steps = arguments.putArray("steps");
    span.steps().forEach(steps::add);
    ArrayNode within = arguments.putArray("within");
    span.within().forEach(within::add);
    span.part().ifPresent(part -> arguments.put("part", part));
    arguments.put("flops", span.flops()).put("bytes", span.bytes());
    arguments.put("predictedMicroseconds", predicted * 1e6);
    arguments.put("measuredMicroseconds", span.nanoseconds() / 1e3);
  }

  /**
   * The ten parts of the plan whose prediction is furthest off, and the whole.
   *
   * @return lines of text with the times of one device
   */
  public String summary() {
    Map<List<Object>, Part> parts = new LinkedHashMap<>();
    long devices = spans.stream().mapToInt(StepSpan::device).distinct().count();
    for (StepSpan span : spans) {
      Part part =
          parts.computeIfAbsent(
              List.of(span.within(), span.steps(), span.part(), span.name()),
              _ -> new Part(span.name()));
      part.measured += span.nanoseconds() / NANOS;
      part.predicted += predicted(span);
      part.count++;
    }
    List<Part> worst = new ArrayList<>(parts.values());
    worst.sort(Comparator.comparingDouble(Part::error).reversed());
    StringBuilder text =
        new StringBuilder(
            format("%14s  %14s  %7s  step%n", "measured ms", "predicted ms", "ratio"));
    for (Part part : worst.subList(0, Math.min(WORST, worst.size()))) {
      text.append(line(part.measured / part.count, part.predicted / part.count, part.name));
    }
    double measured = parts.values().stream().mapToDouble(part -> part.measured).sum();
    double predicted = parts.values().stream().mapToDouble(part -> part.predicted).sum();
    return text.append(
            line(measured / Math.max(1, devices), predicted / Math.max(1, devices), "in all"))
        .toString();
  }

  private static String line(double measured, double predicted, String name) {
    return format(
        "%14.3f  %14.3f  %7.2f  %s%n",
        measured * 1e3, predicted * 1e3, measured == 0 ? 1 : predicted / measured, name);
  }
}
