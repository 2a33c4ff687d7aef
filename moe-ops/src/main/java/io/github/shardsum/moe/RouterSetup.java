package io.github.shardsum.moe;

/**
 * What the routing of every group of a call has in common.
 *
 * @param options how tokens are sent to experts; the capacity apart, which may not be known yet
 * @param kind what the scores are
 * @param checked whether scores that cannot be routed by are errors; otherwise NaN spreads
 * @param tokens S
 * @param experts E
 */
record RouterSetup(
    GatingOptions options, GatingInput.Kind kind, boolean checked, int tokens, int experts) {

  /** Most experts of a token: k where tokens choose, E where experts do. */
  int slots() {
    return switch (options.router()) {
      case Router.TokenChoice(int choices) -> choices;
      case Router.ExpertChoice _ -> experts;
    };
  }

  boolean expertsChoose() {
    return options.router() instanceof Router.ExpertChoice;
  }

  /** Whether a second choice that was rejected uses up a slot. */
  boolean rejectedKeepsSlot() {
    return options.rejectedKeepsSlot() && !(options.secondChoice() instanceof SecondChoice.None);
  }
}
