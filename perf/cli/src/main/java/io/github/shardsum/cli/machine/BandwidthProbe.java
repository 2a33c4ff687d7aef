package io.github.shardsum.cli.machine;

/** One thread's share of a {@link Traffic}, over memory of its own. */
final class BandwidthProbe {
  /**
   * A run moves about this much: enough that starting it on all threads does not count, and so
   * little that some runs end before another process takes the processor away. Of a larger
   * footprint each run takes the next stretch.
   */
  private static final int RUN_BYTES = 4 << 20;

  private final Traffic traffic;
  private final int[] integers;
  private final float[][] floats;
  private final int elements;
  private final int stretch;
  private final int sweeps;
  private int at;
  private volatile int result;

  /**
   * Allocates and touches the memory.
   *
   * @param traffic what is done
   * @param footprint bytes of all arrays together
   */
  BandwidthProbe(Traffic traffic, long footprint) {
    this.traffic = traffic;
    this.elements = Math.toIntExact(footprint / Float.BYTES / traffic.arrays());
    this.integers = new int[traffic == Traffic.READ ? elements : 0];
    this.floats = new float[traffic == Traffic.READ ? 0 : traffic.arrays()][elements];
    int wanted = RUN_BYTES / Float.BYTES / traffic.arrays();
    this.stretch = Math.min(elements, wanted);
    this.sweeps = Math.ceilDiv(wanted, elements);
  }

  /** Bytes moved by one run, read and written ones alike. */
  long bytes() {
    return (long) stretch * sweeps * traffic.arrays() * Float.BYTES;
  }

  /** One run. */
  void run() {
    int sum = 0;
    for (int sweep = 0; sweep < sweeps; sweep++) {
      at = at + 2 * stretch <= elements ? at + stretch : 0;
      sum += traffic.sweep(integers, floats, at, at + stretch);
    }
    result = sum;
  }

  /** What the last run read, so that the JIT cannot drop the reading. */
  int result() {
    return result;
  }
}
