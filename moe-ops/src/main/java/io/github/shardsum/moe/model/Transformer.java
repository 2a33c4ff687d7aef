package io.github.shardsum.moe.model;

import io.github.shardsum.internal.moe.model.TransformerLayers;
import io.github.shardsum.internal.moe.model.TransformerLayers.Memory;
import io.github.shardsum.internal.moe.model.TransformerLayers.Routed;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The Transformer of the GShard paper (section 2) as programs: encoder and decoder with experts in
 * every other layer, normalisation before each part of a layer, learnt positions, and one matrix
 * for the target's embedding and the logits.
 *
 * <p>Each program's first inputs are the parameters that it reads, by their names and in the order
 * of {@link #parameters}. Tokens are i32; {@link TransformerSpec#PADDING} is masked: no other token
 * attends to it, it goes to no expert, and it adds nothing to a loss. Labels: B sentences, N source
 * positions, T target positions, V the vocabulary, A heads, D their width, E experts. {@link #step}
 * uses N, T, S and X as its own documentation says.
 */
public final class Transformer {
  private static final double SMALL = 0.5;

  private Transformer() {}

  /**
   * The parameters.
   *
   * @param spec the model
   * @return all parameters, in the order of inputs
   */
  public static List<Parameter> parameters(TransformerSpec spec) {
    List<Parameter> all = new ArrayList<>();
    for (String side : List.of("source", "target")) {
      long positions = spec.positions();
      add(all, spec, side + ".embedding", "VM", spec.model());
      all.add(
          new Parameter(
              side + ".position",
              ValueType.of(
                  spec.dtype(), List.of("T", "M"), List.of(positions, (long) spec.model())),
              0,
              SMALL));
    }
    for (int layer = 0; layer < spec.layers(); layer++) {
      addAttention(all, spec, "encoder." + layer + ".attention");
      addForward(all, spec, "encoder." + layer + ".feed_forward", layer);
    }
    addNorm(all, spec, "encoder.norm");
    for (int layer = 0; layer < spec.layers(); layer++) {
      addAttention(all, spec, "decoder." + layer + ".attention");
      addAttention(all, spec, "decoder." + layer + ".memory");
      addForward(all, spec, "decoder." + layer + ".feed_forward", layer);
    }
    addNorm(all, spec, "decoder.norm");
    return List.copyOf(all);
  }

  private static void add(
      List<Parameter> all, TransformerSpec spec, String name, String labels, double fanIn) {
    all.add(new Parameter(name, type(spec, labels), 0, 1 / Math.sqrt(fanIn)));
  }

  private static void addNorm(List<Parameter> all, TransformerSpec spec, String name) {
    all.add(new Parameter(name + ".scale", type(spec, "M"), 1, 0));
    all.add(new Parameter(name + ".bias", type(spec, "M"), 0, 0));
  }

  private static void addAttention(List<Parameter> all, TransformerSpec spec, String name) {
    addNorm(all, spec, name + ".norm");
    for (String part : List.of(".query", ".key", ".value")) {
      add(all, spec, name + part, "MAD", spec.model());
    }
    add(all, spec, name + ".output", "ADM", (double) spec.heads() * spec.key());
  }

  private static void addForward(
      List<Parameter> all, TransformerSpec spec, String name, int layer) {
    addNorm(all, spec, name + ".norm");
    if (spec.hasExperts(layer)) {
      add(all, spec, name + ".wg", "ME", spec.model());
      add(all, spec, name + ".wi", "EMH", spec.model());
      add(all, spec, name + ".wo", "EHM", spec.hidden());
    } else {
      add(all, spec, name + ".wi", "MF", spec.model());
      all.add(new Parameter(name + ".bias", type(spec, "F"), 0, 0));
      add(all, spec, name + ".wo", "FM", 2.0 * spec.hidden());
    }
  }

  private static ValueType type(TransformerSpec spec, String labels) {
    List<String> names = labels.chars().mapToObj(Character::toString).toList();
    List<Long> sizes = names.stream().map(name -> size(spec, name)).toList();
    return ValueType.of(spec.dtype(), names, sizes);
  }

  private static long size(TransformerSpec spec, String label) {
    return switch (label) {
      case "V" -> spec.vocabulary();
      case "M" -> spec.model();
      case "A" -> spec.heads();
      case "D" -> spec.key();
      case "E" -> spec.experts();
      case "H" -> spec.hidden();
      default -> 2L * spec.hidden();
    };
  }

  private static List<Parameter> of(TransformerSpec spec, String... prefixes) {
    return parameters(spec).stream()
        .filter(each -> List.of(prefixes).stream().anyMatch(each.name()::startsWith))
        .toList();
  }

  private static Value tokens(
      ProgramBuilder p, String name, String first, long b, String second, long n) {
    return p.input(name, ValueType.of(DType.I32, List.of(first, second), List.of(b, n)));
  }

  /**
   * Logits of whole targets, without a cache. The inputs are {@code source [B, N]} and {@code
   * target [B, T]}, which begins with {@link TransformerSpec#BEGIN}. The output is {@code logits
   * [B, T, V]}.
   *
   * @param spec the model
   * @param batch B
   * @param source N
   * @param target T
   * @return the program
   */
  public static Program logits(TransformerSpec spec, long batch, long source, long target) {
    ProgramBuilder p = Program.builder("transformer.logits");
    TransformerLayers layers = new TransformerLayers(spec, p, parameters(spec));
    p.output("logits", layers.logits(forward(p, layers, batch, source, target)));
    return p.build();
  }

  private static Value forward(
      ProgramBuilder p, TransformerLayers layers, long batch, long source, long target) {
    Value from = tokens(p, "source", "B", batch, "N", source);
    Value to = tokens(p, "target", "B", batch, "T", target);
    List<Memory> memories = layers.memories(layers.encoder(from));
    Value x = layers.positioned("target", layers.embedding("target", to));
    return layers.decoder(
        x,
        p.notEqual(to, TransformerSpec.PADDING),
        (layer, keys, values) -> new Memory(keys, values),
        layers.causal(target),
        memories,
        layers.where(p.notEqual(from, TransformerSpec.PADDING)));
  }

  /**
   * The parts of a loss.
   *
   * @param smoothing the share of the probability that is spread over all tokens (label smoothing)
   * @param auxLoss factor of the load-balancing loss, the sum over layers of the mean over groups
   * @param zLoss factor of the router z-loss
   */
  public record Loss(double smoothing, double auxLoss, double zLoss) {
    /** Checks the factors. */
    public Loss {
      if (!(smoothing >= 0 && smoothing < 1)) {
        throw new IllegalArgumentException(
            "transformer: smoothing must be in [0, 1), got " + smoothing);
      }
      if (!Double.isFinite(auxLoss) || !Double.isFinite(zLoss)) {
        throw new IllegalArgumentException(
            "transformer: factors of losses must be finite, got " + auxLoss + " and " + zLoss);
      }
    }
  }

  /**
   * Options of a loss program that do not change its value.
   *
   * @param layouts annotations by the name of the value, such as {@code dispatched}; they apply
   *     inside each layer whose experts have slots. Names that are not in the layer are ignored
   * @param showsResiduals whether the residual after each part of a layer is also an output, {@code
   *     residual.PART [B, T, M]}; activations between two residuals need not be kept
   */
  public record Form(Map<String, String> layouts, boolean showsResiduals) {
    /** Neither layouts nor residuals. */
    public static final Form PLAIN = new Form(Map.of(), false);

    /** Prefix of the name of the residual after a part of a layer. */
    public static final String RESIDUAL = "residual.";

    /** Copies the map. */
    public Form {
      layouts = Map.copyOf(layouts);
    }
  }

  /**
   * The loss, in its plain form: see {@link #loss(TransformerSpec, Loss, Form, long, long, long)}.
   *
   * @param spec the model
   * @param loss its terms
   * @param batch B
   * @param source N
   * @param target T
   * @return the program
   */
  public static Program loss(
      TransformerSpec spec, Loss loss, long batch, long source, long target) {
    return loss(spec, loss, Form.PLAIN, batch, source, target);
  }

  /**
   * The loss. The inputs are {@code source [B, N]}, {@code target [B, T]} and {@code next [B, T]},
   * the token that each position of the target should predict. The outputs are five scalars, then
   * {@code placed.NAME [E]} of i32 for each layer with experts, and the residuals of the form. The
   * scalars are:
   *
   * <ul>
   *   <li>{@code loss}: the mean cross-entropy over real targets with label smoothing, plus the
   *       routers' losses times their factors
   *   <li>{@code nll}: the mean cross-entropy without smoothing
   *   <li>{@code balance}: the load-balancing loss
   *   <li>{@code unusable}: tokens that could not be routed, i32
   *   <li>{@code dropped}: choices that found their expert full, i32; 0 without a capacity
   * </ul>
   *
   * @param spec the model
   * @param loss its terms
   * @param form layouts and residuals
   * @param batch B
   * @param source N
   * @param target T
   * @return the program
   */
  public static Program loss(
      TransformerSpec spec, Loss loss, Form form, long batch, long source, long target) {
    ProgramBuilder p = Program.builder("transformer.loss");
    TransformerLayers layers = new TransformerLayers(spec, p, parameters(spec), form.layouts());
    Value decoded = forward(p, layers, batch, source, target);
    Value logits = layers.logits(decoded);
    Value next = tokens(p, "next", "B", batch, "T", target);
    Value real = p.convert(p.notEqual(next, TransformerSpec.PADDING), spec.dtype());
    Value count = p.maximum(p.sum(real, "B", "T"), 1);
    // The shift is an integer near the largest logit. It avoids overflow as well as the logit
    // itself would, and has no derivative.
    Value shift = p.floor(p.max(logits, "V"));
    Value log = p.add(p.log(p.sum(p.exp(p.subtract(logits, shift)), "V")), shift);
    // The logits of the targets and the mean logit are separate products, so only the softmax
    // reads all logits.
    Value chosen = layers.logitsOf(decoded, next);
    Value even = p.scale(layers.meanLogit(decoded), loss.smoothing());
    Value expected = p.add(p.scale(chosen, 1 - loss.smoothing()), even);
    Value smooth = mean(p, p.subtract(log, expected), real, count);
    Value balance = p.constant(DType.F64, 0);
    Value square = p.constant(DType.F64, 0);
    Value unusable = p.constant(DType.I32, 0);
    Value dropped = p.constant(DType.I32, 0);
    boolean drops = !(spec.route().capacity() instanceof Capacity.LargestLoad);
    for (Routed each : layers.routed()) {
      balance = p.add(balance, p.mean(each.auxLoss(), "G"));
      square = p.add(square, each.zLoss());
      unusable = p.add(unusable, p.sum(each.unusable(), "G"));
      dropped = drops ? p.add(dropped, p.sum(each.overflow(), "G")) : dropped;
    }
    Value routers = p.add(p.scale(balance, loss.auxLoss()), p.scale(square, loss.zLoss()));
    p.output("loss", p.add(smooth, p.convert(routers, spec.dtype())));
    p.output("nll", mean(p, p.subtract(log, chosen), real, count));
    p.output("balance", p.add(balance, 0));
    p.output("unusable", p.add(unusable, 0));
    p.output("dropped", p.add(dropped, 0));
    for (Routed each : layers.routed()) {
      p.output("placed." + each.layer(), p.sum(each.placed(), "G"));
    }
    if (form.showsResiduals()) {
      layers.residuals().forEach((part, sum) -> p.output(Form.RESIDUAL + part, sum));
    }
    return p.build();
  }

  private static Value mean(ProgramBuilder p, Value x, Value real, Value count) {
    return p.divide(p.sum(p.multiply(x, real), "B", "T"), count);
  }

  /**
   * The encoder for decoding. The input is {@code source [B, N]}. The outputs are {@code
   * memory.L.key} and {@code memory.L.value} {@code [B, N, A, D]} for each layer L of the decoder,
   * then the positions of {@code moe.route} for each layer with experts, {@code positions.NAME [G,
   * S, K]}.
   *
   * @param spec the model
   * @param batch B
   * @param source N
   * @return the program
   */
  public static Program encoder(TransformerSpec spec, long batch, long source) {
    ProgramBuilder p = Program.builder("transformer.encoder");
    List<Parameter> used = new ArrayList<>(of(spec, "source.", "encoder."));
    for (int layer = 0; layer < spec.layers(); layer++) {
      String name = "decoder." + layer + ".memory.";
      used.addAll(of(spec, name + "key", name + "value"));
    }
    TransformerLayers layers = new TransformerLayers(spec, p, used);
    Value from = tokens(p, "source", "B", batch, "N", source);
    List<Memory> memories = layers.memories(layers.encoder(from));
    for (int layer = 0; layer < memories.size(); layer++) {
      p.output("memory." + layer + ".key", memories.get(layer).keys());
      p.output("memory." + layer + ".value", memories.get(layer).values());
    }
    for (Routed each : layers.routed()) {
      p.output("positions." + each.layer(), each.positions());
    }
    return p.build();
  }

  /**
   * One step of decoding for X hypotheses of each sentence. Hypotheses are flattened into one
   * sequence, and keys and values stay where they were written (paper, appendix A.1). In tokens,
   * scores and {@code visible} the label of the hypotheses is T; in the caches it is X, and S is
   * the label of the steps.
   *
   * <p>The inputs are {@code source [B, N]}, {@code token [B, T]}, {@code index} (an i32 scalar,
   * the position), {@code visible: bool[B, T, N]}, {@code memory.L.key} and {@code memory.L.value}
   * {@code [B, N, A, D]}, and the caches {@code cache.L.key} and {@code cache.L.value} {@code [B,
   * S, X, A, D]}. In {@code visible}, N stands for S * X cached positions, S major, including those
   * of this step.
   *
   * <p>The outputs are the K most probable next tokens {@code tokens [B, T, K]} with their
   * log-probabilities {@code scores [B, T, K]}, and {@code next.L.key} and {@code next.L.value},
   * the caches with this step's positions.
   *
   * @param spec the model
   * @param batch B
   * @param source N, the positions of the source
   * @param steps S
   * @param hypotheses X
   * @param choices K
   * @return the program
   */
  public static Program step(
      TransformerSpec spec, long batch, long source, long steps, long hypotheses, long choices) {
    ProgramBuilder p = Program.builder("transformer.step");
    List<Parameter> used = new ArrayList<>(of(spec, "target.", "decoder."));
    used.removeIf(each -> each.name().matches("decoder\\.\\d+\\.memory\\.(key|value)"));
    TransformerLayers layers = new TransformerLayers(spec, p, used);
    Value from = tokens(p, "source", "B", batch, "N", source);
    Value token = tokens(p, "token", "B", batch, "T", hypotheses);
    Value index = p.input("index", ValueType.scalar(DType.I32));
    Value visible =
        p.input(
            "visible",
            ValueType.of(
                DType.BOOL,
                List.of("B", "T", "N"),
                List.of(batch, hypotheses, steps * hypotheses)));
    List<Memory> memories = caches(p, spec, "memory", "N", List.of(batch, source));
    List<Memory> caches = caches(p, spec, "cache", "S X", List.of(batch, steps, hypotheses));
    ValueType step = ValueType.of(DType.I32, List.of("S"), List.of(steps));
    Value now = p.equal(p.iota(step, "S"), index);
    List<Memory> written = new ArrayList<>();
    Value x = layers.positioned("target", layers.embedding("target", token), index);
    Value decoded =
        layers.decoder(
            x,
            p.notEqual(token, TransformerSpec.PADDING),
            (layer, keys, values) -> {
              Memory cache = caches.get(layer);
              Memory all =
                  new Memory(
                      p.select(now, p.rename(keys, "N", "X"), cache.keys()),
                      p.select(now, p.rename(values, "N", "X"), cache.values()));
              written.add(all);
              return new Memory(
                  p.merge(all.keys(), "N", "S", "X"), p.merge(all.values(), "N", "S", "X"));
            },
            layers.where(visible),
            memories,
            layers.where(p.notEqual(from, TransformerSpec.PADDING)));
    List<Value> best = p.topK(p.logSoftmax(layers.logits(decoded), "V"), "V", choices, "K");
    p.output("scores", best.get(0));
    p.output("tokens", best.get(1));
    for (int layer = 0; layer < written.size(); layer++) {
      p.output("next." + layer + ".key", written.get(layer).keys());
      p.output("next." + layer + ".value", written.get(layer).values());
    }
    return p.build();
  }

  private static List<Memory> caches(
      ProgramBuilder p, TransformerSpec spec, String name, String labels, List<Long> sizes) {
    List<String> names = new ArrayList<>(List.of("B"));
    names.addAll(List.of(labels.split(" ")));
    names.addAll(List.of("A", "D"));
    List<Long> all = new ArrayList<>(sizes);
    all.addAll(List.of((long) spec.heads(), (long) spec.key()));
    ValueType type = ValueType.of(spec.dtype(), names, all);
    List<Memory> memories = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      String prefix = name + "." + layer;
      memories.add(new Memory(p.input(prefix + ".key", type), p.input(prefix + ".value", type)));
    }
    return memories;
  }
}
