package io.github.shardsum.internal.local.compile;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.program.pass.AnnotationRemoval;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** Compiles programs for this machine. */
public final class LocalCompiler {
  private LocalCompiler() {}

  /**
   * The plan of a program: composites without a kernel are decomposed, common subexpressions and
   * dead code are removed, named values are rematerialised, and then the program is lowered.
   *
   * @param composites finds the code of composites
   * @param rematerialized names of values to compute again
   * @param workers the threads
   * @param sums the order of floating-point sums
   * @throws IllegalArgumentException if a name is not a result of the program
   */
  public static LocalPlan plan(
      Program program,
      CompositeCode.Finder composites,
      Set<String> rematerialized,
      Workers workers,
      SumOrder sums) {
    Set<String> missing = new LinkedHashSet<>();
    Program decomposed =
        Passes.decompose(
            AnnotationRemoval.run(Passes.unroll(program)),
            composite -> isMissing(composite, composites, missing));
    Program clean = Passes.deadCode(Passes.commonSubexpressions(decomposed));
    // A value that a pass dropped or merged with another value is not kept.
    for (String name : rematerialized) {
      Value value = program.value(name);
      if (program.inputs().contains(value)) {
        throw new IllegalArgumentException(
            "rematerialize " + name + ": must be a result, got the input " + value);
      }
    }
    Set<String> left = new HashSet<>(rematerialized);
    Set<String> results = new HashSet<>();
    clean.statements().forEach(each -> each.results().forEach(value -> results.add(value.name())));
    left.retainAll(results);
    Program last = Passes.rematerialize(clean, left);
    return StatementLowering.lower(last, composites, workers, sums)
        .withNotes(AnnotationRemoval.note(program).stream().toList())
        .withNotes(missing.stream().map(LocalCompiler::note).toList());
  }

  private static boolean isMissing(
      Composite composite, CompositeCode.Finder composites, Set<String> missing) {
    boolean none = composites.find(composite).isEmpty();
    if (none) {
      missing.add(composite.name());
    }
    return none;
  }

  private static String note(String composite) {
    return "composite "
        + composite
        + " runs as its decomposition: the backend's Kernels have none for it";
  }
}
