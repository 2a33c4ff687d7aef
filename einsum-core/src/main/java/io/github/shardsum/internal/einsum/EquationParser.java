package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.EquationSyntaxException;
import io.github.shardsum.einsum.EquationSyntaxException.Kind;
import io.github.shardsum.einsum.Term;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;

/** Reads an equation: finds the arrow and the commas, and hands each term to {@link TermParser}. */
public final class EquationParser {
  private final String text;

  public EquationParser(String text) {
    this.text = text;
  }

  public Equation equation() {
    int arrow = arrow();
    int inputsEnd = arrow < 0 ? text.length() : arrow;
    TermParser parser = new TermParser(text, isSpaced(arrow));
    List<Term> operands = new ArrayList<>();
    List<Integer> starts = new ArrayList<>();
    for (int from = 0; from <= inputsEnd; ) {
      int comma = text.indexOf(',', from);
      int to = comma < 0 || comma > inputsEnd ? inputsEnd : comma;
      starts.add(from);
      operands.add(parser.term(from, to));
      from = to + 1;
    }
    if (arrow < 0) {
      Equation equation = new Equation(operands, implicitOutput(operands));
      checkAmbiguity(equation, starts, parser);
      return equation;
    }
    starts.add(arrow + 2);
    Equation equation = new Equation(operands, parser.term(arrow + 2, text.length()));
    checkAmbiguity(equation, starts, parser);
    return equation;
  }

  public Term term() {
    return term(isSpaced(-1));
  }

  /** A term in which every word is one label. */
  public Term spacedTerm() {
    return term(true);
  }

  private Term term(boolean spaced) {
    for (String mark : List.of(",", "->")) {
      if (text.contains(mark)) {
        throw new EquationSyntaxException(
            Kind.ARROW,
            text,
            text.indexOf(mark),
            "'" + mark + "' in a single term",
            "Use Equation.parse for an equation.");
      }
    }
    return new TermParser(text, spaced).term(0, text.length());
  }

  /**
   * The start of {@code ->}, or -1. Refuses any other {@code -} or {@code >}, and a comma after the
   * arrow.
   */
  private int arrow() {
    int arrow = -1;
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '-' && text.startsWith("->", at) && arrow < 0) {
        arrow = at++;
      } else if (c == '-' || c == '>') {
        throw wrongArrow(at, arrow);
      } else if (c == ',' && arrow >= 0) {
        throw new EquationSyntaxException(
            Kind.ARROW,
            text,
            at,
            "a comma after '->', where the one output stands",
            "Write one term after '->'; compute several results with several equations.");
      }
    }
    return arrow;
  }

  private EquationSyntaxException wrongArrow(int at, int arrow) {
    if (arrow >= 0) {
      return new EquationSyntaxException(
          Kind.ARROW, text, at, "'" + text.charAt(at) + "' after '->'", "Write '->' once.");
    }
    return new EquationSyntaxException(
        Kind.ARROW,
        text,
        at,
        "'" + text.charAt(at) + "' that is not part of '->'",
        "Write '->', without white space inside, before the output, or leave it out.");
  }

  /** Whether a term has white space between two of its characters, or an {@code @} or a bar. */
  private boolean isSpaced(int arrow) {
    boolean inTerm = false;
    boolean gap = false;
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '@' || c == '|') {
        return true;
      }
      if (c == ',' || at == arrow) {
        inTerm = false;
        gap = false;
        at += at == arrow ? 1 : 0;
      } else if (Character.isWhitespace(c)) {
        gap = inTerm;
      } else if (gap) {
        return true;
      } else {
        inTerm = true;
      }
    }
    return false;
  }

  private static Term implicitOutput(List<Term> operands) {
    Map<String, Integer> counts = EquationPrinter.counts(operands);
    boolean ellipsis = counts.remove(Axis.ELLIPSIS.label()) != null;
    List<Axis> axes = new ArrayList<>();
    if (ellipsis) {
      axes.add(Axis.ELLIPSIS);
    }
    counts.entrySet().stream()
        .filter(entry -> entry.getValue() == 1)
        .map(Map.Entry::getKey)
        .sorted(LabelSyntax::compare)
        .map(Axis::of)
        .forEach(axes::add);
    return new Term(axes, List.of());
  }

  private void checkAmbiguity(Equation equation, List<Integer> starts, TermParser parser) {
    if (!parser.isSpaced()) {
      return;
    }
    List<Term> terms = new ArrayList<>(equation.operands());
    if (starts.size() > terms.size()) {
      terms.add(equation.output());
    }
    Map<String, Integer> counts = EquationPrinter.counts(terms);
    SequencedSet<String> labels = new LinkedHashSet<>();
    int column = -1;
    for (int i = 0; i < terms.size(); i++) {
      int from = starts.get(i);
      int to = i + 1 < starts.size() ? starts.get(i + 1) : text.length();
      for (String label : suspects(terms.get(i), from, to)) {
        if (counts.getOrDefault(label, 0) == 1) {
          column = labels.isEmpty() ? column(terms.get(i), label, from) : column;
          labels.add(label);
        }
      }
    }
    if (!labels.isEmpty()) {
      throw ambiguous(equation, labels, column);
    }
  }

  /** The labels of a term that the compact form would read letter by letter. */
  private List<String> suspects(Term term, int from, int to) {
    if (hasBar(from, to)) {
      return List.of();
    }
    String written = text.substring(from, to).replaceAll("(,|->)$", "").strip();
    boolean gap = written.chars().anyMatch(Character::isWhitespace);
    return (gap ? EquationPrinter.loneLabel(term).stream() : EquationPrinter.unsplit(term).stream())
        .map(Axis::label)
        .filter(LabelSyntax::couldBeSeveral)
        .toList();
  }

  private int column(Term term, String label, int from) {
    boolean last = term.ellipsis() == 0 || !term.axis(0).label().equals(label);
    int start = term.ellipsis() >= 0 && last ? text.indexOf(Axis.ELLIPSIS.label(), from) : from;
    return text.indexOf(label, start);
  }

  private boolean hasBar(int from, int to) {
    int bar = text.indexOf('|', from);
    return bar >= 0 && bar < to;
  }

  private EquationSyntaxException ambiguous(
      Equation equation, SequencedSet<String> labels, int column) {
    Equation letters =
        new Equation(
            equation.operands().stream().map(term -> split(term, labels)).toList(),
            split(equation.output(), labels));
    return new EquationSyntaxException(
        Kind.AMBIGUOUS,
        text,
        column,
        "'"
            + EquationPrinter.shortened(labels.getFirst())
            + "' could be one label or one label a letter",
        "For one label write      "
            + EquationPrinter.shortened(equation)
            + "\nfor single letters write "
            + EquationPrinter.shortened(letters));
  }

  private static Term split(Term term, Set<String> labels) {
    List<Axis> axes = new ArrayList<>();
    for (Axis axis : term.axes()) {
      if (labels.contains(axis.label())) {
        axis.label().codePoints().mapToObj(Character::toString).map(Axis::of).forEach(axes::add);
      } else {
        axes.add(axis);
      }
    }
    return new Term(axes, term.partial());
  }
}
