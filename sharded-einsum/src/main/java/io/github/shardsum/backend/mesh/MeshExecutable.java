package io.github.shardsum.backend.mesh;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.internal.backend.CheckedExecutable;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.run.DeviceMemory;
import io.github.shardsum.internal.partition.run.SpmdRunner;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.RaggedBoundException;
import io.github.shardsum.partition.Reshard;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.partition.StepSpan;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A program that was planned and compiled for a mesh. Thread-safe; runs on one engine take turns.
 * The first run allocates memory, which is kept for later runs; results belong to the caller.
 *
 * <p>Where numbers of rows depend on data, memory is planned for a bound of these numbers ({@link
 * PlanOptions#raggedBound}). If a device would receive more, all devices learn this before any row
 * is sent. The run then restarts on the same inputs, with the bound doubled until it suffices;
 * later runs keep that bound. Results do not depend on the bound. If the larger bound does not fit
 * the memory limit, the run fails with {@link RaggedBoundException}, with nothing written.
 *
 * <p>{@link #run} takes and returns whole values, the same on every process. {@link #runSharded}
 * takes and returns shards without a copy.
 */
public final class MeshExecutable implements Executable {
  private volatile ProgramPlan plan;
  private final Collectives collectives;
  private final CompositeCode.Finder composites;
  private final OptionalLong limit;
  private final boolean isTimed;
  private volatile SpmdRunner runner;
  private final CheckedExecutable executable;

  MeshExecutable(
      Program program,
      ProgramPlan plan,
      Collectives collectives,
      CompositeCode.Finder composites,
      OptionalLong limit,
      boolean isTimed) {
    this.plan = plan;
    this.collectives = collectives;
    this.composites = composites;
    this.limit = limit;
    this.isTimed = isTimed;
    this.runner = new SpmdRunner(plan.plan(), collectives, composites, isTimed);
    this.executable =
        new CheckedExecutable(
            program,
            new CheckedExecutable.Code(this::write, 0, () -> plan().explain(), List::of),
            Thread::startVirtualThread);
  }

  /**
   * The plan that runs follow: with a larger bound of received rows, if a run needed one.
   *
   * @return the plan
   */
  public ProgramPlan plan() {
    return plan;
  }

  private void write(List<Tensor> outputs, List<Tensor> inputs) {
    List<ShardedTensor> shards = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      PlannedValue input = plan.plan().inputs().get(i);
      // Other threads may not touch a confined arena's memory.
      Tensor given = inputs.get(i).isShared() ? inputs.get(i) : inputs.get(i).copy();
      Tensor stored = given.dtype() == input.dtype() ? given : given.convert(input.dtype());
      shards.add(ShardedTensor.of(stored, input.layout(), collectives.devices()));
    }
    synchronized (collectives) {
      bounded(
          () -> {
            runner.lend(
                shards,
                results -> {
                  for (int i = 0; i < outputs.size(); i++) {
                    gather(results.get(i), outputs.get(i));
                  }
                });
            return List.of();
          });
    }
  }

  /**
   * Runs, and repeats the run with a larger bound of received rows as long as a device would
   * receive more.
   */
  private List<ShardedTensor> bounded(Supplier<List<ShardedTensor>> run) {
    while (true) {
      try {
        return run.get();
      } catch (RaggedBoundException over) {
        raise(over);
      }
    }
  }

  /**
   * Every process raises the bound by the same factor, since all processes know the same number of
   * rows.
   */
  private void raise(RaggedBoundException over) {
    double factor = plan.plan().raggedBound();
    for (double bound = over.bound(); bound < over.needed(); bound *= 2) {
      factor *= 2;
    }
    SpmdPlan raised = plan.plan().withRaggedBound(factor);
    if (limit.isPresent() && DeviceMemory.of(raised, composites).peakBytes() > limit.getAsLong()) {
      throw over;
    }
    runner.close();
    plan = new ProgramPlan(plan.given(), plan.layouts(), plan.program(), raised, plan.cost());
    runner = new SpmdRunner(raised, collectives, composites, isTimed);
  }

  private void gather(ShardedTensor result, Tensor output) {
    boolean isHere = collectives.processes() == 1 && result.layout().partial().isEmpty();
    if (isHere && result.dtype() == output.dtype()) {
      result.gatherInto(output);
    } else {
      Tensor whole = Reshard.gather(result, collectives);
      output.assign(whole.dtype() == output.dtype() ? whole : whole.convert(output.dtype()));
    }
  }

  /**
   * Runs on shards, which are not copied.
   *
   * @param inputs the shards of each input on this process's devices, in the layouts of the plan's
   *     inputs
   * @return the shards of each output on them, in the layouts of the plan's outputs; not to be
   *     written to
   * @throws IllegalArgumentException if shards do not have the planned shapes, dtypes and layouts
   */
  public List<ShardedTensor> runSharded(List<ShardedTensor> inputs) {
    Objects.requireNonNull(inputs, "inputs");
    List<PlannedValue> planned = plan.plan().inputs();
    if (inputs.size() != planned.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "program %s: expected %d inputs, got %d",
              plan.program().name(),
              planned.size(),
              inputs.size()));
    }
    for (int i = 0; i < inputs.size(); i++) {
      ShardedTensor given = inputs.get(i);
      PlannedValue input = planned.get(i);
      if (!given.shape().equals(input.shape())
          || given.dtype() != input.dtype()
          || !given.layout().isEquivalent(input.layout())
          || !given.devices().equals(collectives.devices())) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "input %s: must be on devices %s, got %s%s %s on devices %s",
                input,
                collectives.devices(),
                given.dtype(),
                given.shape(),
                given.layout(),
                given.devices()));
      }
    }
    synchronized (collectives) {
      return bounded(() -> runner.run(inputs));
    }
  }

  /**
   * The times at which devices of this process ran the plan's steps, in the last run that has
   * ended.
   *
   * @return spans of one device after the other, each in order; empty unless it was compiled with
   *     {@link io.github.shardsum.backend.CompileOptions#withProfile}
   */
  public List<StepSpan> spans() {
    synchronized (collectives) {
      return runner.spans();
    }
  }

  /**
   * As {@link #spans}, but of the run before the last one. A trace of the last run can be predicted
   * from these times.
   *
   * @return the times; also empty if there was only one run
   */
  public List<StepSpan> spansBefore() {
    synchronized (collectives) {
      return runner.spansBefore();
    }
  }

  @Override
  public Program program() {
    return executable.program();
  }

  @Override
  public List<Tensor> run(List<Tensor> inputs) {
    return executable.run(inputs);
  }

  @Override
  public void runInto(List<Tensor> outputs, List<Tensor> inputs) {
    executable.runInto(outputs, inputs);
  }

  @Override
  public CompletableFuture<List<Tensor>> start(List<Tensor> outputs, List<Tensor> inputs) {
    return executable.start(outputs, inputs);
  }

  @Override
  public CompletableFuture<List<Tensor>> start(List<Tensor> inputs) {
    return executable.start(inputs);
  }

  /**
   * The most bytes that the largest device holds at any time of a run, including its shards of
   * inputs and outputs: stored values, packed data of collectives, and the memory of local programs
   * and of composites' kernels while they run. Memory limits are compared with this number.
   */
  @Override
  public long heldBytes() {
    return DeviceMemory.of(plan.plan(), composites).peakBytes();
  }

  /**
   * The same number as {@link #heldBytes()}, since on a mesh a run has its own shards of inputs and
   * outputs.
   */
  @Override
  public long peakBytes() {
    return heldBytes();
  }

  /**
   * Bytes that the first run allocates in this process, for all its devices, and that are kept for
   * later runs until {@link #close}: the stored values without inputs and outputs, and the memory
   * of local programs, once for each thread that runs one. {@link #run} keeps the outputs' shards
   * too.
   *
   * @param threads how many threads compute, at least 1
   * @return the bytes
   */
  public long keptBytes(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    return runner.keptBytes(threads);
  }

  /**
   * Bytes of the arrays into which kernels pack blocks of the operands of products, and of the
   * arrays in which chains of pointwise operations run block by block, for all devices of this
   * process. The first run allocates them, and they are kept as long as this executable is
   * reachable. The size of the packed blocks depends on the caches and the vectors of this machine.
   * A plan is the same on every machine, so these bytes are counted neither in {@link #keptBytes}
   * nor in {@link #peakBytes}, and a memory limit does not cover them. Products that are cut into
   * windows are left out. Products of different dtypes pack into different arrays; only the largest
   * arrays are counted.
   *
   * @param threads how many threads compute, at least 1
   * @return the bytes; an upper bound if all products have one dtype, and no composite's kernel
   *     packs more than {@link io.github.shardsum.backend.CompositeKernel#packedBytes} says
   */
  public long packedBytes(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    return runner.packedBytes(threads);
  }

  @Override
  public String explain() {
    return executable.explain();
  }

  @Override
  public void close() {
    executable.close();
    synchronized (collectives) {
      runner.close();
    }
  }
}
