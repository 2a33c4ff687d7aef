package io.github.shardsum.propagation;

/**
 * Annotations that cannot be, or that contradict each other where that was to be an error; the
 * message lists what was asked for, by whom, and what each costs.
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
