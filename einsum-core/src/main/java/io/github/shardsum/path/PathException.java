package io.github.shardsum.path;

/**
 * Thrown when a network, a path or a memory limit breaks a rule. The message contains the given
 * value, the rule and the way out.
 */
public final class PathException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception with a message of the form "what: rule, got value".
   *
   * @param message the value that was given, the rule and the way out
   */
  public PathException(String message) {
    super(message);
  }

  /**
   * Returns the message.
   *
   * @return the message; unlike that of other exceptions it is never null
   */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
