package io.github.shardsum.partition;

import java.io.Serial;

/**
 * No plan within the limits gives the requested layouts; the message names limits that allow a
 * plan.
 */
public final class PlanException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  /**
   * An error with a message.
   *
   * @param message the part that has no plan, the reason and the remedy
   */
  public PlanException(String message) {
    super(message);
  }
}
