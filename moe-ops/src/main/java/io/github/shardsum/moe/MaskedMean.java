package io.github.shardsum.moe;

/** What a mean over the tokens of a group is when some of them are padding. */
public enum MaskedMean {
  /** Padding adds nothing, and the sum is divided by the group size S all the same (lingvo). */
  OVER_GROUP,
  /** Padding adds nothing, and the sum is divided by the number of real tokens. */
  OVER_REAL,
  /** Padding is averaged in as if it were real; its scores must be finite (fairseq). */
  UNMASKED
}
