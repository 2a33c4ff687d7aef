package io.github.shardsum.internal.language;

import io.github.shardsum.io.Gguf;
import io.github.shardsum.moe.model.LanguagePrograms;
import io.github.shardsum.moe.model.LanguageSpec;
import io.github.shardsum.moe.model.LanguageSpec.Feed;
import io.github.shardsum.moe.model.LanguageSpec.Grouped;
import io.github.shardsum.moe.model.LanguageSpec.Latent;
import io.github.shardsum.moe.model.LanguageSpec.Layer;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;

/** The parameters of a model from the tensors of a GGUF file. */
final class GgufWeights {
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("embedding", "token_embd.weight"),
          Map.entry("norm", "output_norm.weight"),
          Map.entry("head", "output.weight"),
          Map.entry("attention.norm", "attn_norm.weight"),
          Map.entry("attention.query", "attn_q.weight"),
          Map.entry("attention.key", "attn_k.weight"),
          Map.entry("attention.value", "attn_v.weight"),
          Map.entry("attention.output", "attn_output.weight"),
          Map.entry("attention.query.bias", "attn_q.bias"),
          Map.entry("attention.key.bias", "attn_k.bias"),
          Map.entry("attention.value.bias", "attn_v.bias"),
          Map.entry("attention.output.bias", "attn_output.bias"),
          Map.entry("attention.query.norm", "attn_q_norm.weight"),
          Map.entry("attention.key.norm", "attn_k_norm.weight"),
          Map.entry("attention.sinks", "attn_sinks.weight"),
          Map.entry("attention.query.down", "attn_q_a.weight"),
          Map.entry("attention.query.down.norm", "attn_q_a_norm.weight"),
          Map.entry("attention.latent.norm", "attn_kv_a_norm.weight"),
          Map.entry("feed.norm", "ffn_norm.weight"),
          Map.entry("feed.wi", "ffn_gate.weight"),
          Map.entry("feed.wv", "ffn_up.weight"),
          Map.entry("feed.wo", "ffn_down.weight"),
          Map.entry("feed.shared.wi", "ffn_gate_shexp.weight"),
          Map.entry("feed.shared.wv", "ffn_up_shexp.weight"),
          Map.entry("feed.shared.wo", "ffn_down_shexp.weight"),
          Map.entry("feed.wg", "ffn_gate_inp.weight"),
          Map.entry("feed.wg.bias", "ffn_gate_inp.bias"),
          Map.entry("feed.choice", "exp_probs_b.bias"),
          Map.entry("feed.b_in", "ffn_gate_exps.bias"),
          Map.entry("feed.b_v", "ffn_up_exps.bias"),
          Map.entry("feed.b_out", "ffn_down_exps.bias"));

  private final LanguageSpec spec;
  private final Checkpoint files;
  private final Arena arena;

  private GgufWeights(LanguageSpec spec, Checkpoint files, Arena arena) {
    this.spec = spec;
    this.files = files;
    this.arena = arena;
  }

  /**
   * Reads all parameters, after a check of every name, shape and format.
   *
   * @param arena owns the memory
   * @param loaded receives the numbers of loaded and of all parameters
   * @return the tensors by the names of parameters
   * @throws IllegalArgumentException if a tensor is missing, has another shape or a format that is
   *     not read, or is not used
   */
  static Map<String, Tensor> read(
      LanguageSpec spec, Path path, Gguf file, Arena arena, BiConsumer<Integer, Integer> loaded)
      throws IOException {
    try (Checkpoint shapes = Checkpoint.shapesOf(path, file)) {
      new GgufWeights(spec, shapes, arena).all((_, _) -> {});
      shapes.checkRead("the model", name -> name.equals("rope_freqs.weight"));
    }
    return new GgufWeights(spec, Checkpoint.of(path, file), arena).all(loaded);
  }

  private Map<String, Tensor> all(BiConsumer<Integer, Integer> loaded) throws IOException {
    Map<String, Tensor> all = new LinkedHashMap<>();
    List<Parameter> parameters = LanguagePrograms.parameters(spec);
    for (Parameter parameter : parameters) {
      all.put(parameter.name(), tensor(parameter));
      loaded.accept(all.size(), parameters.size());
    }
    return all;
  }

  private Tensor tensor(Parameter parameter) throws IOException {
    String name = parameter.name();
    Shape shape = parameter.type().shape();
    if (!name.startsWith("layer.")) {
      return files.tensor(own(name), shape, arena);
    }
    String[] words = name.split("\\.", 3);
    String prefix = "blk." + words[1] + ".";
    String part = words[2];
    Layer layer = spec.layers().get(Integer.parseInt(words[1]));
    boolean sinks = layer.attention() instanceof Grouped grouped && grouped.sinks();
    return switch (part) {
      case "attention.query",
          "attention.latent",
          "attention.rotated",
          "attention.key",
          "attention.value" ->
          layer.attention() instanceof Latent latent
              ? latent(prefix, part, latent, shape)
              : files.tensor(prefix + own(part), shape, arena);
      case "feed.wi", "feed.wv", "feed.wo" ->
          layer.feed() instanceof Feed.Experts
              ? turned(prefix + own(part).replace(".", "_exps."), shape)
              : files.tensor(prefix + own(part), shape, arena);
      case "feed.norm" ->
          files.tensor(prefix + (sinks ? "post_attention_norm.weight" : own(part)), shape, arena);
      default -> files.tensor(prefix + own(part), shape, arena);
    };
  }

  private static String own(String part) {
    return Objects.requireNonNull(NAMES.get(part), part);
  }

  /** A tensor whose last two axes are exchanged in the file. */
  private Tensor turned(String name, Shape shape) throws IOException {
    Shape stored = Shape.of(shape.size(0), shape.size(2), shape.size(1));
    return files.tensor(name, stored, arena).transpose(0, 2, 1);
  }

  private Tensor latent(String prefix, String part, Latent own, Shape shape) throws IOException {
    return switch (part) {
      case "attention.query" ->
          files.tensor(
              prefix + (own.queryRank() > 0 ? "attn_q_b.weight" : "attn_q.weight"), shape, arena);
      case "attention.key" -> turned(prefix + "attn_k_b.weight", shape);
      case "attention.value" -> files.tensor(prefix + "attn_v_b.weight", shape, arena);
      default -> {
        int rows = own.latent() + own.rotated();
        Tensor both =
            files.tensor(prefix + "attn_kv_a_mqa.weight", Shape.of(rows, spec.model()), arena);
        yield part.equals("attention.latent")
            ? both.slice(0, 0, own.latent())
            : both.slice(0, own.latent(), rows);
      }
    };
  }
}
