package io.github.shardsum.moe;

import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;

/**
 * The Mixture-of-Experts layer of the GShard paper as programs, which any backend runs: algorithm 2
 * with its five einsums, the gating of algorithm 1 being the composite {@code moe.gating}.
 *
 * <p>The values are those of {@link MoeLayer}: on a backend with the kernels of {@link
 * #withKernels} to the bit, by the decomposition within the rounding of its f64 arithmetic. Labels
 * are the paper's letters, see {@link MoeSizes}.
 */
public final class MoePrograms {
  private static final String GATING = "moe.gating";

  private MoePrograms() {}

  /**
   * The gating composite: {@code combine_weights} and {@code dispatch_mask} of {@code [G, S, E, C]}
   * and {@code aux_loss} {@code [G]} of f64. Groups are independent of each other.
   *
   * @param logits {@code [G, S, E]} of f32 or f64
   * @param dispatch dtype of the mask
   * @param options how tokens are sent to experts: tokens choose, with a capacity that is known
   *     beforehand, choice-major or token-major slots, and no sampled second choice
   * @param randomness the router's random numbers, from token 0
   * @return the composite
   * @throws IllegalArgumentException if the options want more than a program can have
   */
  public static Composite gating(
      Value logits, DType dispatch, GatingOptions options, Randomness.Seeded randomness) {
    ValueType type = logits.type().withoutLayout();
    if (!type.names().equals(List.of("G", "S", "E"))) {
      throw new IllegalArgumentException(
          "moe.gating: logits with labels G, S, E are wanted, got " + logits);
    }
    GatingForm form = GatingForm.of(options, randomness, type.size("S"), type.size("E"));
    return Composite.of(
        GATING,
        form.attributes(),
        List.of(logits),
        GatingProgram.of(form, type, dispatch),
        form.options().secondChoice() instanceof SecondChoice.Random ? List.of() : List.of("G"));
  }

  /**
   * The layer, forward: inputs {@code inputs [G, S, M]}, {@code wg [M, E]}, {@code wi [E, M, H]}
   * and {@code wo [E, H, M]}; outputs {@code outputs [G, S, M]} without the residual, and {@code
   * aux_loss [G]} of f64.
   *
   * @param sizes the layer's sizes; C must be the capacity of the options
   * @param dtype f32, f64 or bf16
   * @param options as {@link #gating}
   * @param randomness as {@link #gating}
   * @return the program
   * @throws IllegalArgumentException as {@link #gating}, or if C is another
   */
  public static Program layer(
      MoeSizes sizes, DType dtype, GatingOptions options, Randomness.Seeded randomness) {
    ProgramBuilder p = Program.builder("moe_layer");
    Value inputs = p.input("inputs", type(sizes, dtype, "GSM"));
    Value wg = p.input("wg", type(sizes, dtype, "ME"));
    Value wi = p.input("wi", type(sizes, dtype, "EMH"));
    Value wo = p.input("wo", type(sizes, dtype, "EHM"));
    DType scores = MoeActivations.logitsOf(dtype);
    Contraction.Einsum gates =
        new Contraction.Einsum(
            Equation.parse("GSM,ME->GSE"), List.of(inputs, wg), scores, Map.of());
    Value logits = p.let("logits", p.add(gates).getFirst());
    List<Value> routed = p.add(gating(logits, dtype, options, randomness));
    Value combineWeights = p.let("combine_weights", routed.get(0));
    Value dispatchMask = p.let("dispatch_mask", routed.get(1));
    checkCapacity(sizes, combineWeights);
    Value dispatched = p.let("dispatched", p.einsum("GSEC,GSM->EGCM", dispatchMask, inputs));
    Value h = p.let("h", p.relu(p.einsum("EGCM,EMH->EGCH", dispatched, wi)));
    Value expertOutputs = p.let("expert_outputs", p.einsum("EGCH,EHM->GECM", h, wo));
    Value combined = p.einsum("GSEC,GECM->GSM", combineWeights, p.convert(expertOutputs, scores));
    Value outputs = dtype == scores ? combined : p.convert(combined, dtype);
    p.output("outputs", outputs);
    p.output("aux_loss", routed.get(2));
    return p.build();
  }

  private static ValueType type(MoeSizes sizes, DType dtype, String letters) {
    List<String> labels = letters.chars().mapToObj(Character::toString).toList();
    List<Long> lengths = labels.stream().map(label -> sizes.shape(label).size(0)).toList();
    return ValueType.of(dtype, labels, lengths);
  }

  private static void checkCapacity(MoeSizes sizes, Value combine) {
    if (combine.type().size("C") != sizes.capacity()) {
      throw new IllegalArgumentException(
          "moe: the options' capacity "
              + combine.type().size("C")
              + " is wanted in the sizes, got "
              + sizes);
    }
  }

  /**
   * The layer's gradient: the layer's inputs and then {@code cotangent.outputs} and {@code
   * cotangent.aux_loss}; its outputs and loss, and then {@code gradient.inputs}, {@code
   * gradient.wg}, {@code gradient.wi} and {@code gradient.wo}.
   *
   * @param layer what {@link #layer} gave
   * @return the program, forward and backward
   */
  public static Program gradient(Program layer) {
    return Gradients.valueAndGradient(
        layer, List.of("outputs", "aux_loss"), List.of("inputs", "wg", "wi", "wo"));
  }

  /**
   * A backend with the fused kernel of the gating, which never forms a dense {@code [G, S, E, C]}
   * and allocates nothing.
   *
   * @param backend the backend
   * @return the same backend with kernels
   */
  public static LocalBackend withKernels(LocalBackend backend) {
    return backend.withKernel(GATING, GatingKernel::of);
  }
}
