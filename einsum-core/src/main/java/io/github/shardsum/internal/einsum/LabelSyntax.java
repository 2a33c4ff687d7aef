package io.github.shardsum.internal.einsum;

/** The characters of labels and of names of mesh axes, and the order of names. */
public final class LabelSyntax {
  /** Compares by code point, which differs from the order of Java strings above U+FFFF. */
  public static int compare(String x, String y) {
    int at = 0;
    while (at < x.length() && at < y.length()) {
      int difference = Integer.compare(x.codePointAt(at), y.codePointAt(at));
      if (difference != 0) {
        return difference;
      }
      at += Character.charCount(x.codePointAt(at));
    }
    return Integer.compare(x.length(), y.length());
  }

  private LabelSyntax() {}

  /** Whether a character is a label by itself in the compact form. */
  public static boolean isCompactLabel(int character) {
    // opt_einsum uses these signs as its labels 75 and 107, among Latin-1 letters.
    return Character.isLetter(character) || character == '×' || character == '÷';
  }

  /** Whether a character may be part of a name. */
  public static boolean isNamePart(int character) {
    return isCompactLabel(character)
        || character == '_'
        || Character.isDigit(character)
        || Character.getType(character) == Character.NON_SPACING_MARK
        || Character.getType(character) == Character.COMBINING_SPACING_MARK;
  }

  /** Whether a name is one character that is a label in the compact form. */
  public static boolean isCompact(String name) {
    return isOneCharacter(name) && isCompactLabel(name.codePointAt(0));
  }

  /** Whether a name is one character, which may be two Java chars. */
  public static boolean isOneCharacter(String name) {
    return name.length() == Character.charCount(name.codePointAt(0));
  }

  /** Whether a name of the spaced form would be several labels in the compact form. */
  public static boolean couldBeSeveral(String name) {
    return !isOneCharacter(name) && name.codePoints().allMatch(LabelSyntax::isCompactLabel);
  }

  private static boolean isName(String name) {
    int at = 0;
    while (at < name.length() && isNamePart(name.codePointAt(at))) {
      at += Character.charCount(name.codePointAt(at));
    }
    return at == name.length();
  }

  public static void check(String what, String name) {
    if (name.isEmpty() || !isName(name)) {
      throw new IllegalArgumentException(
          what + ": expected letters, digits and underscores, got \"" + name + "\"");
    }
  }
}
