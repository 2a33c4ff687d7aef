package io.github.shardsum.cli.corpus.read;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Mozilla's Fluent messages. Of a text that differs by number or case the default variant is taken.
 * A line that is no message is skipped, as Fluent does.
 */
record FluentReader() implements TranslationReader.Keyed {
  private static final Pattern MESSAGE = Pattern.compile("(-?[A-Za-z][\\w-]*+) *+= ?+(.*)");
  private static final Pattern ATTRIBUTE = Pattern.compile("\\s++\\.([A-Za-z][\\w-]*+) *+= ?+(.*)");
  private static final Pattern DEFAULT = Pattern.compile("\\s*+\\*\\[[^\\]\\[]*+\\]");
  private static final Pattern VARIANT = Pattern.compile("\\s*+\\*?\\[[^\\]\\[]*+\\].*");
  private static final int DEEPEST = 16;

  @Override
  public Map<String, String> read(InputStream in) throws IOException {
    Map<String, String> texts = new HashMap<>();
    String message = "";
    String key = "";
    StringBuilder value = new StringBuilder();
    for (String line : (Iterable<String>) WholeText.utf8(in).lines()::iterator) {
      Matcher begin = MESSAGE.matcher(line);
      Matcher attribute = ATTRIBUTE.matcher(line);
      boolean continues = line.isEmpty() || line.startsWith(" ") || line.startsWith("}");
      if (begin.matches()) {
        put(key, value, texts);
        message = begin.group(1);
        key = message;
        value.append(begin.group(2));
      } else if (attribute.matches() && !message.isEmpty()) {
        put(key, value, texts);
        key = message + "." + attribute.group(1);
        value.append(attribute.group(2));
      } else if (continues) {
        value.append('\n').append(line);
      } else {
        put(key, value, texts);
        message = "";
        key = "";
      }
    }
    put(key, value, texts);
    return texts;
  }

  private static void put(String key, StringBuilder value, Map<String, String> texts) {
    if (!key.isEmpty() && !value.toString().isBlank()) {
      texts.put(key, resolve(value.toString().strip(), 0));
    }
    value.setLength(0);
  }

  /** Replaces each choice by its default, and each literal by its text. */
  private static String resolve(String text, int depth) {
    if (depth > DEEPEST) {
      throw new IllegalArgumentException("choices must be nested at most 16 deep, got more");
    }
    StringBuilder resolved = new StringBuilder();
    int at = 0;
    for (int open = text.indexOf('{'); open >= 0; open = text.indexOf('{', at)) {
      int close = close(text, open);
      resolved.append(text, at, open).append(placeable(text.substring(open + 1, close), depth));
      at = close + 1;
    }
    return resolved.append(text, at, text.length()).toString();
  }

  /** The place of the brace that closes the one at a place. */
  private static int close(String text, int open) {
    int depth = 0;
    boolean quoted = false;
    for (int i = open; i < text.length(); i++) {
      char c = text.charAt(i);
      quoted ^= c == '"' && depth > 0;
      if (!quoted && c == '{') {
        depth++;
      } else if (!quoted && c == '}' && --depth == 0) {
        return i;
      }
    }
    throw new IllegalArgumentException("each { must have its }, got none");
  }

  private static String placeable(String inner, int depth) {
    String text = inner.strip();
    int arrow = text.indexOf("->");
    if (arrow >= 0) {
      return resolve(chosen(text.substring(arrow + 2)), depth + 1);
    }
    boolean literal = text.length() > 1 && text.startsWith("\"") && text.endsWith("\"");
    return literal ? text.substring(1, text.length() - 1) : "{" + text + "}";
  }

  /** The text of the default variant, which goes on to the next variant outside braces. */
  private static String chosen(String variants) {
    StringBuilder chosen = new StringBuilder();
    boolean taken = false;
    int depth = 0;
    for (String line : (Iterable<String>) variants.lines()::iterator) {
      if (depth == 0 && VARIANT.matcher(line).matches()) {
        Matcher star = DEFAULT.matcher(line);
        taken = star.lookingAt();
        chosen.append(taken ? line.substring(star.end()).strip() : "");
      } else if (taken) {
        chosen.append('\n').append(line.strip());
      }
      depth += (int) line.chars().filter(c -> c == '{').count();
      depth -= (int) line.chars().filter(c -> c == '}').count();
    }
    return chosen.toString().strip();
  }
}
