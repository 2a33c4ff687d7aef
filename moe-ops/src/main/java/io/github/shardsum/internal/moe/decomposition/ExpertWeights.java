package io.github.shardsum.internal.moe.decomposition;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The weights of experts, either values of a program or tensors.
 *
 * @param <T> a value of a program, or a tensor
 * @param in wi, {@code [E, M, H]}
 * @param out wo, {@code [E, H, M]}
 * @param linear wv, {@code [E, M, H]}, for the second product of a gated activation
 * @param inBias b_in, {@code [E, H]}
 * @param outBias b_out, {@code [E, M]}
 * @param linearBias b_v, {@code [E, H]}
 */
public record ExpertWeights<T>(
    T in,
    T out,
    Optional<T> linear,
    Optional<T> inBias,
    Optional<T> outBias,
    Optional<T> linearBias) {

  /**
   * The weights of experts with these options.
   *
   * @param gated whether the activation has a second product
   * @param biased whether there are biases
   * @param make makes each weight from its name and labels, in the order of {@link #all}
   */
  public static <T> ExpertWeights<T> of(
      boolean gated, boolean biased, BiFunction<String, String, T> make) {
    T in = make.apply("wi", "EMH");
    T out = make.apply("wo", "EHM");
    Optional<T> linear = gated ? Optional.of(make.apply("wv", "EMH")) : Optional.empty();
    Optional<T> inBias = biased ? Optional.of(make.apply("b_in", "EH")) : Optional.empty();
    Optional<T> outBias = biased ? Optional.of(make.apply("b_out", "EM")) : Optional.empty();
    Optional<T> linearBias =
        gated && biased ? Optional.of(make.apply("b_v", "EH")) : Optional.empty();
    return new ExpertWeights<>(in, out, linear, inBias, outBias, linearBias);
  }

  /** The weights from a list in the order of {@link #all}, from index {@code first} on. */
  public static <T> ExpertWeights<T> of(boolean gated, boolean biased, List<T> list, int first) {
    int[] next = {first};
    return of(gated, biased, (_, _) -> list.get(next[0]++));
  }

  /** The weights that are present, in the order wi, wo, wv, b_in, b_out, b_v. */
  public List<T> all() {
    List<T> all = new ArrayList<>(List.of(in, out));
    linear.ifPresent(all::add);
    inBias.ifPresent(all::add);
    outBias.ifPresent(all::add);
    linearBias.ifPresent(all::add);
    return List.copyOf(all);
  }

  /** Applies a function to each weight, in the order of {@link #all}. */
  public <R> ExpertWeights<R> map(Function<T, R> function) {
    return new ExpertWeights<>(
        function.apply(in),
        function.apply(out),
        linear.map(function),
        inBias.map(function),
        outBias.map(function),
        linearBias.map(function));
  }

  /** The number of weights. */
  public static int count(boolean gated, boolean biased) {
    return 2 + (gated ? 1 : 0) + (biased ? 2 : 0) + (gated && biased ? 1 : 0);
  }
}
