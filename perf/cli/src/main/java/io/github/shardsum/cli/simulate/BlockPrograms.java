package io.github.shardsum.cli.simulate;

import io.github.shardsum.cli.simulate.Architecture.Attention;
import io.github.shardsum.cli.simulate.Architecture.Experts;
import io.github.shardsum.cli.simulate.Architecture.Latent;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.mesh.MeshAxis;
import io.github.shardsum.moe.Activation;
import io.github.shardsum.moe.Capacity;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.MoeSizes;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.Randomness;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The parts of a job's model as programs with annotations: tokens on data, fsdp and expert axes,
 * weights on fsdp and tensor, experts on the expert axis. The planner does everything else.
 *
 * <p>Labels: B sequences, S and T positions, M the width, K heads of keys, N heads of queries for
 * each, D their width, F hidden widths, V the vocabulary; G, S, E, C and H as in the paper.
 */
final class BlockPrograms {
  private static final double EPSILON = 1e-6;

  private final Job job;
  private final Architecture model;
  private final AxisSizes layout;
  private final Mesh mesh;
  private final long sequences;

  BlockPrograms(Job job) {
    this.job = job;
    model = job.model();
    layout = job.layout();
    mesh = mesh(layout);
    sequences = job.batch();
  }

  /** The axes of a layout, without axes of one device, which planning omits. */
  static Mesh mesh(AxisSizes layout) {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    sizes.put("data", layout.data());
    sizes.put("fsdp", layout.fsdp());
    sizes.put("expert", layout.expert());
    sizes.put("context", layout.context());
    sizes.put("tensor", layout.tensor());
    sizes.values().removeIf(size -> size == 1);
    return sizes.isEmpty()
        ? Mesh.of("data", 1)
        : Mesh.of(
            sizes.entrySet().stream()
                .map(each -> new MeshAxis(each.getKey(), each.getValue()))
                .toList());
  }

  Mesh mesh() {
    return mesh;
  }

  /** All parts of the model. */
  List<SimulatedBlock> all() {
    List<SimulatedBlock> blocks = new ArrayList<>();
    int decoder = model.encoderLayers() == 0 ? 0 : model.layers() - model.encoderLayers();
    blocks.add(attention("attention", model.layers(), false));
    if (decoder > 0) {
      blocks.add(attention("attention to the encoder", decoder, true));
    }
    if (model.denseLayers() > 0) {
      blocks.add(dense("feed-forward layer", model.denseLayers(), model.feedForward()));
    }
    model
        .experts()
        .filter(_ -> model.sparseLayers() > 0)
        .ifPresent(
            experts -> {
              blocks.add(sparse(experts));
              if (experts.shared() > 0) {
                blocks.add(dense("shared experts", model.sparseLayers(), experts.shared()));
              }
            });
    blocks.add(logits());
    return List.copyOf(blocks);
  }

  private static String type(String labels, long... sizes) {
    StringBuilder text = new StringBuilder("f32[");
    for (int i = 0; i < sizes.length; i++) {
      text.append(i == 0 ? "" : " ").append(labels.charAt(i)).append('=').append(sizes[i]);
    }
    return text.append(']').toString();
  }

  private Value tokens(ProgramBuilder p, String name, String labels) {
    return p.input(name, type(labels, sequences, job.sequence(), model.width()));
  }

  private static Value normalized(ProgramBuilder p, Value x, String name, long width) {
    Value scale = p.input(name, "f32[M=" + width + "]");
    Value square = p.mean(p.multiply(x, x), "M");
    return p.multiply(p.multiply(x, p.rsqrt(p.add(square, EPSILON))), scale);
  }

  private SimulatedBlock attention(String name, int count, boolean crossed) {
    Attention sizes = model.attention();
    ProgramBuilder p = Program.builder("attention");
    Value x = tokens(p, "x", "BSM");
    Value normal = normalized(p, x, "scale", model.width());
    Value from = crossed ? tokens(p, "memory", "BTM") : p.rename(normal, "S", "T");
    Value mixed =
        sizes.latent().isPresent()
            ? latent(p, normal, from, sizes, sizes.latent().get())
            : heads(p, normal, from, sizes);
    p.output("outputs", p.add(x, mixed));
    return block(name, SimulatedBlock.Kind.ATTENTION, count, p.build());
  }

  /** Splits heads and hidden widths over the tensor axis. */
  private Value split(ProgramBuilder p, Value x) {
    if (layout.tensor() == 1) {
      return x;
    }
    List<String> labels = x.type().names();
    String split =
        labels.contains("K") && (!labels.contains("N") || splitsKeys())
            ? "K"
            : labels.contains("N") ? "N" : "F";
    if (split.equals("K") && !splitsKeys()) {
      return p.layout(x, tokensLayout(labels)); // each group of queries has its keys
    }
    return p.layout(x, tokensLayout(labels) + " " + on(split, "tensor"));
  }

  private boolean splitsKeys() {
    return model.attention().keyValueHeads() % layout.tensor() == 0;
  }

  private Value heads(ProgramBuilder p, Value x, Value from, Attention sizes) {
    long m = model.width();
    long k = sizes.keyValueHeads();
    long n = sizes.heads() / k;
    long d = sizes.queryWidth();
    Value query =
        split(p, p.einsum("BSM,MKND->BSKND", x, p.input("query", type("MKND", m, k, n, d))));
    Value key = split(p, p.einsum("BTM,MKD->BTKD", from, p.input("key", type("MKD", m, k, d))));
    Value value = split(p, p.einsum("BTM,MKD->BTKD", from, p.input("value", type("MKD", m, k, d))));
    Value scores = p.scale(p.einsum("BSKND,BTKD->BKNST", query, key), 1 / Math.sqrt(d));
    Value mixed = p.einsum("BKNST,BTKD->BSKND", p.softmax(scores, "T"), value);
    return p.einsum("BSKND,KNDM->BSM", mixed, p.input("output", type("KNDM", k, n, d, m)));
  }

  /**
   * Keys and values from one narrow row; a part of each key has its position, the same for all
   * heads.
   */
  private Value latent(ProgramBuilder p, Value x, Value from, Attention sizes, Latent latent) {
    long m = model.width();
    long n = sizes.heads();
    long d = sizes.valueWidth();
    long c = latent.keyValue();
    long o = latent.rope();
    long q = latent.query() == 0 ? m : latent.query();
    Value narrow =
        latent.query() == 0
            ? p.rename(x, "M", "Q")
            : p.einsum("BSM,MQ->BSQ", x, p.input("query.down", type("MQ", m, q)));
    Value query =
        split(p, p.einsum("BSQ,QND->BSND", narrow, p.input("query", type("QND", q, n, d))));
    Value rows = p.einsum("BTM,MC->BTC", from, p.input("keys.down", type("MC", m, c)));
    Value key = split(p, p.einsum("BTC,CND->BTND", rows, p.input("key", type("CND", c, n, d))));
    Value value = split(p, p.einsum("BTC,CND->BTND", rows, p.input("value", type("CND", c, n, d))));
    Value scores = p.einsum("BSND,BTND->BNST", query, key);
    if (o > 0) {
      Value turned = p.einsum("BSQ,QNO->BSNO", narrow, p.input("query.rope", type("QNO", q, n, o)));
      Value shared = p.einsum("BTM,MO->BTO", from, p.input("key.rope", type("MO", m, o)));
      scores = p.add(scores, p.einsum("BSNO,BTO->BNST", turned, shared));
    }
    Value mixed = p.einsum("BNST,BTND->BSND", p.softmax(scores, "T"), value);
    return p.einsum("BSND,NDM->BSM", mixed, p.input("output", type("NDM", n, d, m)));
  }

  private SimulatedBlock dense(String name, int count, long hidden) {
    ProgramBuilder p = Program.builder("feed_forward");
    long m = model.width();
    Value x = tokens(p, "x", "BSM");
    Value normal = normalized(p, x, "scale", m);
    Value inner = split(p, p.einsum("BSM,MF->BSF", normal, p.input("in", type("MF", m, hidden))));
    Value active =
        model.gated()
            ? p.multiply(
                p.multiply(inner, p.logistic(inner)),
                split(p, p.einsum("BSM,MF->BSF", normal, p.input("gate", type("MF", m, hidden)))))
            : p.relu(inner);
    Value out = p.einsum("BSF,FM->BSM", active, p.input("out", type("FM", hidden, m)));
    p.output("outputs", p.add(x, out));
    return block(name, SimulatedBlock.Kind.DENSE, count, p.build());
  }

  private SimulatedBlock sparse(Experts experts) {
    RouteOptions options =
        RouteOptions.builder()
            .router(RouteOptions.Router.topK(experts.topK()))
            .secondChoice(new RouteOptions.SecondChoice.All())
            .capacity(Capacity.factor(experts.dropless() ? 1 : experts.capacityFactor()))
            .build();
    long group = group(experts);
    long groups = Math.ceilDiv(Math.multiplyExact(sequences, job.sequence()), group);
    MoeSizes sizes =
        MoeSizes.of(groups, group, experts.count(), model.width(), experts.width(), options);
    MoeSpec spec =
        MoeSpec.of(sizes, DType.F32, options, Randomness.seeded(0))
            .withActivation(model.gated() ? Activation.SWIGLU : Activation.RELU);
    Program layer = MoePrograms.layer(spec);
    if (mesh.size() > 1) {
      Map<String, String> layouts = new LinkedHashMap<>();
      String groupsOn = on("G", "data", "fsdp", "expert", "context");
      layouts.put("inputs", groupsOn);
      layouts.put("outputs", groupsOn);
      layouts.put("dispatched", split(on("E", "expert"), on("G", "data", "fsdp", "context")));
      layouts.values().removeIf(layout -> !layout.contains("@"));
      layer = Annotations.of(layouts).apply(layer);
    }
    ProgramBuilder p = Program.builder("experts");
    Value x = p.input("x", type("GSM", groups, group, model.width()));
    List<Value> arguments = new ArrayList<>(List.of(normalized(p, x, "scale", model.width())));
    for (Value each : layer.inputs().subList(1, layer.inputs().size())) {
      arguments.add(p.input(each.name(), each.type().withoutLayout()));
    }
    List<Value> results = p.inline(layer, arguments);
    p.output("outputs", p.add(x, results.getFirst()));
    p.output("aux_loss", results.get(1));
    return block("experts", SimulatedBlock.Kind.SPARSE, model.sparseLayers(), p.build());
  }

  /** Tokens of a group; the groups are small enough that every device has at least one. */
  private long group(Experts experts) {
    long all = Math.multiplyExact(sequences, job.sequence());
    long copies = (long) layout.data() * layout.fsdp() * layout.expert() * layout.context();
    long most = Math.max(1, all / copies);
    return Math.max(1, Math.min(experts.groupTokens(), most));
  }

  private SimulatedBlock logits() {
    ProgramBuilder p = Program.builder("logits");
    long m = model.width();
    Value x = tokens(p, "x", "BSM");
    Value normal = normalized(p, x, "scale", m);
    Value table = p.input("embedding", type("VM", model.outputVocabulary(), m));
    Value logits = p.einsum("BSM,VM->BSV", normal, table);
    ValueType next = ValueType.of(DType.I32, List.of("B", "S"), List.of(sequences, job.sequence()));
    p.output("outputs", p.crossEntropy(logits, p.input("next", next), "V"));
    SimulatedBlock block = block("logits", SimulatedBlock.Kind.LOGITS, 1, p.build());
    Map<String, Double> weights = new LinkedHashMap<>(block.weights());
    weights.put("embedding", (double) model.vocabulary() / model.outputVocabulary());
    return new SimulatedBlock(
        block.name(), block.kind(), block.count(), block.forward(), block.both(), weights);
  }

  private SimulatedBlock block(String name, SimulatedBlock.Kind kind, int count, Program program) {
    Map<String, String> layouts = new LinkedHashMap<>();
    Map<String, Double> weights = new LinkedHashMap<>();
    for (Value input : program.inputs()) {
      List<String> labels = input.type().names();
      if (labels.contains("B") || labels.contains("G")) {
        layouts.put(input.name(), tokensLayout(labels));
      } else {
        weights.put(input.name(), 1.0);
        layouts.put(input.name(), weightLayout(labels));
      }
    }
    layouts.values().removeIf(String::isEmpty);
    Program laid = mesh.size() == 1 ? program : Annotations.of(layouts).apply(program);
    return new SimulatedBlock(name, kind, count, laid, gradient(laid), weights);
  }

  /**
   * A part with other layouts.
   *
   * @param layouts layouts by the name of a value of the forward pass; the part's own layouts are
   *     dropped
   */
  static SimulatedBlock with(SimulatedBlock block, Map<String, String> layouts) {
    Program laid = Annotations.of(layouts).apply(Annotations.none(block.forward()));
    return new SimulatedBlock(
        block.name(), block.kind(), block.count(), laid, gradient(laid), block.weights());
  }

  private static Program gradient(Program forward) {
    List<String> outputs = forward.outputs().stream().map(Value::name).toList();
    List<String> by =
        forward.inputs().stream()
            .filter(input -> input.type().dtype().isFloating())
            .map(Value::name)
            .toList();
    return Gradients.valueAndPullback(forward, outputs, by);
  }

  private String tokensLayout(List<String> labels) {
    if (labels.contains("G")) {
      return on("G", "data", "fsdp", "expert", "context");
    }
    String position = labels.contains("S") ? on("S", "context") : on("T", "context");
    return split(on("B", "data", "fsdp", "expert"), position);
  }

  /** The width, or the label in its place, over fsdp; heads and hidden widths over tensor. */
  private String weightLayout(List<String> labels) {
    if (labels.size() == 1) {
      return ""; // scales are small
    }
    boolean isRouter = labels.equals(List.of("M", "E"));
    List<String> parts = new ArrayList<>();
    String split =
        List.of("K", "N", "F", "H", "V").stream().filter(labels::contains).findFirst().orElse("");
    if (split.equals("K") && !splitsKeys()) {
      split = labels.contains("N") ? "N" : "";
    }
    for (String label : labels) {
      String on = label;
      if (label.equals("E")) {
        on = isRouter ? label : on("E", "expert");
      } else if (label.equals("M")) {
        on = on("M", "fsdp");
      } else if (label.equals(split)) {
        on = on(label, "tensor");
      } else if (!labels.contains("M") && List.of("Q", "C").contains(label)) {
        on = on(label, "fsdp");
      }
      if (on.contains("@")) {
        parts.add(on);
      }
    }
    return String.join(" ", parts);
  }

  /** The labels that are split. */
  private static String split(String... labels) {
    return Stream.of(labels).filter(each -> each.contains("@")).collect(Collectors.joining(" "));
  }

  private String on(String label, String... axes) {
    String used =
        Stream.of(axes)
            .filter(axis -> mesh.size() > 1 && mesh.axisNames().contains(axis))
            .collect(Collectors.joining("."));
    return used.isEmpty() ? label : label + "@" + used;
  }
}
