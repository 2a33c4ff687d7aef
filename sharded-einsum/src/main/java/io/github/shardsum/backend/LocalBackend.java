package io.github.shardsum.backend;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.LocalCompiler;
import io.github.shardsum.internal.local.LocalKernels;
import io.github.shardsum.internal.local.LocalPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * This machine: einsums by einsum-core's kernels, chains of pointwise operations as one kernel or
 * in the epilogue of the einsum before them, composites by the kernels registered here. Immutable
 * and thread-safe; results do not depend on the number of threads.
 *
 * <p>All memory of a run is planned when the program is compiled, allocated at the first run and
 * kept; a run itself, once C2 has compiled it, allocates nothing that grows with the data, which
 * may lie in arrays or in native memory. Overlapping runs have a memory each. Where a tensor lies
 * in a confined arena the run is the calling thread's alone.
 */
public final class LocalBackend implements Backend {
  private final Workers workers;
  private final Executor executor;
  private final LocalKernels kernels;

  private LocalBackend(Workers workers, Executor executor, LocalKernels kernels) {
    this.workers = Objects.requireNonNull(workers, "workers");
    this.executor = Objects.requireNonNull(executor, "executor");
    this.kernels = kernels;
  }

  /**
   * A backend whose asynchronous runs have a virtual thread each.
   *
   * @param workers the threads of kernels; not closed by the backend
   * @return the backend, without kernels for composites
   */
  public static LocalBackend of(Workers workers) {
    return of(workers, Thread::startVirtualThread);
  }

  /**
   * A backend.
   *
   * @param workers the threads of kernels; not closed by the backend
   * @param executor runs what {@link Executable#start} is given
   * @return the backend, without kernels for composites
   */
  public static LocalBackend of(Workers workers, Executor executor) {
    return new LocalBackend(workers, executor, new LocalKernels(Map.of()));
  }

  /**
   * The same backend with a kernel for a composite.
   *
   * @param composite the composite's name
   * @param factory makes the kernel for its attributes and types
   * @return the backend
   */
  public LocalBackend withKernel(String composite, CompositeKernel.Factory factory) {
    return new LocalBackend(workers, executor, kernels.with(composite, factory));
  }

  @Override
  public String name() {
    return "local";
  }

  @Override
  public Executable compile(Program program, CompileOptions options) {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(options, "options");
    LocalPlan plan = LocalCompiler.plan(program, kernels, options.rematerialized(), workers);
    long bytes = plan.bytes();
    if (options.memoryLimit().isPresent() && bytes > options.memoryLimit().getAsLong()) {
      throw new IllegalArgumentException(
          "program "
              + program.name()
              + ": a run holds "
              + bytes
              + " bytes beside inputs and outputs, got a limit of "
              + options.memoryLimit().getAsLong()
              + "; rematerialise values, or raise it");
    }
    return new CheckedExecutable(program, new Local(plan, workers), executor);
  }

  /** A plan with its workspaces. */
  private static final class Local implements Plan {
    private final LocalPlan plan;
    private final LocalCompiler.Runner runner;
    private final Optional<String> name;

    Local(LocalPlan plan, Workers workers) {
      this.plan = plan;
      this.runner = new LocalCompiler.Runner(plan, workers);
      this.name = Optional.of(plan.name());
    }

    @Override
    public void run(List<Tensor> outputs, List<Tensor> inputs) {
      runner.run(outputs, inputs);
    }

    @Override
    public long peakBytes() {
      return plan.bytes();
    }

    @Override
    public String explain() {
      return "local: program "
          + name.orElse("")
          + ", at most "
          + plan.bytes()
          + " bytes beside inputs and outputs, "
          + String.format(Locale.ROOT, "%.3e", plan.flops())
          + " FLOPs\n"
          + plan.table();
    }
  }
}
