package io.github.shardsum.cli.bench;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;

/**
 * A measurement of a kernel against a target of its own, not against peers.
 *
 * @param group the group; filters choose the case by {@code GROUP/ID}
 * @param id the name of the case
 * @param unit the unit of the value
 * @param atMost whether the value must stay below the target instead of reaching it
 * @param wanted the target value
 * @param anyThreads whether the kernel is measured at every number of threads, or only at one
 * @param measure measures the value
 */
record KernelCase(
    String group,
    String id,
    String unit,
    boolean atMost,
    double wanted,
    boolean anyThreads,
    Measure measure) {
  /** Group of most cases. */
  static final String KERNEL = "kernel";

  /** Group of the cases that compare a product and its fused tail with the product alone. */
  static final String FUSED = "fused";

  /** Measures a value. */
  @FunctionalInterface
  interface Measure {
    /** The value with its interval; a MeasurementException names a missing part. */
    Interval value(Workers workers, InterleavedTimer rounds) throws MeasurementException;
  }

  /**
   * Result of a case.
   *
   * @param threads threads of ours
   * @param value the median and its interval
   */
  record Result(KernelCase subject, int threads, Interval value) {
    /** The verdict: whether the median, or only its interval, reaches the target. */
    BenchVerdict verdict() {
      return subject.atMost()
          ? BenchVerdict.of(-subject.wanted(), -value.median(), -value.low())
          : BenchVerdict.of(subject.wanted(), value.median(), value.high());
    }
  }

  /** Measures the case. */
  Result measure(Workers workers, InterleavedTimer rounds) throws MeasurementException {
    return new Result(this, workers.parallelism(), measure.value(workers, rounds));
  }

  String path() {
    return group + "/" + id;
  }
}
