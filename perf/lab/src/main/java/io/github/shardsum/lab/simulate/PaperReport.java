package io.github.shardsum.lab.simulate;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.simulate.Architecture;
import io.github.shardsum.cli.simulate.ClosedForms;
import io.github.shardsum.cli.simulate.Job;
import io.github.shardsum.cli.simulate.PlannedForms;
import io.github.shardsum.lab.simulate.Paper.Bar;
import io.github.shardsum.lab.simulate.Paper.Model;
import io.github.shardsum.lab.simulate.Paper.Scan;
import io.github.shardsum.lab.topology.Figure9Report;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the paper's figures, ours and every residual. */
public final class PaperReport {
  private PaperReport() {}

  static void print(StepModel model, PrintWriter out) {
    weights(out);
    cost(out);
    growth(out);
    PaperPlans plans = PaperPlans.of(Paper.MODELS);
    steps(model, plans, out);
    repeated(out);
    bars(out);
    memory(plans, out);
    orders(out);
    out.println();
    Figure9Report.print(out);
    out.flush();
  }

  /** The paper reports 30 % of the cycles for the models of 36 layers. */
  private static void repeated(PrintWriter out) {
    out.print(
        format(
            "%nrematerialisation, share of a step: the paper says about 30 %% of the 1T"
                + " model's%n"));
    for (Model each : Paper.MODELS) {
      Job job = each.job();
      double share = 100 * PaperPlans.repeated(job, job.machine().family().eta());
      out.print(
          format(
              "%-12s %8.1f %% %s%n",
              each.name(),
              share,
              job.rematerialise() > 0
                  ? format("residual %+.1f", share - 30)
                  : "not rematerialised"));
    }
  }

  /** Figure 7: constant in the experts, linear in the layers. */
  private static void memory(PaperPlans plans, PrintWriter out) {
    out.print(
        format(
            "%nfigure 7, memory of a core by the plan in MB; the paper: constant in experts,"
                + " linear in"
                + " layers%n%-12s %8s %8s %12s %12s%n",
            "model", "experts", "layers", "weights", "in all"));
    for (int i = 0; i < plans.models().size(); i++) {
      PlannedForms forms = plans.forms().get(i);
      out.print(
          format(
              "%-12s %8d %8d %12.0f %12.0f%n",
              plans.models().get(i).name(),
              plans.models().get(i).cores(),
              forms.job().model().layers(),
              forms.prediction().bytes().getOrDefault("weights, f32", 0.0) / 1e6,
              PaperPlans.bytes(forms) / 1e6));
    }
    Model small = Paper.MODELS.get(5);
    double[] bytes = new double[4];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = PaperPlans.bytes(PaperPlans.withLayers(small, 12 * (i + 2)));
      out.print(
          format(
              "128 experts, %d layers, rematerialised: %.0f MB, a straight line of the first"
                  + " two %+.1f%n",
              12 * (i + 2),
              bytes[i] / 1e6,
              i < 2 ? 0 : (bytes[i] - bytes[0] - i * (bytes[1] - bytes[0])) / 1e6));
    }
  }

  private static void orders(PrintWriter out) {
    out.print(
        format(
            "%ntable 4, exponents of growth from 16 to 2048 devices, by plans on a torus%n"
                + "%-42s %6s %6s %9s %6s %6s %9s%n",
            "operator", "work", "ours", "residual", "moved", "ours", "residual"));
    for (PaperGrowth each : PaperGrowth.all()) {
      PaperGrowth.Slopes ours = each.fitted();
      boolean none = each.communication() < 0;
      out.print(
          format(
              "%-42s %6.1f %6.2f %+9.2f %6s %6s %9s%n",
              each.name(),
              each.work(),
              ours.work(),
              ours.work() - each.work(),
              none ? "none" : format("%.1f", each.communication()),
              Double.isNaN(ours.communication()) ? "none" : format("%.2f", ours.communication()),
              none ? "-" : format("%+.2f", ours.communication() - each.communication())));
    }
  }

  private static double percent(double ours, double paper) {
    return 100 * (ours / paper - 1);
  }

  private static void weights(PrintWriter out) {
    out.println("table 1, weights in thousand millions");
    out.print(format("%-12s %8s %8s %9s%n", "model", "paper", "ours", "residual"));
    for (Model each : Paper.MODELS) {
      double ours = each.job().model().weights();
      out.print(
          format(
              "%-12s %8.1f %8.1f %+7.1f %%%n",
              each.name(), each.weights() / 1e9, ours / 1e9, percent(ours, each.weights())));
    }
  }

  private static void cost(PrintWriter out) {
    out.print(format("%ntable 3, days and core-years from its own steps a second%n"));
    out.print(
        format(
            "%-12s %7s %7s %9s %11s %7s %9s%n",
            "model", "days", "ours", "residual", "core-years", "ours", "residual"));
    for (Model each : Paper.MODELS) {
      out.print(
          format(
              "%-12s %7.1f %7.2f %+7.1f %% %11.1f %7.2f %+7.1f %%%n",
              each.name(),
              each.days(),
              each.ownDays(),
              percent(each.ownDays(), each.days()),
              each.coreYears(),
              each.ownCoreYears(),
              percent(each.ownCoreYears(), each.coreYears())));
    }
  }

  /** The paper's claim: 16 times more model for 3.6 times the core-years. */
  private static void growth(PrintWriter out) {
    Model large = Paper.MODELS.getFirst();
    Model small = Paper.MODELS.get(4);
    out.print(
        format(
            "%nfrom %s to %s: %.1f times the weights, ours %.1f; %.2f times the core-years, ours"
                + " %.2f%n",
            small.name(),
            large.name(),
            large.weights() / small.weights(),
            (double) large.job().model().weights() / small.job().model().weights(),
            large.coreYears() / small.coreYears(),
            large.ownCoreYears() / small.ownCoreYears()));
  }

  private static void steps(StepModel model, PaperPlans plans, PrintWriter out) {
    out.print(format("%ntable 3, steps a second%n"));
    out.print(
        format(
            "%-12s %8s %8s %9s %8s %9s %15s %9s%n",
            "model",
            "paper",
            "formula",
            "residual",
            "plan",
            "residual",
            "figure 8's bars",
            "residual"));
    List<Double> paper = new ArrayList<>();
    List<Double> ours = new ArrayList<>();
    List<Double> planned = new ArrayList<>();
    for (int i = 0; i < Paper.MODELS.size(); i++) {
      Model each = Paper.MODELS.get(i);
      Job job = each.job();
      double steps = 1 / model.predict(job, job.machine().family().eta()).seconds();
      double plan = 1 / plans.forms().get(i).prediction().seconds();
      double bars = Paper.stepsByBars(job, each.cores());
      paper.add(each.stepsPerSecond());
      ours.add(steps);
      planned.add(plan);
      out.print(
          format(
              "%-12s %8.2f %8.2f %+7.1f %% %8.2f %+7.1f %% %15.2f %+7.1f %%%n",
              each.name(),
              each.stepsPerSecond(),
              steps,
              percent(steps, each.stepsPerSecond()),
              plan,
              percent(plan, each.stepsPerSecond()),
              bars,
              percent(bars, each.stepsPerSecond())));
    }
    out.print(
        format(
            "rank correlation %.2f, of the plan %.2f%n",
            PredictionStatistics.rankCorrelation(ours, paper),
            PredictionStatistics.rankCorrelation(planned, paper)));
  }

  private static void bars(PrintWriter out) {
    out.print(format("%nfigure 8, rooflines of a forward pass in microseconds%n"));
    out.print(
        format(
            "%-22s %8s %8s %8s %9s %9s %11s %9s%n",
            "component",
            "experts",
            "paper",
            "ours",
            "residual",
            "measured",
            "calibrated",
            "residual"));
    for (Bar bar : Paper.bars()) {
      out.print(
          format(
              "%-22s %8d %8.0f %8.0f %+9.0f %9.0f %11.0f %+9.0f%n",
              bar.name(),
              bar.experts(),
              bar.roofline(),
              bar.ours(),
              bar.residual(),
              bar.measured(),
              bar.calibrated(),
              bar.calibrated() - bar.measured()));
    }
    for (Scan scan : Paper.SCANS) {
      out.print(
          format(
              "%-22s %8d %8s %8s %9s %9.0f %11.0f %+9.0f%n",
              "positions in experts",
              scan.experts(),
              "-",
              "-",
              "-",
              scan.measured(),
              scan.calibrated(),
              scan.calibrated() - scan.measured()));
      totals(scan, out);
    }
  }

  private static void totals(Scan scan, PrintWriter out) {
    List<Bar> bars =
        Paper.bars().stream().filter(each -> each.experts() == scan.experts()).toList();
    double measured = scan.measured() + bars.stream().mapToDouble(Bar::measured).sum();
    double ours = scan.calibrated() + bars.stream().mapToDouble(Bar::calibrated).sum();
    out.print(
        format(
            "%-22s %8d %8s %8s %9s %9.0f %11.0f %+7.1f %%%n",
            "in all", scan.experts(), "", "", "", measured, ours, percent(ours, measured)));
  }

  /** {@code paper}: the GShard paper's figures and ours. */
  @Command(name = "paper", description = "Print the GShard paper's figures next to ours.")
  public static final class PaperCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
      PaperReport.print(new ClosedForms()::predict, spec.commandLine().getOut());
    }
  }

  /**
   * Plans of the paper's models.
   *
   * @param models the rows of table 1
   * @param forms the plan of each, in their order
   */
  record PaperPlans(List<Model> models, List<PlannedForms> forms) {
    static PaperPlans of(List<Model> models) {
      List<PlannedForms> forms = new ArrayList<>();
      for (Model model : models) {
        Job job = model.job();
        forms.add(PlannedForms.of(job, job.machine().family().eta()));
      }
      return new PaperPlans(List.copyOf(models), List.copyOf(forms));
    }

    /** Total bytes of a device. */
    static double bytes(PlannedForms forms) {
      return forms.prediction().bytes().values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** The planned forms of a model with another number of layers, half of them in the encoder. */
    static PlannedForms withLayers(Model model, int layers) {
      Job job = model.job();
      Architecture other = job.model().with(layers, job.model().experts(), layers / 2);
      Job changed = job.with(other, 1);
      return PlannedForms.of(changed, job.machine().family().eta());
    }

    /** Share of a step that the repeated forward pass takes. */
    static double repeated(Job job, double eta) {
      ClosedForms forms = new ClosedForms();
      Job once = job.with(job.model(), 0);
      return 1 - forms.predict(once, eta).seconds() / forms.predict(job, eta).seconds();
    }
  }
}
