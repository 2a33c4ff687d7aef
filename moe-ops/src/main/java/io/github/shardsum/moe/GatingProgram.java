package io.github.shardsum.moe;

import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * What the composites of the gating mean: {@code moe.gating} is {@code moe.routing}, which has
 * kernels, and the one-hots of its positions, which a backend need not write out.
 */
final class GatingProgram {
  static final String GATING = "moe.gating";
  static final String ROUTING = "moe.routing";

  private GatingProgram() {}

  /** Combine weights and dispatch mask, {@code [G, S, E, C]}, and the losses of each group. */
  static Composite gating(GatingForm form, List<Value> operands, DType dispatch) {
    List<ValueType> types = types(operands);
    ProgramBuilder p = Program.builder("gating");
    List<Value> inputs = inputs(p, form, types);
    List<Value> routed = p.add(routing(form, inputs));
    Value weights = p.let("weights", routed.get(0));
    Value positions = p.let("positions", routed.get(1));
    long experts = types.getFirst().size("E");
    Value slots = slots(p, form, positions, experts, weights.type().dtype());
    p.output("combine_weights", p.einsum("GSK,GSKEC->GSEC", weights, slots));
    ReduceKind any = dispatch == DType.BOOL ? ReduceKind.MAX : ReduceKind.SUM;
    Value mask = slots(p, form, positions, experts, dispatch);
    p.output("dispatch_mask", p.reduce(any, mask, "K"));
    p.output("aux_loss", routed.get(2));
    p.output("squared_log_z", routed.get(3));
    return Composite.of(GATING, form.attributes(), operands, p.build(), form.splittable());
  }

  /** Weights and positions, {@code [G, S, K]}, and the losses of each group. */
  static Composite routing(GatingForm form, List<Value> operands) {
    Program meaning = RoutingProgram.of(form, types(operands));
    return Composite.of(ROUTING, form.attributes(), operands, meaning, form.splittable());
  }

  private static List<ValueType> types(List<Value> operands) {
    return operands.stream().map(value -> value.type().withoutLayout()).toList();
  }

  private static List<Value> inputs(ProgramBuilder p, GatingForm form, List<ValueType> types) {
    List<Value> inputs = new ArrayList<>(List.of(p.input("scores", types.getFirst())));
    if (form.padded()) {
      inputs.add(p.input("non_padding", types.get(1)));
    }
    if (form.uniform() != MoeProgramSpec.Uniform.DRAWN) {
      inputs.add(p.input("uniform", types.getLast()));
    }
    return inputs;
  }

  /** 1 at each choice's expert and slot, {@code [G, S, K, E, C]}. */
  private static Value slots(
      ProgramBuilder p, GatingForm form, Value positions, long experts, DType dtype) {
    Value hot = p.oneHot(positions, "P", experts * form.capacity(), dtype);
    return p.split(hot, "P", "E", experts, "C");
  }
}
