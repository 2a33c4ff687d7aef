package io.github.shardsum.measure;

/** Something that is ready to run and is timed. Used by one thread. */
@FunctionalInterface
public interface Timed {
  /**
   * Runs a number of calls.
   *
   * @param calls the number, at least 1
   * @return seconds of all calls together
   * @throws MeasurementException if a call failed
   */
  double seconds(long calls) throws MeasurementException;

  /** Times a call in a loop. */
  static Timed of(Runnable call) {
    return calls -> {
      long begin = System.nanoTime();
      for (long i = 0; i < calls; i++) {
        call.run();
      }
      return (System.nanoTime() - begin) / 1e9;
    };
  }
}
