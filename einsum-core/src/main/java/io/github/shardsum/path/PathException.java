package io.github.shardsum.path;

/**
 * Thrown when a network, a path or a memory limit breaks a rule; the message says what was given,
 * what was wanted and what to do.
 */
public final class PathException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with a message of the form "what: rule, got value".
   *
   * @param message what was given, what was wanted and what to do
   */
  public PathException(String message) {
    super(message);
  }

  /**
   * Gives the message.
   *
   * @return the message; unlike that of other exceptions it is never null
   */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
