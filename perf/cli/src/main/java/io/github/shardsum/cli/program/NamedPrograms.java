package io.github.shardsum.cli.program;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Optimizer;
import io.github.shardsum.moe.train.TrainingLayouts;
import io.github.shardsum.moe.train.TrainingStep;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Programs that commands know by name, with the annotations of the paper: the mesh splits groups
 * before and after the experts, and experts between. If there are more devices than experts, the
 * remaining axes split the groups of the experts' inputs too, so each copy of an expert takes a
 * part of its tokens. Widths are the paper's, M = 1024 and H = 8192, 2048 tokens a group, and one
 * group a device.
 */
public enum NamedPrograms {
  /** The Mixture-of-Experts layer, forward, with an expert a device. */
  MOE("moe"),
  /** The same with its gradient. */
  MOE_GRADIENT("moe-gradient"),
  /**
   * A block of the model with 600 billion weights, with its gradient: attention of 16 heads of 128,
   * and the layer with 2048 experts, each after a normalization and with a residual.
   */
  GSHARD_600B_BLOCK("gshard-600b-block"),
  /**
   * The whole model with 600 billion weights, with its gradient: an embedding, 36 layers of
   * attention, every other one with 2048 experts and the others with a feed-forward network, and
   * the mean cross-entropy of the next tokens.
   */
  GSHARD_600B("gshard-600b"),
  /**
   * A step of training of a small Transformer with experts, as {@code train} makes them: its loss
   * forward and backward, and Adam.
   */
  TRANSFORMER("transformer");

  private static final int LAYERS = 36;
  private static final long VOCABULARY = 32_000;
  private static final long TOKENS = 2048;
  private static final long MODEL = 1024;
  private static final long HIDDEN = 8192;
  private static final long HEADS = 16;
  private static final long HEAD_WIDTH = 128;
  private static final long EXPERTS = 2048;
  private static final double EPSILON = 1e-6;

  /** Factor of the routers' losses in a model's loss. */
  private static final double ROUTERS = 0.01;

  private static final RouteOptions ROUTE =
      RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real");

  private final String word;

  NamedPrograms(String word) {
    this.word = word;
  }

  /** The name on the command line. */
  @Override
  public String toString() {
    return word;
  }

  /** The program for a mesh. */
  public Program program(Mesh mesh) {
    return switch (this) {
      case MOE -> layer(mesh, Math.max(2, mesh.size()));
      case MOE_GRADIENT -> MoePrograms.gradient(layer(mesh, Math.max(2, mesh.size())));
      case GSHARD_600B_BLOCK ->
          gradient(block(mesh), List.of("outputs", "aux_loss", "z_loss"), Set.of());
      case GSHARD_600B -> gshard(mesh, LAYERS);
      case TRANSFORMER -> transformer(mesh);
    };
  }

  /**
   * The program of {@link #GSHARD_600B} with another number of layers.
   *
   * @param layers at least 1; every other one has experts
   */
  public static Program gshard(Mesh mesh, int layers) {
    return gradient(model(mesh, layers), List.of("loss"), Set.of("tokens", "next"));
  }

  private static Program layer(Mesh mesh, long experts) {
    RouteOptions options = RouteOptions.builder().capacity(Capacity.factor(1)).build();
    MoeSizes sizes = MoeSizes.of(mesh.size(), TOKENS, experts, MODEL, HIDDEN, options);
    Program layer = MoePrograms.layer(MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(0)));
    if (mesh.size() == 1) {
      return layer;
    }
    List<String> expertAxes = axesOf(experts, mesh);
    List<String> rest = new ArrayList<>(mesh.axisNames());
    rest.removeAll(expertAxes);
    // Groups have the experts' axes as the minor ones, so that one all-to-all over these leaves
    // each copy of the experts a block of neighbouring groups.
    List<String> groupAxes = new ArrayList<>(rest);
    groupAxes.addAll(expertAxes);
    String groups = "G@" + String.join(".", groupAxes);
    String dispatched =
        "E@"
            + String.join(".", expertAxes)
            + (rest.isEmpty() ? "" : " G@" + String.join(".", rest));
    return Annotations.of(Map.of("inputs", groups, "dispatched", dispatched, "outputs", groups))
        .apply(layer);
  }

  /** The axes that split the experts evenly into the most parts; all if none does. */
  private static List<String> axesOf(long experts, Mesh mesh) {
    List<String> best = mostParts(experts, mesh, 0);
    return best.isEmpty() ? mesh.axisNames() : best;
  }

  /** Consecutive axes from the given one that make the most parts; the first ones among equals. */
  private static List<String> mostParts(long experts, Mesh mesh, int from) {
    if (from == mesh.axisNames().size()) {
      return List.of();
    }
    String axis = mesh.axisNames().get(from);
    if (experts % mesh.size(axis) != 0) {
      return mostParts(experts, mesh, from + 1);
    }
    List<String> with = new ArrayList<>(List.of(axis));
    with.addAll(mostParts(experts / mesh.size(axis), mesh, from + 1));
    // No other choice gives more parts, so the search ends here even with very many axes.
    if (mesh.size(axis) == 1
        || parts(mesh, with) == experts
        || with.size() == mesh.axisNames().size() - from) {
      return with;
    }
    List<String> without = mostParts(experts, mesh, from + 1);
    return parts(mesh, with) >= parts(mesh, without) ? with : without;
  }

  private static long parts(Mesh mesh, List<String> axes) {
    return axes.stream().mapToLong(mesh::size).reduce(1, Math::multiplyExact);
  }

  private static Program block(Mesh mesh) {
    ProgramBuilder p = Program.builder("block");
    Value x = p.input("x", format("f32[G=%d S=%d M=%d]", mesh.size(), TOKENS, MODEL));
    Value attended = p.let("attended", attended(p, x, ""));
    List<Value> results = experts(p, attended, "", mesh);
    p.output("outputs", p.add(attended, results.get(0)));
    p.output("aux_loss", results.get(1));
    p.output("z_loss", results.get(2));
    return p.build();
  }

  /** The loss is the mean cross-entropy and the losses of the routers. */
  private static Program model(Mesh mesh, int layers) {
    ProgramBuilder p = Program.builder("model");
    String type = format("i32[G=%d S=%d]", mesh.size(), TOKENS);
    Value tokens = p.input("tokens", type);
    Value next = p.input("next", type);
    Value embedding = p.input("embedding", format("f32[V=%d M=%d]", VOCABULARY, MODEL));
    Value x = p.einsum("GSV,VM->GSM", p.oneHot(tokens, "V", VOCABULARY, DType.F32), embedding);
    List<Value> losses = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "layer" + layer + ".";
      Value attended = attended(p, x, prefix);
      if (layer % 2 == 0) {
        x = p.add(attended, feedForward(p, attended, prefix));
      } else {
        List<Value> results = experts(p, attended, prefix, mesh);
        x = p.add(attended, results.get(0));
        losses.add(p.mean(results.get(1), "G"));
        losses.add(results.get(2));
      }
    }
    Value logits = p.einsum("GSM,VM->GSV", normalized(p, x, "scale"), embedding);
    Value hot = p.oneHot(next, "V", VOCABULARY, DType.F32);
    Value loss =
        p.scale(p.mean(p.sum(p.multiply(p.logSoftmax(logits, "V"), hot), "V"), "G", "S"), -1);
    for (Value each : losses) {
      loss = p.add(loss, p.scale(p.convert(each, DType.F32), ROUTERS));
    }
    p.output("loss", loss);
    return p.build();
  }

  private static Value attended(ProgramBuilder p, Value x, String prefix) {
    return p.add(x, attention(p, normalized(p, x, prefix + "scale"), prefix));
  }

  /** The addend of the experts' layer, and its two losses. */
  private static List<Value> experts(ProgramBuilder p, Value x, String prefix, Mesh mesh) {
    Program layer = layer(mesh, EXPERTS);
    List<Value> arguments = new ArrayList<>(List.of(normalized(p, x, prefix + "moe.scale")));
    for (Value weights : layer.inputs().subList(1, layer.inputs().size())) {
      arguments.add(
          p.input(
              prefix + weights.name(),
              new ValueType(
                  weights.type().dtype(),
                  weights.type().labels().withoutLayout(),
                  weights.type().shape())));
    }
    return p.inline(layer, arguments);
  }

  private static Value feedForward(ProgramBuilder p, Value x, String prefix) {
    String in = format("f32[M=%d H=%d]", MODEL, HIDDEN);
    String out = format("f32[H=%d M=%d]", HIDDEN, MODEL);
    Value normal = normalized(p, x, prefix + "forward.scale");
    Value hidden = p.relu(p.einsum("GSM,MH->GSH", normal, p.input(prefix + "forward.wi", in)));
    return p.einsum("GSH,HM->GSM", hidden, p.input(prefix + "forward.wo", out));
  }

  private static Value normalized(ProgramBuilder p, Value x, String name) {
    Value scale = p.input(name, "f32[M=" + MODEL + "]");
    Value centered = p.subtract(x, p.mean(x, "M"));
    Value variance = p.mean(p.multiply(centered, centered), "M");
    return p.multiply(p.multiply(centered, p.rsqrt(p.add(variance, EPSILON))), scale);
  }

  /** Each group is a sequence; a token attends to itself and to the tokens before it. */
  private static Value attention(ProgramBuilder p, Value x, String prefix) {
    String type = format("f32[M=%d N=%d D=%d]", MODEL, HEADS, HEAD_WIDTH);
    Value query = p.einsum("GSM,MND->GSND", x, p.input(prefix + "query", type));
    Value key = p.einsum("GTM,MND->GTND", x, p.input(prefix + "key", type));
    Value value = p.einsum("GTM,MND->GTND", x, p.input(prefix + "value", type));
    Value scores = p.scale(p.einsum("GSND,GTND->GNST", query, key), 1 / Math.sqrt(HEAD_WIDTH));
    Value from = p.iota("i32[S=" + TOKENS + "]", "S");
    Value to = p.iota("i32[T=" + TOKENS + "]", "T");
    Value masked =
        p.select(p.lessEqual(to, from), scores, p.constant(DType.F32, Double.NEGATIVE_INFINITY));
    Value mixed = p.einsum("GNST,GTND->GSND", p.softmax(masked, "T"), value);
    String back = format("f32[N=%d D=%d M=%d]", HEADS, HEAD_WIDTH, MODEL);
    return p.einsum("GSND,NDM->GSM", mixed, p.input(prefix + "out", back));
  }

  private static Program gradient(Program of, List<String> outputs, Set<String> constants) {
    List<String> by =
        of.inputs().stream().map(Value::name).filter(name -> !constants.contains(name)).toList();
    return Gradients.valueAndPullback(of, outputs, by);
  }

  private static Program transformer(Mesh mesh) {
    TransformerSpec spec =
        TransformerSpec.builder()
            .vocabulary(2048)
            .model(128)
            .heads(4)
            .key(32)
            .hidden(256)
            .layers(2)
            .experts(16)
            .positions(32)
            .groups(8)
            .route(ROUTE)
            .dtype(DType.F32)
            .build();
    Program loss = Transformer.loss(spec, new Transformer.Loss(0.03, 0.01, 1e-3), 64, 16, 8);
    Program step =
        TrainingStep.of(
            loss,
            Transformer.parameters(spec),
            new Optimizer.Adam(0.9, 0.98, 1e-9),
            1,
            List.of("loss"));
    return mesh.size() == 1
        ? step
        : Annotations.of(TrainingLayouts.of(step, MeshAxes.of(mesh))).apply(step);
  }
}
