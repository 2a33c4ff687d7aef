package io.github.shardsum.internal.mpi;

/**
 * A collective as processes compare it.
 *
 * @param text what must be equal on all: kind, operation, dtype, sizes, mesh and axes
 * @param place where in the program, which may differ
 */
record Call(String text, String place) {
  @Override
  public String toString() {
    return place.isEmpty() ? text : text + " at " + place;
  }
}
