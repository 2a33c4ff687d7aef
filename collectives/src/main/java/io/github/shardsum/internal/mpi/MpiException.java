package io.github.shardsum.internal.mpi;

/** MPI cannot be used here, or a call of MPI returned an error; the message says which and why. */
final class MpiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  MpiException(String message) {
    super(message);
  }
}
