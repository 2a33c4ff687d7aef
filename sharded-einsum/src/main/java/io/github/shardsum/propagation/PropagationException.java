package io.github.shardsum.propagation;

/**
 * Annotations are impossible, or they contradict each other and conflicts are errors. The message
 * lists each request with its origin and price.
 */
public final class PropagationException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /**
   * An error.
   *
   * @param message the error and the remedy
   */
  public PropagationException(String message) {
    super(message);
  }
}
