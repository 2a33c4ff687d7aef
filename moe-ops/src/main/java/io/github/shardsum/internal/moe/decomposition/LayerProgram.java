package io.github.shardsum.internal.moe.decomposition;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.moe.MoeSpec;
import io.github.shardsum.moe.RouteInput;
import io.github.shardsum.moe.RouteOptions.MaskedMean;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Mixture-of-Experts layer as programs: algorithm 2 of the GShard paper, and the layer without
 * slots.
 */
public final class LayerProgram {
  private final MoeSpec spec;
  private final ProgramBuilder p;
  private final DType scores;
  private final Value inputs;
  private final ExpertWeights<Value> experts;
  private final RouteInput<Value> route;

  private LayerProgram(String name, MoeSpec spec) {
    this.spec = spec;
    this.p = Program.builder(name);
    this.scores = spec.logits();
    this.inputs = p.input("inputs", type(spec.dtype(), "GSM"));
    Value wg = p.input("wg", type(spec.dtype(), "ME"));
    this.experts =
        ExpertWeights.of(
            spec.activation().isGated(),
            spec.biased(),
            (weight, letters) -> p.input(weight, type(spec.dtype(), letters)));
    Optional<Value> mask =
        spec.padded()
            ? Optional.of(p.input("non_padding", type(DType.BOOL, "GS")))
            : Optional.empty();
    Optional<Value> uniform = uniform();
    Contraction.Einsum gates =
        new Contraction.Einsum(
            Equation.parse("GSM,ME->GSE"), List.of(inputs, wg), scores, Map.of());
    Value logits = p.let("logits", p.add(gates).getFirst());
    this.route =
        new RouteInput<>(
            logits, RouteInput.Kind.LOGITS, mask, uniform, Optional.empty(), Optional.empty());
  }

  private Optional<Value> uniform() {
    return switch (spec.uniform()) {
      case DRAWN -> Optional.empty();
      case PER_TOKEN -> Optional.of(p.input("uniform", type(DType.F64, "GS")));
      case PER_EXPERT -> Optional.of(p.input("uniform", type(DType.F64, "GSE")));
    };
  }

  private ValueType type(DType dtype, String letters) {
    List<String> labels = letters.chars().mapToObj(Character::toString).toList();
    List<Long> lengths = labels.stream().map(label -> spec.sizes().shape(label).size(0)).toList();
    return ValueType.of(dtype, labels, lengths);
  }

  /** Algorithm 2, in which each expert has the same number of slots. */
  public static Program withSlots(MoeSpec spec) {
    return new LayerProgram("moe_layer", spec).withSlots();
  }

  private Program withSlots() {
    RouteCompositeForm form = RouteCompositeForm.of(route, spec.options(), spec.randomness());
    Routed routed = routed(form);
    Value outputs = layer(form).slots(inputs, routed.weights(), routed.positions(), experts);
    return finish(outputs, routed);
  }

  private LayerComposites layer(RouteCompositeForm form) {
    return new LayerComposites(
        p, spec.activation(), spec.sizes().experts(), form.capacity(), spec.dtype());
  }

  /** The same function without empty slots: the rows of each expert are consecutive. */
  public static Program ragged(MoeSpec spec) {
    return new LayerProgram("moe_ragged_layer", spec).ragged();
  }

  private Program ragged() {
    RouteCompositeForm form = RouteCompositeForm.of(route, spec.options(), spec.randomness());
    Routed routed = routed(form);
    LayerComposites layer = layer(form);
    Value outputs =
        spec.keepsHidden()
            ? layer.keptExperts(inputs, routed.weights(), routed.positions(), experts)
            : layer.experts(inputs, routed.weights(), routed.positions(), experts);
    return finish(outputs, routed);
  }

  /** Results of {@code moe.route}. */
  private record Routed(
      Value weights,
      Value positions,
      Value auxLoss,
      Value squaredLogZ,
      Value asked,
      Value overflow,
      Value placed,
      Value unusable) {}

  private Routed routed(RouteCompositeForm form) {
    List<Value> results = p.add(RouteComposites.route(form, route.operands()));
    return new Routed(
        p.let("weights", results.get(0)),
        p.let("positions", results.get(1)),
        results.get(2),
        results.get(3),
        results.get(4),
        results.get(5),
        results.get(6),
        results.get(7));
  }

  private Program finish(Value combined, Routed routed) {
    p.output("outputs", combined);
    p.output("aux_loss", routed.auxLoss());
    p.output("z_loss", zLoss(routed.squaredLogZ()));
    if (spec.metrics()) {
      p.output(route.scores());
      p.output(routed.weights());
      p.output(routed.positions());
      p.output("asked", routed.asked());
      p.output("overflow", routed.overflow());
      p.output("placed", routed.placed());
      p.output("unusable", routed.unusable());
    }
    return p.build();
  }

  /**
   * The mean over the tokens of all groups. It is computed by a plain sum, so each device
   * contributes one scalar for its groups. The metrics add the groups in order, so their value may
   * differ in the last bits.
   */
  private Value zLoss(Value squaredLogZ) {
    long groups = spec.sizes().groups();
    Value zero = p.constant(DType.F64, 0);
    Value total = p.sum(squaredLogZ, "G");
    if (groups == 0) {
      return total;
    }
    p.let("z_loss.sum", total);
    boolean real = spec.options().zLoss() == MaskedMean.OVER_REAL && spec.padded();
    Value count =
        real
            ? p.sum(p.convert(route.nonPadding().orElseThrow(), DType.F64), "G", "S")
            : p.constant(DType.F64, (double) groups * spec.sizes().tokens());
    Value some = p.compare(Comparison.NE, count, zero);
    return p.select(some, p.divide(total, p.select(some, count, p.constant(DType.F64, 1))), zero);
  }
}
