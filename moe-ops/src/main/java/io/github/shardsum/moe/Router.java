package io.github.shardsum.moe;

/**
 * Who chooses: each token its experts (Switch Transformer's top-1, GShard's top-2, top-k), or each
 * expert its tokens (Zhou et al., "Mixture-of-Experts with Expert Choice Routing", 2022).
 */
public sealed interface Router {
  /**
   * Experts a token has on average before any is dropped: the k in a capacity of {@code k*S/E}.
   *
   * @return at least 1
   */
  int choices();

  /**
   * Each token takes the experts of its highest gates; ties go to the lowest expert index.
   *
   * @param choices experts a token chooses, at least 1 and at most E
   */
  record TokenChoice(int choices) implements Router {
    /** Checks the number of choices. */
    public TokenChoice {
      Checks.atLeast("router: choices", 1, choices);
    }
  }

  /**
   * Each expert takes the tokens of its highest gates, as many as its capacity; ties go to the
   * lowest token index. A token may have any number of experts, and the load is even by
   * construction, so the auxiliary loss is 0.
   *
   * @param choices experts a token has on average, at least 1
   */
  record ExpertChoice(int choices) implements Router {
    /** Checks the number of choices. */
    public ExpertChoice {
      Checks.atLeast("router: choices", 1, choices);
    }
  }

  /**
   * One expert a token.
   *
   * @return the router
   */
  static Router top1() {
    return new TokenChoice(1);
  }

  /**
   * Two experts a token, the paper's.
   *
   * @return the router
   */
  static Router top2() {
    return new TokenChoice(2);
  }

  /**
   * k experts a token.
   *
   * @param choices the number k
   * @return the router
   */
  static Router topK(int choices) {
    return new TokenChoice(choices);
  }

  /**
   * Each expert takes its tokens, as many as leave two experts a token on average.
   *
   * @return the router
   */
  static Router expertChoice() {
    return new ExpertChoice(2);
  }
}
