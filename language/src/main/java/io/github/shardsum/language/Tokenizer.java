package io.github.shardsum.language;

import io.github.shardsum.internal.language.Tokenizers;
import java.io.IOException;
import java.nio.file.Path;

/** Turns text into tokens and back. Implementations are immutable and thread-safe. */
public interface Tokenizer {
  /**
   * The tokens of a text. Special tokens that occur in the text, such as {@code <|im_start|>}, are
   * recognised; tokens that the file puts around every text are added.
   *
   * @param text the text
   * @return its tokens
   */
  int[] encode(String text);

  /**
   * The bytes of a token, in UTF-8; characters may be spread over several tokens.
   *
   * @param token the token
   * @return its bytes; empty for special and unknown tokens
   */
  byte[] bytes(int token);

  /**
   * The text of tokens, without special ones. Bytes that are not UTF-8 become the replacement
   * character.
   *
   * @param tokens the tokens
   * @return the text
   */
  String decode(int... tokens);

  /**
   * Opens the tokenizer of a model.
   *
   * @param model a folder with {@code tokenizer.json}, or a GGUF file: BPE of bytes (Llama 3, Qwen,
   *     OLMoE, DeepSeek, gpt-oss, Llama 4) or of characters (Mixtral); in a folder WordPiece (BERT)
   *     too
   * @return the tokenizer
   * @throws IllegalArgumentException if the file holds something that is not supported; the message
   *     names it
   * @throws IOException if the file cannot be read
   */
  static Tokenizer of(Path model) throws IOException {
    return Tokenizers.of(model);
  }
}
