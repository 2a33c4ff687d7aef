package io.github.shardsum.moe;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.internal.moe.decomposition.ExpertComposites;
import io.github.shardsum.internal.moe.decomposition.LayerProgram;
import io.github.shardsum.internal.moe.decomposition.RouteCompositeForm;
import io.github.shardsum.internal.moe.decomposition.RouteComposites;
import io.github.shardsum.internal.moe.kernel.ExpertKernels;
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
 * The Mixture-of-Experts layer of the GShard paper as programs that any backend can run: algorithm
 * 2 with its five einsums. The gating of algorithm 1 is the composite {@code moe.route}.
 *
 * <p>A route has the values of {@link Route#of}. They are equal to the bit on a backend with the
 * kernels of {@link #kernels}; the decomposition gives them within the rounding of f64 arithmetic.
 * Labels are the paper's letters, see {@link MoeSizes}. The largest load is known only when tokens
 * are routed, so programs use its static bound, see {@link Capacity#atMost}. Scores that cannot be
 * used for routing are not an error here; a NaN or infinite logit makes its token's gates NaN.
 */
public final class MoePrograms {
  private static final String GRADIENT = ".gradient";

  private MoePrograms() {}

  /**
   * The composite {@code moe.route}. K is the number of choices; if experts choose, K is E and slot
   * k belongs to expert k. The results are:
   *
   * <ul>
   *   <li>{@code weights} {@code [G, S, K]} of the scores' dtype: the combine weight of each
   *       choice, 0 if the token is not sent
   *   <li>{@code positions} {@code [G, S, K]} of i32: {@code expert * C + slot}, or -1 if the token
   *       is not sent
   *   <li>{@code aux_loss} {@code [G]} of f64: the load-balancing loss of each group
   *   <li>{@code squared_log_z} {@code [G]} of f64: a group's sum of squared logsumexps, whose mean
   *       is the router z-loss
   *   <li>{@code asked} {@code [G, E]} of i32: the slots that choices asked for at each expert
   *   <li>{@code overflow} {@code [G]} of i32: the choices that found their expert full
   *   <li>{@code placed} {@code [G, E]} of i32: the tokens that each expert gets
   *   <li>{@code unusable} {@code [G]} of i32: the real tokens that cannot be routed, because a
   *       score is NaN or infinite, or all scores are masked
   * </ul>
   *
   * <p>The composite's only attribute is the notation of {@link RouteOptions}, followed by the
   * kinds of the operands: scores, and optionally a padding mask, uniform numbers, a bias and
   * recorded choices. The composite may be split along G. The last operand of a chunk is then the
   * index of its first group in the whole, a scalar of i64, from which drawn numbers are counted.
   *
   * @param input the router's scores and its other data
   * @param options how tokens are sent to experts
   * @param randomness the random numbers if they are drawn
   * @return the composite
   * @throws IllegalArgumentException if a token chooses more experts than there are, a group's
   *     slots exceed a Java array, or there are uniform numbers for each expert although the second
   *     choice is not sampled
   */
  public static Composite route(
      RouteInput<Value> input, RouteOptions options, Randomness randomness) {
    RouteCompositeForm form = RouteCompositeForm.of(input, options, randomness);
    return RouteComposites.route(form, input.operands());
  }

  /**
   * The next bias of a router that balances its load without a loss (DeepSeek-V3): {@code bias +
   * rate * sign(mean(load) - load)}. The bias goes one step up for experts below the mean load, and
   * one step down for experts above it. Apply the update after the backward pass, which must use
   * the bias of the forward pass.
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
   * <p>The decomposition consists of {@link #route} and of one-hots of the positions. The local
   * backend does not materialise the one-hots, and its gradient makes no tensor {@code [G, S, E,
   * C]}.
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
    RouteCompositeForm form = RouteCompositeForm.of(input, options, randomness);
    return RouteComposites.dense(form, input.operands(), dispatch);
  }

  /**
   * The composite {@code moe.expert_product}, a matrix product over ragged groups of rows, {@code
   * out[r, n] = sum over k of x[r, k] * w[group of r, k, n]}: the first rows belong to group 0, the
   * next to group 1, and so on; groups may be empty. The number of rows is a static bound of the
   * sum of sizes. Rows behind the last group give zeros and add nothing to the gradient of w. A NaN
   * of x stays in its row. With the kernels, a NaN of w stays in its group; with the decomposition,
   * it may reach every row.
   *
   * <p>The kernels, forward and backward, are those of {@link
   * io.github.shardsum.grouped.GroupedProduct}; they compute only rows that are in groups. They
   * refuse sizes below 0 and a sum above r, while the decomposition then uses the rows that exist.
   * The composite may be split along n.
   *
   * @param x numbers with two labels, r and k
   * @param w numbers of x's dtype with three labels, e, k and n
   * @param sizes the rows of each group: i32 or i64 with the label e
   * @return the composite, with one result of labels r and n
   * @throws IllegalArgumentException if labels, sizes or dtypes are not as described
   */
  public static Composite expertProduct(Value x, Value w, Value sizes) {
    return ExpertComposites.product(x, w, sizes);
  }

  /**
   * The composite {@code moe.expert_rows}: rows for the choices that are sent, as {@link
   * #expertProduct} expects them. The rows of each expert are consecutive, in the order of group,
   * token and choice. The results are {@code rows} {@code [G, S, K]} of i32, -1 for a choice that
   * is not sent, and {@code sizes} {@code [E]} of i32. The number of rows of each expert may be
   * rounded up to a multiple, as some machines need for their tiles. The last rows of an expert
   * then belong to no choice, and there are at most {@code G * S * K + E * (multiple - 1)} rows.
   * The products of a row have the same bits with and without such extra rows.
   *
   * @param positions {@code i32[G S K]}, the result of {@code moe.route}
   * @param experts E
   * @param capacity C
   * @param multiple sizes are rounded up to multiples of this number; 1 for no rounding
   * @return the composite
   * @throws IllegalArgumentException if a number is below 1, or positions have another type
   */
  public static Composite expertRows(Value positions, long experts, long capacity, int multiple) {
    return ExpertComposites.rows(positions, experts, capacity, multiple);
  }

  /**
   * The forward layer: {@link #layer(MoeSpec)} without padding and with drawn random numbers.
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
   * The forward layer with one einsum for each line of algorithm 2. Each expert has C slots in a
   * group. This is the form for a mesh. The inputs are {@code inputs [G, S, M]}, {@code wg [M, E]},
   * {@code wi [E, M, H]} and {@code wo [E, H, M]}, then those of {@code wv}, {@code b_in}, {@code
   * b_out}, {@code b_v}, {@code non_padding} and {@code uniform} that the specification has. The
   * outputs are {@code outputs [G, S, M]} without the residual, {@code aux_loss [G]} and the scalar
   * {@code z_loss}, both of f64, and then the metrics if the specification has them.
   *
   * @param spec the layer
   * @return the program
   * @throws IllegalArgumentException as {@link #route}
   */
  public static Program layer(MoeSpec spec) {
    return LayerProgram.withSlots(spec);
  }

  /**
   * The same function as {@link #layer(MoeSpec)}, but the rows of each expert are consecutive
   * instead of in C slots. This form runs on one device, with or without a capacity. Its experts
   * are the composite {@code moe.experts}, which computes outputs from tokens, weights and
   * positions. The decomposition of this composite is algorithm 2. Its kernels process one expert
   * at a time: the rows of the expert's tokens are gathered for the product, and activations stay
   * in the cache. Then a token's rows are summed in the order of its choices. Nothing is computed
   * for empty slots; with {@link Capacity#largestLoad} the work is proportional to the number of
   * tokens.
   *
   * <p>With {@link MoeSpec#keepsHidden} there are two composites, {@code moe.experts_in} and {@code
   * moe.experts_out}, and between them the operands of the activations, {@code [R, H]}.
   *
   * @param spec the layer
   * @return the program, with the same inputs and outputs
   * @throws IllegalArgumentException as {@link #route}
   */
  public static Program raggedLayer(MoeSpec spec) {
    return LayerProgram.ragged(spec);
  }

  /**
   * The program of a layer and of its gradient. The inputs are those of the layer, then {@code
   * cotangent.outputs}, {@code cotangent.aux_loss} and {@code cotangent.z_loss}. The outputs are
   * those of the layer, then {@code gradient.inputs}, {@code gradient.wg}, {@code gradient.wi} and
   * {@code gradient.wo}, and the gradients of {@code wv}, {@code b_in}, {@code b_out} and {@code
   * b_v} if the layer has these. Choices, slots and random numbers have no gradient.
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
   * The kernels of routes, of experts and of attention, for a backend.
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
        .and(Kernels.of(LayerKernels.ofExperts()))
        .and(Kernels.of(LayerKernels.ofRows()))
        .and(Kernels.ofAttention());
  }
}
