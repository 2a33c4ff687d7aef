package io.github.shardsum.moe;

/** In which order the choices of a group's tokens are given the slots of their experts. */
public enum SlotOrder {
  /** All first choices in token order, then all second ones: the paper's. */
  CHOICE_MAJOR,
  /** All choices of a token before the next token (MaxText). */
  TOKEN_MAJOR,
  /**
   * All first choices, then all second ones, each in order of the tokens' highest gates; equal ones
   * in token order (batch-prioritised routing of V-MoE; Tutel, Flaxformer, fairseq).
   */
  BATCH_PRIORITIZED
}
