package io.github.shardsum.moe;

import io.github.shardsum.tensor.Tensor;
import java.util.Objects;

/** Where a router's uniform numbers come from. */
public sealed interface Randomness {
  /**
   * A counter-based generator ({@link io.github.shardsum.random.Philox}) keyed by the token's
   * global index, so that a run over any share of the groups draws for a token what a whole run
   * draws.
   *
   * @param seed the key
   * @param stream tells layers and steps apart
   * @param firstToken global index of the first token of the first group given
   */
  record Seeded(long seed, long stream, long firstToken) implements Randomness {
    /**
     * The same generator for another layer or step.
     *
     * @param other the stream
     * @return the randomness
     */
    public Seeded stream(long other) {
      return new Seeded(seed, other, firstToken);
    }

    /**
     * The same generator for groups that begin at another token.
     *
     * @param index global index of the first token of the first group
     * @return the randomness
     */
    public Seeded from(long index) {
      return new Seeded(seed, stream, index);
    }
  }

  /**
   * Numbers given by the caller.
   *
   * @param uniform {@code [G, S]}, or {@code [G, S, E]} for {@link SecondChoice.Sample}; each in
   *     [0, 1)
   */
  record Given(Tensor uniform) implements Randomness {
    /** Checks that nothing is null. */
    public Given {
      Objects.requireNonNull(uniform, "uniform");
    }
  }

  /**
   * A counter-based generator.
   *
   * @param seed the key
   * @return the randomness, of stream 0 from token 0
   */
  static Seeded seeded(long seed) {
    return new Seeded(seed, 0, 0);
  }

  /**
   * Numbers given by the caller, in token order.
   *
   * @param uniform {@code [G, S]}: one a token. {@code [G, S, E]}: one a token and expert, for
   *     {@link SecondChoice.Sample} by the Gumbel-max rule (lingvo, DeepSpeed, fairseq)
   * @return the randomness
   */
  static Randomness given(Tensor uniform) {
    return new Given(uniform);
  }
}
