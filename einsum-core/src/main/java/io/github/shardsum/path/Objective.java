package io.github.shardsum.path;

/** The quantity that a search minimises. */
public enum Objective {
  /** The floating-point operations of all steps. */
  FLOPS,
  /** The elements of the largest intermediate; among equal ones, the floating-point operations. */
  SIZE
}
