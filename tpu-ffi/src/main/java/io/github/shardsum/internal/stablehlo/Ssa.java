package io.github.shardsum.internal.stablehlo;

/**
 * A value of the text.
 *
 * @param name its name, such as {@code %3}, or {@code %3#1} for one of several results
 */
record Ssa(String name, StableHloType type) {
  StableHloElementType element() {
    return type.element();
  }

  int rank() {
    return type.rank();
  }

  @Override
  public String toString() {
    return name;
  }
}
