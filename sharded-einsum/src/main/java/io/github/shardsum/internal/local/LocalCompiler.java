package io.github.shardsum.internal.local;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Compiles programs for this machine. */
public final class LocalCompiler {
  private LocalCompiler() {}

  /**
   * The plan of a program: composites without a kernel decomposed, common subexpressions and dead
   * code gone, named values rematerialised, then lowered.
   *
   * @param program the program
   * @param composites finds the code of composites
   * @param rematerialized names of values to compute again
   * @param workers the threads
   * @return the plan
   * @throws IllegalArgumentException if a name is none of the program's results
   */
  public static LocalPlan plan(
      Program program,
      CompositeCode.Finder composites,
      Set<String> rematerialized,
      Workers workers) {
    Set<String> missing = new LinkedHashSet<>();
    Program decomposed =
        Passes.decompose(program, composite -> isMissing(composite, composites, missing));
    Program clean = Passes.deadCode(Passes.commonSubexpressions(decomposed));
    // A value that the passes have merged with another or dropped is not kept either.
    for (String name : rematerialized) {
      Value value = program.value(name);
      if (program.inputs().contains(value)) {
        throw new IllegalArgumentException(
            "rematerialize " + name + ": a result is wanted, got the input " + value);
      }
    }
    Set<String> left = new HashSet<>(rematerialized);
    Set<String> results = new HashSet<>();
    clean.statements().forEach(each -> each.results().forEach(value -> results.add(value.name())));
    left.retainAll(results);
    Program last = Passes.rematerialize(clean, left);
    return Lowering.lower(last, composites, workers)
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

  /** Runs a plan, in workspaces that are kept. Thread-safe. */
  public static final class Runner {
    /** A thread that owns nothing: what it may access, any thread may. */
    private static final Thread OTHER = Thread.ofVirtual().unstarted(() -> {});

    private final LocalPlan plan;
    private final Workers workers;
    private final Optional<Profile> profile;
    private final ConcurrentLinkedQueue<Workspace> free = new ConcurrentLinkedQueue<>();

    /**
     * A runner.
     *
     * @param plan the plan
     * @param workers the threads
     * @param profile where the steps' times go
     */
    public Runner(LocalPlan plan, Workers workers, Optional<Profile> profile) {
      this.plan = plan;
      this.workers = workers;
      this.profile = profile;
    }

    /**
     * Runs the plan.
     *
     * @param outputs checked outputs
     * @param inputs checked inputs
     */
    public void run(List<Tensor> outputs, List<Tensor> inputs) {
      Workspace kept = free.poll();
      Workspace workspace = kept == null ? new Workspace(plan) : kept;
      boolean shared = shared(inputs) && shared(outputs);
      plan.run(workspace, shared ? workers : workers.alone(), inputs, outputs, profile);
      // After a failed run the workspace may hold positions that nothing checked.
      free.add(workspace);
    }

    /**
     * Whether other threads than the caller may touch the memory: a confined arena's they may not.
     */
    private static boolean shared(List<Tensor> tensors) {
      for (Tensor tensor : tensors) {
        if (!tensor.segment().isAccessibleBy(OTHER)) {
          return false;
        }
      }
      return true;
    }
  }
}
