package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.PlannedBlock.Weighted;
import io.github.shardsum.cli.simulate.Prediction.Kind;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Prints the collectives of a step's plans, and the formulas' prediction next to them. */
final class PlannedReport {
  /** The report explains a term whose figures differ by more than this share of the larger. */
  private static final double LARGE = 0.1;

  private PlannedReport() {}

  /**
   * A collective of the plans of one step.
   *
   * @param times the number of times that a step of training runs the collective
   * @param bytes the bytes that the busiest device receives each time
   * @param seconds the time of all executions
   */
  record Used(String name, String block, String term, double times, double bytes, double seconds) {}

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
                      a.block(),
                      a.term(),
                      a.times() + b.times(),
                      a.bytes(),
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
      case "projections and dense layers", "logits" ->
          "products that are bound by memory, and labels that axes do not divide, are in the plan"
              + " only: "
              + flops(forms, name);
      case "attention" -> "the plan multiplies whole scores and keeps them; " + flops(forms, name);
      case "experts" -> "slots are whole in the plan: " + flops(forms, name);
      case "dispatch and combine" ->
          "the plan multiplies by the mask in groups of whole slots and stores it forward and"
              + " backward: "
              + flops(forms, name);
      case "positions in experts" ->
          "the plan repeats the scan with the forward pass; the formula scans once";
      case "elementwise" ->
          "the plan stores all values that products and collectives read, for each copy over"
              + " tensor; the formula counts 16 values of the width per layer: "
              + bytes(forms, name);
      case "optimizer" -> "weights of the largest device, not of the mean one";
      case "spread of slices",
          "bubble of the pipeline",
          "busiest stage",
          "launches by the host",
          "activations between stages" ->
          "a share of the terms above";
      default -> moved(forms, name);
    };
  }

  private static double amount(PlannedForms forms, String name, Predicate<SimulatedStep> which) {
    double sum = 0;
    for (PlannedBlock block : forms.blocks()) {
      double count = block.block().count() / forms.job().layout().pipeline();
      for (Weighted each : block.all(forms.job().rematerialise())) {
        boolean counts = each.step().term().equals(name) && which.test(each.step());
        sum += counts ? count * each.times() * each.step().amount() : 0;
      }
    }
    return sum;
  }

  private static String flops(PlannedForms forms, String name) {
    return String.format(
        Locale.ROOT,
        "%.3g FLOP a device",
        amount(forms, name, step -> step.name().startsWith("einsum")));
  }

  private static String bytes(PlannedForms forms, String name) {
    return String.format(Locale.ROOT, "%,.0f MB a device", amount(forms, name, _ -> true) / 1e6);
  }

  private static String moved(PlannedForms forms, String name) {
    List<Used> used = collectives(forms).stream().filter(each -> each.term().equals(name)).toList();
    if (used.isEmpty()) {
      return "the plan has no such collective";
    }
    double bytes = used.stream().mapToDouble(each -> each.times() * each.bytes()).sum();
    double times = used.stream().mapToDouble(Used::times).sum();
    double seconds = used.stream().mapToDouble(Used::seconds).sum();
    return String.format(
        Locale.ROOT,
        "the plan's %.0f collectives receive %,.0f MB at %.1f GB/s by the busiest link and its"
            + " hops",
        times,
        bytes / 1e6,
        bytes / seconds / 1e9);
  }

  static void print(PlannedForms forms, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%ncollectives of the plan%n%-34s %-26s %7s %9s %10s  %s%n",
        "step",
        "of",
        "times",
        "MB each",
        "ms in all",
        "term");
    for (Used each : collectives(forms)) {
      out.printf(
          Locale.ROOT,
          "%-34s %-26s %7.0f %9.2f %10.3f  %s%n",
          each.name(),
          each.block(),
          each.times(),
          each.bytes() / 1e6,
          1e3 * each.seconds(),
          each.term());
    }
    out.printf(
        Locale.ROOT,
        "%nby the plan and by the formulas of the manual%n%-32s %10s %10s%n",
        "term",
        "plan ms",
        "formula ms");
    for (Compared each : compared(forms)) {
      out.printf(
          Locale.ROOT,
          "%-32s %10.2f %10.2f  %s%n",
          each.name(),
          1e3 * each.plan(),
          1e3 * each.formula(),
          each.reason());
    }
    out.printf(
        Locale.ROOT,
        "%-32s %10.2f %10.2f%n",
        "step",
        1e3 * forms.prediction().seconds(),
        1e3 * forms.closed().seconds());
    out.printf(Locale.ROOT, "%na queue for computation and one for each axis would leave%n");
    for (PlannedBlock block : forms.blocks()) {
      BlockTimeline time = BlockTimeline.of(block.steps());
      out.printf(
          Locale.ROOT,
          "%-26s %10.2f ms, %.2f of them waiting%s%n",
          block.block().name(),
          1e3 * time.seconds(),
          1e3 * time.exposed().values().stream().mapToDouble(Double::doubleValue).sum(),
          time.exposed().isEmpty() ? "" : " for " + String.join(", ", time.exposed().keySet()));
    }
  }

  static void json(PlannedForms forms, ObjectNode answer) {
    ObjectNode plan = answer.putObject("plan");
    plan.put("mesh", forms.programs().getFirst().plan().mesh().notation());
    plan.put("formulaSeconds", forms.closed().seconds());
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
    ArrayNode used = plan.putArray("collectives");
    for (Used each : collectives(forms)) {
      used.addObject()
          .put("name", each.name())
          .put("of", each.block())
          .put("term", each.term())
          .put("times", each.times())
          .put("bytesReceived", each.bytes())
          .put("seconds", each.seconds());
    }
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
