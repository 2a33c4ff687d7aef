package io.github.shardsum.program;

import io.github.shardsum.internal.program.text.OperationPrinter;
import java.io.Serial;
import java.util.Locale;

/**
 * An operation that does not fit its operands, or a text that is not a program. The message names
 * the operation, every operand's type, the rule, the given value and the remedy.
 */
public final class ProgramException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  /** The most characters of the subject and of the rule; shapes of a hundred operands fit. */
  private static final int LONGEST = 4000;

  /** The operation, or the place in a text, that causes the error. */
  private final String where;

  private ProgramException(String where, String message) {
    super(shown(where) + ": " + shown(message));
    this.where = shown(where);
  }

  /**
   * Text that a terminal can show. A very long text is cut in the middle. Control characters, which
   * would move the cursor, are escaped as in Java.
   */
  private static String shown(String text) {
    int left = text.length() - LONGEST;
    if (left > 0) {
      String end = text.substring(text.length() - LONGEST / 4);
      String begin = text.substring(0, LONGEST - LONGEST / 4);
      return shown(begin) + " ... (" + left + " characters) ... " + shown(end);
    }
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean moves = Character.isISOControl(c) && c != '\n' && c != '\t';
      shown.append(moves ? String.format(Locale.ROOT, "\\u%04x", (int) c) : Character.toString(c));
    }
    return shown.toString();
  }

  /**
   * An operation that does not fit.
   *
   * @param operation the operation
   * @param message the rule, the given value and the remedy
   * @return the exception
   */
  public static ProgramException of(Operation operation, String message) {
    return new ProgramException(OperationPrinter.heading(operation), message);
  }

  /**
   * A text or a call that is wrong.
   *
   * @param where the place in a text, or the call
   * @param message the rule, the given value and the remedy
   * @return the exception
   */
  public static ProgramException at(String where, String message) {
    return new ProgramException(where, message);
  }

  /**
   * The cause: the operation with its operands' types, or the place in a text.
   *
   * @return the cause, such as {@code einsum(x: f32[i=2 j=3], y: f32[j=4 k=5])
   *     {equation="ij,jk->ik"}}
   */
  public String where() {
    return where;
  }
}
