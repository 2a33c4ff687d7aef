package io.github.shardsum.internal.certify;

/**
 * A plan does not compute what it is for; the message names the step, a device and what it holds.
 */
public final class PlanRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  PlanRefusedException(String message) {
    super(message);
  }
}
