package io.github.shardsum.cli.bench;

/** A peer cannot run a case, or at all; the message says why. */
final class PeerException extends Exception {
  private static final long serialVersionUID = 1;

  PeerException(String message) {
    super(message);
  }
}
