package io.github.shardsum.cli.plan;

import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Program;
import java.util.List;
import java.util.Optional;

/** A program to plan. */
record ProgramTarget(Program program) implements PlanTarget {
  @Override
  public PlanOutcome plan(PlanRequest request, PlanChecks checks) {
    if (!request.sizes().isEmpty()) {
      throw new PlanSizesException(
          "sizes: must be none, since a program has its own, got " + request.sizes());
    }
    ProgramPlan plan =
        ProgramPlan.of(program, request.mesh(), MoePrograms.kernels(), request.options());
    Optional<String> certificate =
        checks.certify() ? Optional.of(plan.certify()) : Optional.empty();
    return new PlanOutcome(
        "program " + program.name(),
        plan.plan(),
        request.options(),
        List.of(),
        certificate,
        checks.plugin().map(plugin -> PlanXlaComparison.of(program, plan.plan(), plugin)),
        Optional.empty());
  }
}
