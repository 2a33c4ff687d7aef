package io.github.shardsum.language;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.io.Safetensors;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The oracle is Hugging Face's transformers, see {@code build/language-oracles}. */
class TextEncoderTest {
  /** The longest text of the fixture has more tokens than the model's positions. */
  @Test
  void vectorsAreThoseOfHuggingFace() throws IOException {
    Path folder = FamiliesTest.family("bert");
    List<String> texts = Files.readString(folder.resolve("texts.txt")).lines().toList();
    List<Integer> done = new ArrayList<>();
    try (Safetensors oracle = Safetensors.open(folder.resolve("expected.safetensors"));
        TextEncoder encoder = TextEncoder.open(folder)) {
      Tensor expected = oracle.read("vectors");
      Tensor actual = encoder.embed(texts, done::add);
      assertEquals(expected.shape(), actual.shape());
      assertTrue(texts.size() > 20);
      for (int row = 0; row < texts.size(); row++) {
        assertNear(expected.select(0, row), actual.select(0, row));
        assertNear(expected.select(0, row), encoder.embed(List.of(texts.get(row))).select(0, 0));
      }
      assertEquals(List.of(texts.size()), done);
      List<String> many = new ArrayList<>();
      for (int i = 0; i < 70; i++) {
        many.add(texts.get(i % texts.size()));
      }
      Tensor all = encoder.embed(many);
      for (int row = 0; row < many.size(); row++) {
        assertNear(expected.select(0, row % texts.size()), all.select(0, row));
      }
      assertEquals(0, encoder.embed(List.of()).size(0));
    }
  }

  private static void assertNear(Tensor expected, Tensor actual) {
    float[] e = expected.toFloatArray();
    float[] a = actual.toFloatArray();
    for (int i = 0; i < e.length; i++) {
      assertEquals(e[i], a[i], 2e-6);
    }
  }

  @Test
  void whatIsNotSupportedIsNamed(@TempDir Path folder) throws IOException {
    Path from = FamiliesTest.family("bert");
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(from.resolve(file), folder.resolve(file));
    }
    Path pooling = Files.createDirectory(folder.resolve("1_Pooling")).resolve("config.json");
    Files.writeString(pooling, "{\"pooling_mode_cls_token\": true}");
    refused(folder, "pooling_mode_cls_token must be false to be supported, got true");
    Files.delete(pooling);
    Path own = folder.resolve("sentence_bert_config.json");
    Files.writeString(own, "{\"max_seq_length\": 25}");
    refused(folder, "max_seq_length must be 2 to 24, got 25");
    Files.delete(own);
    String config = Files.readString(from.resolve("config.json"));
    Files.writeString(folder.resolve("config.json"), config.replace("\"gelu\"", "\"relu\""));
    refused(folder, "hidden_act must be gelu to be supported, got relu");
  }

  private static void refused(Path folder, String part) {
    var thrown = assertThrows(IllegalArgumentException.class, () -> TextEncoder.open(folder));
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.contains(part), message);
  }
}
