package io.github.shardsum.partition;

import java.io.Serial;

/** What is asked has no plan within the limits; the message says what would have one. */
public final class PlanException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * With a message.
   *
   * @param message what cannot be planned, why, and the way out
   */
  public PlanException(String message) {
    super(message);
  }
}
