package io.github.shardsum.internal.language;

import io.github.shardsum.moe.model.LanguagePrograms;
import io.github.shardsum.moe.model.LanguageSpec;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * The parameters of a model from Hugging Face's tensors. Most are views of what lies in the file;
 * experts' matrices that are tensors of their own are copied into one tensor of the file's format.
 */
final class HuggingFaceWeights {
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("embedding", "embed_tokens.weight"),
          Map.entry("norm", "norm.weight"),
          Map.entry("attention.norm", "input_layernorm.weight"),
          Map.entry("attention.query", "self_attn.q_proj.weight"),
          Map.entry("attention.key", "self_attn.k_proj.weight"),
          Map.entry("attention.value", "self_attn.v_proj.weight"),
          Map.entry("attention.output", "self_attn.o_proj.weight"),
          Map.entry("attention.query.bias", "self_attn.q_proj.bias"),
          Map.entry("attention.key.bias", "self_attn.k_proj.bias"),
          Map.entry("attention.value.bias", "self_attn.v_proj.bias"),
          Map.entry("attention.output.bias", "self_attn.o_proj.bias"),
          Map.entry("attention.query.norm", "self_attn.q_norm.weight"),
          Map.entry("attention.key.norm", "self_attn.k_norm.weight"),
          Map.entry("attention.sinks", "self_attn.sinks"),
          Map.entry("attention.query.down", "self_attn.q_a_proj.weight"),
          Map.entry("attention.query.down.norm", "self_attn.q_a_layernorm.weight"),
          Map.entry("attention.latent.norm", "self_attn.kv_a_layernorm.weight"),
          Map.entry("feed.norm", "post_attention_layernorm.weight"),
          Map.entry("feed.wi", "mlp.gate_proj.weight"),
          Map.entry("feed.wv", "mlp.up_proj.weight"),
          Map.entry("feed.wo", "mlp.down_proj.weight"),
          Map.entry("feed.shared.wi", "mlp.shared_experts.gate_proj.weight"),
          Map.entry("feed.shared.wv", "mlp.shared_experts.up_proj.weight"),
          Map.entry("feed.shared.wo", "mlp.shared_experts.down_proj.weight"),
          Map.entry("feed.wg", "mlp.gate.weight"),
          Map.entry("feed.wg.bias", "mlp.router.bias"),
          Map.entry("feed.choice", "mlp.gate.e_score_correction_bias"),
          Map.entry("feed.b_out", "mlp.experts.down_proj_bias"));

  /** Tensors that other software leaves in files although they follow from the configuration. */
  private static final Pattern DERIVED = Pattern.compile(".*rotary_emb\\.inv_freq");

  private final LanguageSpec spec;
  private final String family;
  private final Checkpoint files;
  private final Arena arena;

  private HuggingFaceWeights(LanguageSpec spec, String family, Checkpoint files, Arena arena) {
    this.spec = spec;
    this.family = family;
    this.files = files;
    this.arena = arena;
  }

  /**
   * Reads all parameters.
   *
   * @param family the {@code model_type}
   * @param arena owns the memory
   * @param loaded receives the numbers of loaded and of all parameters
   * @return the tensors by the names of parameters
   * @throws IllegalArgumentException if a tensor is missing, has another shape, or is not used
   */
  static Map<String, Tensor> read(
      LanguageSpec spec,
      String family,
      Checkpoint files,
      Arena arena,
      BiConsumer<Integer, Integer> loaded)
      throws IOException {
    HuggingFaceWeights reader = new HuggingFaceWeights(spec, family, files, arena);
    Map<String, Tensor> all = new LinkedHashMap<>();
    List<Parameter> parameters = LanguagePrograms.parameters(spec);
    for (Parameter parameter : parameters) {
      all.put(parameter.name(), reader.tensor(parameter));
      loaded.accept(all.size(), parameters.size());
    }
    files.checkRead(
        family, name -> DERIVED.matcher(name).matches() || reader.isBehindTheLayers(name));
    return all;
  }

  /** Layers that predict further tokens lie behind the model's own; a tied head may be repeated. */
  private boolean isBehindTheLayers(String name) {
    return name.startsWith("model.layers." + spec.layers().size() + ".")
        || (spec.tied() && name.equals("lm_head.weight"));
  }

  private Tensor tensor(Parameter parameter) throws IOException {
    String name = parameter.name();
    if (name.equals("head")) {
      return shaped("lm_head.weight", parameter);
    }
    boolean inLayer = name.startsWith("layer.");
    String[] words = name.split("\\.", 3);
    String part = inLayer ? words[2] : name;
    String prefix = inLayer ? "model.layers." + words[1] + "." : "model.";
    int layer = inLayer ? Integer.parseInt(words[1]) : 0;
    if (inLayer
        && part.startsWith("attention.")
        && spec.layers().get(layer).attention() instanceof LanguageSpec.Latent latent) {
      return latent(prefix + "self_attn.", part, latent, parameter);
    }
    if (inLayer && spec.layers().get(layer).feed() instanceof LanguageSpec.Feed.Experts) {
      String experts = inFamily("mlp.experts.");
      switch (part) {
        case "feed.wi", "feed.wv", "feed.wo" -> {
          return matrices(prefix + experts, part.substring(5), parameter);
        }
        case "feed.b_in", "feed.b_v" -> {
          Tensor both = files.tensor(prefix + "mlp.experts.gate_up_proj_bias", arena);
          return checked(
              both.slice(1, part.equals("feed.b_in") ? 0 : 1, both.size(1), 2), parameter);
        }
        default -> {}
      }
    }
    return shaped(prefix + inFamily(Objects.requireNonNull(NAMES.get(part), part)), parameter);
  }

  private String inFamily(String name) {
    return switch (family) {
      case "mixtral" -> name.replace("mlp.", "block_sparse_moe.");
      case "gpt_oss" -> name.replace("mlp.gate.weight", "mlp.router.weight");
      case "llama4_text" ->
          name.replace("mlp.gate.weight", "mlp.router.weight")
              .replace("shared_experts", "shared_expert")
              .replace("mlp.", "feed_forward.");
      default -> name;
    };
  }

  private Tensor latent(String prefix, String part, LanguageSpec.Latent own, Parameter parameter)
      throws IOException {
    int both = own.plain() + own.value();
    return switch (part) {
      case "attention.query" ->
          shaped(prefix + (own.queryRank() > 0 ? "q_b_proj" : "q_proj") + ".weight", parameter);
      case "attention.latent" -> checked(down(prefix, own).slice(0, 0, own.latent()), parameter);
      case "attention.rotated" ->
          checked(
              down(prefix, own).slice(0, own.latent(), own.latent() + own.rotated()), parameter);
      case "attention.key" -> checked(up(prefix, own).slice(1, 0, own.plain()), parameter);
      case "attention.value" -> checked(up(prefix, own).slice(1, own.plain(), both), parameter);
      default ->
          shaped(
              prefix.replace("self_attn.", "") + Objects.requireNonNull(NAMES.get(part), part),
              parameter);
    };
  }

  private Tensor down(String prefix, LanguageSpec.Latent own) throws IOException {
    Shape shape = Shape.of(own.latent() + own.rotated(), spec.model());
    return shaped(prefix + "kv_a_proj_with_mqa.weight", shape);
  }

  private Tensor up(String prefix, LanguageSpec.Latent own) throws IOException {
    Shape shape = Shape.of(own.heads(), own.plain() + own.value(), own.latent());
    return shaped(prefix + "kv_b_proj.weight", shape);
  }

  /** The matrices of all experts, {@code [E, M, H]} or {@code [E, H, M]}. */
  private Tensor matrices(String prefix, String which, Parameter parameter) throws IOException {
    long hidden = parameter.type().size("H");
    if (files.has(prefix + "gate_up_proj")) {
      if (which.equals("wo")) {
        return shaped(prefix + "down_proj", parameter);
      }
      Tensor both = files.tensor(prefix + "gate_up_proj", arena);
      boolean alternate = family.equals("gpt_oss");
      int half = which.equals("wi") ? 0 : 1;
      return checked(
          alternate
              ? both.slice(2, half, both.size(2), 2)
              : both.slice(2, half * hidden, (half + 1) * hidden),
          parameter);
    }
    Map<String, String> names =
        family.equals("mixtral")
            ? Map.of("wi", "w1", "wv", "w3", "wo", "w2")
            : Map.of("wi", "gate_proj", "wv", "up_proj", "wo", "down_proj");
    long model = spec.model();
    long experts = parameter.type().size("E");
    Shape each = which.equals("wo") ? Shape.of(model, hidden) : Shape.of(hidden, model);
    List<String> all =
        LongStream.range(0, experts)
            .mapToObj(i -> prefix + i + "." + names.get(which) + ".weight")
            .toList();
    return checked(files.stacked(all, each, arena).transpose(0, 2, 1), parameter);
  }

  private Tensor shaped(String name, Parameter parameter) throws IOException {
    return shaped(name, parameter.type().shape());
  }

  private Tensor shaped(String name, Shape shape) throws IOException {
    return files.tensor(name, shape, arena);
  }

  private Tensor checked(Tensor tensor, Parameter parameter) {
    if (!tensor.shape().equals(parameter.type().shape())) {
      throw new IllegalArgumentException(
          files
              + ": tensors of "
              + parameter.name()
              + " must give "
              + parameter.type().shape()
              + ", got "
              + tensor.shape());
    }
    return tensor;
  }
}
