package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Strictness;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The gradient of an einsum with respect to one operand, as an einsum: the cotangent takes the
 * operand's place, and the operand's term becomes the output.
 */
public final class EquationGradient {
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  private final BoundEquation forward;
  private final int by;
  private final Set<String> used = new HashSet<>();

  /** A name for each label of the forward equation, since axes of an ellipsis need one. */
  private final String[] names;

  /** A label of size 1 for each label that the operand has only with size 1. */
  private final Map<Integer, String> ones = new HashMap<>();

  public EquationGradient(BoundEquation forward, int by) {
    this.forward = forward;
    this.by = by;
    this.names = new String[forward.labelCount()];
    used.addAll(forward.equation().labels());
    for (int label = 0; label < names.length; label++) {
      String name = forward.labelName(label);
      names[label] = name.startsWith(Axis.ELLIPSIS.label()) ? fresh() : name;
    }
  }

  public BoundEquation bound() {
    List<Term> operands = new ArrayList<>();
    List<Shape> shapes = new ArrayList<>();
    operands.add(term(forward.outputLabels()));
    shapes.add(forward.outputShape());
    for (int operand = 0; operand < forward.operandCount(); operand++) {
      if (operand != by) {
        operands.add(term(forward.operandLabels(operand)));
        shapes.add(forward.operandShape(operand));
      }
    }
    Equation equation = new Equation(operands, result());
    return equation.bind(shapes, missingSizes(), Strictness.LENIENT);
  }

  private Term term(int[] labels) {
    String[] term = new String[labels.length];
    for (int axis = 0; axis < labels.length; axis++) {
      term[axis] = names[labels[axis]];
    }
    return Term.of(term);
  }

  private Term result() {
    String[] term = new String[forward.operandRank(by)];
    for (int axis = 0; axis < term.length; axis++) {
      int label = forward.operandLabel(by, axis);
      term[axis] =
          forward.isBroadcast(by, axis) ? ones.computeIfAbsent(label, _ -> fresh()) : names[label];
    }
    return Term.of(term);
  }

  /** Sizes of the result's labels that are in neither the cotangent nor another operand. */
  private Map<String, Long> missingSizes() {
    Map<String, Long> sizes = new HashMap<>();
    ones.values().forEach(name -> sizes.put(name, 1L));
    for (int axis = 0; axis < forward.operandRank(by); axis++) {
      int label = forward.operandLabel(by, axis);
      if (!forward.isBroadcast(by, axis) && !isTold(label)) {
        sizes.put(names[label], forward.labelSize(label));
      }
    }
    return sizes;
  }

  private boolean isTold(int label) {
    boolean told = forward.inOutput(label);
    for (int operand = 0; operand < forward.operandCount(); operand++) {
      for (int axis = 0; operand != by && axis < forward.operandRank(operand); axis++) {
        told |= forward.operandLabel(operand, axis) == label && !forward.isBroadcast(operand, axis);
      }
    }
    return told;
  }

  private String fresh() {
    for (int i = 0; i < LETTERS.length(); i++) {
      if (used.add(LETTERS.substring(i, i + 1))) {
        return LETTERS.substring(i, i + 1);
      }
    }
    for (int i = 0; ; i++) {
      if (used.add("x" + i)) {
        return "x" + i;
      }
    }
  }
}
