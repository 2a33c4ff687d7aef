package io.github.shardsum.moe;

import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Optional;

/**
 * The routing in plain operations: algorithm 1 of the GShard paper and the options after it. What
 * the composite {@code moe.routing} means.
 */
final class RoutingProgram {
  private final RoutingScope scope;
  private final ProgramBuilder p;
  private final Value scores;

  private RoutingProgram(RoutingScope scope, Value scores) {
    this.scope = scope;
    this.p = scope.p();
    this.scores = scores;
  }

  /**
   * How a token's slots are filled: the choices' weights in f64, positions in the dtype's sight.
   */
  record Placed(Value weights, Value positions, Value counts) {}

  /**
   * The decomposition.
   *
   * @return of the operands: {@code weights [G, S, K]} of the scores' dtype, {@code positions [G,
   *     S, K]} of i32, {@code expert * C + slot} or -1, {@code aux_loss [G]} and {@code
   *     squared_log_z [G]} of f64
   */
  static Program of(GatingForm form, List<ValueType> operands) {
    ProgramBuilder p = Program.builder("routing");
    ValueType type = operands.getFirst();
    Value scores = p.input("scores", type);
    Optional<Value> mask =
        form.padded() ? Optional.of(p.input("non_padding", operands.get(1))) : Optional.empty();
    Optional<Value> uniform =
        form.uniform() == MoeProgramSpec.Uniform.DRAWN
            ? Optional.empty()
            : Optional.of(p.input("uniform", operands.getLast()));
    RoutingScope scope =
        new RoutingScope(
            p,
            form,
            type.size("G"),
            type.size("S"),
            type.size("E"),
            type.dtype(),
            mask.map(value -> isReal(p, value)),
            uniform.map(value -> p.convert(value, DType.F64)));
    new RoutingProgram(scope, p.convert(scores, DType.F64)).build();
    return p.build();
  }

  private static Value isReal(ProgramBuilder p, Value mask) {
    DType dtype = mask.type().dtype();
    return dtype == DType.BOOL ? mask : p.compare(Comparison.NE, mask, p.constant(dtype, 0));
  }

  private void build() {
    // Scores of padding that nothing counts may be anything, NaN too, and get no gradient.
    Value used = countsPadding() ? scores : scope.ofReal(scores);
    boolean logits = scope.form().kind() == GatingInput.Kind.LOGITS;
    Value all = logits ? p.softmax(used, "E") : used;
    Value gates = scope.ofReal(all);
    Placed placed =
        scope.form().options().router() instanceof Router.ExpertChoice
            ? new ExpertChoiceProgram(scope).place(gates)
            : new TokenChoiceProgram(scope).place(gates);
    p.output("weights", placed.weights());
    p.output("positions", placed.positions());
    p.output("aux_loss", auxLoss(all, gates, placed.counts()));
    p.output("squared_log_z", logits ? squaredLogZ(used) : noLoss());
  }

  private boolean countsPadding() {
    GatingOptions options = scope.form().options();
    return options.auxLoss().mean() == MaskedMean.UNMASKED
        || options.zLoss() == MaskedMean.UNMASKED;
  }

  private Value noLoss() {
    return p.constant(scope.type(DType.F64, "G"), 0);
  }

  private Value auxLoss(Value all, Value gates, Value counts) {
    GatingOptions options = scope.form().options();
    if (options.router() instanceof Router.ExpertChoice) {
      return noLoss();
    }
    AuxLoss loss = options.auxLoss();
    double over = loss.choices() == AuxLoss.Choices.ALL_OVER_K ? options.router().choices() : 1;
    Value sums = p.sum(loss.mean() == MaskedMean.UNMASKED ? all : gates, "S");
    Value share = p.divide(p.convert(counts, DType.F64), scope.number(over));
    Value size = divisor(loss.mean());
    Value mean = scope.quotient(sums, size);
    double scale = GroupRouter.scale(loss, Math.toIntExact(scope.experts()));
    return p.scale(p.einsum("GE,GE->G", scope.quotient(share, size), mean), scale);
  }

  /** Tokens that a mean divides by, {@code [G]}. */
  private Value divisor(MaskedMean mean) {
    return mean == MaskedMean.OVER_REAL && scope.real().isPresent()
        ? p.sum(p.convert(scope.real().get(), DType.F64), "S")
        : p.constant(scope.type(DType.F64, "G"), scope.tokens());
  }

  private Value squaredLogZ(Value logits) {
    Value largest = p.reduce(ReduceKind.MAX, logits, "E");
    Value sum = p.sum(p.exp(p.subtract(logits, largest)), "E");
    Value logZ = p.add(largest, p.unary(UnaryKind.LOG, sum));
    boolean masked = scope.form().options().zLoss() != MaskedMean.UNMASKED;
    Value counted = masked ? scope.ofReal(logZ) : logZ;
    return p.sum(p.multiply(counted, counted), "S");
  }
}
