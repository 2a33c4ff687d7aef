package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.internal.stablehlo.read.Mlir.Tensor;

/**
 * A value of the flat program.
 *
 * @param id its number, which no other value has
 * @param type its type
 * @param firstDimension the number of its first dimension; the others follow
 */
record SsaValue(int id, Tensor type, int firstDimension) {
  int rank() {
    return type.rank();
  }

  long size(int dimension) {
    return type.sizes().get(dimension);
  }

  boolean isScalar() {
    return rank() == 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SsaValue value && value.id == id;
  }

  @Override
  public int hashCode() {
    return id;
  }
}
