package io.github.shardsum.einsum;

import io.github.shardsum.internal.contraction.ContractionProgram;
import io.github.shardsum.internal.contraction.StepInfo;
import io.github.shardsum.path.ContractionPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The steps of a compiled einsum and their costs; an immutable value whose {@code toString} is a
 * table.
 *
 * @param bound the equation with its sizes
 * @param contraction the path, its slices, its FLOPs and intermediates
 * @param steps the steps that run, in order: the path's pairs, and the sums and copies before or
 *     after them; empty if the result is empty
 * @param temporaryBytes the largest number of bytes of intermediates at any time
 */
public record EinsumPlan(
    BoundEquation bound, ContractionPlan contraction, List<Step> steps, long temporaryBytes) {
  /** The least width of a column in characters. */
  private static final int COLUMN = 20;

  /**
   * One step.
   *
   * @param equation its labels in the order of memory, as {@code "ij,jk->ik"}
   * @param kernel the kernel that runs the step
   * @param why the reason for the kernel: estimated cycles, or the lengths of contiguous runs
   * @param bytes bytes of its operands and its result in one pass, each counted once, in the type
   *     of the einsum's computation
   */
  public record Step(String equation, String kernel, String why, double bytes) {}

  /** Copies the list. */
  public EinsumPlan {
    steps = List.copyOf(steps);
  }

  /**
   * Floating-point operations of one run, by the convention of {@link
   * io.github.shardsum.path.PathCost}.
   *
   * @return the count
   */
  public double flops() {
    return contraction.cost().flops();
  }

  /** The plan of a program; it has no steps if the result is empty. */
  static EinsumPlan of(
      BoundEquation bound, ContractionPlan contraction, Optional<ContractionProgram> lowered) {
    List<Step> steps = lowered.map(program -> steps(bound, program)).orElse(List.of());
    long bytes = lowered.map(ContractionProgram::temporaryBytes).orElse(0L);
    return new EinsumPlan(bound, contraction, steps, bytes);
  }

  private static List<Step> steps(BoundEquation bound, ContractionProgram lowered) {
    List<Step> steps = new ArrayList<>();
    for (StepInfo step : lowered.steps()) {
      List<Term> inputs = step.inputs().stream().map(labels -> term(bound, labels)).toList();
      String equation = new Equation(inputs, term(bound, step.output())).toString();
      double bytes = step.elements() * lowered.elementBytes();
      steps.add(new Step(equation, step.kernel(), step.why(), bytes));
    }
    return steps;
  }

  /** The text of a term; an axis of an ellipsis is written by its name, since it has no label. */
  private static Term term(BoundEquation bound, List<Integer> labels) {
    String[] names = new String[labels.size()];
    for (int axis = 0; axis < names.length; axis++) {
      String name = bound.labelName(labels.get(axis));
      names[axis] = name.startsWith("...") ? "axis" + name.substring(3) : name;
    }
    return Term.of(names);
  }

  /**
   * The table: the path, the FLOPs without and with it, the largest intermediate, steps, kernels
   * and bytes.
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(contraction.table(bound::labelName));
    // A column is as wide as its widest cell, so that columns stay apart.
    int kernel = steps.stream().mapToInt(step -> step.kernel().length()).max().orElse(0);
    int equation = steps.stream().mapToInt(step -> step.equation().length()).max().orElse(0);
    String columns =
        "  %-" + Math.max(COLUMN, kernel) + "s  %10s  %-" + Math.max(COLUMN, equation) + "s  %s%n";
    text.append(String.format(Locale.ROOT, columns, "kernel", "bytes", "step", "why"));
    for (Step step : steps) {
      String bytes = String.format(Locale.ROOT, "%.3e", step.bytes());
      text.append(
          String.format(Locale.ROOT, columns, step.kernel(), bytes, step.equation(), step.why()));
    }
    if (steps.isEmpty()) {
      text.append("  none: the result is empty\n");
    }
    return text.append(
            String.format(Locale.ROOT, "most bytes of intermediates: %,d%n", temporaryBytes))
        .toString();
  }
}
