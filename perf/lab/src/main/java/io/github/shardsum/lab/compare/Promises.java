package io.github.shardsum.lab.compare;

/** Whether the promises of a comparison are kept. */
final class Promises {
  private boolean missed;

  /** Returns the verdict on one promise, and keeps it. */
  String verdict(boolean met) {
    missed |= !met;
    return met ? "met" : "MISSED";
  }

  /** Whether all were kept so far. */
  boolean areKept() {
    return !missed;
  }
}
