package io.github.shardsum.cli.plan;

import java.io.Serial;

/** Sizes that cannot be read, or that do not fit the labels; the message begins with "sizes". */
final class PlanSizesException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  PlanSizesException(String message) {
    super(message);
  }
}
