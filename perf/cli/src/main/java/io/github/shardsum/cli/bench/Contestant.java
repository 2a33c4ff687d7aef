package io.github.shardsum.cli.bench;

/** Something that runs a case and is timed: ours or a peer. Used by one thread. */
interface Contestant {
  /** What it is called in tables. */
  String name();

  /** Whether it has such a thing at all; if not, it is passed over in silence. */
  default boolean supports(BenchCase subject) {
    return true;
  }

  /**
   * Makes the operands and computes the result once.
   *
   * @param subject the case
   * @param samples flat indices into the result in C order
   * @return the result's elements there
   * @throws PeerException if it cannot run this case
   */
  double[] prepare(BenchCase subject, long[] samples) throws PeerException;

  /**
   * Runs the prepared case.
   *
   * @param calls how many times, at least once
   * @return seconds of all of them together
   * @throws PeerException if it failed
   */
  double seconds(int calls) throws PeerException;

  /** Lets go of the operands. */
  void forget();
}
