package io.github.shardsum.language;

/** Receives tokens as they are generated. */
@FunctionalInterface
public interface TokenSink {
  /**
   * Takes a token.
   *
   * @param token its number
   * @param text the characters that became whole with it; may be empty
   * @return whether to go on
   */
  boolean accept(int token, String text);
}
