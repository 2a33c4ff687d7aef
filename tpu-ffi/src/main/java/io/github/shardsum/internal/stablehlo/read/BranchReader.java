package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** Branches: the one that is known to be taken, or a selection between the values of all. */
final class BranchReader {
  private BranchReader() {}

  static void read(ProgramScope scope, SsaStep step) {
    // The first branch of an if is taken for true, that of a case for 0.
    List<SsaBody> branches =
        step.name().equals("stablehlo.if") ? step.bodies().reversed() : step.bodies();
    Optional<Scalar> index = scope.number(step.operand(0));
    if (index.isPresent()) {
      long at = index.get().toLong();
      SsaBody taken = at < 0 || at >= branches.size() ? branches.getLast() : branches.get((int) at);
      readBody(scope, taken);
      for (int i = 0; i < step.results().size(); i++) {
        scope.put(step.results().get(i), scope.view(taken.returned().get(i)));
      }
      return;
    }
    branches.forEach(branch -> readBody(scope, branch));
    for (int i = 0; i < step.results().size(); i++) {
      select(scope, step, branches, i);
    }
  }

  private static void readBody(ProgramScope scope, SsaBody body) {
    StepReader.readAll(scope, body.steps(), body.needed(body.returned(), new HashSet<>()));
  }

  private static void select(ProgramScope scope, SsaStep step, List<SsaBody> branches, int i) {
    ProgramBuilder builder = scope.builder();
    List<String> names = scope.names(step.results().get(i));
    Value index = scope.aligned(step.operand(0), List.of());
    DType dtype = index.type().dtype();
    Value chosen = scope.aligned(branches.getLast().returned().get(i), names);
    for (int k = branches.size() - 2; k >= 0; k--) {
      Value here = dtype == DType.BOOL ? builder.not(index) : builder.equal(index, (double) k);
      chosen =
          builder.select(here, scope.aligned(branches.get(k).returned().get(i), names), chosen);
    }
    scope.put(step.results().get(i), View.Held.within(chosen, names));
  }
}
