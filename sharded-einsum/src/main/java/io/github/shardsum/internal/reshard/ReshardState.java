package io.github.shardsum.internal.reshard;

import java.util.Arrays;

/** The units that split each dimension, and the units over which the value is a partial sum. */
record ReshardState(int[][] dims, long partial) implements Comparable<ReshardState> {
  long used() {
    long used = partial;
    for (int[] dim : dims) {
      for (int unit : dim) {
        used |= 1L << unit;
      }
    }
    return used;
  }

  ReshardState with(int dim, int[] units) {
    int[][] changed = dims.clone();
    changed[dim] = units;
    return new ReshardState(changed, partial);
  }

  ReshardState withPartial(long units) {
    return new ReshardState(dims, units);
  }

  static int[] append(int[] units, int... more) {
    int[] longer = Arrays.copyOf(units, units.length + more.length);
    System.arraycopy(more, 0, longer, units.length, more.length);
    return longer;
  }

  static int[] head(int[] units, int count) {
    return Arrays.copyOf(units, count);
  }

  static int[] tail(int[] units, int from) {
    return Arrays.copyOfRange(units, from, units.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ReshardState state
        && partial == state.partial
        && areEqual(dims, state.dims);
  }

  @Override
  public int hashCode() {
    int hash = Long.hashCode(partial);
    for (int[] dim : dims) {
      for (int unit : dim) {
        hash = 31 * hash + unit + 1;
      }
      hash = 31 * hash;
    }
    return hash * 0x9E3779B9;
  }

  private static boolean areEqual(int[][] one, int[][] other) {
    boolean equal = one.length == other.length;
    for (int dim = 0; equal && dim < one.length; dim++) {
      equal = Arrays.equals(one[dim], other[dim]);
    }
    return equal;
  }

  @Override
  public int compareTo(ReshardState other) {
    for (int dim = 0; dim < dims.length; dim++) {
      int order = Arrays.compare(dims[dim], other.dims[dim]);
      if (order != 0) {
        return order;
      }
    }
    return Long.compare(partial, other.partial);
  }
}
