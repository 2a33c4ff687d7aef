package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.EinsumShapeException.Site;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.tensor.Shape;
import java.util.List;
import java.util.OptionalInt;

/** The part of a message that shows an equation and, under it, every operand's shape. */
public final class EquationShapePicture {
  /** The last column of a caret; carets far beyond a terminal's width are useless. */
  private static final int LONGEST_WITH_CARETS = 100;

  /** The largest number of operands that a message lists; an equation may have thousands. */
  private static final int MOST_OPERANDS = 16;

  private final Equation equation;
  private final List<Shape> shapes;
  private final List<Site> sites;
  private final OptionalInt outputAxis;
  private final EquationPrinter notation;
  private final boolean carets;

  /** A picture that marks axes; outputAxis is a position in the output's term. */
  public EquationShapePicture(
      Equation equation, List<Shape> shapes, List<Site> sites, OptionalInt outputAxis) {
    this.equation = equation;
    this.shapes = shapes;
    this.sites = sites;
    this.outputAxis = outputAxis;
    this.notation = EquationPrinter.of(equation);
    this.carets = notation.text().length() <= LONGEST_WITH_CARETS;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (carets) {
      text.append("  ").append(notation.text()).append('\n');
    }
    int terms = equation.operandCount();
    int operands = Math.max(terms, shapes.size());
    int shown = 0;
    for (int operand = 0; operand < operands; operand++) {
      // Of very many operands, only those of the error and a few others are shown.
      boolean isShown =
          operands <= MOST_OPERANDS
              || shown < MOST_OPERANDS / 2
              || (shown < MOST_OPERANDS && hasSite(operand));
      if (isShown) {
        appendOperand(text.append("  "), operand);
        shown++;
      }
    }
    if (shown < operands) {
      text.append("  and ").append(operands - shown).append(" more operands\n");
    }
    if (outputAxis.isPresent()) {
      text.append("  ");
      if (carets) {
        text.repeat(' ', notation.column(terms, outputAxis.getAsInt())).append("^ output\n");
      } else {
        text.append("output: ").append(EquationPrinter.shortened(equation.output())).append('\n');
      }
    }
    return text.toString();
  }

  private boolean hasSite(int operand) {
    return sites.stream().anyMatch(site -> site.operand() == operand);
  }

  private void appendOperand(StringBuilder text, int operand) {
    boolean hasTerm = operand < equation.operandCount();
    if (carets && hasTerm) {
      appendCarets(text, operand);
    }
    text.append("operand ").append(operand).append(": ");
    if (!carets && hasTerm) {
      text.append(EquationPrinter.shortened(equation.operand(operand))).append(", ");
    }
    text.append(
        operand < shapes.size()
            ? "shape " + EquationPrinter.shortened(shapes.get(operand))
            : "missing");
    text.append(hasTerm ? "" : ", has no term");
    for (Site site : sites) {
      if (site.operand() == operand) {
        text.append(", axis ").append(site.axis()).append(" = ").append(site.size());
      }
    }
    text.append('\n');
  }

  /** Carets under the axes concerned, or blanks up to the beginning of the term. */
  private void appendCarets(StringBuilder text, int operand) {
    int start = text.length();
    for (Site site : sites) {
      if (site.operand() == operand) {
        int column = start + notation.column(operand, position(operand, site.axis()));
        text.repeat(' ', Math.max(0, column - text.length()));
        text.append(column < text.length() ? "" : "^");
      }
    }
    if (text.length() == start) {
      text.repeat(' ', notation.column(operand));
    } else {
      text.append(' ');
    }
  }

  /** The position in an operand's term of an axis of its shape. */
  private int position(int operand, int axis) {
    Term term = equation.operand(operand);
    int ellipsis = term.ellipsis();
    int hidden = shapes.get(operand).rank() - (term.size() - 1);
    if (ellipsis < 0 || axis < ellipsis) {
      return axis;
    }
    return axis < ellipsis + hidden ? ellipsis : axis - hidden + 1;
  }
}
