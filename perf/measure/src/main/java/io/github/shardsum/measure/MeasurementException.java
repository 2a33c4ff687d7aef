package io.github.shardsum.measure;

/** Something cannot be measured; the message says why. */
public final class MeasurementException extends Exception {
  private static final long serialVersionUID = 1;

  private final String why;

  /** The reason, with the remedy if there is one. */
  public MeasurementException(String why) {
    super(why);
    this.why = why;
  }

  /** The message, which this exception always has. */
  public String why() {
    return why;
  }
}
