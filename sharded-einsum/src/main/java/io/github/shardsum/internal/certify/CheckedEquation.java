package io.github.shardsum.internal.certify;

import static io.github.shardsum.internal.certify.PlanRefusedException.require;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Strictness;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An equation without ellipses, and with a label of its own for an axis of size 1 that stands for a
 * larger label. The equation decides which labels are the same and how they are split; the plan
 * only names the labels that have no name.
 */
final class CheckedEquation {
  private final Equation equation;
  private final SpmdPlan plan;
  private final BoundEquation bound;
  private final Map<Integer, String> names = new HashMap<>();
  private final Set<String> taken = new HashSet<>();

  private CheckedEquation(Equation equation, SpmdPlan plan) {
    this.equation = equation;
    this.plan = plan;
    List<Shape> shapes = plan.inputs().stream().map(PlannedValue::shape).toList();
    this.bound = equation.withoutLayout().bind(shapes, made(equation, plan), Strictness.LENIENT);
  }

  static Equation of(Equation equation, SpmdPlan plan) {
    boolean isPlain = equation.output().ellipsis() < 0;
    Map<String, Long> sizes = new HashMap<>();
    for (int i = 0; i < equation.operandCount(); i++) {
      Term term = equation.operand(i);
      isPlain &= term.ellipsis() < 0;
      for (int dim = 0; dim < term.size() && isPlain; dim++) {
        long size = plan.inputs().get(i).shape().size(dim);
        isPlain = size == sizes.merge(term.axis(dim).label(), size, (old, _) -> old);
      }
    }
    return isPlain ? equation : new CheckedEquation(equation, plan).write();
  }

  /** Sizes of the labels that only the output has. */
  private static Map<String, Long> made(Equation equation, SpmdPlan plan) {
    Set<String> given = new HashSet<>();
    equation.operands().forEach(term -> given.addAll(BlockRule.labels(term)));
    Term output = equation.output();
    Shape shape = plan.value(plan.outputs().getFirst()).shape();
    Map<String, Long> sizes = new HashMap<>();
    for (int i = 0; i < output.size(); i++) {
      boolean isBehind = output.ellipsis() >= 0 && i > output.ellipsis();
      int dim = isBehind ? shape.rank() - output.size() + i : i;
      if (!output.axis(i).isEllipsis() && !given.contains(output.axis(i).label())) {
        sizes.put(output.axis(i).label(), shape.size(dim));
      }
    }
    return sizes;
  }

  private Equation write() {
    List<Term> operands = new ArrayList<>();
    for (int i = 0; i < equation.operandCount(); i++) {
      Term said = plan.inputs().get(i).layout().term();
      List<String> labels = new ArrayList<>();
      for (int dim = 0; dim < bound.operandRank(i); dim++) {
        String own = said.axis(dim).label();
        labels.add(bound.isBroadcast(i, dim) ? unused(own) : name(bound.operandLabel(i, dim), own));
      }
      operands.add(term(labels, equation.operand(i)));
    }
    Term said = plan.value(plan.outputs().getFirst()).layout().term();
    require(said.size() == bound.outputRank(), "output: must have rank %d", bound.outputRank());
    List<String> labels = new ArrayList<>();
    for (int dim = 0; dim < bound.outputRank(); dim++) {
      labels.add(name(bound.outputLabel(dim), said.axis(dim).label()));
    }
    return new Equation(operands, term(labels, equation.output()));
  }

  private String name(int label, String own) {
    return names.computeIfAbsent(label, _ -> unused(own));
  }

  private String unused(String name) {
    require(taken.add(name), "labels that are not the same must have two names, got %s", name);
    return name;
  }

  /** The mesh axes of a term; the axes of an ellipsis are not split. */
  private static Term term(List<String> labels, Term term) {
    List<Axis> axes = new ArrayList<>();
    int more = labels.size() - term.size();
    for (int dim = 0; dim < labels.size(); dim++) {
      int at = term.ellipsis() < 0 || dim < term.ellipsis() ? dim : dim - more;
      boolean isOfEllipsis =
          term.ellipsis() >= 0 && dim >= term.ellipsis() && dim <= term.ellipsis() + more;
      axes.add(new Axis(labels.get(dim), isOfEllipsis ? List.of() : term.axis(at).mesh()));
    }
    return new Term(axes, term.partial());
  }
}
