package io.github.shardsum.language;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.io.Safetensors;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A part of a model's files that the library lacks is an error that names it. */
class RefusedModelTest {
  @TempDir private Path folder;

  private void refused(String part) {
    var thrown = assertThrows(IllegalArgumentException.class, () -> LanguageModel.open(folder));
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.contains(part), message);
  }

  private void config(String from, String to) throws IOException {
    String text = Files.readString(FamiliesTest.family("llama").resolve("config.json"));
    assertTrue(text.contains(from));
    Files.writeString(folder.resolve("config.json"), text.replace(from, to));
  }

  private Map<String, Tensor> tensors() throws IOException {
    Map<String, Tensor> all = new LinkedHashMap<>();
    Path path = FamiliesTest.family("llama").resolve("model.safetensors");
    try (Safetensors file = Safetensors.open(path)) {
      for (String name : file.names()) {
        all.put(name, file.read(name));
      }
    }
    return all;
  }

  private void write(Map<String, Tensor> tensors) throws IOException {
    Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of());
  }

  @Test
  void settings() throws IOException {
    write(tensors());
    config("\"llama\"", "\"mamba\"");
    refused("model_type must be one of [llama, qwen3,");
    config("\"hidden_act\": \"silu\"", "\"hidden_act\": \"relu\"");
    refused("hidden_act must be silu to be supported, got relu");
    config("\"use_cache\"", "\"use_magic\"");
    refused("use_magic must be absent, since it is not supported, got true");
    config("\"low_freq_factor\"", "\"lowest\"");
    refused("rope_parameters: low_freq_factor must be there, got nothing");
    config("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3");
    refused("num_key_value_heads must be a divisor of 4, got 3");
    config("\"hidden_size\": 32", "\"hidden_size\": -32");
    refused("hidden_size must be 0 to 2^31 - 1, got -32");
    config("\"hidden_size\": 32", "\"hidden_size\": 64");
    refused("embed_tokens.weight must be [160, 64], got [160, 32]");
  }

  @Test
  void tensorsThatAreMissingOrTooMany() throws IOException {
    config("\"llama\"", "\"llama\"");
    Map<String, Tensor> all = tensors();
    all.remove("model.norm.weight");
    write(all);
    refused("expected a tensor model.norm.weight, got none");
    Map<String, Tensor> more = tensors();
    more.put("model.layers.0.self_attn.q_proj.bias", Tensor.of(new float[32], 32));
    write(more);
    refused("tensors must belong to llama, got model.layers.0.self_attn.q_proj.bias");
    Map<String, Tensor> turned = tensors();
    String name = "model.layers.0.mlp.down_proj.weight";
    turned.put(name, Tensor.of(new float[48 * 32], 48, 32));
    write(turned);
    refused(name + " must be [32, 48], got [48, 32]");
  }

  /** Opens the GGUF file of a family, of which a part is replaced by one as long. */
  private void refusedGguf(String from, String to, String part) throws IOException {
    Path file = FamiliesTest.family("llama").resolve("model.gguf");
    String bytes = new String(Files.readAllBytes(file), ISO_8859_1);
    assertTrue(bytes.contains(from), from);
    assertEquals(from.length(), to.length());
    Path changed = folder.resolve("changed.gguf");
    Files.write(changed, bytes.replaceFirst(Pattern.quote(from), to).getBytes(ISO_8859_1));
    var thrown = assertThrows(IllegalArgumentException.class, () -> LanguageModel.open(changed));
    String message = String.valueOf(thrown.getMessage());
    assertTrue(message.contains(part), message);
  }

  @Test
  void keysAndTensorsOfGguf() throws IOException {
    refusedGguf("GGUF", "GGUP", "expected the letters GGUF");
    refusedGguf(
        "llama", "mamba", "general.architecture must be one of [deepseek2, gpt-oss, llama,");
    refusedGguf("rope.freq_base", "rope.freq_bass", "llama.rope.freq_bass must be absent");
    refusedGguf("block_count", "block_cound", "llama.block_count must be there, got nothing");
    refusedGguf(
        "attention.head_count_kv\4\0\0\0\2",
        "attention.head_count_kv\4\0\0\0\3",
        "llama.attention.head_count_kv must be a divisor of 4, got 3");
    refusedGguf(
        "attention.value_length\4\0\0\0\10",
        "attention.value_length\4\0\0\0\20",
        "llama.attention.value_length must be 8 to be supported, got 16");
    refusedGguf("blk.1.attn_q", "blk.1.attn_z", "expected a tensor blk.1.attn_q.weight, got none");
    refusedGguf("blk.1.attn_q", "blk.7.attn_q", "expected a tensor blk.1.attn_q.weight, got none");
    refusedGguf(
        "embedding_length\4\0\0\0\40",
        "embedding_length\4\0\0\0\60",
        "tensor token_embd.weight must be [160, 48], got [160, 32]");
    String norm = "output_norm.weight\1\0\0\0\40\0\0\0\0\0\0\0";
    refusedGguf(norm + "\0", norm + "\n", "for tensor \"output_norm.weight\" at byte");
    refusedGguf(norm + "\0", norm + "\n", "got Q2_K");
  }

  @Test
  void aCheckpointInPartsIsReadByItsIndex() throws IOException {
    config("\"llama\"", "\"llama\"");
    Map<String, Tensor> one = tensors();
    Map<String, Tensor> two = new LinkedHashMap<>();
    two.put("model.norm.weight", one.remove("model.norm.weight"));
    Safetensors.write(folder.resolve("1.safetensors"), one, Map.of());
    Safetensors.write(folder.resolve("2.safetensors"), two, Map.of());
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(
        index,
        "{\"weight_map\":{\"model.norm.weight\":\"2.safetensors\",\"rest\":\"1.safetensors\"}}");
    try (LanguageModel model = LanguageModel.open(folder)) {
      assertEquals(2, model.spec().layers().size());
      assertThrows(IllegalArgumentException.class, () -> model.logits(new int[] {160}));
      assertThrows(IllegalArgumentException.class, () -> model.logits(new int[0]));
      var greedy = Sampling.greedy();
      int[] longest = new int[256];
      assertThrows(
          IllegalArgumentException.class,
          () -> model.generate(longest, greedy, Set.of(), (_, _) -> true));
    }
    Files.writeString(index, "{\"weight_map\":{\"a\":\"../1.safetensors\"}}");
    refused("a file must be in the same folder, got ../1.safetensors");
  }
}
