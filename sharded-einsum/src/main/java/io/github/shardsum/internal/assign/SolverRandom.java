package io.github.shardsum.internal.assign;

/** SplitMix64: the same numbers for the same seed, everywhere. */
final class SolverRandom {
  private long state;

  SolverRandom(long seed) {
    state = seed;
  }

  long next() {
    state += 0x9e3779b97f4a7c15L;
    long z = (state ^ state >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  /** A number from 0 to a bound, exclusive. */
  int below(int bound) {
    return (int) (((next() >>> 33) * bound) >>> 31);
  }

  boolean coin() {
    return next() < 0;
  }

  /** A number from 0 to 1. */
  double unit() {
    return (next() >>> 11) * 0x1p-53;
  }
}
