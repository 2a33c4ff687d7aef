package io.github.shardsum.partition;

import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The reason why a step is in a plan; an immutable value.
 *
 * @param cause the reason why it is necessary, such as {@code operand 1 must be n@x k}
 * @param runnerUp the best alternative, if there was one
 */
public record Origin(String cause, Optional<Alternative> runnerUp) {
  /** Checks for nulls. */
  public Origin {
    Objects.requireNonNull(cause, "cause");
    Objects.requireNonNull(runnerUp, "runnerUp");
  }

  /**
   * An origin without an alternative.
   *
   * @param cause the reason why it is necessary
   * @return the origin
   */
  public static Origin of(String cause) {
    return new Origin(cause, Optional.empty());
  }

  /**
   * The best way that was considered and not taken.
   *
   * @param description its steps
   * @param cost its price, in the unit by which the plan was chosen
   * @param isTimed whether the unit is seconds, on the topology of the plan's options; otherwise
   *     elements
   */
  public record Alternative(String description, double cost, boolean isTimed) {
    /** Written as {@code all-gather n over x at 2400}, or {@code at 2.400e-05 s}. */
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s at %.4g%s", description, cost, isTimed ? " s" : "");
    }
  }
}
