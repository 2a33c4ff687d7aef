package io.github.shardsum.internal.language;

import io.github.shardsum.io.Gguf;
import io.github.shardsum.moe.model.LanguageSpec;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The keys of a GGUF file as settings under the names of Hugging Face's {@code config.json}, for
 * {@link SpecReader}. Settings for which GGUF has no key are those that llama.cpp assumes.
 */
final class GgufSettings {
  /** Families by architecture; {@code llama} with experts is Mixtral. */
  private static final Map<String, String> FAMILIES =
      Map.of(
          "llama", "llama",
          "qwen3", "qwen3",
          "qwen3moe", "qwen3_moe",
          "olmoe", "olmoe",
          "deepseek2", "deepseek_v3",
          "gpt-oss", "gpt_oss",
          "llama4", "llama4_text");

  /** Architectures whose converter makes neighbours of the elements that are rotated together. */
  private static final Set<String> NEIGHBOURS = Set.of("llama", "llama4");

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("hidden_size", "embedding_length"),
          Map.entry("num_hidden_layers", "block_count"),
          Map.entry("max_position_embeddings", "context_length"),
          Map.entry("num_attention_heads", "attention.head_count"),
          Map.entry("num_key_value_heads", "attention.head_count_kv"),
          Map.entry("head_dim", "attention.key_length"),
          Map.entry("v_head_dim", "attention.value_length"),
          Map.entry("rotary_dim", "rope.dimension_count"),
          Map.entry("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
          Map.entry("rope_theta", "rope.freq_base"),
          Map.entry("rope_scaling", "rope.scaling"),
          Map.entry("sliding_window", "attention.sliding_window"),
          Map.entry("intermediate_size", "feed_forward_length"),
          Map.entry("moe_intermediate_size", "expert_feed_forward_length"),
          Map.entry("num_experts", "expert_count"),
          Map.entry("num_experts_per_tok", "expert_used_count"),
          Map.entry("norm_topk_prob", "expert_weights_norm"),
          Map.entry("routed_scaling_factor", "expert_weights_scale"),
          Map.entry("n_shared_experts", "expert_shared_count"),
          Map.entry("n_group", "expert_group_count"),
          Map.entry("topk_group", "expert_group_used_count"),
          Map.entry("first_k_dense_replace", "leading_dense_block_count"),
          Map.entry("interleave_moe_layer_step", "interleave_moe_layer_step"),
          Map.entry("q_lora_rank", "attention.q_lora_rank"),
          Map.entry("kv_lora_rank", "attention.kv_lora_rank"));

  /** The names of settings of rotations, below {@code rope.scaling}. */
  private static final Map<String, String> ROPE_NAMES =
      Map.of(
          "original_max_position_embeddings", "original_context_length",
          "beta_fast", "yarn_beta_fast",
          "beta_slow", "yarn_beta_slow");

  private final Gguf file;
  private final String place;
  private final String architecture;
  private final String family;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, String> names = new HashMap<>(ROPE_NAMES);

  private GgufSettings(Path path, Gguf file) {
    this.file = file;
    this.place = path.toString();
    Settings all = new Settings(place, file.metadata(), Map.of());
    this.architecture = all.needText("general.architecture");
    String named = FAMILIES.get(architecture);
    if (named == null) {
      throw all.wrong(
          "general.architecture", "one of " + new TreeSet<>(FAMILIES.keySet()), architecture);
    }
    boolean mixtral = named.equals("llama") && all.whole(key("expert_count")).orElse(0) > 0;
    this.family = mixtral ? "mixtral" : named;
    if (all.whole("split.count").orElse(1) > 1) {
      throw all.wrong(
          "split.count",
          "1 (llama-gguf-split --merge joins the parts)",
          all.needWhole("split.count"));
    }
  }

  private String key(String name) {
    return architecture + "." + name;
  }

  /**
   * Reads the specification of a model.
   *
   * @param divisors the divisors of the rotations' frequencies, if the file has them
   * @throws IllegalArgumentException if the file has something that is not supported
   */
  static LanguageSpec spec(Path path, Gguf file, List<Double> divisors) {
    GgufSettings own = new GgufSettings(path, file);
    return SpecReader.of(own.read(), NEIGHBOURS.contains(own.architecture), divisors);
  }

  private Settings read() {
    NAMES.forEach((name, own) -> names.put(name, key(own)));
    file.metadata()
        .forEach(
            (key, value) -> {
              if (key.startsWith(key(""))) {
                values.put(key, value);
              }
            });
    values.remove(key("vocab_size"));
    readRopes();
    readFamily();
    values.put("model_type", family);
    values.put("tie_word_embeddings", !file.names().contains("output.weight"));
    values.put("attention_bias", file.names().contains("blk.0.attn_q.bias"));
    values.put("vocab_size", vocabulary());
    return new Settings(place, values, names);
  }

  private Object vocabulary() {
    String name = "token_embd.weight";
    if (!file.names().contains(name) || file.shape(name).rank() != 2) {
      throw new IllegalArgumentException(place + ": expected a matrix " + name + ", got none");
    }
    return file.shape(name).size(0);
  }

  private void readRopes() {
    String prefix = key("rope.scaling.");
    Map<String, Object> ropes = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            ropes.put(key.substring(prefix.length()), value);
          }
        });
    values.keySet().removeIf(key -> key.startsWith(prefix));
    ropes.remove("finetuned");
    if (ropes.getOrDefault("type", "none").equals("none")) {
      return;
    }
    if (ropes.remove("yarn_log_multiplier") instanceof Double multiplier) {
      // llama.cpp has the factors of both for DeepSeek, whose two settings are always equal.
      ropes.put("mscale", 10 * multiplier);
      ropes.put("mscale_all_dim", 10 * multiplier);
    }
    if (family.equals("gpt_oss")) {
      ropes.put("truncate", false);
    }
    values.put(key("rope.scaling"), ropes);
  }

  /** Settings that a family has under other keys, without a key, or twice. */
  private void readFamily() {
    switch (family) {
      case "llama" ->
          values.keySet().removeAll(List.of(key("expert_count"), key("expert_used_count")));
      case "mixtral", "olmoe" -> values.remove(key("expert_feed_forward_length"));
      case "qwen3_moe" -> values.putIfAbsent(key("expert_weights_norm"), true);
      case "gpt_oss" -> {
        values.remove(key("feed_forward_length"));
        names.put("intermediate_size", key("expert_feed_forward_length"));
      }
      case "llama4_text" -> {
        names.put("intermediate_size", key("expert_feed_forward_length"));
        names.put("intermediate_size_mlp", key("feed_forward_length"));
        values.put("use_qk_norm", !Long.valueOf(128).equals(values.get(key("expert_count"))));
        values.put("attention_chunk_size", 8192L);
        values.put("attn_temperature_tuning", true);
        values.put("attn_scale", 0.1);
        values.put("floor_scale", 8192L);
      }
      case "deepseek_v3" -> readLatent();
      default -> {}
    }
  }

  private void readLatent() {
    Settings own = new Settings(place, values, Map.of());
    long width = own.needWhole(key("attention.key_length_mla"));
    values.put("qk_nope_head_dim", width - own.needWhole(key("rope.dimension_count")));
    names.put("qk_rope_head_dim", key("rope.dimension_count"));
    names.put("v_head_dim", key("attention.value_length_mla"));
    boolean sigmoid = own.whole(key("expert_gating_func")).orElse(1) == 2;
    values.put("scoring_func", sigmoid ? "sigmoid" : "softmax");
    values.putIfAbsent(key("expert_weights_norm"), false);
    // The cache has one key head, as wide as the latent vector and the rotated part.
    for (String other :
        List.of(
            "attention.head_count_kv",
            "attention.key_length",
            "attention.value_length",
            "attention.key_length_mla",
            "expert_gating_func")) {
      values.remove(key(other));
    }
  }
}
