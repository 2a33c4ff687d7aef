package io.github.shardsum.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.io.Safetensors;
import io.github.shardsum.moe.model.LanguageSpec;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tiny models of each family, made by {@code build/language-oracles}; the oracle is what Hugging
 * Face's transformers computed with them.
 */
class FamiliesTest {
  private static final int PROMPT = 40;
  private static final int GREEDY = 20;

  static Path family(String name) {
    return resource("families/" + name + "/config.json");
  }

  /** The folder of a file. */
  static Path resource(String name) {
    try {
      URL url = Objects.requireNonNull(FamiliesTest.class.getResource(name), name);
      return Path.of(url.toURI()).resolveSibling("");
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertNear(float[] expected, float[] actual, String what) {
    assertEquals(expected.length, actual.length, what);
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs((double) expected[i] - actual[i]));
      assertTrue(Float.isFinite(actual[i]), what);
    }
    double share = worst / largest;
    assertTrue(share <= 1e-5, () -> what + ": " + share);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "qwen3",
        "qwen3_moe",
        "mixtral",
        "olmoe",
        "deepseek_v3",
        "gpt_oss",
        "llama4_text"
      })
  void logitsAndGreedyTokensAreThoseOfHuggingFace(String name) throws IOException {
    Path folder = family(name);
    assertThoseOfHuggingFace(folder, folder.resolve("expected.safetensors"), name);
  }

  /** The same tensors under GGUF's names, written by PyPI's gguf. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "qwen3",
        "qwen3_moe",
        "mixtral",
        "olmoe",
        "deepseek_v3",
        "gpt_oss",
        "llama4_gguf"
      })
  void aGgufFileHasTheLogitsOfHuggingFace(String name) throws IOException {
    Path folder = resource("families/" + name + "/model.gguf");
    assertThoseOfHuggingFace(
        folder.resolve("model.gguf"), folder.resolve("expected.safetensors"), name);
  }

  /** A matrix of each format; transformers had the values that PyPI's gguf gives for them. */
  @Test
  void matricesInBlocksHaveTheLogitsOfTheirValues() throws IOException {
    Path file = resource("families/blocks/model.gguf").resolve("model.gguf");
    assertThoseOfHuggingFace(file, file.resolveSibling("expected.safetensors"), "blocks");
    try (LanguageModel model = LanguageModel.open(file)) {
      assertTrue(model.weightBytes() < Files.size(file));
      assertTrue(model.weightBytes() > Files.size(file) * 0.9);
    }
  }

  /** For what its layers do only behind 8192 positions, GGUF has no keys. */
  @Test
  void theConstantsOfLlama4AreThoseOfLlamaCpp() throws IOException {
    Path file = resource("families/llama4_gguf/model.gguf").resolve("model.gguf");
    try (LanguageModel model = LanguageModel.open(file)) {
      List<LanguageSpec.Mask> masks = model.spec().masks();
      assertEquals(
          List.of(new LanguageSpec.Mask.Chunk(8192), new LanguageSpec.Mask.Causal()), masks);
      assertEquals(List.of(new LanguageSpec.Temperature(0.1, 8192)), model.spec().temperatures());
      assertEquals(Set.of(2), model.ends());
    }
  }

  private static void assertThoseOfHuggingFace(Path files, Path oracle, String name)
      throws IOException {
    try (Safetensors expected = Safetensors.open(oracle);
        LanguageModel model = LanguageModel.open(files)) {
      int[] tokens =
          Arrays.stream(expected.read("tokens").toLongArray()).mapToInt(Math::toIntExact).toArray();
      assertEquals(PROMPT + GREEDY, tokens.length);
      Tensor logits = expected.read("logits");
      assertNear(logits.toFloatArray(), model.logits(tokens).toFloatArray(), name);
      int[] prompt = Arrays.copyOf(tokens, PROMPT);
      Generation greedy =
          model.generate(
              prompt, Sampling.greedy().withMost(GREEDY), Set.of(), (token, text) -> true);
      List<Integer> rest = Arrays.stream(tokens, PROMPT, tokens.length).boxed().toList();
      assertEquals(rest, greedy.tokens());
      assertEquals(Generation.Reason.LENGTH, greedy.reason());
    }
  }

  /** A token is decoded with the caches of the prompt: its logits are those of the whole text. */
  @ParameterizedTest
  @ValueSource(strings = {"deepseek_v3", "gpt_oss", "llama4_text"})
  void everyLengthOfPromptGivesTheSameNextToken(String name) throws IOException {
    Path folder = family(name);
    try (Safetensors expected = Safetensors.open(folder.resolve("expected.safetensors"));
        LanguageModel model = LanguageModel.open(folder)) {
      int[] tokens =
          Arrays.stream(expected.read("tokens").toLongArray()).mapToInt(Math::toIntExact).toArray();
      for (int length : new int[] {PROMPT, PROMPT + 1, PROMPT + 7, PROMPT + GREEDY - 2}) {
        Generation two =
            model.generate(
                Arrays.copyOf(tokens, length),
                Sampling.greedy().withMost(2),
                Set.of(),
                (token, text) -> true);
        assertEquals(List.of(tokens[length], tokens[length + 1]), two.tokens(), name + length);
      }
    }
  }

  /**
   * Tokens of letters and of single bytes, most of which are no character: pieces are the whole.
   */
  @Test
  void textComesInWholeCharacters(@TempDir Path folder) throws IOException {
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(family("llama").resolve(file), folder.resolve(file));
    }
    StringBuilder words = new StringBuilder();
    for (int token = 3; token < 160; token++) {
      char letter = (char) (token < 29 ? 'a' + token - 3 : 0xae + token - 29);
      words.append(token == 3 ? "" : ",").append('"').append(letter).append("\":").append(token);
    }
    Files.writeString(
        folder.resolve("tokenizer.json"),
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{"
            + words
            + "},\"merges\":[]},\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}}");
    StringBuilder pieces = new StringBuilder();
    Sampling drawn = Sampling.greedy().withTemperature(2).withMost(60);
    try (LanguageModel model = LanguageModel.open(folder)) {
      Tokenizer tokenizer = Tokenizer.of(folder);
      Generation text =
          model.generate(
              "hello",
              drawn,
              (token, piece) -> {
                pieces.append(piece);
                return true;
              });
      int[] prompt = tokenizer.encode("hello");
      assertArrayEquals(new int[] {10, 7, 14, 14, 17}, prompt);
      Generation plain = model.generate(prompt, drawn, model.ends(), (token, piece) -> true);
      assertEquals(plain.tokens(), text.tokens());
      int[] tokens = text.tokens().stream().mapToInt(Integer::intValue).toArray();
      assertEquals(tokenizer.decode(tokens), text.text());
      assertTrue(text.text().startsWith(pieces.toString()));
      assertTrue(text.text().length() - pieces.length() <= 1);
      assertTrue(text.tokens().size() > 10 || text.reason() == Generation.Reason.END);
    }
  }
}
