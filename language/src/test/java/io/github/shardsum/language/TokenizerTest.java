package io.github.shardsum.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The oracle is Hugging Face's tokenizers, see {@code build/tokenizer-oracles}. */
class TokenizerTest {
  private static final Pattern LINE = Pattern.compile("\\[(\".*\"), \\[([\\d, ]*)\\], (\".*\")\\]");
  private static final Pattern ESCAPE = Pattern.compile("\\\\(u(....)|.)");

  @TempDir private Path folder;

  private static String unquoted(String quoted) {
    return ESCAPE
        .matcher(quoted.substring(1, quoted.length() - 1))
        .replaceAll(
            escape ->
                Matcher.quoteReplacement(
                    switch (escape.group(1).charAt(0)) {
                      case 'n' -> "\n";
                      case 'r' -> "\r";
                      case 't' -> "\t";
                      case 'u' -> Character.toString(Integer.parseInt(escape.group(2), 16));
                      default -> escape.group(1);
                    }));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama3",
        "qwen",
        "o200k",
        "gpt2",
        "tekken",
        "deepseek",
        "sentencepiece",
        "metaspace"
      })
  void drawnTextsHaveTheTokensOfHuggingFace(String name) throws IOException {
    Path home = FamiliesTest.resource("tokenizers/" + name + "/tokenizer.json");
    assertThoseOfHuggingFace(home, Tokenizer.of(home));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama3", "qwen", "o200k", "gpt2", "tekken", "deepseek", "sentencepiece"})
  void aGgufFileHasTheSameTokenizer(String name) throws IOException {
    Path home = FamiliesTest.resource("tokenizers/" + name + "/tokenizer.json");
    assertThoseOfHuggingFace(home, Tokenizer.of(home.resolve("tokenizer.gguf")));
  }

  @Test
  void wordPiecesAreThoseOfHuggingFace() throws IOException {
    Path home = FamiliesTest.resource("tokenizers/wordpiece/tokenizer.json");
    assertThoseOfHuggingFace(home, Tokenizer.of(home));
  }

  private static void assertThoseOfHuggingFace(Path home, Tokenizer tokenizer) throws IOException {
    List<String> lines = Files.readAllLines(home.resolve("expected.jsonl"));
    assertTrue(lines.size() > 200);
    for (String line : lines) {
      Matcher parts = LINE.matcher(line);
      assertTrue(parts.matches(), line);
      int[] expected =
          Arrays.stream(parts.group(2).split(", "))
              .filter(word -> !word.isEmpty())
              .mapToInt(Integer::parseInt)
              .toArray();
      assertArrayEquals(expected, tokenizer.encode(unquoted(parts.group(1))), line);
      assertEquals(unquoted(parts.group(3)), tokenizer.decode(expected), line);
    }
  }

  private void refused(String part, String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json);
    var thrown = assertThrows(IllegalArgumentException.class, () -> Tokenizer.of(folder));
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.contains(part), message);
  }

  @Test
  void anUnsupportedOrBrokenFileIsRefusedByName() throws IOException {
    refused("model must be there", "{}");
    refused(
        "normalizer: type must be BertNormalizer to be supported, got NFC",
        "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0}},\"normalizer\":{\"type\":\"NFC\"}}");
    refused("type must be BPE to be supported, got Unigram", "{\"model\":{\"type\":\"Unigram\"}}");
    refused("vocab must be there", "{\"model\":{\"type\":\"BPE\",\"byte_fallback\":true}}");
    refused("expected a value at character 9", "{\"model\":");
    refused("at most 100 levels", "{\"model\":" + "[".repeat(100_000));
    String model = "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":";
    refused("pairs of words of the vocabulary, got a b", model + "[\"a b\"]}}");
    refused("must be ByteLevel, or byte_fallback true, got neither", model + "[]}}");
    refused(
        "Sequence, Split, Digits, ByteLevel or Metaspace, got Whitespace",
        model + "[]},\"pre_tokenizer\":{\"type\":\"Whitespace\"}}");
    refused(
        "replacement must be \u2581 to be supported, got _",
        model + "[]},\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"_\"}}");
  }
}
