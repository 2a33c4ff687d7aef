package io.github.shardsum.internal.moe.model;

import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Layers in a program builder. The labels are B for sentences, T for positions with queries (for
 * hypotheses in a decoding step), N for positions with keys, M for the model's width, A for heads,
 * D for their width, F for the width inside a feed-forward network, and V for the vocabulary.
 */
public final class TransformerLayers {
  private static final double NORM_EPSILON = 1e-6;

  private final TransformerSpec spec;
  private final ProgramBuilder p;
  private final Map<String, Value> parameters = new HashMap<>();
  private final Map<String, String> layouts;
  private final List<Routed> routed = new ArrayList<>();
  private final Map<String, Value> residuals = new LinkedHashMap<>();

  /**
   * Metrics of a layer's router.
   *
   * @param layer the layer's name
   * @param auxLoss {@code [G]}
   * @param zLoss a scalar
   * @param positions {@code [G, S, K]}
   * @param placed {@code [G, E]}
   * @param unusable {@code [G]}
   * @param overflow {@code [G]}
   */
  public record Routed(
      String layer,
      Value auxLoss,
      Value zLoss,
      Value positions,
      Value placed,
      Value unusable,
      Value overflow) {}

  /**
   * Layers of a program.
   *
   * @param spec the model
   * @param p the builder of the program; the parameters become its first inputs
   * @param used the parameters that it reads
   */
  public TransformerLayers(TransformerSpec spec, ProgramBuilder p, List<Parameter> used) {
    this(spec, p, used, Map.of());
  }

  /**
   * Layers of a program.
   *
   * @param spec the model
   * @param p the builder of the program; the parameters become its first inputs
   * @param used the parameters that it reads
   * @param layouts annotations of values of a layer with experts; names without a value are ignored
   */
  public TransformerLayers(
      TransformerSpec spec, ProgramBuilder p, List<Parameter> used, Map<String, String> layouts) {
    this.spec = spec;
    this.p = p;
    this.layouts = Map.copyOf(layouts);
    for (Parameter parameter : used) {
      parameters.put(parameter.name(), p.input(parameter.name(), parameter.type()));
    }
  }

  /** Metrics of the routers of the layers so far. */
  public List<Routed> routed() {
    return List.copyOf(routed);
  }

  /** The residual after each part of the layers so far, by the part's name. */
  public Map<String, Value> residuals() {
    return Collections.unmodifiableMap(residuals);
  }

  /** Adds the result of a layer's part to a residual. */
  private Value added(String name, Value x, Value part) {
    Value sum = p.add(x, part);
    residuals.put(name, sum);
    return sum;
  }

  private Value parameter(String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  /**
   * Rows of an embedding, scaled to the magnitude of the position vectors. Token 0 has a row too.
   */
  public Value embedding(String side, Value tokens) {
    Value hot = p.oneHot(tokens, "V", spec.vocabulary(), spec.dtype());
    Value rows = p.einsum("BTV,VM->BTM", hot, parameter(side + ".embedding"));
    return p.scale(rows, Math.sqrt(spec.model()));
  }

  /** Adds the vectors of the first positions. */
  public Value positioned(String side, Value x) {
    Value all = parameter(side + ".position");
    Value first = p.slice(all, "T", 0, x.type().size("T"));
    return p.add(x, first);
  }

  /** Adds the vector of one position to all tokens. */
  public Value positioned(String side, Value x, Value index) {
    Value hot = p.oneHot(index, "P", spec.positions(), spec.dtype());
    return p.add(x, p.einsum("P,PM->M", hot, parameter(side + ".position")));
  }

  /** Layer normalisation over M (Ba et al., 2016). */
  public Value norm(String name, Value x) {
    Value centred = p.subtract(x, p.mean(x, "M"));
    Value variance = p.mean(p.multiply(centred, centred), "M");
    Value unit = p.multiply(centred, p.rsqrt(p.add(variance, NORM_EPSILON)));
    return p.add(p.multiply(unit, parameter(name + ".scale")), parameter(name + ".bias"));
  }

  /** Keys or values {@code [B, N, A, D]} of positions {@code [B, N, M]}. */
  public Value projected(String name, Value x) {
    return p.einsum("BNM,MAD->BNAD", x, parameter(name));
  }

  /**
   * The positions that queries and keys have, see {@link ProgramBuilder#attention}.
   *
   * @param at i32 over some of B and T
   * @param of i32 over some of B, T and N; -1 for a key that is not seen
   * @param causal whether a query sees no keys of later positions
   */
  public record Positions(Value at, Value of, boolean causal) {}

  /** Keys of which those that a flag over some of B, T and N selects are seen. */
  public Positions where(Value seen) {
    Value none = p.constant(DType.I32, -1);
    Value zero = p.constant(DType.I32, 0);
    return new Positions(zero, p.select(seen, zero, none), false);
  }

  /** Positions that see themselves and those before them. */
  public Positions causal(long steps) {
    ValueType asking = ValueType.of(DType.I32, List.of("T"), List.of(steps));
    ValueType seen = ValueType.of(DType.I32, List.of("N"), List.of(steps));
    return new Positions(p.iota(asking, "T"), p.iota(seen, "N"), true);
  }

  /**
   * Attention of several heads.
   *
   * @param name the name of its parameters
   * @param x the positions with queries, {@code [B, T, M]}
   * @param keys {@code [B, N, A, D]}
   * @param values {@code [B, N, A, D]}
   * @param positions the positions of queries and keys
   * @return {@code [B, T, M]}
   */
  public Value attention(String name, Value x, Value keys, Value values, Positions positions) {
    Value queries = p.einsum("BTM,MAD->BTAD", x, parameter(name + ".query"));
    double scale = 1 / Math.sqrt(spec.key());
    Value own = p.rename(values, "D", "Z");
    Value context =
        p.attention(queries, keys, own, positions.at(), positions.of(), scale, positions.causal())
            .getFirst();
    return p.einsum("BTAZ,AZM->BTM", context, parameter(name + ".output"));
  }

  /** The feed-forward network of a layer, or its experts. */
  public Value feedForward(String name, int layer, Value x, Value real) {
    if (spec.hasExperts(layer)) {
      return experts(name, x, real);
    }
    Value inner = p.einsum("BTM,MF->BTF", x, parameter(name + ".wi"));
    Value hidden = p.relu(p.add(inner, parameter(name + ".bias")));
    return p.einsum("BTF,FM->BTM", hidden, parameter(name + ".wo"));
  }

  private Value experts(String name, Value x, Value real) {
    long batch = x.type().size("B");
    long steps = x.type().size("T");
    long groups = greatestCommonDivisor(batch, spec.groups());
    MoeSizes sizes =
        MoeSizes.of(
            groups,
            batch / groups * steps,
            spec.experts(),
            spec.model(),
            spec.hidden(),
            spec.route());
    MoeSpec layer =
        MoeSpec.of(sizes, spec.dtype(), spec.route(), Randomness.seeded(0))
            .withPadding()
            .withMetrics();
    Program program =
        spec.route().capacity() instanceof Capacity.LargestLoad
            ? MoePrograms.raggedLayer(layer)
            : slots(layer);
    Map<String, Value> given =
        Map.of(
            "inputs", grouped(x, groups),
            "wg", parameter(name + ".wg"),
            "wi", parameter(name + ".wi"),
            "wo", parameter(name + ".wo"),
            "non_padding", grouped(real, groups));
    List<Value> arguments =
        program.inputs().stream()
            .map(input -> Objects.requireNonNull(given.get(input.name())))
            .toList();
    List<Value> results = p.inline(program, arguments);
    Map<String, Value> named = new HashMap<>();
    for (int i = 0; i < results.size(); i++) {
      named.put(program.outputs().get(i).name(), results.get(i));
    }
    routed.add(
        new Routed(
            name,
            result(named, "aux_loss"),
            result(named, "z_loss"),
            result(named, "positions"),
            result(named, "placed"),
            result(named, "unusable"),
            result(named, "overflow")));
    Value split = p.split(result(named, "outputs"), "S", "b", batch / groups, "T");
    return p.merge(split, "B", "G", "b");
  }

  /**
   * The layer with slots. It is annotated before it is inlined, while its values have their own
   * names.
   */
  private Program slots(MoeSpec layer) {
    Program program = MoePrograms.layer(layer);
    Set<String> values = new HashSet<>();
    program.statements().forEach(each -> each.results().forEach(value -> values.add(value.name())));
    Map<String, String> own = new HashMap<>(layouts);
    own.keySet().retainAll(values);
    return Annotations.of(own).apply(program);
  }

  private static Value result(Map<String, Value> named, String name) {
    return Objects.requireNonNull(named.get(name), name);
  }

  /** A value {@code [B, T, ...]} as {@code [G, S, ...]}. */
  private Value grouped(Value x, long groups) {
    return p.merge(p.split(x, "B", "G", groups, "b"), "S", "b", "T");
  }

  private static long greatestCommonDivisor(long x, long y) {
    return y == 0 ? x : greatestCommonDivisor(y, x % y);
  }

  /** The encoder: computes {@code [B, T, M]} from source tokens {@code [B, N]}. */
  public Value encoder(Value source) {
    Value asking = p.rename(source, "N", "T");
    Value real = p.notEqual(asking, TransformerSpec.PADDING);
    Positions seen = where(p.notEqual(source, TransformerSpec.PADDING));
    Value x = positioned("source", embedding("source", asking));
    for (int layer = 0; layer < spec.layers(); layer++) {
      String name = "encoder." + layer;
      String self = name + ".attention";
      Value normal = norm(self + ".norm", x);
      Value keys = projected(self + ".key", normal);
      Value values = projected(self + ".value", normal);
      x = added(self, x, attention(self, normal, keys, values, seen));
      String forward = name + ".feed_forward";
      x = added(forward, x, feedForward(forward, layer, norm(forward + ".norm", x), real));
    }
    return norm("encoder.norm", x);
  }

  /** Keys and values that one layer of the decoder attends to. */
  public record Memory(Value keys, Value values) {}

  /** The keys and values that each layer of the decoder reads from the encoder. */
  public List<Memory> memories(Value encoded) {
    List<Memory> memories = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      String name = "decoder." + layer + ".memory";
      memories.add(
          new Memory(projected(name + ".key", encoded), projected(name + ".value", encoded)));
    }
    return memories;
  }

  /** Supplies the positions of the target that a layer of the decoder attends to. */
  @FunctionalInterface
  public interface SelfMemory {
    /**
     * Keys and values of all positions.
     *
     * @param layer the layer's index
     * @param keys the keys of the present positions
     * @param values the values of the present positions
     */
    Memory of(int layer, Value keys, Value values);
  }

  /**
   * The decoder.
   *
   * @param x embedded tokens with positions, {@code [B, T, M]}
   * @param real the tokens that are not padding, {@code [B, T]}
   * @param self supplies the positions of the target that each layer attends to
   * @param before the positions of the target
   * @param memories the keys and values that each layer reads from the encoder
   * @param seen the positions of the encoder
   * @return {@code [B, T, M]}
   */
  public Value decoder(
      Value x,
      Value real,
      SelfMemory self,
      Positions before,
      List<Memory> memories,
      Positions seen) {
    for (int layer = 0; layer < spec.layers(); layer++) {
      String name = "decoder." + layer;
      String own = name + ".attention";
      Value normal = norm(own + ".norm", x);
      Memory all =
          self.of(layer, projected(own + ".key", normal), projected(own + ".value", normal));
      x = added(own, x, attention(own, normal, all.keys(), all.values(), before));
      String cross = name + ".memory";
      Memory memory = memories.get(layer);
      Value asking = norm(cross + ".norm", x);
      x = added(cross, x, attention(cross, asking, memory.keys(), memory.values(), seen));
      String forward = name + ".feed_forward";
      x = added(forward, x, feedForward(forward, layer, norm(forward + ".norm", x), real));
    }
    return norm("decoder.norm", x);
  }

  /** Logits {@code [B, T, V]} of the decoder's output. */
  public Value logits(Value decoded) {
    return p.einsum("BTM,VM->BTV", decoded, parameter("target.embedding"));
  }

  /** Only the logits of the given tokens {@code [B, T]}. */
  public Value logitsOf(Value decoded, Value tokens) {
    Value hot = p.oneHot(tokens, "V", spec.vocabulary(), spec.dtype());
    Value rows = p.einsum("BTV,VM->BTM", hot, parameter("target.embedding"));
    return p.sum(p.multiply(decoded, rows), "M");
  }

  /** The mean over V of the logits, {@code [B, T]}, computed without the logits. */
  public Value meanLogit(Value decoded) {
    return p.einsum("BTM,M->BT", decoded, p.mean(parameter("target.embedding"), "V"));
  }
}
