package io.github.shardsum.cli.common;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;

/** Errors of JSON in words. */
public final class JsonErrors {
  /**
   * Parts of the parser's messages to remove: advice for programmers, and positions that the parser
   * does not keep.
   */
  private static final List<Pattern> NOT_FOR_USERS =
      List.of(
          Pattern.compile(" ?\\((?:for \\w+ starting|start marker) at \\[[^]]*]\\)"),
          Pattern.compile(" ?\\(or 'NaN'[^)]*\\)"),
          Pattern.compile(",? from `[^`]*`"),
          Pattern.compile(": enable `.*", Pattern.DOTALL),
          Pattern.compile("\\R.*", Pattern.DOTALL));

  private static final Map<Pattern, String> IN_WORDS =
      Map.of(Pattern.compile("Trailing token .*", Pattern.DOTALL), "text after the object");

  private JsonErrors() {}

  /**
   * Describes the error in a text that is not JSON, without names of Java's classes.
   *
   * @param notJson the parser's exception
   */
  public static String describe(JacksonException notJson) {
    String reason = String.valueOf(notJson.getOriginalMessage());
    for (Pattern pattern : NOT_FOR_USERS) {
      reason = pattern.matcher(reason).replaceAll("");
    }
    for (Map.Entry<Pattern, String> words : IN_WORDS.entrySet()) {
      reason = words.getKey().matcher(reason).replaceAll(words.getValue());
    }
    return reason;
  }
}
