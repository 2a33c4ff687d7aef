package io.github.shardsum.cli.moe;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.moe.MoeTotals.StepTotal;
import io.github.shardsum.measure.MachineLimits;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.RouteOptions.AuxLoss;
import io.github.shardsum.ops.KernelInfo;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;

/** Prints the findings of a run. */
final class MoeReport {
  private static final int BAR = 48;
  private static final String NONE = "-";

  private final MoeOutcome outcome;
  private final MachineLimits limits;
  private final PrintWriter out;

  private MoeReport(MoeOutcome outcome, MachineLimits limits, PrintWriter out) {
    this.outcome = outcome;
    this.limits = limits;
    this.out = out;
  }

  static void print(MoeOutcome outcome, MachineLimits limits, PrintWriter out) {
    MoeReport report = new MoeReport(outcome, limits, out);
    report.head();
    report.steps();
    report.loads();
    report.losses();
    report.check();
    out.flush();
  }

  private void head() {
    MoeJob job = outcome.job();
    MoeTotals totals = outcome.totals();
    MoeSizes sizes = outcome.passForm().sizes();
    out.print(format("text     %s: %,d bytes, a token each%n", outcome.text(), outcome.bytes()));
    out.print(
        format(
            "layer    S=%d tokens a group, E=%d experts, %s, M=%d, H=%d, %s%s, f32%n",
            sizes.tokens(),
            sizes.experts(),
            job.dropless() ? "no limit" : format("C=%d slots of one in a group", sizes.capacity()),
            sizes.model(),
            sizes.hidden(),
            job.activation(),
            job.biased() ? " and biases" : ""));
    out.print(format("route    %s%n", job.options()));
    out.print(
        format(
            "run      %s in %s of at most G=%d, seed %d, %s, %.2f s%s%n",
            count(totals.groups(), "group"),
            count(totals.passes(), "pass"),
            sizes.groups(),
            job.seed(),
            count(job.threads(), "thread"),
            outcome.seconds(),
            rest()));
    out.print(format("kernels  %s%n", KernelInfo.current()));
    out.print(
        format(
            "peak     %.1f GFLOP/s of multiply-adds, %.1f GB/s of copying; measured here and"
                + " now, %s%n",
            limits.multiplyAddFlops() / 1e9,
            limits.copyBytes() / 1e9,
            count(limits.threads(), "thread")));
  }

  private String rest() {
    long all = outcome.job().allPasses(outcome.bytes());
    return all == outcome.totals().passes()
        ? ""
        : format("; the whole text takes %s: --passes %d", count(all, "pass"), all);
  }

  private static String count(long number, String what) {
    String plural = what.endsWith("s") ? "es" : "s";
    return format("%,d %s%s", number, what, number == 1 ? "" : plural);
  }

  /** Three significant digits, without an exponent. */
  static String digits(double value) {
    if (value == 0 || Double.isNaN(value) || Double.isInfinite(value)) {
      return NONE;
    }
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(3));
    return rounded.setScale(Math.max(0, rounded.scale()), RoundingMode.UNNECESSARY).toPlainString();
  }

  private void steps() {
    out.println();
    row("equation", "shapes of one pass", "GFLOP", "s", "GFLOP/s", "of peak", "GB/s");
    double flops = 0;
    double seconds = outcome.totals().seconds();
    for (MoeLayerStep step : MoeLayerStep.values()) {
      StepTotal total = outcome.totals().step(step);
      step(step, total);
      flops += total.flops();
      if (step == MoeLayerStep.GATES) {
        row("GSE->GSK", "the routing: indices only", NONE, time(routing()), NONE, NONE, NONE);
      }
    }
    double rate = flops / seconds;
    row("together", "", digits(flops / 1e9), time(seconds), digits(rate / 1e9), share(rate), NONE);
    out.print(
        format(
            "%,d rows go to experts and are summed on the way back; dense products for that"
                + " would be %s"
                + " GFLOP each.%n",
            outcome.totals().routedRows(), digits(outcome.totals().literalFlops() / 1e9)));
  }

  private void row(String... cells) {
    out.print(format("%-16s %-48s %8s %8s %8s %8s %8s%n", (Object[]) cells));
  }

  private static String time(double seconds) {
    return format("%.3f", seconds);
  }

  private String share(double flopsPerSecond) {
    return format("%.1f %%", 100 * flopsPerSecond / limits.multiplyAddFlops());
  }

  private double routing() {
    return outcome.totals().routingSeconds();
  }

  private void step(MoeLayerStep step, StepTotal total) {
    MoeLayerForm form = outcome.passForm();
    List<String> operands = step.operands(form).stream().map(term -> shape(form, term)).toList();
    double rate = total.flops() / total.seconds();
    double bytes = total.bytes() / total.seconds();
    row(
        step.equation(form),
        String.join(" ", operands) + "->" + shape(form, step.result(form)),
        digits(total.flops() / 1e9),
        time(total.seconds()),
        digits(rate / 1e9),
        share(rate),
        digits(bytes / 1e9));
  }

  private static String shape(MoeLayerForm form, String letters) {
    return form.shape(letters).toString().replace(" ", "");
  }

  private void loads() {
    long[] load = outcome.totals().load();
    long[] placed = outcome.totals().placed();
    long most = Math.max(1, Arrays.stream(load).max().orElse(1));
    out.println();
    out.print(
        format(
            "load of each expert: slots asked for%s (# sent, - rejected or beyond the capacity)%n",
            outcome.job().dropless()
                ? ""
                : format(
                    ", of %,d in each of %s",
                    outcome.job().capacity(), count(outcome.totals().groups(), "group"))));
    for (int expert = 0; expert < load.length; expert++) {
      int inside = Math.toIntExact(Math.round((double) BAR * placed[expert] / most));
      int all = Math.toIntExact(Math.round((double) BAR * load[expert] / most));
      String bar = "#".repeat(inside) + "-".repeat(Math.max(0, all - inside));
      out.print(format("%6d %,12d %s%n", expert, load[expert], bar));
    }
  }

  private void losses() {
    MoeTotals totals = outcome.totals();
    double experts = outcome.job().experts();
    out.println();
    out.print(
        format(
            "tokens dropped  %,d of %,d (%.2f %%) reach no expert; %,d choices found their expert"
                + " full%n",
            totals.dropped(),
            totals.tokens(),
            100.0 * totals.dropped() / totals.tokens(),
            totals.overflow()));
    out.print(
        format(
            "auxiliary loss  %.6f, the mean over groups (an even load of first choices has %.6f)%n",
            totals.meanAuxLoss(), evenLoss(experts)));
    out.print(format("outputs         CRC-32C %08x%n", outcome.checksum()));
  }

  /** The auxiliary loss of an even load: 1/E^2 for the mean, 1 for E^2 times the mean. */
  private double evenLoss(double experts) {
    boolean mean = outcome.job().options().auxLoss().scale() == AuxLoss.Scale.MEAN;
    return mean ? 1 / (experts * experts) : 1;
  }

  private void backward(MoeBackward.Found found) {
    double rate = found.flops() / found.seconds();
    out.print(
        format(
            "backward        forward and backward of %s in one program: %s s, %s GFLOP/s, %s of"
                + " peak%n",
            count(found.passes(), "pass"), time(found.seconds()), digits(rate / 1e9), share(rate)));
    out.print(
        format(
            "                <wo, gradient by wo> = <outputs, cotangents>: %s, %.4f %% of its"
                + " bound%n",
            found.passed() ? "holds" : "FAILED", 100 * found.share()));
  }

  private void check() {
    MoeCheckResult check = outcome.check();
    out.print(
        format(
            "check           %s: %,d tokens in %,d groups against the reference backend in f64:%n",
            check.passed() ? "passed" : "FAILED", check.tokens(), check.groups()));
    out.print(
        format(
            "                routing %s; errors of %,d outputs and of logits up to %.2e,%n",
            check.wrongRoutes() == 0 ? "equal" : "differs in " + check.wrongRoutes() + " choices",
            check.outputs(),
            check.largestError()));
    out.print(
        format(
            "                at most %.2f %% of the bound that the contraction lengths give%n",
            100 * check.worstShare()));
    outcome.backward().ifPresent(this::backward);
  }
}
