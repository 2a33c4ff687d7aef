package io.github.shardsum.internal.path;

import io.github.shardsum.path.ContractionPlan;
import io.github.shardsum.path.PathCost;
import io.github.shardsum.path.Slice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntFunction;

/** Prints a plan as a table, in the manner of opt_einsum's PathInfo. */
public final class PathCostTable {
  /** Limit of the terms in the last column; without it, the table's length would be quadratic. */
  private static final int MAX_REMAINING = 20;

  private final ContractionPlan plan;
  private final IntFunction<String> names;
  private final boolean spaced;
  private final StringBuilder text = new StringBuilder();

  public PathCostTable(ContractionPlan plan, IntFunction<String> names) {
    this.plan = plan;
    this.names = names;
    spaced = PathLabelNames.spaced(plan.network(), names);
  }

  public String print() {
    PathCost cost = plan.cost();
    line("Complete contraction", PathLabelNames.equation(plan.network(), names));
    line("Path", plan.path().operandCount() > MAX_REMAINING ? "..." : plan.path().toString());
    line("Naive scaling", "" + usedLabels());
    line(
        "Planned scaling",
        "" + cost.steps().stream().mapToInt(PathCost.Step::scaling).max().orElse(usedLabels()));
    line("Naive FLOPs", power(cost.naiveLog10()));
    line("Planned FLOPs", number(cost.flops()));
    line("Speed-up", number(cost.speedUp()));
    line("Largest intermediate", number(cost.largestIntermediate()) + " elements");
    line("Peak of intermediates", number(cost.peakElements()) + " elements");
    for (Slice slice : plan.slices()) {
      line(
          "Slice",
          String.format(
              Locale.ROOT,
              "%s in %d chunks of %d",
              names.apply(slice.label()),
              slice.count(),
              slice.chunk()));
    }
    if (!cost.steps().isEmpty() || !cost.reductions().isEmpty()) {
      row("scaling", "FLOPs", "elements", "contraction", "remaining");
      rows();
    }
    return text.toString();
  }

  private void rows() {
    List<String> left = new ArrayList<>();
    plan.network().operands().forEach(labels -> left.add(term(labels)));
    for (PathCost.Reduction r : plan.cost().reductions()) {
      left.set(r.operand(), term(r.kept()));
      row(
          "" + r.labels().size(),
          number(r.flops()),
          number(r.elements()),
          term(r.labels()) + arrow() + term(r.kept()),
          remaining(left));
    }
    int[][] linear = plan.path().toLinear();
    for (int step = 0; step < linear.length; step++) {
      PathCost.Step s = plan.cost().steps().get(step);
      left.remove(linear[step][1]);
      left.remove(linear[step][0]);
      left.add(term(s.resultLabels()));
      row(
          "" + s.scaling(),
          number(s.flops()),
          number(s.elements()),
          term(s.leftLabels()) + comma() + term(s.rightLabels()) + arrow() + left.getLast(),
          remaining(left));
    }
  }

  private String remaining(List<String> left) {
    return left.size() > MAX_REMAINING
        ? String.format(Locale.ROOT, "... %d terms", left.size())
        : String.join(comma(), left) + arrow() + term(plan.network().output());
  }

  private int usedLabels() {
    Set<Integer> used = new HashSet<>();
    plan.network().operands().forEach(used::addAll);
    return used.size();
  }

  private String term(List<Integer> labels) {
    return PathLabelNames.term(labels, names, spaced);
  }

  private String comma() {
    return spaced ? ", " : ",";
  }

  private String arrow() {
    return spaced ? " -> " : "->";
  }

  private void line(String name, String value) {
    text.append(String.format(Locale.ROOT, "%22s:  %s\n", name, value));
  }

  private void row(String scaling, String flops, String size, String step, String remaining) {
    text.append(
        String.format(
            Locale.ROOT, "%9s %11s %11s  %-31s %s\n", scaling, flops, size, step, remaining));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3e", value);
  }

  /** Ten to a power that may be too large for a double, in the form {@code 1.234e+567}. */
  public static String power(double log10) {
    if (log10 == Double.NEGATIVE_INFINITY) {
      return number(0);
    }
    long exponent = (long) Math.floor(log10);
    double mantissa = Math.pow(10, log10 - exponent);
    if (mantissa >= 9.9995) {
      mantissa /= 10;
      exponent++;
    }
    return String.format(Locale.ROOT, "%.3fe%+03d", mantissa, exponent);
  }
}
