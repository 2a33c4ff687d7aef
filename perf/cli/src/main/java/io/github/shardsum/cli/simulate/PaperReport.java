package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.Paper.Bar;
import io.github.shardsum.cli.simulate.Paper.Model;
import io.github.shardsum.cli.simulate.Paper.Scan;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints the paper's figures, ours and every residual. */
final class PaperReport {
  private PaperReport() {}

  static void print(StepModel model, PrintWriter out) {
    weights(out);
    cost(out);
    growth(out);
    steps(model, out);
    bars(out);
    out.println();
    out.println("figure 9: ./shardsum topology --figure9");
    out.flush();
  }

  private static double percent(double ours, double paper) {
    return 100 * (ours / paper - 1);
  }

  private static void weights(PrintWriter out) {
    out.println("table 1, weights in thousand millions");
    out.printf(Locale.ROOT, "%-12s %8s %8s %9s%n", "model", "paper", "ours", "residual");
    for (Model each : Paper.MODELS) {
      double ours = each.job().model().weights();
      out.printf(
          Locale.ROOT,
          "%-12s %8.1f %8.1f %+7.1f %%%n",
          each.name(),
          each.weights() / 1e9,
          ours / 1e9,
          percent(ours, each.weights()));
    }
  }

  private static void cost(PrintWriter out) {
    out.printf(Locale.ROOT, "%ntable 3, days and core-years from its own steps a second%n");
    out.printf(
        Locale.ROOT,
        "%-12s %7s %7s %9s %11s %7s %9s%n",
        "model",
        "days",
        "ours",
        "residual",
        "core-years",
        "ours",
        "residual");
    for (Model each : Paper.MODELS) {
      out.printf(
          Locale.ROOT,
          "%-12s %7.1f %7.2f %+7.1f %% %11.1f %7.2f %+7.1f %%%n",
          each.name(),
          each.days(),
          each.ownDays(),
          percent(each.ownDays(), each.days()),
          each.coreYears(),
          each.ownCoreYears(),
          percent(each.ownCoreYears(), each.coreYears()));
    }
  }

  /** The paper's claim: 16 times more model for 3.6 times the core-years. */
  private static void growth(PrintWriter out) {
    Model large = Paper.MODELS.getFirst();
    Model small = Paper.MODELS.get(4);
    out.printf(
        Locale.ROOT,
        "%nfrom %s to %s: %.1f times the weights, ours %.1f; %.2f times the core-years, ours"
            + " %.2f%n",
        small.name(),
        large.name(),
        large.weights() / small.weights(),
        (double) large.job().model().weights() / small.job().model().weights(),
        large.coreYears() / small.coreYears(),
        large.ownCoreYears() / small.ownCoreYears());
  }

  private static void steps(StepModel model, PrintWriter out) {
    out.printf(Locale.ROOT, "%ntable 3, steps a second%n");
    out.printf(
        Locale.ROOT,
        "%-12s %8s %8s %9s %15s %9s%n",
        "model",
        "paper",
        "ours",
        "residual",
        "figure 8's bars",
        "residual");
    List<Double> paper = new ArrayList<>();
    List<Double> ours = new ArrayList<>();
    for (Model each : Paper.MODELS) {
      Job job = each.job();
      double steps = 1 / model.predict(job, job.machine().family().eta()).seconds();
      double bars = Paper.stepsByBars(job, each.cores());
      paper.add(each.stepsPerSecond());
      ours.add(steps);
      out.printf(
          Locale.ROOT,
          "%-12s %8.2f %8.2f %+7.1f %% %15.2f %+7.1f %%%n",
          each.name(),
          each.stepsPerSecond(),
          steps,
          percent(steps, each.stepsPerSecond()),
          bars,
          percent(bars, each.stepsPerSecond()));
    }
    out.printf(Locale.ROOT, "rank correlation %.2f%n", Statistics.rankCorrelation(ours, paper));
  }

  private static void bars(PrintWriter out) {
    out.printf(Locale.ROOT, "%nfigure 8, rooflines of a forward pass in microseconds%n");
    out.printf(
        Locale.ROOT,
        "%-22s %8s %8s %8s %9s %9s %11s %9s%n",
        "component",
        "experts",
        "paper",
        "ours",
        "residual",
        "measured",
        "calibrated",
        "residual");
    for (Bar bar : Paper.bars()) {
      out.printf(
          Locale.ROOT,
          "%-22s %8d %8.0f %8.0f %+9.0f %9.0f %11.0f %+9.0f%n",
          bar.name(),
          bar.experts(),
          bar.roofline(),
          bar.ours(),
          bar.residual(),
          bar.measured(),
          bar.calibrated(),
          bar.calibrated() - bar.measured());
    }
    for (Scan scan : Paper.SCANS) {
      out.printf(
          Locale.ROOT,
          "%-22s %8d %8s %8s %9s %9.0f %11.0f %+9.0f%n",
          "positions in experts",
          scan.experts(),
          "-",
          "-",
          "-",
          scan.measured(),
          scan.calibrated(),
          scan.calibrated() - scan.measured());
      totals(scan, out);
    }
  }

  private static void totals(Scan scan, PrintWriter out) {
    List<Bar> bars =
        Paper.bars().stream().filter(each -> each.experts() == scan.experts()).toList();
    double measured = scan.measured() + bars.stream().mapToDouble(Bar::measured).sum();
    double ours = scan.calibrated() + bars.stream().mapToDouble(Bar::calibrated).sum();
    out.printf(
        Locale.ROOT,
        "%-22s %8d %8s %8s %9s %9.0f %11.0f %+7.1f %%%n",
        "in all",
        scan.experts(),
        "",
        "",
        "",
        measured,
        ours,
        percent(ours, measured));
  }
}
