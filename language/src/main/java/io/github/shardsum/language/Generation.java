package io.github.shardsum.language;

import java.util.List;
import java.util.Objects;

/**
 * The result of a generation.
 *
 * @param tokens the generated tokens, without the one that ends a text
 * @param text their text; empty for a model without a tokenizer
 * @param reason why it stopped
 * @param promptTokens tokens of the prompt
 * @param promptSeconds the time until the first token
 * @param decodeSeconds the time of the others
 */
public record Generation(
    List<Integer> tokens,
    String text,
    Reason reason,
    int promptTokens,
    double promptSeconds,
    double decodeSeconds) {
  /** Copies the list. */
  public Generation {
    tokens = List.copyOf(tokens);
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(reason, "reason");
  }

  /** The same with its text. */
  Generation withText(String whole) {
    return new Generation(tokens, whole, reason, promptTokens, promptSeconds, decodeSeconds);
  }

  /** Why a generation stopped. */
  public enum Reason {
    /** The model gave a token that ends a text. */
    END,
    /** There were as many tokens as allowed, or the context was full. */
    LENGTH,
    /** The receiver of tokens asked for it. */
    STOPPED
  }

  /**
   * The rate behind the first token.
   *
   * @return tokens a second, 0 for fewer than two tokens
   */
  public double tokensPerSecond() {
    return tokens.size() < 2 || decodeSeconds <= 0 ? 0 : (tokens.size() - 1) / decodeSeconds;
  }
}
