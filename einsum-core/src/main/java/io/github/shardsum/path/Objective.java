package io.github.shardsum.path;

/** What a search makes as small as it can. */
public enum Objective {
  /** The floating-point operations of all steps. */
  FLOPS,
  /** The elements of the largest intermediate, and among equals the floating-point operations. */
  SIZE
}
