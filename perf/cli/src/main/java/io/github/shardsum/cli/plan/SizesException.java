package io.github.shardsum.cli.plan;

import java.io.Serial;

/** Sizes that cannot be read, or that do not fit the labels; the message begins with "sizes". */
final class SizesException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  SizesException(String message) {
    super(message);
  }
}
