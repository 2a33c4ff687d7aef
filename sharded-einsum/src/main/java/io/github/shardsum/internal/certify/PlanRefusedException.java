package io.github.shardsum.internal.certify;

import java.util.Locale;

/**
 * Thrown for a plan that does not compute its program; the message names the step and the layouts
 * of its values.
 */
public final class PlanRefusedException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  PlanRefusedException(String message) {
    super(message);
  }

  static void require(boolean condition, String rule, Object... values) {
    if (!condition) {
      throw new PlanRefusedException(String.format(Locale.ROOT, rule, values));
    }
  }
}
