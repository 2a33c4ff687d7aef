package io.github.shardsum.internal.mpi;

/** MPI cannot be used here, a call of it returned an error, or a peer failed; the text says all. */
final class MpiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What went wrong, for the choice of the exception that users see. */
  enum Kind {
    /** No library, or a call that returned an error. */
    LIBRARY,
    /** Processes called different collectives. */
    MISMATCH,
    /** A process was missing when the deadline came. */
    DEADLINE,
    /** A process has left, or its engine has failed. */
    PEER_LOST
  }

  private final Kind kind;

  MpiException(String message) {
    this(Kind.LIBRARY, message);
  }

  MpiException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }
}
