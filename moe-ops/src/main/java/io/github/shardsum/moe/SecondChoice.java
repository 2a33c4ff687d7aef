package io.github.shardsum.moe;

/**
 * Whether a token that has found its first expert is sent to its second one too. It is asked before
 * any slot is given out, and of the second gate as it then stands: divided by the sum of both when
 * gates are normalised before dropping, raw otherwise.
 */
public sealed interface SecondChoice {
  /** Always. */
  record All() implements SecondChoice {}

  /**
   * Never; the second gate still counts in a normalisation before dropping, as in Mesh TensorFlow.
   */
  record None() implements SecondChoice {}

  /**
   * If the second gate is above a threshold.
   *
   * @param threshold the threshold t of {@code g2 > t}, in [0, 1]
   */
  record Threshold(double threshold) implements SecondChoice {
    /** Checks the threshold. */
    public Threshold {
      if (!(threshold >= 0 && threshold <= 1)) {
        throw new IllegalArgumentException(
            "second choice: a threshold in [0, 1] is wanted, got " + threshold);
      }
    }
  }

  /**
   * With a probability in proportion to the second gate, 1 from the threshold upward.
   *
   * @param threshold the threshold t of {@code u < g2/t}, above 0; the paper's is 0.5, Mesh
   *     TensorFlow's 0.2
   */
  record Random(double threshold) implements SecondChoice {
    /** Checks the threshold. */
    public Random {
      Checks.positive("second choice: threshold", threshold);
    }
  }

  /**
   * Always, and the second expert is not the runner-up but drawn from the gates of all experts but
   * the first, in proportion to them: by inverting their running sum with one uniform number a
   * token, or by the Gumbel-max rule with one a token and expert, see {@link Randomness#given}.
   */
  record Sample() implements SecondChoice {}

  /**
   * Always.
   *
   * @return the policy
   */
  static SecondChoice all() {
    return new All();
  }

  /**
   * Never.
   *
   * @return the policy
   */
  static SecondChoice none() {
    return new None();
  }

  /**
   * If {@code g2 > t}.
   *
   * @param threshold t
   * @return the policy
   */
  static SecondChoice threshold(double threshold) {
    return new Threshold(threshold);
  }

  /**
   * If {@code u < g2/t}, u uniform in [0, 1).
   *
   * @param threshold t
   * @return the policy
   */
  static SecondChoice random(double threshold) {
    return new Random(threshold);
  }

  /**
   * Drawn in proportion to the gates.
   *
   * @return the policy
   */
  static SecondChoice sample() {
    return new Sample();
  }
}
