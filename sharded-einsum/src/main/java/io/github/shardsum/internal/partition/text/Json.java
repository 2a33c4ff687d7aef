package io.github.shardsum.internal.partition.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A value of JSON, and a strict reader with bounds on length and depth. */
sealed interface Json {
  /** The most characters of a text. */
  int MOST_CHARACTERS = 1 << 26;

  /** The deepest nesting of arrays and objects. */
  int MOST_DEPTH = 64;

  /** An object, with its members in order. */
  record Members(Map<String, Json> members) implements Json {}

  /** An array, with its elements in order. */
  record Elements(List<Json> elements) implements Json {}

  /** A string. */
  record Text(String text) implements Json {}

  /** A number as it was written. */
  record Digits(String digits) implements Json {}

  /** True, false or null. */
  record Word(String word) implements Json {}

  /**
   * Reads one value.
   *
   * @throws IllegalArgumentException if the text is not JSON, has a member twice, or is too long or
   *     deep
   */
  static Json parse(String text) {
    if (text.length() > MOST_CHARACTERS) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "json: must have at most %d characters, got %d",
              MOST_CHARACTERS,
              text.length()));
    }
    Reader reader = new Reader(text);
    Json value = reader.value(0);
    reader.skipBlanks();
    if (reader.at < text.length()) {
      throw reader.expected("the end");
    }
    return value;
  }

  /** A string in quotes, ASCII only. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        default -> {
          if (c < ' ' || c > '~') {
            quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  /** A recursive reader, whose depth limit is reached before the stack is full. */
  final class Reader {
    private final String text;
    private int at;

    private Reader(String text) {
      this.text = text;
    }

    private IllegalArgumentException expected(String what) {
      String got = at < text.length() ? quoted(text.substring(at, at + 1)) : "the end";
      return new IllegalArgumentException(
          String.format(
              Locale.ROOT, "json: expected %s at character %d, got %s", what, at + 1, got));
    }

    private void skipBlanks() {
      while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }

    private boolean take(char c) {
      skipBlanks();
      boolean there = at < text.length() && text.charAt(at) == c;
      at += there ? 1 : 0;
      return there;
    }

    private void require(char c) {
      if (!take(c)) {
        throw expected(quoted(String.valueOf(c)));
      }
    }

    private Json value(int depth) {
      if (depth > MOST_DEPTH) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "json: must be at most %d deep, got more at character %d",
                MOST_DEPTH,
                at + 1));
      }
      skipBlanks();
      char c = at < text.length() ? text.charAt(at) : ' ';
      return switch (c) {
        case '{' -> members(depth);
        case '[' -> elements(depth);
        case '"' -> new Text(string());
        case 't', 'f', 'n' -> word();
        default -> number();
      };
    }

    private Json members(int depth) {
      Map<String, Json> members = new LinkedHashMap<>();
      require('{');
      if (!take('}')) {
        do {
          skipBlanks();
          int start = at;
          String name = string();
          require(':');
          if (members.putIfAbsent(name, value(depth + 1)) != null) {
            at = start;
            throw expected("another member than " + quoted(name));
          }
        } while (take(','));
        require('}');
      }
      return new Members(members);
    }

    private Json elements(int depth) {
      List<Json> elements = new ArrayList<>();
      require('[');
      if (!take(']')) {
        do {
          elements.add(value(depth + 1));
        } while (take(','));
        require(']');
      }
      return new Elements(elements);
    }

    private Json word() {
      for (String word : List.of("true", "false", "null")) {
        if (text.startsWith(word, at)) {
          at += word.length();
          return new Word(word);
        }
      }
      throw expected("a value");
    }

    private Json number() {
      int start = at;
      while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      String digits = text.substring(start, at);
      if (!digits.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
        at = start;
        throw expected("a value");
      }
      return new Digits(digits);
    }

    private String string() {
      require('"');
      StringBuilder string = new StringBuilder();
      while (at < text.length() && text.charAt(at) != '"') {
        char c = text.charAt(at++);
        if (c < ' ') {
          at--;
          throw expected("a character that is no control character");
        }
        string.append(c == '\\' ? escaped() : c);
      }
      if (at == text.length()) {
        throw expected("\"");
      }
      at++;
      return string.toString();
    }

    private char escaped() {
      char c = at < text.length() ? text.charAt(at) : ' ';
      int plain = "\"\\/bfnrt".indexOf(c);
      if (plain >= 0) {
        at++;
        return "\"\\/\b\f\n\r\t".charAt(plain);
      }
      String digits = c == 'u' && at + 5 <= text.length() ? text.substring(at + 1, at + 5) : "";
      if (!digits.matches("[0-9a-fA-F]{4}")) {
        throw expected("an escape");
      }
      at += 5;
      return (char) Integer.parseInt(digits, 16);
    }
  }
}
