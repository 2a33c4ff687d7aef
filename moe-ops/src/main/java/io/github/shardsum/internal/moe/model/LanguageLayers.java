package io.github.shardsum.internal.moe.model;

import io.github.shardsum.internal.moe.decomposition.ExpertWeights;
import io.github.shardsum.internal.moe.decomposition.LayerComposites;
import io.github.shardsum.internal.moe.decomposition.RouteCompositeForm;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.model.LanguageSpec;
import io.github.shardsum.moe.model.LanguageSpec.Attention;
import io.github.shardsum.moe.model.LanguageSpec.Feed;
import io.github.shardsum.moe.model.LanguageSpec.Grouped;
import io.github.shardsum.moe.model.LanguageSpec.Latent;
import io.github.shardsum.moe.model.LanguageSpec.QueryNorm;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The layers of a language model in a program builder, with a cache of keys and values. */
public final class LanguageLayers {
  private static final double MASKED = -1e30;
  private static final double CLAMP = 7;
  private static final double STEEPNESS = 1.702;

  private final LanguageSpec spec;
  private final ProgramBuilder p;
  private final Map<String, Value> inputs = new HashMap<>();
  private final Map<String, Value> next = new LinkedHashMap<>();

  /**
   * Adds the inputs to a program: parameters, caches, and what follows from positions.
   *
   * @param tokens T, new positions
   * @param cached N, positions of the caches
   */
  public LanguageLayers(LanguageSpec spec, ProgramBuilder p, long tokens, long cached) {
    this.spec = spec;
    this.p = p;
    parameters(spec).forEach(each -> input(each.name(), each.type()));
    caches(spec, cached).forEach(this::input);
    input("tokens", ValueType.of(DType.I32, List.of("T"), List.of(tokens)));
    input("place", ValueType.of(DType.I32, List.of("T"), List.of(tokens)));
    input("written", ValueType.of(DType.BOOL, List.of("N"), List.of(cached)));
    input("last", type("T", tokens));
    List<LanguageSpec.Rotary> rotations = spec.rotations();
    for (int i = 0; i < rotations.size(); i++) {
      ValueType angles = type("TF", tokens, rotations.get(i).dimensions() / 2);
      input("cosine." + i, angles);
      input("sine." + i, angles);
    }
    for (int i = 0; i < spec.masks().size(); i++) {
      List<Long> sizes = List.of(tokens, cached);
      input("visible." + i, ValueType.of(DType.BOOL, List.of("T", "N"), sizes));
    }
    for (int i = 0; i < spec.temperatures().size(); i++) {
      input("temperature." + i, type("T", tokens));
    }
  }

  private void input(String name, ValueType type) {
    inputs.put(name, p.input(name, type));
  }

  private Value in(String name) {
    return Objects.requireNonNull(inputs.get(name), name);
  }

  private static ValueType type(String labels, long... sizes) {
    List<String> names = labels.chars().mapToObj(Character::toString).toList();
    return ValueType.of(DType.F32, names, Arrays.stream(sizes).boxed().toList());
  }

  /** See {@code LanguagePrograms.parameters}. */
  public static List<Parameter> parameters(LanguageSpec spec) {
    List<Parameter> all = new ArrayList<>();
    long m = spec.model();
    add(all, "embedding", "VM", spec.vocabulary(), m);
    for (int i = 0; i < spec.layers().size(); i++) {
      String attention = "layer." + i + ".attention";
      addNorm(all, attention + ".norm", "M", m);
      switch (spec.layers().get(i).attention()) {
        case Grouped own -> addGrouped(all, attention, m, own);
        case Latent own -> addLatent(all, attention, m, own);
      }
      String feed = "layer." + i + ".feed";
      addNorm(all, feed + ".norm", "M", m);
      switch (spec.layers().get(i).feed()) {
        case Feed.Dense(int hidden) -> addDense(all, feed, m, hidden);
        case Feed.Experts own -> addExperts(all, feed, m, own);
      }
    }
    addNorm(all, "norm", "M", m);
    if (!spec.tied()) {
      add(all, "head", "VM", spec.vocabulary(), m);
    }
    return List.copyOf(all);
  }

  /** A parameter whose last label is the one that products sum over. */
  private static void add(List<Parameter> all, String name, String labels, long... sizes) {
    double deviation = 1 / Math.sqrt(sizes[sizes.length - 1]);
    all.add(new Parameter(name, type(labels, sizes), 0, deviation));
  }

  private static void addNorm(List<Parameter> all, String name, String labels, long... sizes) {
    all.add(new Parameter(name, type(labels, sizes), 1, 0));
  }

  private static void addBias(List<Parameter> all, String name, String labels, long... sizes) {
    all.add(new Parameter(name, type(labels, sizes), 0, 0));
  }

  private static void addGrouped(List<Parameter> all, String name, long m, Grouped own) {
    long c = own.keyHeads();
    long r = own.groups();
    long d = own.width();
    add(all, name + ".query", "CRDM", c, r, d, m);
    add(all, name + ".key", "CDM", c, d, m);
    add(all, name + ".value", "CZM", c, d, m);
    add(all, name + ".output", "MCRZ", m, c, r, d);
    if (own.biases()) {
      addBias(all, name + ".query.bias", "CRD", c, r, d);
      addBias(all, name + ".key.bias", "CD", c, d);
      addBias(all, name + ".value.bias", "CZ", c, d);
    }
    if (own.outputBias()) {
      addBias(all, name + ".output.bias", "M", m);
    }
    if (own.norm() == QueryNorm.HEAD) {
      addNorm(all, name + ".query.norm", "D", d);
      addNorm(all, name + ".key.norm", "D", d);
    } else if (own.norm() == QueryNorm.WHOLE) {
      addNorm(all, name + ".query.norm", "CRD", c, r, d);
      addNorm(all, name + ".key.norm", "CD", c, d);
    }
    if (own.sinks()) {
      addBias(all, name + ".sinks", "CR", c, r);
    }
  }

  private static void addLatent(List<Parameter> all, String name, long m, Latent own) {
    long a = own.heads();
    long d = (long) own.plain() + own.rotated();
    if (own.queryRank() > 0) {
      add(all, name + ".query.down", "QM", own.queryRank(), m);
      addNorm(all, name + ".query.down.norm", "Q", own.queryRank());
      add(all, name + ".query", "ADQ", a, d, own.queryRank());
    } else {
      add(all, name + ".query", "ADM", a, d, m);
    }
    add(all, name + ".latent", "LM", own.latent(), m);
    addNorm(all, name + ".latent.norm", "L", own.latent());
    add(all, name + ".rotated", "PM", own.rotated(), m);
    add(all, name + ".key", "ADL", a, own.plain(), own.latent());
    add(all, name + ".value", "AZL", a, own.value(), own.latent());
    add(all, name + ".output", "MAZ", m, a, own.value());
  }

  private static void addDense(List<Parameter> all, String name, long m, long hidden) {
    add(all, name + ".wi", "HM", hidden, m);
    add(all, name + ".wv", "HM", hidden, m);
    add(all, name + ".wo", "MH", m, hidden);
  }

  private static void addExperts(List<Parameter> all, String name, long m, Feed.Experts own) {
    long e = own.experts();
    long h = own.hidden();
    add(all, name + ".wg", "EM", e, m);
    if (own.clampedBiased()) {
      addBias(all, name + ".wg.bias", "E", e);
    }
    if (own.choiceBias()) {
      addBias(all, name + ".choice", "E", e);
    }
    Map<String, Long> sizes = Map.of("E", e, "M", m, "H", h);
    ExpertWeights.of(
        true,
        own.clampedBiased(),
        (weight, labels) -> {
          long[] shape = labels.chars().mapToLong(c -> size(sizes, c)).toArray();
          double deviation = labels.length() == 3 ? 1 / Math.sqrt(shape[1]) : 0;
          all.add(new Parameter(name + "." + weight, type(labels, shape), 0, deviation));
          return weight;
        });
    if (own.sharedHidden() > 0) {
      addDense(all, name + ".shared", m, own.sharedHidden());
    }
  }

  private static long size(Map<String, Long> sizes, int label) {
    return Objects.requireNonNull(sizes.get(Character.toString(label)));
  }

  /** See {@code LanguagePrograms.caches}. */
  public static Map<String, ValueType> caches(LanguageSpec spec, long n) {
    Map<String, ValueType> caches = new LinkedHashMap<>();
    for (int i = 0; i < spec.layers().size(); i++) {
      ValueType key;
      ValueType value;
      switch (spec.layers().get(i).attention()) {
        case Grouped own -> {
          key = type("NCD", n, own.keyHeads(), own.width());
          value = type("NCZ", n, own.keyHeads(), own.width());
        }
        case Latent own -> {
          key = type("NP", n, own.rotated());
          value = type("NL", n, own.latent());
        }
      }
      caches.put("cache." + i + ".key", key);
      caches.put("cache." + i + ".value", value);
    }
    return caches;
  }

  /** The caches with the new positions, by their names as outputs. */
  public Map<String, Value> next() {
    return next;
  }

  /** 1 at the last real position, {@code [T]}. */
  public Value last() {
    return in("last");
  }

  /** The matrix {@code [V, M]} of the logits. */
  public Value head() {
    return in(spec.tied() ? "embedding" : "head");
  }

  /** All layers and the last norm, {@code [T, M]}. */
  public Value run() {
    Value hot = p.oneHot(in("tokens"), "V", spec.vocabulary(), DType.F32);
    Value x = p.einsum("TV,VM->TM", hot, in("embedding"));
    for (int i = 0; i < spec.layers().size(); i++) {
      LanguageSpec.Layer layer = spec.layers().get(i);
      Value attended =
          switch (layer.attention()) {
            case Grouped own -> grouped(i, own, norm("layer." + i + ".attention.norm", x));
            case Latent own -> latent(i, own, norm("layer." + i + ".attention.norm", x));
          };
      x = p.add(x, attended);
      Value normal = norm("layer." + i + ".feed.norm", x);
      x =
          p.add(
              x,
              switch (layer.feed()) {
                case Feed.Dense _ -> dense("layer." + i + ".feed", normal);
                case Feed.Experts own -> experts("layer." + i + ".feed", own, normal);
              });
    }
    return norm("norm", x);
  }

  private Value norm(String name, Value x) {
    return norm(name, x, spec.epsilon());
  }

  private Value norm(String name, Value x, double epsilon) {
    Value factors = in(name);
    String[] over = factors.type().names().toArray(String[]::new);
    return p.multiply(unit(x, epsilon, over), factors);
  }

  /** Divides by the root of the mean square over labels. */
  private Value unit(Value x, double epsilon, String... over) {
    Value square = p.mean(p.multiply(x, x), over);
    return p.multiply(x, p.rsqrt(p.add(square, epsilon)));
  }

  private Value biased(boolean has, String name, Value x) {
    return has ? p.add(x, in(name + ".bias")) : x;
  }

  private Value grouped(int layer, Grouped own, Value x) {
    String name = "layer." + layer + ".attention";
    boolean bias = own.biases();
    Value q = biased(bias, name + ".query", p.einsum("TM,CRDM->TCRD", x, in(name + ".query")));
    Value k = biased(bias, name + ".key", p.einsum("TM,CDM->TCD", x, in(name + ".key")));
    Value v = biased(bias, name + ".value", p.einsum("TM,CZM->TCZ", x, in(name + ".value")));
    if (own.norm() == QueryNorm.HEAD || own.norm() == QueryNorm.WHOLE) {
      q = norm(name + ".query.norm", q);
      k = norm(name + ".key.norm", k);
    }
    q = rotated(own.rotary(), q, "D");
    k = rotated(own.rotary(), k, "D");
    if (own.norm() == QueryNorm.UNIT) {
      q = unit(q, spec.epsilon(), "D");
      k = unit(k, spec.epsilon(), "D");
    }
    if (own.temperature().isPresent()) {
      int index = spec.temperatures().indexOf(own.temperature().get());
      q = p.multiply(q, in("temperature." + index));
    }
    Value keys = written(layer + ".key", k);
    Value values = written(layer + ".value", v);
    Value scores = p.einsum("TCRD,NCD->CRTN", p.scale(q, 1 / Math.sqrt(own.width())), keys);
    Optional<Value> sinks = own.sinks() ? Optional.of(in(name + ".sinks")) : Optional.empty();
    Value weights = weights(own, scores, sinks);
    Value context = p.einsum("CRTN,NCZ->TCRZ", weights, values);
    Value output = p.einsum("TCRZ,MCRZ->TM", context, in(name + ".output"));
    return biased(own.outputBias(), name + ".output", output);
  }

  /**
   * Scores are products of latent vectors: the keys' matrix is applied to the query, and the
   * values' matrix to the weighted sum.
   */
  private Value latent(int layer, Latent own, Value x) {
    String name = "layer." + layer + ".attention";
    Value q;
    if (own.queryRank() > 0) {
      Value rank = p.einsum("TM,QM->TQ", x, in(name + ".query.down"));
      Value normal = norm(name + ".query.down.norm", rank, own.epsilon());
      q = p.einsum("TQ,ADQ->TAD", normal, in(name + ".query"));
    } else {
      q = p.einsum("TM,ADM->TAD", x, in(name + ".query"));
    }
    int width = own.plain() + own.rotated();
    Value plain = p.slice(q, "D", 0, own.plain());
    Value turned = p.rename(p.slice(q, "D", own.plain(), width), "D", "P");
    turned = rotated(own.rotary(), turned, "P");
    Value down = p.einsum("TM,LM->TL", x, in(name + ".latent"));
    Value latent = norm(name + ".latent.norm", down, own.epsilon());
    Value k = rotated(own.rotary(), p.einsum("TM,PM->TP", x, in(name + ".rotated")), "P");
    Value keys = written(layer + ".key", k);
    Value values = written(layer + ".value", latent);
    Value inner = p.einsum("TAD,ADL->TAL", plain, in(name + ".key"));
    Value scores =
        p.add(p.einsum("TAL,NL->ATN", inner, values), p.einsum("TAP,NP->ATN", turned, keys));
    Value weights = weights(own, p.scale(scores, own.scale()), Optional.empty());
    Value context = p.einsum("ATN,NL->TAL", weights, values);
    Value heads = p.einsum("TAL,AZL->TAZ", context, in(name + ".value"));
    return p.einsum("TAZ,MAZ->TM", heads, in(name + ".output"));
  }

  /** The softmax over visible positions, of which a sink takes a part. */
  private Value weights(Attention own, Value scores, Optional<Value> sinks) {
    Value visible = in("visible." + spec.masks().indexOf(own.mask()));
    Value masked = p.select(visible, scores, p.constant(DType.F32, MASKED));
    if (sinks.isEmpty()) {
      return p.softmax(masked, "N");
    }
    long cached = masked.type().size("N");
    Value last = p.slice(masked, "N", 0, 1);
    Value sink = p.add(p.multiply(last, 0), sinks.get());
    return p.slice(p.softmax(p.concatenate("N", masked, sink), "N"), "N", 0, cached);
  }

  private Value written(String name, Value rows) {
    Value cache = in("cache." + name);
    Value hot = p.oneHot(in("place"), "N", cache.type().size("N"), DType.F32);
    String rest = String.join("", cache.type().names().subList(1, cache.type().names().size()));
    Value placed = p.einsum("TN,T" + rest + "->N" + rest, hot, rows);
    Value result = p.select(in("written"), placed, cache);
    next.put("next." + name, result);
    return result;
  }

  /**
   * Rotated elements. The first elements of all pairs come before the second ones: products of
   * queries and keys do not depend on the order of elements, which is the same in both.
   */
  private Value rotated(Optional<LanguageSpec.Rotary> by, Value x, String label) {
    if (by.isEmpty()) {
      return x;
    }
    LanguageSpec.Rotary rotary = by.get();
    int index = spec.rotations().indexOf(rotary);
    Value cosine = p.rename(in("cosine." + index), "F", label);
    Value sine = p.rename(in("sine." + index), "F", label);
    long size = rotary.dimensions();
    boolean near = rotary.neighbours();
    Value first = near ? p.slice(x, label, 0, size, 2) : p.slice(x, label, 0, size / 2);
    Value second = near ? p.slice(x, label, 1, size, 2) : p.slice(x, label, size / 2, size);
    Value one = p.subtract(p.multiply(first, cosine), p.multiply(second, sine));
    Value two = p.add(p.multiply(second, cosine), p.multiply(first, sine));
    long width = x.type().size(label);
    return size == width
        ? p.concatenate(label, one, two)
        : p.concatenate(label, one, two, p.slice(x, label, size, width));
  }

  private Value dense(String name, Value x) {
    Value z = p.einsum("TM,HM->TH", x, in(name + ".wi"));
    Value v = p.einsum("TM,HM->TH", x, in(name + ".wv"));
    return p.einsum("TH,MH->TM", Activation.SWIGLU.of(p, z, v), in(name + ".wo"));
  }

  private Value experts(String name, Feed.Experts own, Value x) {
    Value tokens = p.split(x, "T", "G", 1, "S");
    Value logits =
        biased(
            own.clampedBiased(), name + ".wg", p.einsum("GSM,EM->GSE", tokens, in(name + ".wg")));
    Value real = p.split(p.greaterEqual(in("place"), 0), "T", "G", 1, "S");
    RouteInput<Value> input = RouteInput.logits(logits).withNonPadding(real);
    if (own.choiceBias()) {
      input = input.withBias(p.convert(in(name + ".choice"), DType.F64));
    }
    RouteCompositeForm form = RouteCompositeForm.of(input, own.route(), Randomness.seeded(0));
    List<Value> routed = p.add(MoePrograms.route(input, own.route(), Randomness.seeded(0)));
    Value weights = routed.get(0);
    Value given = tokens;
    if (own.weightsOnInput()) {
      given = p.multiply(tokens, p.sum(weights, "K"));
      weights = p.add(p.multiply(weights, 0), 1);
    }
    LayerComposites layer =
        new LayerComposites(p, Activation.SWIGLU, own.experts(), form.capacity(), DType.F32);
    ExpertWeights<Value> matrices =
        ExpertWeights.of(true, own.clampedBiased(), (weight, _) -> in(name + "." + weight));
    Value sum =
        own.clampedBiased()
            ? layer.experts(given, weights, routed.get(1), matrices, this::clamped)
            : layer.experts(given, weights, routed.get(1), matrices);
    Value out = p.merge(own.scale() == 1 ? sum : p.scale(sum, own.scale()), "T", "G", "S");
    return own.sharedHidden() > 0 ? p.add(out, dense(name + ".shared", x)) : out;
  }

  /** The activation of gpt-oss. */
  private Value clamped(Value z, Value v) {
    Value gate = p.minimum(z, CLAMP);
    Value linear = p.maximum(p.minimum(v, CLAMP), -CLAMP);
    return p.multiply(p.multiply(gate, p.logistic(p.scale(gate, STEEPNESS))), p.add(linear, 1));
  }
}
