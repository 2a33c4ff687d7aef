package io.github.shardsum.internal.local;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
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
   * @param kernels kernels of composites
   * @param rematerialized names of values to compute again
   * @param workers the threads
   * @return the plan
   * @throws IllegalArgumentException if a name is none of the program's results
   */
  public static LocalPlan plan(
      Program program, LocalKernels kernels, Set<String> rematerialized, Workers workers) {
    Program decomposed = Passes.decompose(program, composite -> kernels.of(composite).isEmpty());
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
    return Lowering.lower(Passes.rematerialize(clean, left), kernels, workers);
  }

  /** Runs a plan, in workspaces that are kept. Thread-safe. */
  public static final class Runner {
    /** A thread that owns nothing: what it may access, any thread may. */
    private static final Thread OTHER = Thread.ofVirtual().unstarted(() -> {});

    private final LocalPlan plan;
    private final Workers workers;
    private final ConcurrentLinkedQueue<Workspace> free = new ConcurrentLinkedQueue<>();

    /**
     * A runner.
     *
     * @param plan the plan
     * @param workers the threads
     */
    public Runner(LocalPlan plan, Workers workers) {
      this.plan = plan;
      this.workers = workers;
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
      plan.run(workspace, shared ? workers : workers.alone(), inputs, outputs);
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
