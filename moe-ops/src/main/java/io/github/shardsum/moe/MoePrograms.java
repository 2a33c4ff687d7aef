package io.github.shardsum.moe;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.internal.moe.decomposition.ExpertComposites;
import io.github.shardsum.internal.moe.decomposition.LayerComposites;
import io.github.shardsum.internal.moe.decomposition.LayerProgram;
import io.github.shardsum.internal.moe.decomposition.RouteComposites;
import io.github.shardsum.internal.moe.decomposition.RouteForm;
import io.github.shardsum.internal.moe.kernel.ExpertKernels;
import io.github.shardsum.internal.moe.kernel.ExpertPartition;
import io.github.shardsum.internal.moe.kernel.LayerKernels;
import io.github.shardsum.internal.moe.kernel.RouteGradientKernel;
import io.github.shardsum.internal.moe.kernel.RouteKernel;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The Mixture-of-Experts layer of the GShard paper as programs, which any backend runs: algorithm 2
 * with its five einsums, the gating of algorithm 1 being the composite {@code moe.route}.
 *
 * <p>A route has the values of {@link Route#of}: to the bit on a backend with the kernels of {@link
 * #kernels}, and within the rounding of f64 arithmetic by the decomposition. Labels are the paper's
 * letters, see {@link MoeSizes}. A size that is only known when tokens are routed, the largest
 * load, is its static bound here: see {@link Capacity#atMost}. Scores that cannot be used for
 * routing are no errors here; a NaN or infinite logit makes its token's gates NaN.
 */
public final class MoePrograms {
  private static final String GRADIENT = ".gradient";

  private MoePrograms() {}

  /**
   * The composite {@code moe.route}: {@code weights} {@code [G, S, K]} of the scores' dtype, {@code
   * positions} {@code [G, S, K]} of i32, {@code aux_loss} {@code [G]} and {@code squared_log_z}
   * {@code [G]} of f64, the latter a group's sum of squared logsumexps, whose mean is the router
   * z-loss, {@code asked} {@code [G, E]} of i32, the slots that were asked for at each expert, and
   * {@code overflow} {@code [G]} of i32, the choices that found their expert full, {@code placed}
   * {@code [G, E]} of i32, the tokens that each expert gets, and {@code unusable} {@code [G]} of
   * i32, the real tokens that cannot be routed by their scores: one is NaN or infinite, or all are
   * masked. K is the number of choices; where experts choose, it is E and slot k belongs to expert
   * k. A position is {@code expert * C + slot}, or -1 where the token is not sent, and the weight
   * then 0.
   *
   * <p>Its one attribute is the notation of {@link RouteOptions}, followed by the kinds of its
   * operands: scores, and optionally a padding mask, uniform numbers, a bias and recorded choices.
   * It may be split along G: a chunk takes, after the other operands, the index of its first group
   * in the whole, a scalar of i64, from which drawn numbers are counted.
   *
   * @param input the router's scores and its other data
   * @param options how tokens are sent to experts
   * @param randomness the random numbers if they are drawn
   * @return the composite
   * @throws IllegalArgumentException if a token chooses more experts than there are, a group's
   *     slots exceed a Java array, or there are uniform numbers of each expert although the second
   *     choice is not sampled
   */
  public static Composite route(
      RouteInput<Value> input, RouteOptions options, Randomness randomness) {
    RouteForm form = RouteForm.of(input, options, randomness);
    return RouteComposites.route(form, input.operands());
  }

  /**
   * The next bias of a router that keeps its load even without a loss (DeepSeek-V3): one step
   * upwards for experts below the mean load, downwards for experts above it, {@code bias + rate *
   * sign(mean(load) - load)}. Apply it after the backward pass, which has to see the bias of the
   * forward pass.
   *
   * @param p the builder of the program
   * @param bias {@code [E]}, of f64
   * @param asked {@code [G, E]} of i32, the result of {@code moe.route}
   * @param rate length of a step, 0.001 in DeepSeek-V3's training
   * @return {@code [E]}, of f64
   */
  public static Value updatedBias(ProgramBuilder p, Value bias, Value asked, double rate) {
    Value load = p.convert(p.sum(asked, "G"), DType.F64);
    Value mean = p.scale(p.sum(load, "E"), 1.0 / load.type().size("E"));
    Value towards = p.unary(Pointwise.UnaryKind.SIGN, p.subtract(mean, load));
    return p.add(bias, p.scale(towards, rate));
  }

  /**
   * The composite {@code moe.dense_route}, a route in the paper's form: {@code combine_weights} and
   * {@code dispatch_mask} {@code [G, S, E, C]}, {@code aux_loss} and {@code squared_log_z}. Combine
   * weights have the dtype of the scores; the mask is 1 exactly where a weight is not zero.
   *
   * <p>Its decomposition is {@link #route}, and one-hots of its positions, which the local backend
   * does not write out; nor does the gradient form a {@code [G, S, E, C]} there.
   *
   * @param input the router's scores and its other data
   * @param dispatch dtype of the mask
   * @param options how tokens are sent to experts
   * @param randomness the random numbers if they are drawn
   * @return the composite
   * @throws IllegalArgumentException as {@link #route}
   */
  public static Composite denseRoute(
      RouteInput<Value> input, DType dispatch, RouteOptions options, Randomness randomness) {
    RouteForm form = RouteForm.of(input, options, randomness);
    return RouteComposites.dense(form, input.operands(), dispatch);
  }

  /**
   * The composite {@code moe.expert_product}, a matrix product over ragged groups of rows, {@code
   * out[r, n] = sum over k of x[r, k] * w[group of r, k, n]}: the first rows are group 0's, and so
   * on; groups may be empty. The number of rows is the static bound of their sum: rows behind the
   * last group are zero, and add nothing to the gradient of w. A NaN of x stays in its row; one of
   * w stays in its group with the kernels, and may reach every row by the decomposition.
   *
   * <p>Its kernels are those of {@link io.github.shardsum.grouped.GroupedProduct}, forward and
   * backward, which only compute the rows that are in groups. They refuse sizes below 0 and a sum
   * above r; the decomposition uses the rows that exist. It may be split along n.
   *
   * @param x two labels r and k, numbers
   * @param w three labels e, k and n, of x's dtype
   * @param sizes label e, i32 or i64: rows of each group
   * @return the composite, of one result with labels r and n
   * @throws IllegalArgumentException if labels, sizes or dtypes are others
   */
  public static Composite expertProduct(Value x, Value w, Value sizes) {
    return ExpertComposites.product(x, w, sizes);
  }

  /**
   * The composite {@code moe.expert_rows}, the rows of the choices that are sent, each expert's one
   * after the other in the order of group, token and choice: {@code rows} {@code [G, S, K]} of i32,
   * -1 where a choice is not sent, and {@code sizes} {@code [E]} of i32, for {@link
   * #expertProduct}. The number of rows of each expert may be raised to a multiple, as some
   * machines need for their tiles; its last rows then belong to no choice, and the rows of all are
   * at most {@code G * S * K + E * (multiple - 1)}. The products of a row have the same bits with
   * and without such rows.
   *
   * @param positions {@code i32[G S K]}, the result of {@code moe.route}
   * @param experts E
   * @param capacity C
   * @param multiple the number whose multiples the sizes are, or 1
   * @return the composite
   * @throws IllegalArgumentException if a number is below 1, or positions are of another type
   */
  public static Composite expertRows(Value positions, long experts, long capacity, int multiple) {
    return ExpertComposites.rows(positions, experts, capacity, multiple);
  }

  /**
   * The layer, forward: {@link #layer(MoeSpec)} without padding, its numbers drawn.
   *
   * @param sizes the layer's sizes
   * @param dtype f32, f64 or bf16
   * @param options how tokens are sent to experts
   * @param randomness the random numbers
   * @return the program
   * @throws IllegalArgumentException as {@link #layer(MoeSpec)}
   */
  public static Program layer(
      MoeSizes sizes, DType dtype, RouteOptions options, Randomness randomness) {
    return layer(MoeSpec.of(sizes, dtype, options, randomness));
  }

  /**
   * The layer, forward, an einsum a line of algorithm 2, with experts of C slots a group: the form
   * that a mesh shards. Inputs {@code inputs [G, S, M]}, {@code wg [M, E]}, {@code wi [E, M, H]}
   * and {@code wo [E, H, M]}, then {@code wv}, {@code b_in}, {@code b_out}, {@code b_v}, {@code
   * non_padding} and {@code uniform} where the specification has them; outputs {@code outputs [G,
   * S, M]} without the residual, {@code aux_loss [G]} and the scalar {@code z_loss} of f64, and
   * then the metrics of a specification that has them.
   *
   * @param spec the layer
   * @return the program
   * @throws IllegalArgumentException as {@link #route}
   */
  public static Program layer(MoeSpec spec) {
    return LayerProgram.withSlots(spec);
  }

  /**
   * The same function as {@link #layer(MoeSpec)}, with the rows of each expert in succession
   * instead of in C slots. This form runs on one device, with or without a capacity. Its experts
   * are the composite {@code moe.experts}, from tokens, weights and positions to outputs, whose
   * decomposition is algorithm 2 and whose kernels process one expert at a time: the rows of its
   * tokens are gathered for the product, its activations stay in the cache, and a token's rows are
   * summed in the order of its choices. Nothing is computed for empty slots; with {@link
   * Capacity#largestLoad} the work is proportional to the number of tokens.
   *
   * <p>With {@link MoeSpec#keepsHidden} there are two composites, {@code moe.experts_in} and {@code
   * moe.experts_out}, and between them the operands of the activations, {@code [R, H]}.
   *
   * @param spec the layer
   * @return the program, of the same inputs and outputs
   * @throws IllegalArgumentException as {@link #route}
   */
  public static Program raggedLayer(MoeSpec spec) {
    return LayerProgram.ragged(spec);
  }

  /**
   * A layer's gradient: the layer's inputs and then {@code cotangent.outputs}, {@code
   * cotangent.aux_loss} and {@code cotangent.z_loss}; its outputs and losses, and then {@code
   * gradient.inputs}, {@code gradient.wg}, {@code gradient.wi} and {@code gradient.wo}, and those
   * of {@code wv}, {@code b_in}, {@code b_out} and {@code b_v} where there are such. Choices, slots
   * and random numbers have no gradient.
   *
   * @param layer the result of {@link #layer(MoeSpec)} or {@link #raggedLayer}
   * @return the program, forward and backward
   */
  public static Program gradient(Program layer) {
    List<String> by = new ArrayList<>(List.of("inputs", "wg", "wi", "wo"));
    for (Value input : layer.inputs()) {
      if (List.of("wv", "b_in", "b_out", "b_v").contains(input.name())) {
        by.add(input.name());
      }
    }
    return Gradients.valueAndPullback(layer, List.of("outputs", "aux_loss", "z_loss"), by);
  }

  /**
   * The kernels of routes and of experts, forward and backward, for a backend.
   *
   * @return the kernels
   */
  public static Kernels kernels() {
    return Kernels.of(
            Map.of(
                RouteComposites.ROUTE,
                RouteKernel::of,
                RouteComposites.ROUTE + GRADIENT,
                RouteGradientKernel::of,
                ExpertComposites.PRODUCT,
                ExpertKernels::product,
                ExpertComposites.PRODUCT + GRADIENT,
                ExpertKernels::gradient,
                ExpertComposites.ROWS,
                ExpertKernels::rows))
        .and(
            Kernels.of(
                Map.of(
                    LayerComposites.EXPERTS,
                    new ExpertPartition(false),
                    LayerComposites.EXPERTS + GRADIENT,
                    new ExpertPartition(true),
                    LayerComposites.EXPERTS_IN,
                    LayerKernels::expertsIn,
                    LayerComposites.EXPERTS_IN + GRADIENT,
                    LayerKernels::expertsInGradient,
                    LayerComposites.EXPERTS_OUT,
                    LayerKernels::expertsOut,
                    LayerComposites.EXPERTS_OUT + GRADIENT,
                    LayerKernels::expertsOutGradient)))
        .and(Kernels.of(LayerKernels.ofRows()));
  }
}
