package io.github.shardsum.cli.simulate;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.simulate.Prediction.Kind;
import io.github.shardsum.cli.simulate.Prediction.Term;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Prints one prediction. */
final class PredictionReport {
  private PredictionReport() {}

  static void print(PlannedPrediction planning, double eta, double tokens, PrintWriter out) {
    Prediction prediction = planning.prediction();
    Job job = prediction.job();
    out.print(
        format(
            "%s: %,d weights, %,d in experts%n",
            job.model().name(), job.model().weights(), job.model().allExpertWeights()));
    out.print(
        format(
            "%d devices %s, %s, %,.0f tokens a step, %s%n",
            job.machine().devices(),
            job.machine().family().name(),
            job.layout().notation(),
            job.tokens(),
            job.precision()));
    planning.forms().ifPresent(forms -> found(forms, out));
    bytes(prediction, out);
    planning.forms().flatMap(PlannedReport::beyondEvenSplit).ifPresent(out::println);
    terms(prediction, out);
    out.print(
        format(
            "%n%,.0f tokens/s, %.1f TFLOP/s a device, utilisation %.1f %%%n",
            prediction.tokensPerSecond(),
            prediction.flopsPerSecond() / 1e12,
            100 * prediction.utilisation()));
    out.print(
        format(
            "%.3g tokens: %.2f days, %.2f %s-years%n",
            tokens,
            prediction.daysFor(tokens),
            prediction.deviceYearsFor(tokens),
            job.machine().perChip() > 1 ? "core" : "device"));
    if (planning.forms().isPresent()) {
      PlannedReport.print(planning.forms().get(), out);
    } else {
      out.print(format("%nby formulas, without a plan: %s%n", planning.reason()));
    }
    out.print(format("%nassumptions%n"));
    out.print(
        format(
            "  large products reach %.2f of peak (%s); affects all products%n",
            eta, job.machine().family().source()));
    job.assumptions().forEach(each -> out.println("  " + each));
    Assumption.sentences().forEach(each -> out.println("  " + each));
    out.flush();
  }

  /** Found layouts that are better than the usual ones. */
  private static void found(PlannedForms forms, PrintWriter out) {
    forms
        .found()
        .forEach(
            (part, layouts) -> {
              out.println("layouts found of " + part);
              layouts.forEach((name, layout) -> out.println("  " + name + "=" + layout));
            });
  }

  private static void bytes(Prediction prediction, PrintWriter out) {
    out.print(format("%n%-32s %10s%n", "memory of a device", "MB"));
    prediction
        .bytes()
        .forEach((name, size) -> out.print(format("%-32s %,10.0f%n", name, size / 1e6)));
    double all = all(prediction);
    Machine machine = prediction.job().machine();
    double memory = machine.family().memory() / machine.perChip();
    out.print(
        format(
            "%-32s %,10.0f of %,.0f%s%n",
            "in all", all / 1e6, memory / 1e6, all > memory ? ": does not fit" : ""));
  }

  private static double all(Prediction prediction) {
    return prediction.bytes().values().stream().mapToDouble(Double::doubleValue).sum();
  }

  private static void terms(Prediction prediction, PrintWriter out) {
    out.print(format("%n%-32s %10s %10s %7s%n", "step", "alone ms", "exposed ms", "share"));
    for (Kind kind : Kind.values()) {
      prediction.terms().stream()
          .filter(each -> each.kind() == kind)
          .forEach(each -> term(each, prediction.seconds(), out));
    }
    term(
        new Term("in all", Kind.OTHER, alone(prediction), prediction.seconds()),
        prediction.seconds(),
        out);
  }

  private static double alone(Prediction prediction) {
    return prediction.terms().stream().mapToDouble(Term::seconds).sum();
  }

  private static void term(Term term, double all, PrintWriter out) {
    out.print(
        format(
            "%-32s %10.2f %10.2f %5.1f %%%n",
            term.name(), term.seconds() * 1e3, term.exposed() * 1e3, 100 * term.exposed() / all));
  }

  static String json(PlannedPrediction planning, double eta, double tokens, List<String> proved) {
    Prediction prediction = planning.prediction();
    Job job = prediction.job();
    ObjectNode answer = JsonAnswer.object();
    answer
        .put("model", job.model().name())
        .put("weights", job.model().weights())
        .put("devices", job.machine().devices())
        .put("family", job.machine().family().name())
        .put("eta", eta)
        .put("stepSeconds", prediction.seconds())
        .put("tokensPerStep", job.tokens())
        .put("tokensPerSecond", prediction.tokensPerSecond())
        .put("flopsPerSecond", prediction.flopsPerSecond())
        .put("utilisation", prediction.utilisation())
        .put("tokens", tokens)
        .put("days", prediction.daysFor(tokens))
        .put("deviceYears", prediction.deviceYearsFor(tokens));
    ArrayNode terms = answer.putArray("terms");
    for (Term term : prediction.terms()) {
      terms
          .addObject()
          .put("name", term.name())
          .put("kind", term.kind().name().toLowerCase(Locale.ROOT))
          .put("seconds", term.seconds())
          .put("exposedSeconds", term.exposed());
    }
    answer.set("bytes", JsonAnswer.tree(prediction.bytes()));
    answer.put("layout", job.layout().notation());
    if (planning.forms().isPresent()) {
      answer.set("layoutsFound", JsonAnswer.tree(planning.forms().get().found()));
      PlannedReport.json(planning.forms().get(), answer);
    } else {
      answer.put("notPlanned", planning.reason());
    }
    if (!proved.isEmpty()) {
      answer.set("certificates", JsonAnswer.tree(proved));
    }
    ArrayNode assumptions = answer.putArray("assumptions");
    job.assumptions().forEach(assumptions::add);
    Assumption.sentences().forEach(assumptions::add);
    return JsonAnswer.text(answer);
  }
}
