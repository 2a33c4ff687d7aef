package io.github.shardsum.measure;

/** Something that is ready to run and is timed. Used by one thread. */
@FunctionalInterface
public interface Timed {
  /**
   * Runs it.
   *
   * @param calls how many times, at least once
   * @return seconds of all of them together
   * @throws MeasurementException if it failed
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
