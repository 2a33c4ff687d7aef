package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.EquationSyntaxException;
import io.github.shardsum.einsum.EquationSyntaxException.Kind;
import io.github.shardsum.einsum.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Equations of integer labels. */
public final class Sublists {
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  private Sublists() {}

  /** The ellipsis, if an operand has one, and the labels that occur once, by value. */
  public static int[] implicitOutput(List<int[]> operands) {
    Map<Integer, Integer> counts = new TreeMap<>();
    for (int[] operand : operands) {
      IntStream.of(operand).forEach(label -> counts.merge(label, 1, Integer::sum));
    }
    // The ellipsis is the least integer, so it comes first. It is kept once for any number of
    // occurrences.
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() == 1 || entry.getKey() == Equation.ELLIPSIS)
        .mapToInt(Map.Entry::getKey)
        .toArray();
  }

  public static Equation equation(List<int[]> operands, int[] output) {
    List<int[]> terms = new ArrayList<>(operands);
    terms.add(output);
    terms.forEach(term -> check(term, terms));
    boolean letters =
        terms.stream().flatMapToInt(IntStream::of).allMatch(label -> label < LETTERS.length());
    List<Term> named = terms.stream().map(term -> term(term, letters)).toList();
    return new Equation(named.subList(0, operands.size()), named.getLast());
  }

  private static Term term(int[] labels, boolean letters) {
    List<Axis> axes = new ArrayList<>(labels.length);
    for (int label : labels) {
      if (label == Equation.ELLIPSIS) {
        axes.add(Axis.ELLIPSIS);
      } else {
        axes.add(Axis.of(letters ? LETTERS.substring(label, label + 1) : Integer.toString(label)));
      }
    }
    return new Term(axes, List.of());
  }

  private static void check(int[] term, List<int[]> terms) {
    boolean ellipsis = false;
    for (int axis = 0; axis < term.length; axis++) {
      if (term[axis] == Equation.ELLIPSIS && ellipsis) {
        throw wrong(
            Kind.ELLIPSIS,
            term,
            axis,
            terms,
            "a second '...' in one sublist",
            "Keep one and number the other axes.");
      }
      if (term[axis] < 0 && term[axis] != Equation.ELLIPSIS) {
        throw wrong(
            Kind.LABEL,
            term,
            axis,
            terms,
            term[axis] + " is no label",
            "Labels are integers of at least 0, or Equation.ELLIPSIS.");
      }
      ellipsis |= term[axis] == Equation.ELLIPSIS;
    }
  }

  @SuppressWarnings("ReferenceEquality") // another term may hold the same labels
  private static EquationSyntaxException wrong(
      Kind kind, int[] term, int axis, List<int[]> terms, String rule, String wayOut) {
    StringBuilder text = new StringBuilder();
    int column = 0;
    for (int i = 0; i < terms.size(); i++) {
      text.append(i == 0 ? "[" : i == terms.size() - 1 ? " -> [" : ", [");
      for (int j = 0; j < terms.get(i).length; j++) {
        text.append(j == 0 ? "" : ", ");
        column = terms.get(i) == term && j == axis ? text.length() : column;
        int label = terms.get(i)[j];
        text.append(label == Equation.ELLIPSIS ? "..." : Integer.toString(label));
      }
      text.append(']');
    }
    return new EquationSyntaxException(kind, text.toString(), column, rule, wayOut);
  }
}
