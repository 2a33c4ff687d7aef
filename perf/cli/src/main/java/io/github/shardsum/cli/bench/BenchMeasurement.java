package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.measure.Interval;
import java.util.List;

/**
 * Measurement of one case with a number of threads.
 *
 * @param subject the case
 * @param threads threads of ours and of each peer
 * @param seconds our median time of a call
 * @param fastest the fastest of our rounds, which on a busy machine is closest to the kernel's own
 *     time
 * @param lower lower quartile of ours
 * @param upper upper quartile of ours
 * @param limit the limit that bounds the case
 * @param limitSeconds the least time that the limit allows
 * @param peers the peers that could run the case
 */
record BenchMeasurement(
    BenchCase subject,
    int threads,
    double seconds,
    double fastest,
    double lower,
    double upper,
    Limit limit,
    double limitSeconds,
    List<Peer> peers) {

  /** Resource that bounds a case. */
  enum Limit {
    FLOPS,
    BYTES
  }

  /**
   * A peer.
   *
   * @param name the name of the peer
   * @param seconds the peer's median time of a call
   * @param ratio the peer's time over ours
   */
  record Peer(String name, double seconds, Interval ratio) {}

  /** Copies the list. */
  BenchMeasurement {
    peers = List.copyOf(peers);
  }

  /** Share of the limit that ours reaches. */
  double share() {
    return limitSeconds / seconds;
  }

  /** The same share for the fastest round. */
  double bestShare() {
    return limitSeconds / fastest;
  }
}
