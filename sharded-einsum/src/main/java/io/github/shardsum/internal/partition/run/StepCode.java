package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.local.run.LocalPlan;
import java.util.IdentityHashMap;

/** The sizes and the compiled code of a step that is not a segment. */
sealed interface StepCode
    permits ReorderedDimension, NeighbourBlocks, WindowBlocks, PartitionRun, StepCode.None {
  /** The code of a step that needs none: the engine runs it on its operands. */
  record None() implements StepCode {}

  /** Workspace bytes of the local program and device that need the most. */
  default long largestWorkspace() {
    return 0;
  }

  /** The local programs, each with the number of times that devices run it. */
  default IdentityHashMap<LocalPlan, Long> users() {
    return new IdentityHashMap<>();
  }
}
