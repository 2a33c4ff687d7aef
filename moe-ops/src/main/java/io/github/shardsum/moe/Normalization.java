package io.github.shardsum.moe;

/** When the gates that a token chose are divided by their sum. */
public enum Normalization {
  /** Before any is dropped and never again, the paper's. */
  BEFORE_DROPPING,
  /** Over those that found a slot, so that what remains of a token has weight 1 (DeepSpeed). */
  AFTER_DROPPING,
  /** Never (Switch Transformer, Flaxformer). */
  NONE
}
