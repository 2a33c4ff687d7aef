package io.github.shardsum.internal.partition.text;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.certify.PlanChecker;
import io.github.shardsum.internal.certify.PlanRefusedException;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Runs the checker on a plan and describes the result. */
public final class CertificationText {
  private CertificationText() {}

  public static String of(SpmdPlan plan, Equation equation, DType dtype) {
    return of(equation, () -> PlanChecker.check(plan, equation, dtype));
  }

  public static String of(SpmdPlan plan, Program program, Map<String, Layout> layouts) {
    return of("program " + program.name(), () -> PlanChecker.check(plan, program, layouts));
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
