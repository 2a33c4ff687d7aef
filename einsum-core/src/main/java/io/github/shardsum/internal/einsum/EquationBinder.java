package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.EinsumShapeException;
import io.github.shardsum.einsum.EinsumShapeException.Kind;
import io.github.shardsum.einsum.EinsumShapeException.Site;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Strictness;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Assigns numbers and sizes to labels, and refuses shapes that do not fit. */
public final class EquationBinder {
  private final Equation equation;
  private final List<Shape> shapes;
  private final Map<String, Long> given;
  private final boolean strict;

  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<String> names = new ArrayList<>();

  /**
   * For each label, the axis that determines its size; a given size is treated as an axis of an
   * additional operand.
   */
  private final List<Optional<Site>> sizes = new ArrayList<>();

  private int ellipsisRank;

  /**
   * Labels by number.
   *
   * @param names the name of each label
   * @param sizes the size of each label
   * @param operandLabels the label of each axis of each operand
   * @param outputLabels the label of each axis of the output
   * @param outputShape the output's shape
   */
  public record Binding(
      String[] names, long[] sizes, int[][] operandLabels, int[] outputLabels, Shape outputShape) {}

  public EquationBinder(
      Equation equation, List<Shape> shapes, Map<String, Long> given, Strictness strictness) {
    this.equation = equation;
    this.shapes = shapes;
    this.given = given;
    this.strict = strictness == Strictness.STRICT;
  }

  public Binding bind() {
    checkRanks();
    int[][] operandLabels = new int[shapes.size()][];
    for (int operand = 0; operand < operandLabels.length; operand++) {
      operandLabels[operand] = numbered(equation.operand(operand), hidden(operand));
      checkDiagonals(operand, operandLabels[operand]);
      for (int axis = 0; axis < operandLabels[operand].length; axis++) {
        join(operandLabels[operand][axis], site(operand, axis));
      }
    }
    checkOutput();
    int[] outputLabels = numbered(equation.output(), ellipsisRank);
    for (Map.Entry<String, Long> size : given.entrySet()) {
      joinGiven(size.getKey(), size.getValue());
    }
    long[] known = knownSizes();
    return new Binding(
        names.toArray(new String[0]),
        known,
        operandLabels,
        outputLabels,
        outputShape(outputLabels, known));
  }

  private void checkRanks() {
    if (shapes.size() != equation.operandCount()) {
      throw wrong(
          Kind.OPERAND_COUNT,
          "number of operands must be " + equation.operandCount() + ", got " + shapes.size(),
          "Give one operand for each term; an empty term stands for a scalar.");
    }
    for (int operand = 0; operand < shapes.size(); operand++) {
      Term term = equation.operand(operand);
      int hidden = hidden(operand);
      if (hidden < 0 || (hidden > 0 && term.ellipsis() < 0)) {
        throw wrong(
            Kind.RANK,
            "operand "
                + operand
                + " must have rank "
                + (term.ellipsis() < 0 ? "" : "at least ")
                + namedCount(term)
                + " by its term '"
                + EquationPrinter.shortened(term)
                + "', got "
                + shapes.get(operand).rank(),
            hidden < 0
                ? "Give an operand with more axes, or leave labels out."
                : "Name every axis, or write '...' for those without a name.");
      }
      ellipsisRank = Math.max(ellipsisRank, hidden);
    }
  }

  private static int namedCount(Term term) {
    return term.ellipsis() < 0 ? term.size() : term.size() - 1;
  }

  /** Number of axes of an operand besides the named ones. */
  private int hidden(int operand) {
    return shapes.get(operand).rank() - namedCount(equation.operand(operand));
  }

  private Site site(int operand, int axis) {
    return new Site(operand, axis, shapes.get(operand).size(axis));
  }

  /** The labels of a term whose ellipsis stands for a number of axes, aligned from the right. */
  private int[] numbered(Term term, int hidden) {
    List<String> labels = new ArrayList<>();
    for (Axis axis : term.axes()) {
      if (axis.isEllipsis()) {
        for (int i = ellipsisRank - hidden; i < ellipsisRank; i++) {
          labels.add(axis.label() + i);
        }
      } else {
        labels.add(axis.label());
      }
    }
    int[] numbered = new int[labels.size()];
    for (int axis = 0; axis < numbered.length; axis++) {
      numbered[axis] = number(labels.get(axis));
    }
    return numbered;
  }

  private int number(String name) {
    Integer known = numbers.putIfAbsent(name, names.size());
    if (known != null) {
      return known;
    }
    names.add(name);
    sizes.add(Optional.empty());
    return names.size() - 1;
  }

  private void checkDiagonals(int operand, int[] labels) {
    Map<Integer, Integer> first = new HashMap<>();
    for (int axis = 0; axis < labels.length; axis++) {
      Integer earlier = first.putIfAbsent(labels[axis], axis);
      Site one = site(operand, earlier == null ? axis : earlier);
      Site two = site(operand, axis);
      if (one.size() != two.size()) {
        throw wrong(
            Kind.DIAGONAL,
            labels[axis],
            List.of(one, two),
            "label '"
                + names.get(labels[axis])
                + "' has size "
                + one.size()
                + " on axis "
                + one.axis()
                + " and size "
                + two.size()
                + " on axis "
                + two.axis()
                + " of operand "
                + operand,
            "Within one operand a repeated label takes a diagonal, so its sizes must be equal.");
      }
    }
  }

  private void join(int label, Site site) {
    boolean hidden = names.get(label).startsWith(Axis.ELLIPSIS.label());
    Site known = sizes.get(label).orElse(site);
    boolean broadcasts = (known.size() == 1 || site.size() == 1) && (hidden || !strict);
    if (known.size() != site.size() && !broadcasts) {
      throw wrong(
          hidden ? Kind.ELLIPSIS_SIZE : Kind.SIZE,
          label,
          List.of(known, site),
          "label '"
              + names.get(label)
              + "' has size "
              + known.size()
              + " in operand "
              + known.operand()
              + " and size "
              + site.size()
              + " in operand "
              + site.operand(),
          advice(known, site));
    }
    sizes.set(label, Optional.of(known.size() == 1 ? site : known));
  }

  private String advice(Site one, Site two) {
    return one.size() == 1 || two.size() == 1
        ? "A strict equation does not broadcast a label of size 1; drop that axis, or bind"
            + " leniently."
        : "The sizes of a label must be equal, or 1 in one of the operands.";
  }

  private void checkOutput() {
    Term output = equation.output();
    if (!strict) {
      return;
    }
    if (ellipsisRank > 0 && output.ellipsis() < 0) {
      throw wrong(
          Kind.OUTPUT_ELLIPSIS,
          "the output lacks '...', which stands for " + ellipsisRank + " axes",
          "A strict equation does not sum over '...'; write it in the output, as in '->...', name"
              + " the axes to sum, or bind leniently.");
    }
    Set<String> seen = new HashSet<>();
    for (int axis = 0; axis < output.size(); axis++) {
      if (!seen.add(output.axis(axis).label())) {
        throw wrongOutput(
            Kind.OUTPUT_REPEAT,
            axis,
            "the output has label '"
                + EquationPrinter.shortened(output.axis(axis).label())
                + "' twice",
            "A strict equation does not write a diagonal; name each output label once, or bind"
                + " leniently.");
      }
    }
  }

  private void joinGiven(String name, long size) {
    OptionalInt axis = outputAxis(name);
    if (axis.isEmpty() || name.equals(Axis.ELLIPSIS.label())) {
      throw wrong(
          Kind.OUTPUT_SIZE,
          "a size is given for '"
              + EquationPrinter.shortened(name)
              + "', which is no label of the output",
          "A size may be given only for an output label that no operand has; leave this one out.");
    }
    int label = number(name);
    long known = sizes.get(label).map(Site::size).orElse(size);
    if (size < 0 || (known != size && (known != 1 || strict))) {
      throw wrongOutput(
          Kind.OUTPUT_SIZE,
          axis.getAsInt(),
          "label '"
              + name
              + "' is given size "
              + size
              + (size < 0 ? "" : ", and has size " + known + " in an operand"),
          "Sizes are at least 0 and agree with those of the operands.");
    }
    sizes.set(label, Optional.of(new Site(equation.operandCount(), 0, size)));
  }

  private OptionalInt outputAxis(String name) {
    for (int axis = 0; axis < equation.output().size(); axis++) {
      if (equation.output().axis(axis).label().equals(name)) {
        return OptionalInt.of(axis);
      }
    }
    return OptionalInt.empty();
  }

  private long[] knownSizes() {
    long[] known = new long[names.size()];
    for (int label = 0; label < known.length; label++) {
      String name = names.get(label);
      Optional<Site> site = sizes.get(label);
      if (site.isEmpty()) {
        throw wrongOutput(
            Kind.OUTPUT_SIZE,
            outputAxis(name).orElseThrow(),
            "output label '"
                + EquationPrinter.shortened(name)
                + "' is in no operand, so its size is not known",
            "Check the label, or give its size to repeat the result along it.");
      }
      known[label] = site.get().size();
    }
    return known;
  }

  private Shape outputShape(int[] labels, long[] known) {
    long[] result = new long[labels.length];
    for (int axis = 0; axis < labels.length; axis++) {
      result[axis] = known[labels[axis]];
    }
    try {
      return Shape.of(result);
    } catch (IllegalArgumentException tooLarge) {
      throw wrong(
          Kind.TOO_LARGE, "the output is too large: " + tooLarge.getMessage(), "Sum over a label.");
    }
  }

  private EinsumShapeException wrong(Kind kind, String rule, String wayOut) {
    return new EinsumShapeException(
        kind, equation, shapes, Optional.empty(), List.of(), OptionalInt.empty(), rule, wayOut);
  }

  private EinsumShapeException wrong(
      Kind kind, int label, List<Site> sites, String rule, String wayOut) {
    return new EinsumShapeException(
        kind,
        equation,
        shapes,
        Optional.of(names.get(label)),
        sites,
        OptionalInt.empty(),
        rule,
        wayOut);
  }

  private EinsumShapeException wrongOutput(Kind kind, int axis, String rule, String wayOut) {
    return new EinsumShapeException(
        kind,
        equation,
        shapes,
        Optional.of(equation.output().axis(axis).label()),
        List.of(),
        OptionalInt.of(axis),
        rule,
        wayOut);
  }
}
