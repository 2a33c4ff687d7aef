package io.github.shardsum.backend;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.backend.CheckedExecutable;
import io.github.shardsum.internal.backend.KernelCode;
import io.github.shardsum.internal.local.compile.LocalCompiler;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.local.run.LocalPlanRunner;
import io.github.shardsum.internal.local.run.LocalProfile;
import io.github.shardsum.internal.local.run.LocalStep;
import io.github.shardsum.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * Runs programs on this machine: einsums with einsum-core's kernels, chains of pointwise operations
 * as one kernel or in the epilogue of the einsum before them, and composites with the given {@link
 * Kernels}. Immutable and thread-safe; results do not depend on the number of threads.
 *
 * <p>All memory of a run is planned when the program is compiled, allocated at the first run and
 * kept. Once C2 has compiled the code of a run, the run allocates nothing that grows with the data,
 * except as {@link CompileOptions#withReproducible} says. The data may be in arrays or in native
 * memory. Overlapping runs have separate memory. If a tensor is in a confined arena, only the
 * calling thread computes.
 */
public final class LocalBackend implements Backend {
  private final Workers workers;
  private final Executor executor;
  private final Kernels kernels;

  private LocalBackend(Workers workers, Executor executor, Kernels kernels) {
    this.workers = Objects.requireNonNull(workers, "workers");
    this.executor = Objects.requireNonNull(executor, "executor");
    this.kernels = Objects.requireNonNull(kernels, "kernels");
  }

  /**
   * A backend whose asynchronous runs have a virtual thread each.
   *
   * @param workers the threads of kernels; not closed by the backend
   * @return the backend, with the kernels of {@link Kernels#ofAttention}
   */
  public static LocalBackend of(Workers workers) {
    return of(workers, Kernels.ofAttention());
  }

  /**
   * A backend whose asynchronous runs have a virtual thread each.
   *
   * @param workers the threads of kernels; not closed by the backend
   * @param kernels kernels of composites
   * @return the backend
   */
  public static LocalBackend of(Workers workers, Kernels kernels) {
    return of(workers, kernels, Thread::startVirtualThread);
  }

  /**
   * A backend.
   *
   * @param workers the threads of kernels; not closed by the backend
   * @param kernels kernels of composites
   * @param executor executes the runs of {@link Executable#start}
   * @return the backend
   */
  public static LocalBackend of(Workers workers, Kernels kernels, Executor executor) {
    return new LocalBackend(workers, executor, kernels);
  }

  @Override
  public String name() {
    return "local";
  }

  @Override
  public Executable compile(Program program, CompileOptions options) {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(options, "options");
    LocalPlan plan =
        LocalCompiler.plan(
            program,
            composite -> KernelCode.find(kernels, composite, options.sums()),
            options.rematerialized(),
            workers,
            options.sums());
    long bytes = plan.bytes();
    if (options.memoryLimit().isPresent() && bytes > options.memoryLimit().getAsLong()) {
      throw new IllegalArgumentException(
          "program "
              + program.name()
              + ": a run holds "
              + bytes
              + " bytes without inputs and outputs, got a limit of "
              + options.memoryLimit().getAsLong()
              + "; rematerialise values, or raise the limit");
    }
    Optional<LocalProfile> profile =
        options.profiled() ? Optional.of(new LocalProfile(plan)) : Optional.empty();
    LocalPlanRunner runner = new LocalPlanRunner(plan, workers, profile);
    CheckedExecutable.Code code =
        new CheckedExecutable.Code(
            runner::run, bytes, plan::explain, () -> steps(plan), () -> times(profile));
    return new CheckedExecutable(program, code, executor);
  }

  private static List<PlannedStep> steps(LocalPlan plan) {
    List<PlannedStep> all = new ArrayList<>();
    addSteps(plan, all);
    return List.copyOf(all);
  }

  private static void addSteps(LocalPlan plan, List<PlannedStep> all) {
    long[] live = plan.liveBytes();
    for (int i = 0; i < live.length; i++) {
      LocalStep step = plan.steps().get(i);
      all.add(
          new PlannedStep(
              plan.name(),
              step.kernel(),
              step.detail(),
              step.results(),
              step.flops(),
              step.bytes(),
              live[i]));
    }
    plan.nested().forEach(body -> addSteps(body, all));
  }

  private static List<StepTime> times(Optional<LocalProfile> profile) {
    return profile.map(LocalProfile::entries).orElse(List.of()).stream()
        .map(
            entry ->
                new StepTime(
                    entry.program(),
                    entry.kernel(),
                    entry.detail(),
                    entry.results(),
                    entry.calls(),
                    entry.nanoseconds()))
        .toList();
  }
}
