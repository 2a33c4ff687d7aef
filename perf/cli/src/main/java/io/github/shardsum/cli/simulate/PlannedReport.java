package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.simulate.PlannedBlock.Weighted;
import io.github.shardsum.cli.simulate.Prediction.Kind;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Prints the collectives of a step's plans, and the formulas' prediction next to them. */
final class PlannedReport {
  /** The time to believe. */
  static final String BELIEVE =
      "The plan's step is the prediction: it has the chunks and collectives of this layout. The"
          + " formulas, which published steps were compared with, are its check.";

  /** The report explains a term whose figures differ by more than this share of the larger. */
  private static final double LARGE = 0.1;

  private PlannedReport() {}

  /**
   * A collective of the plans of one step.
   *
   * @param times the number of times that a step of training runs the collective
   * @param bytesReceived the bytes that the busiest device receives each time
   * @param seconds the time of all executions
   */
  record Used(
      String name, String of, String term, double times, double bytesReceived, double seconds) {}

  /**
   * A term by the plan and by the formula.
   *
   * @param reason the reason of the difference; empty if it is less than a tenth
   */
  record Compared(String name, double plan, double formula, String reason) {}

  static List<Used> collectives(PlannedForms forms) {
    Map<String, Used> all = new LinkedHashMap<>();
    for (PlannedBlock block : forms.blocks()) {
      double count = block.block().count() / forms.job().layout().pipeline();
      for (Weighted each : block.all(forms.job().rematerialise())) {
        SimulatedStep step = each.step();
        if (step.collective() && each.times() > 0) {
          Used one =
              new Used(
                  step.name(),
                  block.block().name(),
                  step.term(),
                  count * each.times(),
                  step.amount(),
                  count * each.times() * step.seconds());
          all.merge(
              step.name() + block.block().name() + step.term() + step.amount(),
              one,
              (a, b) ->
                  new Used(
                      a.name(),
                      a.of(),
                      a.term(),
                      a.times() + b.times(),
                      a.bytesReceived(),
                      a.seconds() + b.seconds()));
        }
      }
    }
    return List.copyOf(all.values());
  }

  static List<Compared> compared(PlannedForms forms) {
    Set<String> names = new LinkedHashSet<>();
    forms.prediction().terms().forEach(term -> names.add(term.name()));
    forms.closed().terms().forEach(term -> names.add(term.name()));
    List<Compared> all = new ArrayList<>();
    for (String name : names) {
      double plan = PlannedForms.seconds(forms.prediction(), name);
      double formula = PlannedForms.seconds(forms.closed(), name);
      boolean large = Math.abs(plan - formula) > LARGE * Math.max(plan, formula);
      all.add(new Compared(name, plan, formula, large ? reason(forms, name) : ""));
    }
    return all;
  }

  private static String reason(PlannedForms forms, String name) {
    return switch (name) {
      case "projections and dense layers",
          "logits",
          "attention",
          "experts",
          "dispatch and combine" ->
          products(forms, name);
      case "positions in experts" ->
          "the plan repeats the scan with the forward pass; the formula scans once";
      case "elementwise" ->
          "the plan stores all values that products and collectives read, for each copy over"
              + " tensor; the formula counts 16 values of the width per layer: "
              + bytes(forms, name);
      case "optimizer" -> "weights of the largest device; the formula splits them evenly";
      case "spread of slices",
          "bubble of the pipeline",
          "busiest stage",
          "launches by the host",
          "activations between stages" ->
          "a share of the terms above";
      default -> moved(forms, name);
    };
  }

  private static double sum(
      PlannedForms forms, String name, ToDoubleFunction<SimulatedStep> figure) {
    double sum = 0;
    for (PlannedBlock block : forms.blocks()) {
      double count = block.block().count() / forms.job().layout().pipeline();
      for (Weighted each : block.all(forms.job().rematerialise())) {
        boolean counts = each.step().term().equals(name);
        sum += counts ? count * each.times() * figure.applyAsDouble(each.step()) : 0;
      }
    }
    return sum;
  }

  private static String products(PlannedForms forms, String name) {
    double flops = sum(forms, name, SimulatedStep::flopSeconds);
    return format(
        "FLOPs of the plan's products take %.2f ms; memory adds %.2f",
        1e3 * flops, 1e3 * (PlannedForms.seconds(forms.prediction(), name) - flops));
  }

  private static String bytes(PlannedForms forms, String name) {
    double bytes = sum(forms, name, SimulatedStep::amount);
    return format("%,.0f MB a device", bytes / 1e6);
  }

  /** A line about weights that the largest device has beyond an even split; empty below 1 %. */
  static Optional<String> beyondEvenSplit(PlannedForms forms) {
    Map<String, Double> beyond = forms.beyondEvenSplit();
    double more = beyond.values().stream().mapToDouble(Double::doubleValue).sum();
    double own = forms.prediction().bytes().getOrDefault("weights, f32", 0.0);
    if (more < 0.01 * own) {
      return Optional.empty();
    }
    return Optional.of(
        format(
            "an even split of the weights has %,.1f MB; axes that do not split a part, or not"
                + " evenly, add %s",
            (own - more) / 1e6,
            beyond.entrySet().stream()
                .filter(part -> part.getValue() > 0.001 * own)
                .map(part -> format("%,.1f for %s", part.getValue() / 1e6, part.getKey()))
                .collect(Collectors.joining(", "))));
  }

  private static String moved(PlannedForms forms, String name) {
    List<Used> used = collectives(forms).stream().filter(each -> each.term().equals(name)).toList();
    if (used.isEmpty()) {
      return "the plan has no such collective";
    }
    double bytes = used.stream().mapToDouble(each -> each.times() * each.bytesReceived()).sum();
    double times = used.stream().mapToDouble(Used::times).sum();
    double seconds = used.stream().mapToDouble(Used::seconds).sum();
    return format(
        "the plan's %.0f collectives receive %,.0f MB at %.1f GB/s by the busiest link and its"
            + " hops",
        times, bytes / 1e6, bytes / seconds / 1e9);
  }

  static void print(PlannedForms forms, PrintWriter out) {
    out.print(
        format(
            "%ncollectives of the plan%n%-34s %-26s %7s %9s %10s  %s%n",
            "step", "of", "times", "MB each", "ms in all", "term"));
    for (Used each : collectives(forms)) {
      out.print(
          format(
              "%-34s %-26s %7.0f %9.2f %10.3f  %s%n",
              each.name(),
              each.of(),
              each.times(),
              each.bytesReceived() / 1e6,
              1e3 * each.seconds(),
              each.term()));
    }
    out.print(
        format(
            "%nby the plan and by the formulas of the manual%n%s%n%-32s %10s %10s%n",
            BELIEVE, "term", "plan ms", "formula ms"));
    for (Compared each : compared(forms)) {
      out.print(
          format(
              "%-32s %10.2f %10.2f  %s%n",
              each.name(), 1e3 * each.plan(), 1e3 * each.formula(), each.reason()));
    }
    out.print(
        format(
            "%-32s %10.2f %10.2f%n",
            "step", 1e3 * forms.prediction().seconds(), 1e3 * forms.closed().seconds()));
    out.print(format("%na queue for computation and one for each axis would leave%n"));
    for (PlannedBlock block : forms.blocks()) {
      BlockTimeline time = BlockTimeline.of(block.steps());
      out.print(
          format(
              "%-26s %10.2f ms, %.2f of them waiting%s%n",
              block.block().name(),
              1e3 * time.seconds(),
              1e3 * time.exposed().values().stream().mapToDouble(Double::doubleValue).sum(),
              time.exposed().isEmpty()
                  ? ""
                  : " for " + String.join(", ", time.exposed().keySet())));
    }
  }

  static void json(PlannedForms forms, ObjectNode answer) {
    ObjectNode plan = answer.putObject("plan");
    plan.put("mesh", forms.programs().getFirst().plan().mesh().notation());
    plan.put("formulaSeconds", forms.closed().seconds());
    plan.set("weightBytesBeyondEvenSplit", JsonAnswer.tree(forms.beyondEvenSplit()));
    ArrayNode blocks = plan.putArray("parts");
    for (PlannedBlock block : forms.blocks()) {
      BlockTimeline time = BlockTimeline.of(block.steps());
      blocks
          .addObject()
          .put("name", block.block().name())
          .put("count", block.block().count())
          .put("steps", block.steps().size())
          .put("computeSeconds", block.seconds(Kind.COMPUTE))
          .put("collectiveSeconds", block.seconds(Kind.COLLECTIVE))
          .put("timelineSeconds", time.seconds());
    }
    plan.set("collectives", JsonAnswer.tree(collectives(forms)));
    ArrayNode compared = plan.putArray("compared");
    for (Compared each : compared(forms)) {
      ObjectNode one =
          compared
              .addObject()
              .put("term", each.name())
              .put("planSeconds", each.plan())
              .put("formulaSeconds", each.formula());
      if (!each.reason().isEmpty()) {
        one.put("reason", each.reason());
      }
    }
  }
}
