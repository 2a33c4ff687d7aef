package io.github.shardsum.internal.path;

import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.path.PathException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Reads {@code [(0, 1), (0, 1)]}, also with {@code 'einsum_path'} in front, as NumPy prints a path.
 *
 * <p>The parser is written by hand, because a regular expression with a repeated group overflows
 * the stack on a long step.
 */
public final class PathParser {
  private static final String NUMPY_HEAD = "einsum_path";
  private static final int MAX_DIGITS = 9;

  private final String text;
  private int at;

  public PathParser(String text) {
    this.text = text;
  }

  public ContractionPath parse() {
    expect('[');
    boolean more = !accept(']') && (!numpyHead() || listGoesOn());
    List<int[]> steps = new ArrayList<>();
    int operands = 1;
    while (more) {
      int[] step = step();
      operands += step.length - 1;
      steps.add(step);
      more = listGoesOn();
    }
    skipSpace();
    if (at < text.length()) {
      throw wanted("the end");
    }
    return PathFormats.ofLinear(operands, steps.toArray(int[][]::new));
  }

  private int[] step() {
    char closing = accept('[') ? ']' : ')';
    if (closing == ')') {
      expect('(');
    }
    int[] positions = new int[2];
    int count = 0;
    do {
      if (count == positions.length) {
        positions = Arrays.copyOf(positions, 2 * count);
      }
      positions[count++] = number();
    } while (accept(',') && !peek(closing));
    expect(closing);
    return Arrays.copyOf(positions, count);
  }

  private int number() {
    skipSpace();
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == start || at - start > MAX_DIGITS) {
      at = start;
      throw wanted("a position of 1 to " + MAX_DIGITS + " digits");
    }
    return Integer.parseInt(text, start, at, 10);
  }

  private boolean numpyHead() {
    char quote = peek('"') ? '"' : '\'';
    if (!accept(quote)) {
      return false;
    }
    if (!text.startsWith(NUMPY_HEAD, at)) {
      throw wanted(NUMPY_HEAD);
    }
    at += NUMPY_HEAD.length();
    expect(quote);
    return true;
  }

  /** Reads the text after an element: a comma and another element, or the closing bracket. */
  private boolean listGoesOn() {
    boolean comma = accept(',');
    if (accept(']')) {
      return false;
    }
    if (!comma) {
      throw wanted("',' or ']'");
    }
    return true;
  }

  private void expect(char wanted) {
    if (!accept(wanted)) {
      throw wanted("'" + wanted + "'");
    }
  }

  private boolean accept(char wanted) {
    if (!peek(wanted)) {
      return false;
    }
    at++;
    return true;
  }

  private boolean peek(char wanted) {
    skipSpace();
    return at < text.length() && text.charAt(at) == wanted;
  }

  private void skipSpace() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private PathException wanted(String what) {
    return new PathException(
        String.format(
            Locale.ROOT,
            "path: expected %s at character %d, got %s in %s; a path is written [(0, 2), (0, 1)]",
            what,
            at,
            at < text.length() ? "'" + text.charAt(at) + "'" : "the end",
            text));
  }
}
