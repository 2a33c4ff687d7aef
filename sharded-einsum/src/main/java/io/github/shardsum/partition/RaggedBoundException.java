package io.github.shardsum.partition;

import java.util.Locale;

/**
 * A device would receive more rows than its memory was planned for. All devices throw this
 * exception before any row is sent, and no output is written.
 */
public final class RaggedBoundException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The rows that the busiest device would receive. */
  private final long needed;

  /** Rows that a device may receive. */
  private final long bound;

  /**
   * An error of a step.
   *
   * @param step the step's result
   * @param needed rows that the busiest device would receive
   * @param bound rows that a device may receive
   */
  public RaggedBoundException(String step, long needed, long bound) {
    super(
        String.format(
            Locale.ROOT,
            "%s: a device must receive at most %,d rows, got %,d; raise the memory limit, or lower the load of its experts",
            step,
            bound,
            needed));
    this.needed = needed;
    this.bound = bound;
  }

  /**
   * The rows that the busiest device would receive.
   *
   * @return the number, more than {@link #bound}
   */
  public long needed() {
    return needed;
  }

  /**
   * Rows that a device may receive.
   *
   * @return the number
   */
  public long bound() {
    return bound;
  }
}
