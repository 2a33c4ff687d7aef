package io.github.shardsum.propagation;

/**
 * Thrown for impossible annotations, and for contradictory annotations if conflicts are errors; the
 * message lists each request, its origin and its price.
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
