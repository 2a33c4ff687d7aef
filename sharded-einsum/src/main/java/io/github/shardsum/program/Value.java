package io.github.shardsum.program;

import java.util.Objects;

/**
 * A value of a program: an input or the result of a statement. Names are unique in a program.
 *
 * @param name letters, digits, {@code _} and {@code .}, the first no digit
 * @param type dtype and labels
 */
public record Value(String name, ValueType type) {
  /** Checks the name. */
  public Value {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "value: a name of letters, digits, _ and ., the first no digit, is wanted, got \""
              + name
              + "\"");
    }
    Objects.requireNonNull(type, "type");
  }

  static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c < 128 && (Character.isLetter(c) || c == '_');
      if (!letter && (i == 0 || !(c == '.' || (c >= '0' && c <= '9')))) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** Name and type, as {@code x: f32[G=2 S=8]}. */
  @Override
  public String toString() {
    return name + ": " + type;
  }
}
