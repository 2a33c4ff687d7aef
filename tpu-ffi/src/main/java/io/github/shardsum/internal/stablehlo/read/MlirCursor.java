package io.github.shardsum.internal.stablehlo.read;

/** A place in a text, which skips white space and comments. */
final class MlirCursor {
  private final String text;
  private int at;

  /** The line of the character before {@link #counted}. */
  private int line = 1;

  private int counted;

  MlirCursor(String text) {
    this.text = text;
  }

  /** The line of the next token, from 1. */
  int line() {
    skip();
    for (; counted < at; counted++) {
      line += text.charAt(counted) == '\n' ? 1 : 0;
    }
    return line;
  }

  boolean atEnd() {
    skip();
    return at == text.length();
  }

  /** The next character that is no white space, 0 at the end. */
  char peek() {
    skip();
    return at < text.length() ? text.charAt(at) : 0;
  }

  /** The character after the last token, white space too; 0 at the end. */
  char next() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private void skip() {
    while (at < text.length()) {
      if (Character.isWhitespace(text.charAt(at))) {
        at++;
      } else if (text.startsWith("//", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else {
        return;
      }
    }
  }

  /** Whether the next token is this one. */
  boolean sees(String token) {
    skip();
    int end = at + token.length();
    boolean ends =
        !isWord(token.charAt(token.length() - 1))
            || end >= text.length()
            || !isWord(text.charAt(end));
    return text.startsWith(token, at) && ends;
  }

  /** Takes a token if it is the next one. */
  boolean accept(String token) {
    if (!sees(token)) {
      return false;
    }
    at += token.length();
    return true;
  }

  /** Takes a token that must follow. */
  void expect(String token) {
    if (!accept(token)) {
      throw error("expected " + token);
    }
  }

  /** Takes a name or a number: letters, digits and the characters {@code _ . $ - +}. */
  String word() {
    skip();
    int start = at;
    while (at < text.length() && (isWord(text.charAt(at)) || isSign(start))) {
      at++;
    }
    if (start == at) {
      throw error("expected a name or a number");
    }
    return text.substring(start, at);
  }

  /** Whether the next character is the sign of a number or of its exponent. */
  private boolean isSign(int start) {
    char c = text.charAt(at);
    if (c != '-' && c != '+') {
      return false;
    }
    if (at == start) {
      return c == '-' && at + 1 < text.length() && isWord(text.charAt(at + 1));
    }
    char first = text.charAt(start);
    boolean number = Character.isDigit(first) || first == '-';
    return number && Character.toLowerCase(text.charAt(at - 1)) == 'e';
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '$';
  }

  /** Takes a string with its quotes; returns what is between them, escapes as they are. */
  String string() {
    expect("\"");
    int start = at;
    while (next() != '"') {
      if (at >= text.length()) {
        throw error("expected the end of a string");
      }
      at += next() == '\\' ? 2 : 1;
    }
    at++;
    return text.substring(start, at - 1);
  }

  /** Takes what is before the bracket that closes an open one, and the bracket. */
  String balanced(char open, char close) {
    skip();
    int start = at;
    int depth = 1;
    while (depth > 0) {
      if (at >= text.length()) {
        throw error("expected " + close);
      }
      char c = text.charAt(at);
      if (c == '"') {
        string();
        continue;
      }
      boolean arrow = c == '>' && text.charAt(Math.max(0, at - 1)) == '-';
      depth += c == open ? 1 : c == close && !arrow ? -1 : 0;
      at++;
    }
    return text.substring(start, at - 1);
  }

  /** An error at the next token. */
  IllegalArgumentException error(String message) {
    String where = "line " + line() + ": ";
    int end = text.indexOf('\n', at);
    String rest = text.substring(at, Math.min(end < 0 ? text.length() : end, at + 40));
    return new IllegalArgumentException(where + message + ", got \"" + rest + "\"");
  }
}
