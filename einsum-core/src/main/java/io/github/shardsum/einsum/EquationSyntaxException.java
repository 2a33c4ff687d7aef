package io.github.shardsum.einsum;

/**
 * Thrown when a text is not an equation. The message has the rule, the equation with a caret under
 * the error, and the remedy.
 */
public final class EquationSyntaxException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN_EACH_SIDE = 40;

  /** The broken part of the notation. */
  public enum Kind {
    /** {@code ->} is broken, doubled, or followed by a comma. */
    ARROW,
    /** A character or a number that is not a label. */
    LABEL,
    /** Dots that are not {@code ...}, or more than one ellipsis in a term. */
    ELLIPSIS,
    /** A mesh axis, after {@code @} or a bar. */
    LAYOUT,
    /** A token that could be one label or several. */
    AMBIGUOUS
  }

  /** The kind. */
  private final Kind kind;

  /** The whole text. */
  private final String equation;

  /** Position of the error from 0; the message counts columns from 1. */
  private final int column;

  /** The broken rule. */
  private final String rule;

  /** The advice. */
  private final String wayOut;

  /**
   * Makes an exception.
   *
   * @param kind the kind of mistake
   * @param equation the whole text
   * @param column position of the error in the text, in Java chars from 0, at most the text's
   *     length
   * @param rule the broken rule
   * @param wayOut the remedy, one or several lines
   */
  public EquationSyntaxException(
      Kind kind, String equation, int column, String rule, String wayOut) {
    super(message(equation, column, rule, wayOut));
    this.kind = kind;
    this.equation = equation;
    this.column = column;
    this.rule = rule;
    this.wayOut = wayOut;
  }

  private static String message(String equation, int column, String rule, String wayOut) {
    int from = Math.max(0, column - SHOWN_EACH_SIDE);
    int to = Math.min(equation.length(), column + SHOWN_EACH_SIDE);
    String before = (from > 0 ? "…" : "") + printable(equation.substring(from, column));
    String after = printable(equation.substring(column, to)) + (to < equation.length() ? "…" : "");
    return "equation, column "
        + (column + 1)
        + ": "
        + rule
        + "\n  "
        + before
        + after
        + "\n  "
        + " ".repeat(before.codePointCount(0, before.length()))
        + "^"
        + "\n  "
        + wayOut.replace("\n", "\n  ");
  }

  /** Replaces each character by one visible column; otherwise the caret would point elsewhere. */
  private static String printable(String text) {
    StringBuilder result = new StringBuilder();
    text.codePoints()
        .map(
            character ->
                Character.isWhitespace(character)
                    ? ' '
                    : switch (Character.getType(character)) {
                      case Character.CONTROL,
                          Character.FORMAT,
                          Character.SURROGATE,
                          Character.UNASSIGNED,
                          Character.NON_SPACING_MARK ->
                          '\uFFFD';
                      default -> character;
                    })
        .forEach(result::appendCodePoint);
    return result.toString();
  }

  /**
   * The broken part of the notation.
   *
   * @return the kind
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The text that was read.
   *
   * @return all of it
   */
  public String equation() {
    return equation;
  }

  /**
   * The column of the error.
   *
   * @return the position in {@link #equation()}, in Java chars from 0, at most its length
   */
  public int column() {
    return column;
  }

  /**
   * The rule that was broken.
   *
   * @return the broken rule
   */
  public String rule() {
    return rule;
  }

  /**
   * The remedy.
   *
   * @return the advice
   */
  public String wayOut() {
    return wayOut;
  }
}
