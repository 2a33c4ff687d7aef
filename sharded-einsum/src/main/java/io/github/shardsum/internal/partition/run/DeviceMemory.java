package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.partition.run.Stages.Stage;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested.Composite;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What the largest device holds at once while it runs a plan: all inputs, the values that are
 * stored between the stages in which it runs, and what the compiled local program of a stage needs
 * beside. The statements of a stage are one local program, which need not store what is between
 * them.
 *
 * @param peakBytes the most, over all stages
 * @param where the stage in which it is held, for a reader
 * @param made names of the values that the stage makes
 * @param through names of other values that are stored meanwhile, the largest first
 */
public record DeviceMemory(long peakBytes, String where, Set<String> made, List<String> through) {
  /** Copies the collections. */
  public DeviceMemory {
    made = Collections.unmodifiableSet(new TreeSet<>(made));
    through = List.copyOf(through);
  }

  /**
   * Of a plan, without what kernels of composites need.
   *
   * @param plan the plan
   * @return what a device holds
   */
  public static DeviceMemory of(SpmdPlan plan) {
    return of(plan, kernels(_ -> true));
  }

  /**
   * Kernels of which is known only that they are there, so that nothing of them runs.
   *
   * @param which composites have one
   * @return what stands for them
   */
  public static CompositeCode.Finder kernels(Predicate<Composite> which) {
    return composite -> which.test(composite) ? Optional.of(NOTHING) : Optional.empty();
  }

  /** Stands for a kernel that needs nothing beside its operands and results. */
  private static final CompositeCode NOTHING =
      new CompositeCode(
          (_, _, _) -> {
            throw new IllegalStateException("plan: must be compiled with kernels to run");
          },
          0,
          _ -> 0);

  /**
   * Of a plan.
   *
   * @param plan the plan
   * @param composites finds the code of composites
   * @return what a device holds
   */
  public static DeviceMemory of(SpmdPlan plan, CompositeCode.Finder composites) {
    // The first chunk of a label is the longest; a chunk between two others has the longest halo.
    DeviceMemory first = on(plan, 0, composites);
    if (!hasNeighbours(plan)) {
      return first;
    }
    DeviceMemory second = on(plan, 1, composites);
    return first.peakBytes >= second.peakBytes ? first : second;
  }

  private static boolean hasNeighbours(SpmdPlan plan) {
    return plan.steps().stream()
        .anyMatch(
            step ->
                step.action() instanceof Action.Neighbour
                    || (step.action() instanceof Action.Loop loop && hasNeighbours(loop.body())));
  }

  private static DeviceMemory on(SpmdPlan plan, int coordinate, CompositeCode.Finder composites) {
    Mesh mesh = plan.mesh();
    List<Integer> coordinates = new ArrayList<>();
    mesh.axisNames().forEach(axis -> coordinates.add(Math.min(coordinate, mesh.size(axis) - 1)));
    Stages stages = Stages.of(plan, List.of(mesh.deviceAt(coordinates)), composites);
    BufferPlan buffers = new BufferPlan(stages);
    long inputs = 0;
    for (PlannedValue input : plan.inputs()) {
      inputs += input.localElements() * input.dtype().byteSize();
    }
    BufferPlan.Peak peak = buffers.peak();
    Set<String> made = new TreeSet<>();
    String where = "its inputs alone";
    if (peak.stage() >= 0) {
      Stage stage = stages.all().get(peak.stage());
      stages.values(stage).forEach(value -> made.add(value.name()));
      where = stages.describe(stage);
    }
    return new DeviceMemory(inputs + peak.bytes(), where, made, buffers.through(peak.stage()));
  }
}
