package io.github.shardsum.propagation;

/**
 * Annotations that are impossible, or that contradict each other where conflicts are errors; the
 * message lists each request, its origin and its price.
 */
public final class PropagationException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /**
   * An error.
   *
   * @param message what is wrong and what to do
   */
  public PropagationException(String message) {
    super(message);
  }
}
