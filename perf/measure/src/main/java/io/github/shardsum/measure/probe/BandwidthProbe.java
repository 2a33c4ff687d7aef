package io.github.shardsum.measure.probe;

/** One thread's share of a {@link MemoryTraffic}, over its own memory. */
public final class BandwidthProbe {
  /** A run moves at least this much, so that the time to start it on all threads is negligible. */
  private static final int LEAST_RUN_BYTES = 4 << 20;

  private final MemoryTraffic traffic;
  private final int[] integers;
  private final float[][] floats;
  private final int elements;
  private final int sweeps;
  private volatile int result;

  /**
   * Allocates and touches the memory.
   *
   * @param traffic the kind of traffic
   * @param footprint bytes of all arrays together
   */
  public BandwidthProbe(MemoryTraffic traffic, long footprint) {
    this.traffic = traffic;
    this.elements = Math.toIntExact(footprint / Float.BYTES / traffic.arrays());
    this.integers = new int[traffic == MemoryTraffic.READ ? elements : 0];
    this.floats = new float[traffic == MemoryTraffic.READ ? 0 : traffic.arrays()][elements];
    this.sweeps = Math.ceilDiv(LEAST_RUN_BYTES / Float.BYTES / traffic.arrays(), elements);
  }

  /** Bytes that one run reads and writes. */
  public long bytes() {
    return (long) elements * sweeps * traffic.arrays() * Float.BYTES;
  }

  /**
   * One run: the whole footprint, repeated for small footprints. A part of a footprint beyond the
   * last cache is still cached from the previous run, so the best run of a part would show the
   * cache's bandwidth.
   */
  public void run() {
    int sum = 0;
    for (int sweep = 0; sweep < sweeps; sweep++) {
      sum += traffic.sweep(integers, floats, elements);
    }
    result = sum;
  }

  /** The sum of the last run's reads, so that the JIT cannot drop them. */
  public int result() {
    return result;
  }
}
