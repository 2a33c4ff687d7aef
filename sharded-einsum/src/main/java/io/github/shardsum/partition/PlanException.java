package io.github.shardsum.partition;

import java.io.Serial;

/**
 * No plan within the limits gives the requested layouts; the message names limits that would have
 * one.
 */
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
