package io.github.shardsum.collective;

import java.time.Duration;
import java.util.List;

/** Options of an engine; an immutable value. */
public final class CollectiveOptions {
  private final Duration deadline;
  private final boolean checked;

  private CollectiveOptions(Duration deadline, boolean checked) {
    if (deadline.isNegative() || deadline.isZero() || deadline.toDays() > 366) {
      throw new IllegalArgumentException(
          "collectives: the deadline must be above 0 and at most a year, got " + deadline);
    }
    this.deadline = deadline;
    this.checked = checked;
  }

  /**
   * Options with the check and a deadline of 30 seconds.
   *
   * @return the options
   */
  public static CollectiveOptions defaults() {
    return new CollectiveOptions(Duration.ofSeconds(30), true);
  }

  /**
   * The same options with another deadline.
   *
   * @param wanted the deadline
   * @return the options
   */
  public CollectiveOptions withDeadline(Duration wanted) {
    return new CollectiveOptions(wanted, checked);
  }

  /**
   * The same options with the check on or off.
   *
   * @param wanted whether participants are compared
   * @return the options
   */
  public CollectiveOptions withCheck(boolean wanted) {
    return new CollectiveOptions(deadline, wanted);
  }

  /**
   * {@return the time that a participant waits for the others before all of them get an error,
   * above 0}
   */
  public Duration deadline() {
    return deadline;
  }

  /**
   * {@return whether participants are compared before each collective, so that a mismatch throws an
   * error that names each request, its device and its place in the code. Without the check, a
   * mismatch ends in another error, in a wrong result or at the deadline, but never in a crash of
   * the JVM}
   */
  public boolean checked() {
    return checked;
  }

  private List<Object> values() {
    return List.of(deadline, checked);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CollectiveOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "CollectiveOptions" + values();
  }
}
