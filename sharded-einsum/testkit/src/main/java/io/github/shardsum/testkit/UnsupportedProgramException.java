package io.github.shardsum.testkit;

/** A function under test lacks an operation of the program, so there is nothing to compare. */
public final class UnsupportedProgramException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * With the name of the operation.
   *
   * @param message a sentence that names the operation
   */
  public UnsupportedProgramException(String message) {
    super(message);
  }
}
