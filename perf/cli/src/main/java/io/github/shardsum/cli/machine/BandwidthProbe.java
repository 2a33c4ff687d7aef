package io.github.shardsum.cli.machine;

/** One thread's share of a {@link Traffic}, over memory of its own. */
final class BandwidthProbe {
  /** A run is at least this long, so that starting it on all threads does not count. */
  private static final long FEWEST_BYTES = 4L << 20;

  private final Traffic traffic;
  private final int[] integers;
  private final float[][] floats;
  private final int sweeps;
  private final long bytes;
  private volatile int result;

  /**
   * Allocates and touches the memory.
   *
   * @param traffic what is done
   * @param footprint bytes of all arrays together
   */
  BandwidthProbe(Traffic traffic, long footprint) {
    int elements = Math.toIntExact(footprint / Float.BYTES / traffic.arrays());
    this.traffic = traffic;
    this.integers = new int[traffic == Traffic.READ ? elements : 0];
    this.floats = new float[traffic == Traffic.READ ? 0 : traffic.arrays()][elements];
    long sweep = (long) elements * traffic.arrays() * Float.BYTES;
    this.sweeps = Math.toIntExact(Math.ceilDiv(FEWEST_BYTES, sweep));
    this.bytes = sweep * sweeps;
  }

  /** Bytes moved by one run, read and written ones alike. */
  long bytes() {
    return bytes;
  }

  /** One run. */
  void run() {
    int sum = 0;
    for (int sweep = 0; sweep < sweeps; sweep++) {
      sum += traffic.sweep(integers, floats);
    }
    result = sum;
  }

  /** What the last run read, so that the JIT cannot drop the reading. */
  int result() {
    return result;
  }
}
