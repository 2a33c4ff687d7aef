package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Timed;

/** Runs einsums to be timed, after a preparation: Shardsum or a peer. */
public interface Competitor extends Timed {
  /** Name in tables. */
  String name();

  /** Whether the competitor can compute such a case; otherwise it is left out silently. */
  default boolean supports(BenchCase subject) {
    return true;
  }

  /**
   * Makes the operands and computes the result once.
   *
   * @param subject the case
   * @param samples flat indices into the result in C order
   * @return the result's elements there
   * @throws MeasurementException if the competitor cannot run this case
   */
  double[] prepare(BenchCase subject, long[] samples) throws MeasurementException;

  /** Frees the operands. */
  void forget();
}
