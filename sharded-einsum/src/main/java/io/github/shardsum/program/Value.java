package io.github.shardsum.program;

import java.util.Objects;

/**
 * A value of a program: an input or the result of a statement. Names are unique in a program.
 *
 * @param name letters, digits, {@code _} and {@code .}, the first no digit; {@code %} and a number
 *     as long as a {@link ProgramBuilder} has not named the value
 * @param type dtype and labels
 */
public record Value(String name, ValueType type) {
  /** A builder's numbered value, which gets a name when the program is built. */
  private static boolean isNumbered(String name) {
    return name.length() > 1
        && name.charAt(0) == '%'
        && name.chars().skip(1).allMatch(c -> c >= '0' && c <= '9');
  }

  /** Checks the name. */
  public Value {
    if (!isName(name) && !isNumbered(name)) {
      throw new IllegalArgumentException(
          "value: name must have letters, digits, _ and ., the first no digit, got \""
              + name
              + "\"");
    }
    Objects.requireNonNull(type, "type");
  }

  /**
   * Whether a text can name a value or a program.
   *
   * @param name the text
   * @return true for letters, digits, {@code _} and {@code .}, the first no digit
   */
  public static boolean isName(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c < 128 && (Character.isLetter(c) || c == '_');
      if (!letter && (i == 0 || !(c == '.' || (c >= '0' && c <= '9')))) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** Name and type, such as {@code x: f32[G=2 S=8]}. */
  @Override
  public String toString() {
    return name + ": " + type;
  }
}
