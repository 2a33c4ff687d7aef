package io.github.shardsum.internal.pjrt.host;

import java.util.List;
import java.util.Locale;

/**
 * Finds text that a program must not contain, since a plugin would end the process on it or wait
 * for ever.
 */
public final class FatalProgramText {
  /**
   * The deepest nesting: MLIR's parser recurses once for each level, and other passes several
   * times.
   */
  public static final int DEEPEST = 1000;

  /** The first bytes of bytecode, in which brackets mean nothing. */
  private static final String BYTECODE = "ML\u00efR";

  /** Operations that need host functions which PJRT does not have. */
  private static final List<String> UNANSWERED = List.of("stablehlo.infeed", "stablehlo.outfeed");

  private FatalProgramText() {}

  /**
   * Refuses text that is nested too deep, and operations that wait for a host that does not answer.
   *
   * @throws IllegalArgumentException with the limit
   */
  public static void check(String text) {
    if (text.startsWith(BYTECODE)) {
      return;
    }
    for (String operation : UNANSWERED) {
      if (text.contains(operation)) {
        throw new IllegalArgumentException(
            "program: "
                + operation
                + " waits for a host that PJRT cannot be; make it an argument or a result");
      }
    }
    checkDepth(text);
  }

  private static void checkDepth(String text) {
    int depth = 0;
    for (int at = 0; at < text.length(); at++) {
      switch (text.charAt(at)) {
        case '"' -> at = endOfString(text, at);
        case '/' -> at = endOfComment(text, at);
        case '(', '[', '{', '<' -> depth++;
        case ')', ']', '}' -> depth--;
        case '>' -> depth -= at > 0 && text.charAt(at - 1) == '-' ? 0 : 1;
        default -> {}
      }
      if (depth > DEEPEST) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "program: expected brackets nested at most %d deep, character %d is nested deeper",
                DEEPEST,
                at));
      }
    }
  }

  private static int endOfString(String text, int begin) {
    int at = begin + 1;
    while (at < text.length() && text.charAt(at) != '"' && text.charAt(at) != '\n') {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    return at;
  }

  private static int endOfComment(String text, int slash) {
    if (!text.startsWith("//", slash)) {
      return slash;
    }
    int end = text.indexOf('\n', slash);
    return end < 0 ? text.length() : end;
  }
}
