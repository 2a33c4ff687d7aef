package io.github.shardsum.internal.partition;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Plan;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.partition.SpmdPlan;
import java.util.List;
import java.util.Optional;

/**
 * Runs a plan on the devices of this process, as one plan of supersteps on an engine: local steps
 * on each distinct tile once, collectives into tensors that devices of a tile share. One run at a
 * time, whichever thread asks.
 */
public final class PlanRunner {
  private final SpmdPlan plan;
  private final Frame frame;
  private final Plan program;

  /**
   * Lays out the supersteps of a plan.
   *
   * @param plan the plan
   * @param collectives the engine, of the plan's mesh
   * @throws IllegalArgumentException if the meshes differ
   */
  public PlanRunner(SpmdPlan plan, Collectives collectives) {
    this(plan, collectives, _ -> Optional.empty());
  }

  /**
   * As {@link #PlanRunner(SpmdPlan, Collectives)}, with code of composites.
   *
   * @param plan the plan
   * @param collectives the engine, of the plan's mesh
   * @param composites finds the code of composites
   * @throws IllegalArgumentException if the meshes differ
   */
  public PlanRunner(SpmdPlan plan, Collectives collectives, CompositeCode.Finder composites) {
    if (!collectives.mesh().equals(plan.mesh())) {
      throw new IllegalArgumentException(
          "plan of mesh \"%s\": must run on collectives of that mesh, got \"%s\""
              .formatted(plan.mesh().notation(), collectives.mesh().notation()));
    }
    this.plan = plan;
    this.frame = new Frame(plan, collectives.devices());
    Plan.Builder builder = collectives.plan("sharded");
    new Supersteps(plan, frame, builder, composites).add();
    this.program = builder.build();
  }

  /**
   * Runs the plan.
   *
   * @param inputs the inputs' shards on this process's devices, in the plan's layouts and dtypes
   * @return the outputs' shards on them
   */
  public synchronized List<ShardedTensor> run(List<ShardedTensor> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      frame.put(i, inputs.get(i).shards());
    }
    try {
      program.run();
      return plan.outputs().stream().map(frame::sharded).toList();
    } finally {
      frame.clear();
    }
  }
}
