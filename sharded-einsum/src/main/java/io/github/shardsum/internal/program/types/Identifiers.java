package io.github.shardsum.internal.program.types;

/** Characters that words of a program's text may have. */
public final class Identifiers {
  private Identifiers() {}

  /**
   * Whether a name, a number or an attribute's key may have a character.
   *
   * @param c the character
   * @return true for ASCII letters and digits, {@code _}, {@code .}, {@code -} and {@code +}
   */
  public static boolean isWordCharacter(char c) {
    return c < 128
        && (Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-' || c == '+');
  }
}
