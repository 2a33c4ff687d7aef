package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An equation as text, and the position of each axis in it. */
public final class EquationPrinter {
  /**
   * The largest length of a term or an equation in a message; nobody reads thousands of letters.
   */
  private static final int LONGEST_SHOWN = 120;

  private final StringBuilder text = new StringBuilder();
  private final List<int[]> columns = new ArrayList<>();

  private EquationPrinter() {}

  /** Prints an equation; the output is the last term. */
  public static EquationPrinter of(Equation equation) {
    List<Term> terms = new ArrayList<>(equation.operands());
    terms.add(equation.output());
    boolean spaced = !terms.stream().allMatch(EquationPrinter::isCompact);
    boolean[] barred = spaced ? bars(terms) : new boolean[terms.size()];
    EquationPrinter notation = new EquationPrinter();
    for (int i = 0; i < terms.size(); i++) {
      boolean output = i == terms.size() - 1;
      if (output) {
        notation.text.append(spaced ? " ->" : "->");
      } else if (i > 0) {
        notation.text.append(',');
      }
      if (spaced && i > 0 && (!terms.get(i).axes().isEmpty() || barred[i])) {
        notation.text.append(' ');
      }
      notation.append(terms.get(i), spaced, barred[i]);
    }
    return notation;
  }

  /** Prints one term. */
  public static String of(Term term) {
    boolean spaced = !isCompact(term);
    EquationPrinter notation = new EquationPrinter();
    notation.append(term, spaced, spaced && (!term.partial().isEmpty() || !showsItsForm(term)));
    return notation.text();
  }

  /** Prints one term in the spaced form, in which a bar only introduces partial axes. */
  public static String spaced(Term term) {
    EquationPrinter notation = new EquationPrinter();
    notation.append(term, true, !term.partial().isEmpty());
    return notation.text();
  }

  /** The whole text. */
  public String text() {
    return text.toString();
  }

  /** The column at which an axis of a term begins; the output is the last term. */
  public int column(int term, int axis) {
    return columns.get(term)[axis];
  }

  /** The column at which a term begins, or would begin if it were not empty. */
  public int column(int term) {
    return columns.get(term)[0];
  }

  private void append(Term term, boolean spaced, boolean barred) {
    int[] starts = new int[Math.max(1, term.size())];
    Arrays.fill(starts, text.length());
    for (int i = 0; i < term.size(); i++) {
      if (spaced && i > 0) {
        text.append(' ');
      }
      starts[i] = text.length();
      text.append(term.axis(i));
    }
    columns.add(starts);
    if (barred) {
      text.append(term.axes().isEmpty() ? "|" : " |");
      term.partial().forEach(name -> text.append(' ').append(name));
    }
  }

  private static boolean isCompact(Term term) {
    return !term.isAnnotated()
        && term.axes().stream().allMatch(a -> a.isEllipsis() || LabelSyntax.isCompact(a.label()));
  }

  /** Whether the text of a term has white space or {@code @} even without a bar. */
  private static boolean showsItsForm(Term term) {
    return term.size() > 1 || term.axes().stream().anyMatch(axis -> !axis.mesh().isEmpty());
  }

  /**
   * Whether each term of the spaced form needs a bar, since it would otherwise be read differently.
   */
  private static boolean[] bars(List<Term> terms) {
    Map<String, Integer> counts = counts(terms);
    boolean[] barred = new boolean[terms.size()];
    boolean shown = false;
    for (int i = 0; i < barred.length; i++) {
      Term term = terms.get(i);
      barred[i] = !term.partial().isEmpty() || isAmbiguous(term, counts);
      shown |= barred[i] || showsItsForm(term);
    }
    for (int i = 0; i < barred.length && !shown; i++) {
      shown = barred[i] = !terms.get(i).axes().isEmpty();
    }
    return barred;
  }

  /** The number of occurrences of each label, and of the ellipsis. */
  public static Map<String, Integer> counts(List<Term> terms) {
    Map<String, Integer> counts = new HashMap<>();
    for (Term term : terms) {
      term.axes().forEach(axis -> counts.merge(axis.label(), 1, Integer::sum));
    }
    return counts;
  }

  /** Whether a term is one label that could be read as several and that occurs nowhere else. */
  private static boolean isAmbiguous(Term term, Map<String, Integer> counts) {
    return loneLabel(term).filter(axis -> counts.getOrDefault(axis.label(), 0) == 1).isPresent();
  }

  /** The labels of a term, if none of them is split. */
  public static List<Axis> unsplit(Term term) {
    List<Axis> labels = term.axes().stream().filter(axis -> !axis.isEllipsis()).toList();
    return labels.stream().allMatch(axis -> axis.mesh().isEmpty()) ? labels : List.of();
  }

  /** The only label of a term, if it is not split and the compact form would read several. */
  public static Optional<Axis> loneLabel(Term term) {
    List<Axis> labels = term.axes().stream().filter(axis -> !axis.isEllipsis()).limit(2).toList();
    return labels.size() == 1
            && labels.getFirst().mesh().isEmpty()
            && LabelSyntax.couldBeSeveral(labels.getFirst().label())
        ? Optional.of(labels.getFirst())
        : Optional.empty();
  }

  /** The notation of an object in a message, cut if it is long. */
  public static String shortened(Object notation) {
    String text = notation.toString();
    return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "…";
  }
}
