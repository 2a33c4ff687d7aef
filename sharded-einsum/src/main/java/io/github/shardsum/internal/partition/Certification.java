package io.github.shardsum.internal.partition;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.certify.PlanChecker;
import io.github.shardsum.internal.certify.PlanRefusedException;
import io.github.shardsum.partition.SpmdPlan;

/** Asks the checker. */
public final class Certification {
  private Certification() {}

  public static String of(SpmdPlan plan, Equation equation) {
    try {
      return PlanChecker.check(plan, equation).toString();
    } catch (PlanRefusedException refused) {
      throw new IllegalStateException(
          "plan of %s refused: %s".formatted(equation, refused.getMessage()), refused);
    }
  }
}
