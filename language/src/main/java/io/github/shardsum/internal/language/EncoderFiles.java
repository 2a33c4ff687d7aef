package io.github.shardsum.internal.language;

import io.github.shardsum.moe.model.EncoderPrograms;
import io.github.shardsum.moe.model.EncoderSpec;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * An encoder of texts as its files have it: BERT with a mean over tokens, as sentence-transformers
 * writes it.
 *
 * @param spec its specification
 * @param longest the most tokens of a text; what is behind them is not read
 * @param words its tokenizer
 * @param parameters its parameters by name
 */
public record EncoderFiles(
    EncoderSpec spec, int longest, Words words, Map<String, Tensor> parameters) {
  /** Turns a text into at most a number of tokens. */
  @FunctionalInterface
  public interface Words {
    /** The tokens of a text. */
    int[] encode(String text, int most);
  }

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("embedding", "embeddings.word_embeddings.weight"),
          Map.entry("position", "embeddings.position_embeddings.weight"),
          Map.entry("kind", "embeddings.token_type_embeddings.weight"),
          Map.entry("norm", "embeddings.LayerNorm.weight"),
          Map.entry("query", "attention.self.query.weight"),
          Map.entry("key", "attention.self.key.weight"),
          Map.entry("value", "attention.self.value.weight"),
          Map.entry("output", "attention.output.dense.weight"),
          Map.entry("attention.norm", "attention.output.LayerNorm.weight"),
          Map.entry("wi", "intermediate.dense.weight"),
          Map.entry("wo", "output.dense.weight"),
          Map.entry("feed.norm", "output.LayerNorm.weight"));

  /** Settings without effect on vectors. */
  private static final Set<String> HARMLESS =
      Set.of(
          ("architectures attention_probs_dropout_prob gradient_checkpointing hidden_dropout_prob"
                  + " initializer_range model_type pad_token_id bos_token_id eos_token_id"
                  + " transformers_version use_cache _name_or_path dtype torch_dtype"
                  + " classifier_dropout tie_word_embeddings")
              .split(" "));

  /**
   * Reads an encoder.
   *
   * @param folder has {@code config.json}, {@code model.safetensors} and {@code tokenizer.json}
   * @param arena owns the memory of parameters
   * @throws IllegalArgumentException if the files hold something that is not supported
   */
  public static EncoderFiles read(Path folder, Arena arena) throws IOException {
    Settings config = Settings.of(folder.resolve("config.json"));
    EncoderSpec spec = spec(config);
    checkMean(folder.resolve("1_Pooling").resolve("config.json"));
    Path own = folder.resolve("sentence_bert_config.json");
    int longest =
        Files.exists(own)
            ? Settings.of(own).whole("max_seq_length").orElse(spec.positions())
            : spec.positions();
    if (longest < 2 || longest > spec.positions()) {
      throw new IllegalArgumentException(
          own + ": max_seq_length must be 2 to " + spec.positions() + ", got " + longest);
    }
    WordPieces words = new WordPieces(Settings.of(folder.resolve("tokenizer.json")));
    try (Checkpoint files = Checkpoint.ofFolder(folder)) {
      String prefix = files.has("bert." + NAMES.get("embedding")) ? "bert." : "";
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      for (Parameter parameter : EncoderPrograms.parameters(spec)) {
        String name = prefix + nameOf(parameter.name());
        parameters.put(parameter.name(), files.tensor(name, parameter.type().shape(), arena));
      }
      files.checkRead(
          "bert", name -> name.contains("pooler.") || name.endsWith("embeddings.position_ids"));
      return new EncoderFiles(spec, longest, words::encode, parameters);
    }
  }

  private static EncoderSpec spec(Settings config) {
    config.must("model_type", "bert");
    config.must("hidden_act", "gelu");
    config.must("position_embedding_type", "absolute");
    config.must("is_decoder", false);
    config.must("add_cross_attention", false);
    config.must("chunk_size_feed_forward", 0L);
    EncoderSpec spec =
        new EncoderSpec(
            config.needWhole("vocab_size"),
            config.needWhole("hidden_size"),
            config.needWhole("max_position_embeddings"),
            config.needWhole("type_vocab_size"),
            config.needWhole("num_hidden_layers"),
            config.needWhole("num_attention_heads"),
            config.needWhole("intermediate_size"),
            config.needNumber("layer_norm_eps"));
    config.checkRead(HARMLESS);
    return spec;
  }

  /** A folder without the file is of transformers, which leaves the choice to us. */
  private static void checkMean(Path file) throws IOException {
    if (Files.exists(file)) {
      Settings pooling = Settings.of(file);
      pooling.must("pooling_mode_mean_tokens", true);
      for (String other : List.of("cls_token", "max_tokens", "mean_sqrt_len_tokens")) {
        pooling.must("pooling_mode_" + other, false);
      }
    }
  }

  private static String nameOf(String parameter) {
    boolean bias = parameter.endsWith(".bias");
    String matrix = bias ? parameter.substring(0, parameter.length() - 5) : parameter;
    String[] words = matrix.split("\\.", 3);
    boolean inLayer = words[0].equals("layer");
    String part = inLayer ? words[2] : matrix;
    String own = Objects.requireNonNull(NAMES.get(part), part);
    String name = (inLayer ? "encoder.layer." + words[1] + "." : "") + own;
    return bias ? name.replace(".weight", ".bias") : name;
  }
}
