package io.github.shardsum.internal.kernel;

/**
 * Multiply-add with one rounding on machines with an instruction for it, with two on others.
 *
 * <p>Without the instruction, {@code Math.fma} computes with {@code BigDecimal}, a thousand times
 * slower than a product and a sum. The JDK does not say whether there is an instruction, so a call
 * is timed once. Every kernel of a process, scalar or vector, uses this answer, so their results
 * are equal.
 */
public final class Fma {
  /**
   * Calls of one trial, number of trials, and the limit in nanoseconds of a call. An interpreted
   * call takes 50 ns with the instruction and 10000 ns without.
   */
  private static final int CALLS = 32;

  private static final int TRIES = 8;
  private static final long LIMIT = 1_000;

  /** Whether the machine has the instruction. */
  public static final boolean IN_HARDWARE = fastestCall() < LIMIT;

  private Fma() {}

  private static long fastestCall() {
    long fastest = Long.MAX_VALUE;
    double value = 1.1;
    for (int trial = 0; trial < TRIES; trial++) {
      long start = System.nanoTime();
      for (int call = 0; call < CALLS; call++) {
        value = Math.fma(value, 0.7, 0.3);
      }
      fastest = Math.min(fastest, (System.nanoTime() - start) / CALLS);
    }
    // The value converges to 1; its use keeps the compiler from dropping the loop.
    return value > 0 ? fastest : Long.MAX_VALUE;
  }

  /** a * b + c. */
  public static float multiplyAdd(float a, float b, float c) {
    return IN_HARDWARE ? Math.fma(a, b, c) : a * b + c;
  }

  /** a * b + c. */
  public static double multiplyAdd(double a, double b, double c) {
    return IN_HARDWARE ? Math.fma(a, b, c) : a * b + c;
  }

  /** a * b + c, modulo 2^64. */
  public static long multiplyAdd(long a, long b, long c) {
    return a * b + c;
  }
}
