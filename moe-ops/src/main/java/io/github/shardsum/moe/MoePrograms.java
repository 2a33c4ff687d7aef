package io.github.shardsum.moe;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;

/**
 * The Mixture-of-Experts layer of the GShard paper as programs, which any backend runs: algorithm 2
 * with its five einsums, the gating of algorithm 1 being the composite {@code moe.gating}.
 *
 * <p>The values are those of {@link MoeLayer} and {@link Gating}: on a backend with the kernels of
 * {@link #kernels} to the bit, by the decomposition within the rounding of its f64 arithmetic.
 * Labels are the paper's letters, see {@link MoeSizes}. A size that is only known when tokens are
 * routed, the largest load, is its static bound here: see {@link Capacity#atMost}. Scores that
 * cannot be routed by are no errors here; a NaN or infinite logit makes its token's gates NaN.
 */
public final class MoePrograms {
  private MoePrograms() {}

  /**
   * The gating composite: {@code combine_weights} and {@code dispatch_mask} of {@code [G, S, E,
   * C]}, {@code aux_loss} {@code [G]} and {@code squared_log_z} {@code [G]} of f64, the latter a
   * group's sum of what the router z-loss is the mean of. Combine weights have the dtype of the
   * scores. Groups are independent of each other, unless random numbers are drawn for them.
   *
   * <p>The mask is 1 exactly where a weight is not zero. Its decomposition is {@link #routing}, and
   * one-hots of its positions, which the local backend does not write out; nor does the gradient
   * form a {@code [G, S, E, C]} there.
   *
   * @param values what the router decides by
   * @param dispatch dtype of the mask
   * @param options how tokens are sent to experts
   * @param randomness the random numbers if they are drawn, from token 0
   * @return the composite
   * @throws IllegalArgumentException if a token chooses more experts than there are, a group's
   *     slots exceed a Java array, the randomness begins at another token, or there are uniform
   *     numbers of each expert for another second choice than a sampled one
   */
  public static Composite gating(
      GatingValues values, DType dispatch, GatingOptions options, Randomness.Seeded randomness) {
    GatingForm form = GatingForm.of(values, options, randomness);
    return GatingProgram.gating(form, values.operands(), dispatch);
  }

  /**
   * The routing composite, what a gating is made of: {@code weights} {@code [G, S, K]} of the
   * scores' dtype, {@code positions} {@code [G, S, K]} of i32, {@code aux_loss} and {@code
   * squared_log_z}. K is the number of choices; where experts choose, it is E and slot k belongs to
   * expert k. A position is {@code expert * C + slot}, or -1 where the token is not sent, and the
   * weight then 0.
   *
   * @param values what the router decides by
   * @param options how tokens are sent to experts
   * @param randomness the random numbers if they are drawn, from token 0
   * @return the composite
   * @throws IllegalArgumentException as {@link #gating}
   */
  public static Composite routing(
      GatingValues values, GatingOptions options, Randomness.Seeded randomness) {
    GatingForm form = GatingForm.of(values, options, randomness);
    return GatingProgram.routing(form, values.operands());
  }

  /**
   * A matrix product over ragged groups of rows, {@code out[r, n] = sum over k of x[r, k] * w[group
   * of r, k, n]}: the first rows are group 0's, and so on; groups may be empty. The number of rows
   * is the static bound of their sum: rows behind the last group are zero, and add nothing to the
   * gradient by w. A NaN of x stays in its row; one of w stays in its group with the kernels, and
   * may reach every row by the decomposition.
   *
   * <p>Its kernels are those of {@link io.github.shardsum.ops.GroupedProduct}, forward and
   * backward, which work for the rows that are in groups only; they refuse sizes below 0 and a sum
   * above r, of which the decomposition takes what is there. It may be split along n.
   *
   * @param x two labels r and k, numbers
   * @param w three labels e, k and n, of x's dtype
   * @param sizes label e, i32 or i64: rows of each group
   * @return the composite, of one result with labels r and n
   * @throws IllegalArgumentException if labels, sizes or dtypes are others
   */
  public static Composite groupedProduct(Value x, Value w, Value sizes) {
    return GroupedProgram.product(x, w, sizes);
  }

  /**
   * The layer, forward: {@link #layer(MoeProgramSpec)} without padding, its numbers drawn.
   *
   * @param sizes the layer's sizes
   * @param dtype f32, f64 or bf16
   * @param options how tokens are sent to experts
   * @param randomness the random numbers, from token 0
   * @return the program
   * @throws IllegalArgumentException as {@link #layer(MoeProgramSpec)}
   */
  public static Program layer(
      MoeSizes sizes, DType dtype, GatingOptions options, Randomness.Seeded randomness) {
    return layer(MoeProgramSpec.of(sizes, dtype, options, randomness));
  }

  /**
   * The layer, forward: inputs {@code inputs [G, S, M]}, {@code wg [M, E]}, {@code wi [E, M, H]}
   * and {@code wo [E, H, M]}, then {@code non_padding} and {@code uniform} where the specification
   * has them; outputs {@code outputs [G, S, M]} without the residual, {@code aux_loss [G]} and the
   * scalar {@code z_loss} of f64.
   *
   * @param spec which layer
   * @return the program
   * @throws IllegalArgumentException as {@link #gating}
   */
  public static Program layer(MoeProgramSpec spec) {
    return LayerProgram.withSlots(spec);
  }

  /**
   * The same function as {@link #layer(MoeProgramSpec)}, with the rows of each expert one after the
   * other instead of in C slots: its experts are two {@link #groupedProduct}s and compute nothing
   * for empty slots. With {@link Capacity#largestLoad} this is a dropless layer whose work is that
   * of the tokens there are.
   *
   * @param spec which layer
   * @return the program, of the same inputs and outputs
   * @throws IllegalArgumentException as {@link #gating}
   */
  public static Program raggedLayer(MoeProgramSpec spec) {
    return LayerProgram.ragged(spec);
  }

  /**
   * A layer's gradient: the layer's inputs and then {@code cotangent.outputs}, {@code
   * cotangent.aux_loss} and {@code cotangent.z_loss}; its outputs and losses, and then {@code
   * gradient.inputs}, {@code gradient.wg}, {@code gradient.wi} and {@code gradient.wo}. Choices,
   * slots and random numbers have no gradient.
   *
   * @param layer what {@link #layer(MoeProgramSpec)} or {@link #raggedLayer} gave
   * @return the program, forward and backward
   */
  public static Program gradient(Program layer) {
    return Gradients.valueAndPullback(
        layer, List.of("outputs", "aux_loss", "z_loss"), List.of("inputs", "wg", "wi", "wo"));
  }

  /**
   * The kernels of routing and of grouped products, forward and backward, for a backend.
   *
   * @return the kernels
   */
  public static Kernels kernels() {
    return Kernels.of(
        Map.of(
            GatingProgram.ROUTING,
            RoutingKernel::of,
            GatingProgram.ROUTING + ".gradient",
            RoutingGradientKernel::of,
            GroupedProgram.PRODUCT,
            GroupedKernels::product,
            GroupedProgram.PRODUCT + ".gradient",
            GroupedKernels::gradient,
            GroupedProgram.ROWS,
            GroupedKernels::rows));
  }
}
