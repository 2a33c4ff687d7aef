package io.github.shardsum.cli.simulate;

import java.io.Serial;

/** A layout that does not fit the devices; the message begins with "layout". */
final class LayoutException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  LayoutException(String message) {
    super(message);
  }
}
