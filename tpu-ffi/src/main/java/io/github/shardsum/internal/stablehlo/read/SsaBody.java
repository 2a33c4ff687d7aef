package io.github.shardsum.internal.stablehlo.read;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Steps in order.
 *
 * @param arguments the values that it takes
 * @param returned the values that it gives
 */
record SsaBody(List<SsaValue> arguments, List<SsaStep> steps, List<SsaValue> returned) {
  /**
   * The values that are needed for the wanted ones, those from outside of the body too.
   *
   * @param given values that are known, whose steps are not needed
   */
  Set<SsaValue> needed(List<SsaValue> wanted, Set<SsaValue> given) {
    Set<SsaValue> needed = new HashSet<>(wanted);
    for (SsaStep step : steps.reversed()) {
      boolean used = step.results().stream().anyMatch(each -> needs(needed, given, each));
      if (used) {
        needed.addAll(step.operands());
        step.bodies().forEach(body -> needed.addAll(body.captured()));
      }
    }
    return needed;
  }

  private static boolean needs(Set<SsaValue> needed, Set<SsaValue> given, SsaValue value) {
    return needed.contains(value) && !given.contains(value);
  }

  /** The values from outside of the body that it reads. */
  Set<SsaValue> captured() {
    Set<SsaValue> read = new HashSet<>(returned);
    Set<SsaValue> own = new HashSet<>(arguments);
    for (SsaStep step : steps) {
      read.addAll(step.operands());
      step.bodies().forEach(body -> read.addAll(body.captured()));
      own.addAll(step.results());
    }
    read.removeAll(own);
    return read;
  }
}
