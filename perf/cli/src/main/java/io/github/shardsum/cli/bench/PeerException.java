package io.github.shardsum.cli.bench;

/** A peer cannot run a case, or at all; the message says why. */
final class PeerException extends Exception {
  private static final long serialVersionUID = 1;

  private final String why;

  PeerException(String why) {
    super(why);
    this.why = why;
  }

  /** The message, which this exception always has. */
  String why() {
    return why;
  }
}
