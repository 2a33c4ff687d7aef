package io.github.shardsum.internal.moe.decomposition;

import io.github.shardsum.moe.RouteInput.Uniform;
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
 * The composites of routes. {@code moe.dense_route} consists of {@code moe.route}, which has
 * kernels, and of one-hots of the positions. A backend need not materialise the one-hots.
 */
public final class RouteComposites {
  /** Weights and positions, {@code [G, S, K]}. */
  public static final String ROUTE = "moe.route";

  /** Combine weights and dispatch mask, {@code [G, S, E, C]}. */
  public static final String DENSE_ROUTE = "moe.dense_route";

  /** Labels along which routes are independent of each other. */
  private static final List<String> SPLITTABLE = List.of("G");

  private RouteComposites() {}

  /** Combine weights and dispatch mask, {@code [G, S, E, C]}, and the losses of each group. */
  public static Composite dense(RouteCompositeForm form, List<Value> operands, DType dispatch) {
    List<ValueType> types = types(operands);
    ProgramBuilder p = Program.builder("dense_route");
    List<Value> inputs = inputs(p, form, types);
    List<Value> route = p.add(route(form, inputs));
    Value weights = p.let("weights", route.get(0));
    Value positions = p.let("positions", route.get(1));
    Dense dense =
        Dense.of(p, form.capacity(), weights, positions, types.getFirst().size("E"), dispatch);
    p.output("combine_weights", dense.combine());
    p.output("dispatch_mask", dense.mask());
    p.output("aux_loss", route.get(2));
    p.output("squared_log_z", route.get(3));
    return Composite.of(DENSE_ROUTE, form.attributes(), operands, p.build(), SPLITTABLE);
  }

  /** Weights and positions, {@code [G, S, K]}, and the losses and counts of each group. */
  public static Composite route(RouteCompositeForm form, List<Value> operands) {
    Program decomposition = RouteDecomposition.of(form, types(operands));
    return Composite.of(ROUTE, form.attributes(), operands, decomposition, SPLITTABLE);
  }

  private static List<ValueType> types(List<Value> operands) {
    return operands.stream().map(value -> value.type().withoutLayout()).toList();
  }

  /** The names of the operands in a route's decomposition. */
  static List<String> names(RouteCompositeForm form) {
    List<String> names = new ArrayList<>(List.of("scores"));
    if (form.padded()) {
      names.add("non_padding");
    }
    if (form.uniform() != Uniform.DRAWN) {
      names.add("uniform");
    }
    if (form.biased()) {
      names.add("bias");
    }
    if (form.replayed()) {
      names.add("choices");
    }
    return names;
  }

  private static List<Value> inputs(
      ProgramBuilder p, RouteCompositeForm form, List<ValueType> types) {
    List<String> names = names(form);
    List<Value> inputs = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      inputs.add(p.input(names.get(i), types.get(i)));
    }
    return inputs;
  }

  /**
   * A route as dense tensors over slots.
   *
   * @param combine {@code [G, S, E, C]}
   * @param mask {@code [G, S, E, C]}
   */
  record Dense(Value combine, Value mask) {
    static Dense of(
        ProgramBuilder p,
        int capacity,
        Value weights,
        Value positions,
        long experts,
        DType dispatch) {
      Value slots = slots(p, capacity, positions, experts, weights.type().dtype());
      Value combine = p.einsum("GSK,GSKEC->GSEC", weights, slots);
      ReduceKind any = dispatch == DType.BOOL ? ReduceKind.MAX : ReduceKind.SUM;
      Value mask = slots(p, capacity, positions, experts, dispatch);
      return new Dense(combine, p.reduce(any, mask, "K"));
    }

    /** 1 at each choice's expert and slot, {@code [G, S, K, E, C]}. */
    private static Value slots(
        ProgramBuilder p, int capacity, Value positions, long experts, DType dtype) {
      Value oneHot = p.oneHot(positions, "P", experts * capacity, dtype);
      return p.split(oneHot, "P", "E", experts, "C");
    }
  }
}
