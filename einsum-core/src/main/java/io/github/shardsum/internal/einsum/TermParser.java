package io.github.shardsum.internal.einsum;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.EquationSyntaxException;
import io.github.shardsum.einsum.EquationSyntaxException.Kind;
import io.github.shardsum.einsum.Term;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads the terms of one equation, all in the compact or all in the spaced form. */
public final class TermParser {
  private static final String DOTS = "...";

  /** The byte order mark with which some editors begin a text. */
  private static final int BYTE_ORDER_MARK = 0xFEFF;

  private final String text;
  private final boolean spaced;

  /** One object for each distinct label, so that a long text does not fill the heap. */
  private final Map<String, Axis> axes = new HashMap<>();

  private int at;
  private int end;

  public TermParser(String text, boolean spaced) {
    this.text = text;
    this.spaced = spaced;
  }

  public boolean isSpaced() {
    return spaced;
  }

  /** Reads the term between two positions. */
  public Term term(int from, int to) {
    at = from;
    end = to;
    List<Axis> found = new ArrayList<>();
    List<String> partial = new ArrayList<>();
    Set<String> mesh = new HashSet<>();
    boolean ellipsis = false;
    for (skipSpace(); at < end && text.charAt(at) != '|'; skipSpace()) {
      if (text.charAt(at) == '.') {
        found.add(ellipsis(ellipsis));
        ellipsis = true;
      } else {
        found.add(spaced ? token(mesh) : letter());
      }
    }
    if (at < end) {
      bar(partial, mesh);
    }
    return new Term(found, partial);
  }

  private void skipSpace() {
    while (at < end && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private Axis ellipsis(boolean second) {
    if (!text.startsWith(DOTS, at) || at + DOTS.length() > end) {
      throw wrong(
          Kind.ELLIPSIS,
          at,
          "a '.' that is not part of '...'",
          "Write three dots, without white space between them.");
    }
    if (second) {
      throw wrong(
          Kind.ELLIPSIS, at, "a second '...' in one term", "Keep one and name the other axes.");
    }
    at += DOTS.length();
    return Axis.ELLIPSIS;
  }

  private Axis letter() {
    int character = text.codePointAt(at);
    if (!LabelSyntax.isCompactLabel(character)) {
      throw noLabel(character, "Labels are letters");
    }
    at += Character.charCount(character);
    return axis(Character.toString(character));
  }

  private Axis axis(String label) {
    Axis known = axes.get(label);
    if (known == null) {
      known = Axis.of(label);
      axes.put(label, known);
    }
    return known;
  }

  private Axis token(Set<String> mesh) {
    String label = name();
    if (at >= end || text.charAt(at) != '@') {
      return axis(label);
    }
    List<String> split = new ArrayList<>();
    do {
      at++;
      split.add(meshAxis(mesh));
    } while (at < end && text.charAt(at) == '.');
    return new Axis(label, split);
  }

  private void bar(List<String> partial, Set<String> mesh) {
    at++;
    for (skipSpace(); at < end; skipSpace()) {
      partial.add(meshAxis(mesh));
    }
  }

  private String meshAxis(Set<String> used) {
    int start = at;
    if (at >= end || !LabelSyntax.isNamePart(text.codePointAt(at))) {
      throw wrong(
          Kind.LAYOUT,
          at,
          "expected the name of a mesh axis",
          "Write n@x, n@x.y, or after a bar: m n | x y.");
    }
    String name = name();
    if (!used.add(name)) {
      throw wrong(
          Kind.LAYOUT,
          start,
          "mesh axis '" + name + "' twice in one term",
          "A mesh axis splits one label, or is summed over, once.");
    }
    return name;
  }

  private String name() {
    int start = at;
    while (at < end && LabelSyntax.isNamePart(text.codePointAt(at))) {
      at += Character.charCount(text.codePointAt(at));
    }
    if (start == at) {
      throw noLabel(text.codePointAt(at), "Labels are letters, digits and underscores");
    }
    return text.substring(start, at);
  }

  private EquationSyntaxException noLabel(int character, String labels) {
    if (!spaced && Character.isDigit(character)) {
      return wrong(
          Kind.LABEL,
          at,
          "a digit is no label in the compact form",
          "Use letters, or put white space between the labels of a term, as in 'x0 x1, x1 -> x0'.");
    }
    return wrong(
        Kind.LABEL,
        at,
        named(character) + " is no label",
        labels + "; terms are separated by ',' and '->' stands before the output.");
  }

  /** A character as text, or its number if it is invisible. */
  private static String named(int character) {
    if (character == BYTE_ORDER_MARK) {
      return "a byte-order mark (U+FEFF)";
    }
    return switch (Character.getType(character)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED ->
          String.format(Locale.ROOT, "U+%04X", character);
      default -> "'" + Character.toString(character) + "'";
    };
  }

  private EquationSyntaxException wrong(Kind kind, int column, String rule, String wayOut) {
    return new EquationSyntaxException(kind, text, column, rule, wayOut);
  }
}
