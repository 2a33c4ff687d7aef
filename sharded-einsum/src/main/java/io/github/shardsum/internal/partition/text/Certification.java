package io.github.shardsum.internal.partition.text;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.certify.PlanChecker;
import io.github.shardsum.internal.certify.PlanRefusedException;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import java.util.Locale;
import java.util.function.Supplier;

/** Asks the checker. */
public final class Certification {
  private Certification() {}

  public static String of(SpmdPlan plan, Equation equation) {
    return of(equation, () -> PlanChecker.check(plan, equation));
  }

  public static String of(SpmdPlan plan, Program program) {
    return of("program " + program.name(), () -> PlanChecker.check(plan, program));
  }

  private static String of(Object what, Supplier<String> check) {
    try {
      return check.get();
    } catch (PlanRefusedException refused) {
      throw new IllegalStateException(
          String.format(Locale.ROOT, "plan of %s refused: %s", what, refused.getMessage()),
          refused);
    }
  }
}
