package io.github.shardsum.internal.moe.decomposition;

import io.github.shardsum.moe.Activation;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;

/**
 * The part of the layer after the route: the einsums of algorithm 2, and the composite of which
 * they are the decomposition.
 *
 * @param activation the function between an expert's products
 * @param experts E
 * @param capacity C
 * @param dtype the dtype of tokens and weights
 */
public record LayerComposites(
    ProgramBuilder p, Activation activation, long experts, int capacity, DType dtype) {
  /** Computes outputs from tokens, weights, positions and the experts' weights. */
  public static final String EXPERTS = "moe.experts";

  /**
   * Computes the operands of the activations from tokens, positions and the experts' first weights.
   */
  public static final String EXPERTS_IN = "moe.experts_in";

  /**
   * Computes outputs from the operands of the activations, weights, positions and the experts' last
   * weights.
   */
  public static final String EXPERTS_OUT = "moe.experts_out";

  /**
   * Labels along which {@link #EXPERTS} and its gradient may be split. Groups are independent. The
   * tokens' outputs are sums over experts and over the hidden width, so each part computes addends.
   */
  private static final List<String> SPLITTABLE = List.of("G", "E", "H");

  /** Attribute: the activation. */
  public static final String ACTIVATION = "activation";

  /** Attribute: whether there are biases. */
  public static final String BIASED = "biased";

  /** Algorithm 2 after the route, with a name for each value. The result is {@code [G, S, M]}. */
  public Value slots(Value inputs, Value weights, Value positions, ExpertWeights<Value> given) {
    RouteComposites.Dense dense =
        RouteComposites.Dense.of(p, capacity, weights, positions, experts, dtype);
    Value combineWeights = p.let("combine_weights", dense.combine());
    Value dispatchMask = p.let("dispatch_mask", dense.mask());
    Value dispatched = p.let("dispatched", p.einsum("GSEC,GSM->EGCM", dispatchMask, inputs));
    Value z = biased(p.einsum("EGCM,EMH->EGCH", dispatched, given.in()), given.inBias());
    Value h = p.let("h", hidden(z, dispatched, given));
    Value y = biased(p.einsum("EGCH,EHM->GECM", h, given.out()), given.outBias());
    Value back = p.convert(p.let("expert_outputs", y), weights.type().dtype());
    return p.convert(p.einsum("GSEC,GECM->GSM", combineWeights, back), dtype);
  }

  private Value hidden(Value z, Value dispatched, ExpertWeights<Value> given) {
    if (activation.isGated()) {
      Value v = p.einsum("EGCM,EMH->EGCH", dispatched, given.linear().orElseThrow());
      return activation.of(p, p.let("z", z), p.let("v", biased(v, given.linearBias())));
    }
    // A relu is fused with its product, so the product has no name.
    return activation.of(p, activation == Activation.RELU ? z : p.let("z", z));
  }

  private Value biased(Value product, Optional<Value> bias) {
    return bias.map(each -> p.add(product, each)).orElse(product);
  }

  /** The composite with the decomposition {@link #slots}. */
  public Value experts(Value inputs, Value weights, Value positions, ExpertWeights<Value> given) {
    boolean biases = given.inBias().isPresent();
    List<String> names = new ArrayList<>(List.of("inputs", "weights", "positions"));
    ExpertWeights.of(activation.isGated(), biases, (name, _) -> names.add(name));
    List<Value> operands = new ArrayList<>(List.of(inputs, weights, positions));
    operands.addAll(given.all());
    Meaning meaning = Meaning.of("experts", names, operands);
    LayerComposites own = in(meaning.p());
    List<Value> in = meaning.inputs();
    ExpertWeights<Value> all = ExpertWeights.of(activation.isGated(), biases, in, 3);
    meaning.p().output("outputs", own.slots(in.get(0), in.get(1), in.get(2), all));
    return p.add(composite(EXPERTS, biases, operands, meaning, SPLITTABLE)).getFirst();
  }

  /**
   * The same as {@link #experts}, but as two composites; the operands of the activations are values
   * between them.
   */
  public Value keptExperts(
      Value inputs, Value weights, Value positions, ExpertWeights<Value> given) {
    boolean biases = given.inBias().isPresent();
    List<Value> hidden = expertsIn(inputs, positions, given, biases);
    List<String> names = new ArrayList<>(List.of("z", "weights", "positions", "wo"));
    List<Value> operands =
        new ArrayList<>(List.of(p.let("z", hidden.getFirst()), weights, positions, given.out()));
    if (activation.isGated()) {
      names.add("v");
      operands.add(p.let("v", hidden.getLast()));
    }
    if (biases) {
      names.add("b_out");
      operands.add(given.outBias().orElseThrow());
    }
    Meaning meaning = Meaning.of("experts_out", names, operands);
    List<Value> in = meaning.inputs();
    meaning.p().output("outputs", in(meaning.p()).outputsOfRows(in, biases));
    return p.add(composite(EXPERTS_OUT, biases, operands, meaning, List.of())).getFirst();
  }

  private List<Value> expertsIn(
      Value inputs, Value positions, ExpertWeights<Value> given, boolean biases) {
    List<String> names = new ArrayList<>(List.of("inputs", "positions", "wi"));
    List<Value> operands = new ArrayList<>(List.of(inputs, positions, given.in()));
    if (activation.isGated()) {
      names.add("wv");
      operands.add(given.linear().orElseThrow());
    }
    if (biases) {
      names.add("b_in");
      operands.add(given.inBias().orElseThrow());
      if (activation.isGated()) {
        names.add("b_v");
        operands.add(given.linearBias().orElseThrow());
      }
    }
    Meaning meaning = Meaning.of("experts_in", names, operands);
    List<Value> in = meaning.inputs();
    LayerComposites own = in(meaning.p());
    Rows rows = own.rows(in.get(1));
    Value dispatched = meaning.p().einsum("GSKR,GSM->RM", own.hot(rows, dtype), in.get(0));
    int biasAt = activation.isGated() ? 4 : 3;
    Optional<Value> bias = biases ? Optional.of(in.get(biasAt)) : Optional.empty();
    meaning.p().output("z", own.product(rows, dispatched, in.get(2), bias));
    if (activation.isGated()) {
      Optional<Value> second = biases ? Optional.of(in.get(biasAt + 1)) : Optional.empty();
      meaning.p().output("v", own.product(rows, dispatched, in.get(3), second));
    }
    return p.add(composite(EXPERTS_IN, biases, operands, meaning, List.of()));
  }

  private Value outputsOfRows(List<Value> in, boolean biases) {
    Value z = in.get(0);
    Value weights = in.get(1);
    Rows rows = rows(in.get(2));
    Value h = activation.isGated() ? activation.of(p, z, in.get(4)) : activation.of(p, z);
    Optional<Value> bias =
        biases ? Optional.of(in.get(activation.isGated() ? 5 : 4)) : Optional.empty();
    Value y = product(rows, h, in.get(3), bias);
    return combined(rows, y, weights);
  }

  /**
   * The same as {@link #experts} with biases and any gated function between the products, which is
   * computed by statements of the program.
   */
  public Value experts(
      Value inputs,
      Value weights,
      Value positions,
      ExpertWeights<Value> given,
      BinaryOperator<Value> function) {
    List<Value> hidden = expertsIn(inputs, positions, given, true);
    Rows rows = rows(positions);
    Value h = function.apply(hidden.getFirst(), hidden.getLast());
    return combined(rows, product(rows, h, given.out(), given.outBias()), weights);
  }

  private Value combined(Rows rows, Value y, Value weights) {
    DType scores = weights.type().dtype();
    Value combine = p.einsum("GSK,GSKR->GSR", weights, hot(rows, scores));
    return p.convert(p.einsum("GSR,RM->GSM", combine, p.convert(y, scores)), dtype);
  }

  /**
   * The rows of the choices, in an order where the rows of an expert are consecutive.
   *
   * @param rows {@code [G, S, K]}
   * @param sizes {@code [E]}
   * @param count R
   */
  private record Rows(Value rows, Value sizes, long count) {}

  private Rows rows(Value positions) {
    List<Value> placed = p.add(ExpertComposites.rows(positions, experts, capacity));
    ValueType type = positions.type();
    long slots = Math.multiplyExact(type.size("G") * experts, (long) capacity);
    return new Rows(placed.get(0), placed.get(1), Math.min(type.shape().elementCount(), slots));
  }

  private Value hot(Rows rows, DType of) {
    return p.oneHot(rows.rows(), "R", rows.count(), of);
  }

  /** The product of each row with its expert's matrix, plus the expert's bias. */
  private Value product(Rows rows, Value x, Value w, Optional<Value> bias) {
    Value product = p.add(ExpertComposites.product(x, w, rows.sizes())).getFirst();
    if (bias.isEmpty()) {
      return product;
    }
    Value b = bias.get();
    String width = b.type().names().get(1);
    Value one = p.constant(ValueType.of(dtype, List.of("R", "U"), List.of(rows.count(), 1L)), 1.0);
    Value matrices = p.split(b, width, "U", 1, width);
    return p.add(product, p.add(ExpertComposites.product(one, matrices, rows.sizes())).getFirst());
  }

  private LayerComposites in(ProgramBuilder own) {
    return new LayerComposites(own, activation, experts, capacity, dtype);
  }

  /** A decomposition that is being built. */
  private record Meaning(ProgramBuilder p, List<Value> inputs) {
    static Meaning of(String name, List<String> names, List<Value> operands) {
      ProgramBuilder own = Program.builder(name);
      List<Value> inputs = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        inputs.add(own.input(names.get(i), operands.get(i).type().withoutLayout()));
      }
      return new Meaning(own, inputs);
    }
  }

  private Composite composite(
      String name, boolean biases, List<Value> operands, Meaning meaning, List<String> split) {
    Map<String, String> attributes =
        Map.of(
            ACTIVATION,
            activation.toString(),
            BIASED,
            Boolean.toString(biases),
            ExpertComposites.CAPACITY,
            Integer.toString(capacity));
    return Composite.of(name, attributes, operands, meaning.p().build(), split);
  }
}
