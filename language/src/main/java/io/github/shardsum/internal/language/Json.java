package io.github.shardsum.internal.language;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A reader of JSON (RFC 8259). An object is a Map without members that are null, an array a List,
 * an integer a Long, another number a Double. The depth is limited, so that no file can overflow
 * the stack.
 */
final class Json {
  private static final int DEEPEST = 100;
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?");

  /** Stands for null while its object or array is read. */
  private static final Object NOTHING = new Object();

  private final String place;
  private final String text;
  private int at;

  private Json(String place, String text) {
    this.place = place;
    this.text = text;
  }

  /**
   * Reads a file with one object.
   *
   * @throws IllegalArgumentException if it is not JSON in UTF-8; the message has file and place
   */
  static Map<String, Object> read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    try {
      return parse(
          file.toString(),
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + ": must be JSON in UTF-8", e);
    }
  }

  /** Reads a text with one object. */
  static Map<String, Object> parse(String place, String text) {
    Json json = new Json(place, text);
    json.skipSpace();
    json.expect('{');
    Map<String, Object> object = json.object(1);
    json.skipSpace();
    if (json.at < text.length()) {
      throw json.wrong("the end");
    }
    return object;
  }

  private IllegalArgumentException wrong(String wanted) {
    String found = text.substring(at, Math.min(text.length(), at + 20));
    return new IllegalArgumentException(
        place
            + ": expected "
            + wanted
            + " at character "
            + at
            + ", got "
            + (found.isEmpty() ? "the end" : "\"" + found + "\""));
  }

  private void skipSpace() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private boolean accept(char wanted) {
    skipSpace();
    boolean there = at < text.length() && text.charAt(at) == wanted;
    at += there ? 1 : 0;
    return there;
  }

  private void expect(char wanted) {
    if (!accept(wanted)) {
      throw wrong("'" + wanted + "'");
    }
  }

  private Map<String, Object> object(int depth) {
    Map<String, Object> members = new LinkedHashMap<>();
    if (accept('}')) {
      return members;
    }
    do {
      expect('"');
      String key = string();
      expect(':');
      Object value = value(depth);
      if (value != NOTHING && members.put(key, value) != null) {
        throw wrong("the key \"" + key + "\" once");
      }
    } while (accept(','));
    expect('}');
    return members;
  }

  private List<Object> array(int depth) {
    List<Object> values = new ArrayList<>();
    if (accept(']')) {
      return values;
    }
    do {
      Object value = value(depth);
      if (value == NOTHING) {
        throw wrong("no null in an array");
      }
      values.add(value);
    } while (accept(','));
    expect(']');
    return values;
  }

  private Object value(int depth) {
    if (depth > DEEPEST) {
      throw wrong("at most " + DEEPEST + " levels");
    }
    if (accept('{')) {
      return object(depth + 1);
    }
    if (accept('[')) {
      return array(depth + 1);
    }
    if (accept('"')) {
      return string();
    }
    for (String word : List.of("true", "false", "null")) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return word.equals("null") ? NOTHING : (Object) word.equals("true");
      }
    }
    Matcher number = NUMBER.matcher(text).region(at, text.length());
    if (!number.lookingAt()) {
      throw wrong("a value");
    }
    String digits = number.group();
    boolean whole = number.group(2) == null && number.group(3) == null && digits.length() < 19;
    at = number.end();
    return whole ? (Object) Long.parseLong(digits) : (Object) Double.parseDouble(digits);
  }

  /** The rest of a string, whose first quote was read. */
  private String string() {
    StringBuilder value = new StringBuilder();
    while (true) {
      if (at == text.length() || text.charAt(at) < ' ') {
        throw wrong("a string that ends");
      }
      char c = text.charAt(at++);
      if (c == '"') {
        return value.toString();
      }
      value.append(c == '\\' ? escape() : c);
    }
  }

  private char escape() {
    char c = at < text.length() ? text.charAt(at++) : ' ';
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> letter();
      default -> throw wrong("an escape of JSON");
    };
  }

  private char letter() {
    String digits = text.substring(at, Math.min(at + 4, text.length()));
    if (!digits.matches("[0-9a-fA-F]{4}")) {
      throw wrong("an escape of four hexadecimal digits");
    }
    at += 4;
    return (char) Integer.parseInt(digits, 16);
  }
}
