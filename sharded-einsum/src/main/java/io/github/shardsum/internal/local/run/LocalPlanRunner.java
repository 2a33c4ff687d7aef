package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Runs a plan in workspaces that are kept for later runs; runs at the same time have separate
 * workspaces. Thread-safe.
 */
public final class LocalPlanRunner {
  private final LocalPlan plan;
  private final Workers workers;
  private final Optional<LocalProfile> profile;
  private final ConcurrentLinkedQueue<LocalWorkspace> free = new ConcurrentLinkedQueue<>();

  /** A runner that adds the times of steps to a profile, if there is one. */
  public LocalPlanRunner(LocalPlan plan, Workers workers, Optional<LocalProfile> profile) {
    this.plan = plan;
    this.workers = workers;
    this.profile = profile;
  }

  /** Runs the plan on tensors that were checked. */
  public void run(List<Tensor> outputs, List<Tensor> inputs) {
    LocalWorkspace kept = free.poll();
    LocalWorkspace workspace = kept == null ? new LocalWorkspace(plan) : kept;
    boolean shared = areShared(inputs) && areShared(outputs);
    plan.run(workspace, shared ? workers : workers.alone(), inputs, outputs, profile);
    // After a failed run the workspace may hold unchecked positions, so it is not kept.
    free.add(workspace);
  }

  /**
   * Whether threads other than the caller may access the memory; they may not access a confined
   * arena.
   */
  private static boolean areShared(List<Tensor> tensors) {
    for (Tensor tensor : tensors) {
      if (!tensor.isShared()) {
        return false;
      }
    }
    return true;
  }
}
