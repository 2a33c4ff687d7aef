package io.github.shardsum.backend.mesh;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.plan.CompositeKernelFinder;
import io.github.shardsum.internal.partition.plan.ProgramPlanning;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.Reshard;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Runs programs on a mesh of devices: completes the layouts of a program from its annotations,
 * plans it as one program of local steps and collectives for all devices, and runs the plan on an
 * engine of collectives, in this process or over MPI. Thread-safe.
 *
 * <pre>{@code
 * try (Collectives collectives = Collectives.open(Mesh.parse("x=8"));
 *     MeshExecutable layer = MeshBackend.of(collectives).compile(program)) {
 *   System.out.println(layer.plan());
 *   List<Tensor> results = layer.run(inputs);
 * }
 * }</pre>
 *
 * <p>Results have the values of the program without layouts, to the bit wherever its arithmetic is
 * exact (integers, bool, and floats of small integers); otherwise sums over a split label are taken
 * in another order. This order depends on the plan alone, neither on threads nor on processes. With
 * {@link CompileOptions#withReproducible} results have the bits of the local backend.
 *
 * <p>Local steps are compiled once for each combination of local shapes. There are few
 * combinations, whatever the number of devices. A block that several devices of a process share is
 * stored and computed once, except in composites whose rows travel. Over MPI every process compiles
 * and runs the same programs in the same order.
 */
public final class MeshBackend implements Backend {
  private final Collectives collectives;
  private final Kernels kernels;
  private final PlanOptions options;
  private final Optional<Consumer<MeshExecutable>> timed;

  private MeshBackend(
      Collectives collectives,
      Kernels kernels,
      PlanOptions options,
      Optional<Consumer<MeshExecutable>> timed) {
    this.timed = timed;
    this.collectives = Objects.requireNonNull(collectives, "collectives");
    this.kernels = Objects.requireNonNull(kernels, "kernels");
    this.options = Objects.requireNonNull(options, "options");
  }

  /**
   * A backend on an engine, with the kernels of {@link Kernels#ofAttention}.
   *
   * @param collectives the engine, whose mesh it is; kept open by the caller
   * @return the backend
   */
  public static MeshBackend of(Collectives collectives) {
    return of(collectives, Kernels.ofAttention(), PlanOptions.defaults());
  }

  /**
   * A backend on an engine.
   *
   * @param collectives the engine, whose mesh it is; kept open by the caller
   * @param kernels code of composites; those that have none are decomposed
   * @param options the options for the choice of plans
   * @return the backend
   */
  public static MeshBackend of(Collectives collectives, Kernels kernels, PlanOptions options) {
    return new MeshBackend(collectives, kernels, options, Optional.empty());
  }

  /**
   * The same backend with timed executables, see {@link MeshExecutable#spans}.
   *
   * @param compiled gets each executable when it is compiled, on the thread that compiles
   * @return a backend on the same engine
   */
  public MeshBackend timed(Consumer<MeshExecutable> compiled) {
    return new MeshBackend(collectives, kernels, options, Optional.of(compiled));
  }

  /**
   * The name with the mesh, such as {@code mesh x=8}.
   *
   * @return a short name
   */
  @Override
  public String name() {
    return ("mesh " + collectives.mesh().notation()).strip();
  }

  /**
   * The mesh.
   *
   * @return the mesh of the engine
   */
  public Mesh mesh() {
    return collectives.mesh();
  }

  /**
   * Cuts a value up for this process's devices.
   *
   * @param whole the value, the same on every process
   * @param layout the target layout, on the mesh
   * @return the shards, views of it
   * @throws IllegalArgumentException if the ranks differ
   */
  public ShardedTensor shards(Tensor whole, Layout layout) {
    return ShardedTensor.of(whole, layout, collectives.devices());
  }

  /**
   * Puts a value together. All processes of the engine must make the same calls of this method in
   * the same order.
   *
   * @param value the shards on this process's devices
   * @return the whole value, on every process, in memory of its own
   */
  public Tensor gather(ShardedTensor value) {
    synchronized (collectives) {
      return collectives.processes() == 1 && value.layout().partial().isEmpty()
          ? value.gather()
          : Reshard.gather(value, collectives);
    }
  }

  /**
   * Plans and compiles a program.
   *
   * @param program the program, with annotations or layouts of inputs
   * @param compileOptions values to compute again, and bytes that a device may hold at once, inputs
   *     and outputs included; if the cheapest plan holds more, others are looked for
   * @return the executable
   * @throws IllegalArgumentException if an annotation names an axis that the mesh does not have, or
   *     no plan stays within the limits
   */
  @Override
  public MeshExecutable compile(Program program, CompileOptions compileOptions) {
    Objects.requireNonNull(program, "program");
    Objects.requireNonNull(compileOptions, "options");
    return compile(program, plan(program, compileOptions), compileOptions);
  }

  /**
   * Plans a program as {@link #compile(Program)} does, and compiles nothing. The plan is that of
   * {@link ProgramPlan#of(Program, Mesh, Kernels, PlanOptions)} on the mesh of the engine.
   *
   * @param program the program, with annotations or layouts of inputs
   * @return the plan
   * @throws IllegalArgumentException if an annotation names an axis that the mesh does not have, or
   *     no plan stays within the limits
   */
  public ProgramPlan plan(Program program) {
    return plan(Objects.requireNonNull(program, "program"), CompileOptions.defaults());
  }

  private ProgramPlan plan(Program program, CompileOptions compileOptions) {
    PlanOptions limited = limited(compileOptions);
    return ProgramPlanning.plan(
        program,
        checked(program, compileOptions.rematerialized()),
        collectives.mesh(),
        new CompositeKernelFinder(kernels, limited.sums()),
        limited);
  }

  /**
   * The options of the backend and of a compilation together: the smaller memory limit, and an
   * order of sums if either has one.
   */
  private PlanOptions limited(CompileOptions other) {
    PlanOptions all = other.sums().isTree() ? options.withSums(other.sums()) : options;
    long limit =
        Math.min(
            other.memoryLimit().orElse(Long.MAX_VALUE),
            options.memoryLimit().orElse(Long.MAX_VALUE));
    return limit == Long.MAX_VALUE ? all : all.withMemoryLimit(limit);
  }

  @Override
  public MeshExecutable compile(Program program) {
    return compile(program, CompileOptions.defaults());
  }

  /**
   * Compiles an existing plan.
   *
   * @param plan the plan, on the mesh of the engine
   * @param compileOptions the options, as in {@link #compile(Program, CompileOptions)}; values to
   *     compute again are those of the plan
   * @return the executable
   * @throws IllegalArgumentException if the meshes differ, or a device would hold too much
   */
  public MeshExecutable compile(ProgramPlan plan, CompileOptions compileOptions) {
    return compile(plan.program(), plan, compileOptions);
  }

  private MeshExecutable compile(Program program, ProgramPlan plan, CompileOptions compileOptions) {
    if (compileOptions.sums().isTree() && !plan.plan().sums().equals(compileOptions.sums())) {
      throw new IllegalArgumentException(
          "plan: must be made for sums by a "
              + compileOptions.sums()
              + ", got "
              + plan.plan().sums()
              + "; plan it with PlanOptions.withSums");
    }
    CompositeCode.Finder codes = new CompositeKernelFinder(kernels, plan.plan().sums());
    OptionalLong limit = compileOptions.memoryLimit();
    if (limit.isPresent()) {
      ProgramPlanning.check(plan, codes, limit.getAsLong());
    }
    boolean isTimed = timed.isPresent() || compileOptions.profiled();
    MeshExecutable made =
        new MeshExecutable(
            program, plan, collectives, codes, limited(compileOptions).memoryLimit(), isTimed);
    timed.ifPresent(each -> each.accept(made));
    return made;
  }

  private static Set<String> checked(Program program, Set<String> names) {
    for (String name : names) {
      Value value = program.value(name);
      if (program.inputs().contains(value)) {
        throw new IllegalArgumentException(
            "rematerialize " + name + ": must be a result, got the input " + value);
      }
    }
    return names;
  }
}
