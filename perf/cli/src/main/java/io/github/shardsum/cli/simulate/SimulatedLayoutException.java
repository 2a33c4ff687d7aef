package io.github.shardsum.cli.simulate;

import java.io.Serial;

/** A layout that does not fit the devices; the message begins with "layout". */
final class SimulatedLayoutException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  SimulatedLayoutException(String message) {
    super(message);
  }
}
