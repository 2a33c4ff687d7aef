package io.github.shardsum.internal.language;

import io.github.shardsum.io.Gguf;
import io.github.shardsum.language.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads tokenizers. */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * Reads the tokenizer of a model.
   *
   * @param model a folder with {@code tokenizer.json}, or a GGUF file
   * @throws IllegalArgumentException if it holds something that is not supported
   */
  public static Tokenizer of(Path model) throws IOException {
    if (Files.isRegularFile(model)) {
      try (Gguf file = Gguf.open(model)) {
        return new BytePairs(GgufTokenizer.of(model, file));
      }
    }
    Settings file = Settings.of(model.resolve("tokenizer.json"));
    return file.need("model").text("type").orElse("BPE").equals("WordPiece")
        ? new WordPieces(file)
        : new BytePairs(file);
  }
}
