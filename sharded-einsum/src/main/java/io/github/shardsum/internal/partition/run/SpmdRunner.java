package io.github.shardsum.internal.partition.run;

import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.partition.StepSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs a plan on the devices of this process, as one plan of supersteps on an engine. Local steps
 * run once for each distinct tile; collectives write tensors that the devices of a tile share. One
 * run at a time; other threads wait.
 */
public final class SpmdRunner {
  private final SpmdPlan plan;
  private final Stages stages;
  private final PlanRunFrame frame;
  private final BufferPlan buffers;
  private final CollectivePlan program;
  private final Optional<StepClock> clock;

  /**
   * Lays out the supersteps of a plan.
   *
   * @param collectives the engine, of the plan's mesh
   * @throws IllegalArgumentException if the meshes differ
   */
  public SpmdRunner(SpmdPlan plan, Collectives collectives) {
    this(plan, collectives, _ -> Optional.empty(), false);
  }

  /**
   * Lays out the supersteps of a plan with composites.
   *
   * @param collectives the engine, of the plan's mesh
   * @param composites finds the code of composites
   * @param isTimed whether runs record the times of each step, see {@link #spans}
   * @throws IllegalArgumentException if the meshes differ
   */
  public SpmdRunner(
      SpmdPlan plan, Collectives collectives, CompositeCode.Finder composites, boolean isTimed) {
    if (!collectives.mesh().equals(plan.mesh())) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "plan of mesh \"%s\": must run on collectives of that mesh, got \"%s\"",
              plan.mesh().notation(),
              collectives.mesh().notation()));
    }
    this.plan = plan;
    this.stages =
        Stages.of(
            plan, collectives.devices(), composites, new OverlapWorkers(collectives::progress));
    this.frame = stages.frame();
    this.buffers = new BufferPlan(stages);
    CollectivePlan.Builder builder = collectives.plan("sharded");
    this.clock = isTimed ? Optional.of(new StepClock(collectives.devices())) : Optional.empty();
    new SuperstepBuilder(stages, builder, clock, List.of()).add();
    this.program = builder.build();
  }

  /**
   * Bytes that the first run on this process's devices allocates and keeps, without inputs and
   * outputs.
   *
   * @param threads number of threads that compute
   */
  public long keptBytes(int threads) {
    return buffers.memory().bytes() + stages.workspaces(threads);
  }

  /**
   * Bytes of the arrays into which threads pack blocks of operands; they depend on this machine.
   *
   * @param threads number of threads that compute
   */
  public long packedBytes(int threads) {
    return stages.packedBytes(threads);
  }

  /**
   * Runs the plan.
   *
   * @param inputs the inputs' shards on this process's devices, in the plan's layouts and dtypes
   * @return the shards of the outputs on these devices; they must not be written to, since devices
   *     share tiles, and since an output may be an input or a view of an input
   */
  public List<ShardedTensor> run(List<ShardedTensor> inputs) {
    List<ShardedTensor> results = new ArrayList<>();
    run(inputs, false, results::addAll);
    return results;
  }

  /**
   * Runs the plan and shows a reader the outputs, whose memory is kept for the next run.
   *
   * @param inputs the inputs' shards
   * @param reader receives the outputs' shards, and may read them until its call returns
   */
  public void lend(List<ShardedTensor> inputs, Consumer<List<ShardedTensor>> reader) {
    run(inputs, true, reader);
  }

  private synchronized void run(
      List<ShardedTensor> inputs, boolean keeps, Consumer<List<ShardedTensor>> reader) {
    stages.compile();
    frame.open(buffers, keeps);
    for (int i = 0; i < inputs.size(); i++) {
      frame.put(i, inputs.get(i).shards());
    }
    clock.ifPresent(StepClock::next);
    try {
      program.run();
      reader.accept(plan.outputs().stream().map(frame::sharded).toList());
    } finally {
      frame.release(buffers);
    }
  }

  /**
   * The times at which devices of this process ran the steps, in the last run.
   *
   * @return the times of one device after another, each in order; empty if runs are not timed
   */
  public synchronized List<StepSpan> spans() {
    return clock.map(StepClock::all).orElse(List.of());
  }

  /**
   * The times of the run before the last, in the form of {@link #spans}.
   *
   * @return the times; also empty if there was only one run
   */
  public synchronized List<StepSpan> spansBefore() {
    return clock.map(StepClock::before).orElse(List.of());
  }

  /** Releases the memory that runs keep; the next run allocates it again. */
  public synchronized void close() {
    frame.close(buffers);
  }
}
