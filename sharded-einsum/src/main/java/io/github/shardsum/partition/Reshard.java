package io.github.shardsum.partition;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.internal.partition.run.SpmdRunner;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/** A reshard that can run any number of times; thread-safe, one run at a time. */
public final class Reshard {
  private final ReshardPlan plan;
  private final SpmdRunner runner;

  private Reshard(ReshardPlan plan, SpmdRunner runner) {
    this.plan = plan;
    this.runner = runner;
  }

  /**
   * Compiles a plan for an engine.
   *
   * @param plan the plan
   * @param collectives the engine, of the plan's mesh
   * @return the reshard
   * @throws IllegalArgumentException if the meshes differ
   */
  public static Reshard of(ReshardPlan plan, Collectives collectives) {
    return new Reshard(plan, new SpmdRunner(plan.plan(), collectives));
  }

  /**
   * The plan that runs follow.
   *
   * @return the plan
   */
  public ReshardPlan plan() {
    return plan;
  }

  /**
   * Reshards a value to the plan's second layout.
   *
   * @param value the shards on this process's devices, in the plan's first layout and dtype
   * @return the shards on these devices in the second layout; not to be written to
   * @throws IllegalArgumentException if shape, dtype or layout differs from the plan's
   */
  public ShardedTensor run(ShardedTensor value) {
    PlannedValue input = plan.plan().inputs().getFirst();
    if (!value.layout().isEquivalent(plan.from())
        || !value.shape().equals(input.shape())
        || value.dtype() != input.dtype()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "reshard: the value must be %s%s %s, got %s%s %s",
              input.dtype(),
              input.shape(),
              plan.from(),
              value.dtype(),
              value.shape(),
              value.layout()));
    }
    return runner.run(List.of(value)).getFirst();
  }

  /**
   * Puts a value together on every process.
   *
   * @param value the shards on this process's devices; partial sums are summed
   * @param collectives the engine
   * @return the logical value; not to be written to
   */
  public static Tensor gather(ShardedTensor value, Collectives collectives) {
    boolean summed =
        value.layout().partial().stream().allMatch(axis -> value.layout().mesh().size(axis) == 1);
    if (collectives.processes() == 1 && summed) {
      return value.gather();
    }
    ReshardPlan whole =
        ReshardPlan.of(
            value.layout(),
            value.layout().whole(),
            value.shape(),
            value.dtype(),
            PlanOptions.defaults().withReplication());
    return of(whole, collectives).run(value).shards().getFirst();
  }
}
