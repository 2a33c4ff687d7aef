package io.github.shardsum.internal.language;

import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.RouteOptions.GateFunction;
import io.github.shardsum.moe.RouteOptions.GroupLimit;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.model.LanguageSpec;
import io.github.shardsum.moe.model.LanguageSpec.Attention;
import io.github.shardsum.moe.model.LanguageSpec.Feed;
import io.github.shardsum.moe.model.LanguageSpec.Grouped;
import io.github.shardsum.moe.model.LanguageSpec.Latent;
import io.github.shardsum.moe.model.LanguageSpec.Layer;
import io.github.shardsum.moe.model.LanguageSpec.Mask;
import io.github.shardsum.moe.model.LanguageSpec.QueryNorm;
import io.github.shardsum.moe.model.LanguageSpec.Rotary;
import io.github.shardsum.moe.model.LanguageSpec.Scaling;
import io.github.shardsum.moe.model.LanguageSpec.Temperature;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The specification of a model from settings under the names of Hugging Face's {@code config.json}.
 */
final class SpecReader {
  /** The families that are read, by {@code model_type}. */
  static final List<String> FAMILIES =
      List.of(
          "llama",
          "qwen3",
          "qwen3_moe",
          "mixtral",
          "olmoe",
          "deepseek_v3",
          "gpt_oss",
          "llama4_text");

  /** Settings without effect on what a model computes from tokens. */
  private static final Set<String> HARMLESS =
      Set.of(
          ("architectures attention_dropout bos_token_id eos_token_id pad_token_id dtype torch_dtype"
                  + " initializer_range model_type pretraining_tp transformers_version use_cache"
                  + " output_router_logits router_aux_loss_coef router_jitter_noise aux_loss_alpha"
                  + " seq_aux ep_size num_nextn_predict_layers max_window_layers auto_map"
                  + " initial_context_length experts_per_token topk_method for_llm_compressor"
                  + " hidden_dropout _name_or_path _attn_implementation no_rope_layer_interval")
              .split(" "));

  /** transformers does not read it from the configuration; llama.cpp takes the model's. */
  private static final double LATENT_EPSILON = 1e-6;

  private final Settings config;
  private final List<Double> divisors;
  private final boolean neighbours;
  private final String family;
  private final int model;
  private final int heads;
  private final int width;

  private SpecReader(Settings config, boolean neighbours, List<Double> divisors) {
    this.config = config;
    this.divisors = divisors;
    this.neighbours = neighbours;
    this.family = config.needText("model_type");
    if (!FAMILIES.contains(family)) {
      throw config.wrong("model_type", "one of " + FAMILIES, family);
    }
    this.model = config.needWhole("hidden_size");
    this.heads = positive("num_attention_heads");
    this.width = config.whole("head_dim").orElse(model / heads);
  }

  private int positive(String name) {
    int value = config.needWhole(name);
    if (value < 1) {
      throw config.wrong(name, "at least 1", value);
    }
    return value;
  }

  /**
   * Reads all settings.
   *
   * @param neighbours whether rotated pairs are neighbours, where no setting says it
   * @param divisors the divisors of the rotations' frequencies; none if settings determine them
   * @throws IllegalArgumentException if a setting is missing, wrong, or not supported
   */
  static LanguageSpec of(Settings config, boolean neighbours, List<Double> divisors) {
    return new SpecReader(config, neighbours, divisors).read();
  }

  private LanguageSpec read() {
    config.must("hidden_act", "silu");
    config.must("mlp_bias", false);
    int count = positive("num_hidden_layers");
    if (count > 10_000) {
      throw config.wrong("num_hidden_layers", "at most 10000", count);
    }
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      layers.add(new Layer(attention(i), feed(i)));
    }
    LanguageSpec spec =
        new LanguageSpec(
            config.needWhole("vocab_size"),
            model,
            config.needWhole("max_position_embeddings"),
            config.needNumber("rms_norm_eps"),
            config.isOn("tie_word_embeddings"),
            layers);
    config.checkRead(HARMLESS);
    return spec;
  }

  private Attention attention(int layer) {
    if (family.equals("deepseek_v3")) {
      return latent();
    }
    int keyHeads = config.whole("num_key_value_heads").orElse(heads);
    if (keyHeads < 1 || heads % keyHeads != 0) {
      throw config.wrong("num_key_value_heads", "a divisor of " + heads, keyHeads);
    }
    config.must("v_head_dim", (long) width);
    config.must("rotary_dim", (long) width);
    boolean biased = config.isOn("attention_bias");
    boolean rotated = isRotated(layer);
    Optional<Rotary> rotary = rotated ? Optional.of(rotary(width, neighbours)) : Optional.empty();
    return new Grouped(
        keyHeads,
        heads / keyHeads,
        width,
        biased,
        biased,
        norm(rotated),
        family.equals("gpt_oss"),
        rotary,
        mask(layer),
        rotated ? Optional.empty() : temperature());
  }

  private QueryNorm norm(boolean rotated) {
    return switch (family) {
      case "qwen3", "qwen3_moe" -> QueryNorm.HEAD;
      case "olmoe" -> {
        config
            .number("clip_qkv")
            .ifPresent(
                limit -> {
                  throw config.wrong("clip_qkv", "null to be supported", limit);
                });
        yield QueryNorm.WHOLE;
      }
      case "llama4_text" -> config.isOn("use_qk_norm") && rotated ? QueryNorm.UNIT : QueryNorm.NONE;
      default -> QueryNorm.NONE;
    };
  }

  private boolean isRotated(int layer) {
    if (!family.equals("llama4_text")) {
      return true;
    }
    List<Long> own = config.list("no_rope_layers", Long.class).orElse(List.of());
    if (layer < own.size()) {
      return own.get(layer) != 0;
    }
    int interval = config.whole("no_rope_layer_interval").orElse(4);
    return interval == 0 || (layer + 1) % interval != 0;
  }

  private Optional<Temperature> temperature() {
    if (!config.isOn("attn_temperature_tuning")) {
      return Optional.empty();
    }
    return Optional.of(
        new Temperature(config.needNumber("attn_scale"), config.needNumber("floor_scale")));
  }

  private Mask mask(int layer) {
    List<String> kinds = config.list("layer_types", String.class).orElse(List.of());
    Optional<Integer> window = config.whole("sliding_window");
    Optional<Integer> chunk = config.whole("attention_chunk_size");
    boolean slides = config.flag("use_sliding_window").orElse(true);
    String kind =
        layer < kinds.size()
            ? kinds.get(layer)
            : switch (family) {
              case "gpt_oss" -> layer % 2 == 0 ? "sliding_attention" : "full_attention";
              case "llama4_text" -> isRotated(layer) ? "chunked_attention" : "full_attention";
              default -> window.isPresent() && slides ? "sliding_attention" : "full_attention";
            };
    return switch (kind) {
      case "full_attention" -> new Mask.Causal();
      case "sliding_attention" ->
          new Mask.Window(
              window.orElseThrow(() -> config.wrong("sliding_window", "there", "nothing")));
      case "chunked_attention" -> chunk.<Mask>map(Mask.Chunk::new).orElse(new Mask.Causal());
      default -> throw config.wrong("layer_types", "full, sliding or chunked_attention", kind);
    };
  }

  private Attention latent() {
    int plain = positive("qk_nope_head_dim");
    int rotated = positive("qk_rope_head_dim");
    config.must("qk_head_dim", (long) plain + rotated);
    config.must("attention_bias", false);
    config.must("num_key_value_heads", (long) heads);
    Rotary rotary = rotary(rotated, config.flag("rope_interleave").orElse(true));
    double all = ropes().flatMap(ropes -> ropes.number("mscale_all_dim")).orElse(0.0);
    double more =
        rotary.scaling() instanceof Scaling.Yarn yarn && all != 0
            ? magnitude(yarn.factor(), all)
            : 1;
    return new Latent(
        heads,
        config.whole("q_lora_rank").orElse(0),
        positive("kv_lora_rank"),
        plain,
        rotated,
        positive("v_head_dim"),
        rotary,
        new Mask.Causal(),
        more * more / Math.sqrt((double) plain + rotated),
        LATENT_EPSILON);
  }

  private static double magnitude(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  /** The settings of rotations: of transformers 5, or of 4. */
  private Optional<Settings> ropes() {
    Optional<Settings> now = config.group("rope_parameters");
    return now.isPresent() ? now : config.group("rope_scaling");
  }

  private Rotary rotary(int dimensions, boolean neighbours) {
    Optional<Double> base = config.number("rope_theta");
    if (!divisors.isEmpty()) {
      if (divisors.size() != dimensions / 2) {
        throw config.wrong("rope_freqs.weight", dimensions / 2 + " factors", divisors.size());
      }
      return new Rotary(
          dimensions, base.orElse(10000.0), neighbours, new Scaling.Divisors(divisors));
    }
    if (ropes().isEmpty()) {
      return new Rotary(dimensions, base.orElse(10000.0), neighbours, new Scaling.None());
    }
    Settings ropes = ropes().get();
    double theta = ropes.number("rope_theta").or(() -> base).orElse(10000.0);
    ropes.must("partial_rotary_factor", 1);
    String kind = ropes.text("rope_type").or(() -> ropes.text("type")).orElse("default");
    Scaling scaling =
        switch (kind) {
          case "default" -> new Scaling.None();
          case "linear" -> new Scaling.Linear(ropes.needNumber("factor"));
          case "llama3" ->
              new Scaling.Llama3(
                  ropes.needNumber("factor"),
                  ropes.needNumber("low_freq_factor"),
                  ropes.needNumber("high_freq_factor"),
                  ropes.needNumber("original_max_position_embeddings"));
          case "yarn" -> yarn(ropes);
          default -> throw ropes.wrong("rope_type", "default, linear, llama3 or yarn", kind);
        };
    ropes.checkRead(Set.of("rope_type", "type", "mscale", "mscale_all_dim"));
    return new Rotary(dimensions, theta, neighbours, scaling);
  }

  private static Scaling yarn(Settings ropes) {
    double factor = ropes.needNumber("factor");
    double some = ropes.number("mscale").orElse(0.0);
    double all = ropes.number("mscale_all_dim").orElse(0.0);
    double inferred =
        some != 0 && all != 0
            ? magnitude(factor, some) / magnitude(factor, all)
            : magnitude(factor, 1);
    return new Scaling.Yarn(
        factor,
        ropes.needNumber("original_max_position_embeddings"),
        ropes.number("beta_fast").orElse(32.0),
        ropes.number("beta_slow").orElse(1.0),
        ropes.flag("truncate").orElse(true),
        ropes.number("attention_factor").orElse(inferred));
  }

  private Feed feed(int layer) {
    int hidden = positive("intermediate_size");
    return switch (family) {
      case "qwen3_moe" -> {
        config.must("decoder_sparse_step", 1L);
        config.must("mlp_only_layers", List.of());
        Normalization by = normalization(config.isOn("norm_topk_prob"));
        yield experts(positive("moe_intermediate_size"), softmax(by), 0);
      }
      case "mixtral" -> experts(hidden, softmax(Normalization.BEFORE_DROPPING), 0);
      case "olmoe" -> experts(hidden, softmax(normalization(config.isOn("norm_topk_prob"))), 0);
      case "gpt_oss" -> {
        config.must("swiglu_limit", 7);
        config.must("swiglu_alpha", 1.702);
        yield experts(hidden, softmax(Normalization.BEFORE_DROPPING), 0);
      }
      case "deepseek_v3" -> {
        config.must("moe_layer_freq", 1L);
        config.must("scoring_func", "sigmoid");
        int own = positive("moe_intermediate_size");
        int shared = config.whole("n_shared_experts").orElse(0);
        yield layer < config.whole("first_k_dense_replace").orElse(0)
            ? new Feed.Dense(hidden)
            : experts(own, deepSeek(), Math.multiplyExact(own, shared));
      }
      case "llama4_text" -> {
        int dense = positive("intermediate_size_mlp");
        int step = config.whole("interleave_moe_layer_step").orElse(1);
        List<Long> all = config.list("moe_layers", Long.class).orElse(List.of());
        boolean routed =
            all.isEmpty() ? step > 0 && (layer + 1) % step == 0 : all.contains((long) layer);
        yield routed ? experts(hidden, llama4(), hidden) : new Feed.Dense(dense);
      }
      default -> new Feed.Dense(hidden);
    };
  }

  private Feed experts(int hidden, RouteOptions route, int shared) {
    Optional<Integer> count = config.whole("num_local_experts");
    count = count.or(() -> config.whole("num_experts")).or(() -> config.whole("n_routed_experts"));
    boolean deepSeek = family.equals("deepseek_v3");
    return new Feed.Experts(
        route,
        count.orElseThrow(() -> config.wrong("num_experts", "there", "nothing")),
        hidden,
        family.equals("gpt_oss"),
        deepSeek,
        deepSeek ? config.number("routed_scaling_factor").orElse(1.0) : 1,
        family.equals("llama4_text"),
        shared);
  }

  private static Normalization normalization(boolean is) {
    return is ? Normalization.BEFORE_DROPPING : Normalization.NONE;
  }

  private RouteOptions.Builder chosen(Normalization by) {
    return RouteOptions.builder()
        .router(Router.topK(positive("num_experts_per_tok")))
        .secondChoice(SecondChoice.all())
        .normalization(by)
        .capacity(Capacity.largestLoad());
  }

  private RouteOptions softmax(Normalization by) {
    return chosen(by).build();
  }

  private RouteOptions llama4() {
    return chosen(Normalization.NONE).gateFunction(GateFunction.SIGMOID).build();
  }

  private RouteOptions deepSeek() {
    int groups = config.whole("n_group").orElse(1);
    int some = config.whole("topk_group").orElse(1);
    Optional<GroupLimit> limit =
        groups > 1
            ? Optional.of(new GroupLimit(some, groups, GroupLimit.Score.TWO_BEST))
            : Optional.empty();
    return chosen(normalization(config.flag("norm_topk_prob").orElse(true)))
        .gateFunction(GateFunction.SIGMOID)
        .groupLimit(limit)
        .normalizationEpsilon(1e-20)
        .build();
  }
}
