package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.format;

import java.util.List;

/** Long lists and texts in messages. */
public final class Abbreviation {
  private static final int MOST_NAMED = 20;

  /** Characters of a text. */
  private static final int MOST_SHOWN = 120;

  private Abbreviation() {}

  /** A list as text; a long list is cut off. */
  public static String list(List<?> all) {
    return all.size() <= MOST_NAMED
        ? all.toString()
        : all.subList(0, MOST_NAMED) + " and " + (all.size() - MOST_NAMED) + " more";
  }

  /** Foreign text in quotation marks, safe to print; a long text is cut off. */
  public static String text(String text) {
    StringBuilder shown = new StringBuilder("\"");
    text.codePoints()
        .limit(MOST_SHOWN)
        .forEach(
            c -> {
              if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                shown.append(format("\\u%04x", c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    long length = text.codePointCount(0, text.length());
    return shown
        .append(length > MOST_SHOWN ? format("...\" of %d characters", length) : "\"")
        .toString();
  }
}
