package io.github.shardsum.lab.simulate;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.simulate.Assumption;
import io.github.shardsum.cli.simulate.ClosedForms;
import io.github.shardsum.cli.simulate.DeviceFamily;
import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.cli.simulate.PlannedPrediction;
import io.github.shardsum.cli.simulate.Prediction;
import io.github.shardsum.lab.simulate.Holdout.Score;
import io.github.shardsum.lab.simulate.MeasurementTable.Row;
import io.github.shardsum.lab.simulate.TableRowJobs.Refused;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Prints a {@link Holdout}. */
public final class HoldoutReport {
  private HoldoutReport() {}

  static void print(Holdout holdout, PrintWriter out) {
    out.print(
        format(
            "%5s %-22s %-6s %7s %11s %11s %8s %8s  %s%n",
            "line",
            "model",
            "device",
            "devices",
            "predicted s",
            "measured s",
            "time",
            "rate",
            "largest term"));
    holdout.scores().forEach(each -> row(each, out));
    refused(holdout.refused(), out);
    groups(holdout, out);
    fits(holdout, out);
    correlations(holdout, out);
    contrasts(holdout, out);
    assumptions(holdout, out);
    out.flush();
  }

  private static void row(Score score, PrintWriter out) {
    Prediction.Term most = score.prediction().dominating();
    out.print(
        format(
            "%5d %-22s %-6s %7d %11.3f %11.3f %+6.1f %% %+6.1f %%  %s %.0f %%%s%n",
            score.row().row().line(),
            score.row().job().model().name(),
            score.family(),
            score.row().job().machine().devices(),
            score.prediction().seconds(),
            score.row().seconds(),
            100 * score.timeError(),
            100 * score.rateError(),
            most.name(),
            100 * most.exposed() / score.prediction().seconds(),
            score.row().guessed() ? " (with a guess)" : ""));
  }

  private static void refused(List<Refused> rows, PrintWriter out) {
    if (!rows.isEmpty()) {
      out.print(format("%nnot planned%n"));
    }
    for (Refused each : rows) {
      Row row = each.row();
      out.print(format("%5d %-22s %s%n", row.line(), shortened(row.cell("model")), each.reason()));
    }
  }

  private static String shortened(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }

  private static void groups(Holdout holdout, PrintWriter out) {
    out.print(
        format(
            "%nmean absolute errors in percent%n%-26s %5s %6s %9s %6s %22s%n",
            "group", "rows", "time", "left out", "rate", "median of others, rate"));
    holdout.groups().forEach((name, group) -> group(name, group, out));
  }

  private static void group(String name, List<Score> group, PrintWriter out) {
    List<Double> apart =
        group.stream().flatMap(each -> each.apart().stream()).map(Math::abs).toList();
    out.print(
        format(
            "%-26s %5d %6s %9s %6s %22s%n",
            name,
            group.size(),
            percent(error(group, Score::timeError)),
            percent(PredictionStatistics.mean(apart)),
            percent(error(group, Score::rateError)),
            percent(error(group, Score::baseline))));
  }

  static double error(List<Score> group, ToDoubleFunction<Score> error) {
    return PredictionStatistics.mean(
        group.stream().map(each -> Math.abs(error.applyAsDouble(each))).toList());
  }

  private static String percent(double value) {
    return Double.isNaN(value) ? "-" : format("%.1f", 100 * value);
  }

  private static void fits(Holdout holdout, PrintWriter out) {
    out.print(format("%nattainable share of peak%n"));
    holdout
        .fits()
        .forEach(
            (name, fit) ->
                out.print(
                    format(
                        "%-8s %.3f  %s%s%s%n",
                        name,
                        fit.eta(),
                        fit.source(),
                        fit.rows() == 0 ? "" : ": " + fit.rows(),
                        fit.eta() > 1 || fit.eta() < 0.6
                            ? "; outside of 0.6 to 1: a convention of the rows may be read wrong"
                            : "")));
  }

  private static void correlations(Holdout holdout, PrintWriter out) {
    Map<String, Holdout.Ranks> correlations = holdout.correlations();
    if (correlations.isEmpty()) {
      return;
    }
    out.print(
        format(
            "%nrank correlation of the time per token over the layouts of one model; layouts"
                + " that mix"
                + " tensor, expert and pipeline axes on GPUs are not ordered well%n"));
    correlations.forEach(
        (name, ranks) ->
            out.print(format("%-32s %2d rows  %s%n", name, ranks.rows(), correlation(ranks))));
  }

  private static String correlation(Holdout.Ranks ranks) {
    return Double.isNaN(ranks.correlation()) ? "all equal" : format("%.2f", ranks.correlation());
  }

  private static void assumptions(Holdout holdout, PrintWriter out) {
    out.print(format("%nassumptions%n"));
    Map<String, Integer> rows = new TreeMap<>();
    holdout
        .scores()
        .forEach(
            each ->
                each.row()
                    .job()
                    .assumptions()
                    .forEach(sentence -> rows.merge(sentence, 1, Integer::sum)));
    rows.forEach((sentence, count) -> out.print(format("%4d rows: %s%n", count, sentence)));
    moving(holdout)
        .forEach(
            sentence -> out.print(format("%4d rows: %s%n", holdout.scores().size(), sentence)));
  }

  private static List<String> moving(Holdout holdout) {
    List<Job> jobs = holdout.scores().stream().map(each -> each.row().job()).toList();
    List<Double> eta = holdout.scores().stream().map(each -> holdout.eta(each.family())).toList();
    return Arrays.stream(Assumption.values()).map(each -> each.moving(jobs, eta)).toList();
  }

  private static void contrasts(Holdout holdout, PrintWriter out) {
    List<PredictionContrast> contrasts = PredictionContrast.of(holdout.scores());
    if (contrasts.isEmpty()) {
      return;
    }
    out.print(
        format(
            "%npairs of rows of one model that differ in one property: time per token of the second"
                + " row over that of the first%n%-28s %5s %9s %9s  %s%n",
            "property", "lines", "predicted", "measured", "sign"));
    for (PredictionContrast each : contrasts) {
      out.print(
          format(
              "%-28s %3d, %3d %9.3f %9.3f  %s%n",
              each.name(),
              each.from().row().row().line(),
              each.to().row().row().line(),
              each.predicted(),
              each.measured(),
              sign(each)));
    }
    long ties = contrasts.stream().filter(PredictionContrast::tie).count();
    long right = contrasts.stream().filter(PredictionContrast::right).count();
    out.print(
        format(
            "of %d pairs %d with the right sign, %d ties, %d wrong%n",
            contrasts.size(), right, ties, contrasts.size() - right - ties));
  }

  private static String sign(PredictionContrast contrast) {
    return contrast.tie() ? "tie" : contrast.right() ? "right" : "wrong";
  }

  /** The report as one JSON object. */
  static String json(Holdout holdout) {
    ObjectNode answer = JsonAnswer.object();
    ArrayNode rows = answer.putArray("rows");
    for (Score score : holdout.scores()) {
      rows.addObject()
          .put("line", score.row().row().line())
          .put("model", score.row().job().model().name())
          .put("family", score.family())
          .put("kind", score.kind())
          .put("devices", score.row().job().machine().devices())
          .put("predictedSeconds", score.prediction().seconds())
          .put("measuredSeconds", score.row().seconds())
          .put("timeError", score.timeError())
          .put("rateError", score.rateError())
          .put("largestTerm", score.prediction().dominating().name())
          .put("guessed", score.row().guessed());
    }
    ArrayNode refused = answer.putArray("refused");
    for (Refused each : holdout.refused()) {
      refused.addObject().put("line", each.row().line()).put("reason", each.reason());
    }
    ArrayNode groups = answer.putArray("groups");
    new ArrayList<>(holdout.groups().entrySet())
        .forEach(each -> json(groups.addObject(), each.getKey(), each.getValue()));
    ArrayNode contrasts = answer.putArray("contrasts");
    for (PredictionContrast each : PredictionContrast.of(holdout.scores())) {
      contrasts
          .addObject()
          .put("thing", each.name())
          .put("from", each.from().row().row().line())
          .put("to", each.to().row().row().line())
          .put("predicted", each.predicted())
          .put("measured", each.measured())
          .put("sign", sign(each));
    }
    ObjectNode ranks = answer.putObject("rankCorrelations");
    holdout
        .correlations()
        .forEach(
            (name, each) -> {
              if (!Double.isNaN(each.correlation())) {
                ranks.put(name, each.correlation());
              }
            });
    ArrayNode assumptions = answer.putArray("assumptions");
    moving(holdout).forEach(assumptions::add);
    ObjectNode fits = answer.putObject("eta");
    holdout.fits().forEach((name, fit) -> fits.put(name, fit.eta()));
    return JsonAnswer.text(answer);
  }

  private static void json(ObjectNode node, String name, List<Score> group) {
    node.put("group", name)
        .put("rows", group.size())
        .put("timeError", error(group, Score::timeError))
        .put("rateError", error(group, Score::rateError));
    double baseline = error(group, Score::baseline);
    if (!Double.isNaN(baseline)) {
      node.put("baseline", baseline);
    }
  }

  /** {@code holdout}: predictions against a table of measured steps. */
  @Command(
      name = "holdout",
      description = "Compare predictions with a table of measured steps, and print their errors.")
  public static final class HoldoutCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE.tsv", description = "The table, a row for each step.")
    private Path table = Path.of("");

    @Option(
        names = "--device",
        paramLabel = "FILE.json",
        description = "A file that describes a kind of device.")
    private Optional<Path> device = Optional.empty();

    @Option(
        names = "--plans",
        description = "Predict by a plan where a row can be planned; takes seconds a row.")
    private boolean plans;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
      ClosedForms formulas = new ClosedForms();
      StepModel scorer =
          plans
              ? (job, share) -> PlannedPrediction.of(job, share, true).prediction()
              : formulas::predict;
      Holdout scored =
          Holdout.of(
              MeasurementTable.read(table), formulas::predict, scorer, DeviceFamily.known(device));
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(HoldoutReport.json(scored));
      } else {
        HoldoutReport.print(scored, out);
      }
      return 0;
    }
  }
}
