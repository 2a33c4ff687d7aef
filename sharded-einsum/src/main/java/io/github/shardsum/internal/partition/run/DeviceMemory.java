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
 * The most memory that the largest device holds at any time of a plan's run: all inputs, the values
 * that are stored between stages, and the workspace of a stage's compiled local program. The
 * statements of a stage are one local program, which need not store the values between them.
 *
 * @param peakBytes the maximum over all stages
 * @param where the stage of the peak, as text
 * @param made names of the values that the stage makes
 * @param through names of other values that are stored meanwhile, the largest first
 * @param steps the bytes that are held while each step runs
 */
public record DeviceMemory(
    long peakBytes, String where, Set<String> made, List<String> through, List<Step> steps) {
  /**
   * Bytes that the device holds while a step runs; statements of one stage have the same number.
   *
   * @param bytes bytes with the inputs; of a loop the maximum over its rounds
   * @param body the bytes of each step of a loop's body, including the bytes around the loop;
   *     otherwise empty
   */
  public record Step(long bytes, List<Step> body) {
    /** Copies the list. */
    public Step {
      body = List.copyOf(body);
    }
  }

  /** Copies the collections. */
  public DeviceMemory {
    made = Collections.unmodifiableSet(new TreeSet<>(made));
    through = List.copyOf(through);
    steps = List.copyOf(steps);
  }

  /** The memory of a plan, without the workspace of composites' kernels. */
  public static DeviceMemory of(SpmdPlan plan) {
    return of(plan, kernels(_ -> true));
  }

  /**
   * Placeholder kernels for planning; they cannot run.
   *
   * @param which selects the composites that get a placeholder
   */
  public static CompositeCode.Finder kernels(Predicate<Composite> which) {
    return composite -> which.test(composite) ? Optional.of(NOTHING) : Optional.empty();
  }

  /** Placeholder for a kernel that needs no workspace. */
  private static final CompositeCode NOTHING =
      new CompositeCode(
          (_, _, _) -> {
            throw new IllegalStateException("plan: must be compiled with kernels to run");
          },
          0,
          _ -> 0);

  /**
   * The memory of a plan.
   *
   * @param composites finds the code of composites
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
    Stages stages =
        Stages.of(plan, List.of(mesh.deviceAt(coordinates)), composites, OverlapWorkers.none());
    BufferPlan buffers = new BufferPlan(stages);
    long inputs = 0;
    for (PlannedValue input : plan.inputs()) {
      inputs =
          Math.addExact(
              inputs, Math.multiplyExact(input.localElements(), input.dtype().byteSize()));
    }
    List<BufferPlan.Held> held = buffers.held();
    int peak = -1;
    for (int stage = 0; stage < held.size(); stage++) {
      long most = peak < 0 ? 0 : held.get(peak).bytes();
      peak = held.get(stage).bytes() > most ? stage : peak;
    }
    long bytes = Math.addExact(inputs, peak < 0 ? 0 : held.get(peak).bytes());
    Set<String> made = new TreeSet<>();
    String where = "its inputs alone";
    if (peak >= 0) {
      Stage stage = stages.all().get(peak);
      stages.values(stage).forEach(value -> made.add(value.name()));
      where = stages.describe(stage);
    }
    long around = inputs;
    List<Step> steps =
        steps(stages, held.stream().map(stage -> stage.plus(around)).toList(), around);
    return new DeviceMemory(bytes, where, made, buffers.through(peak), steps);
  }

  /**
   * Bytes that are held in the stage of each step; a step that belongs to no stage has only the
   * bytes around the plan.
   */
  private static List<Step> steps(Stages stages, List<BufferPlan.Held> held, long around) {
    int count = stages.plan().steps().size();
    List<Step> all = new ArrayList<>(Collections.nCopies(count, new Step(around, List.of())));
    for (int i = 0; i < held.size(); i++) {
      BufferPlan.Held at = held.get(i);
      switch (stages.all().get(i)) {
        case Stage.Local local ->
            local
                .segment()
                .steps()
                .forEach(
                    step ->
                        all.set(
                            step,
                            new Step(Math.max(all.get(step).bytes(), at.bytes()), List.of())));
        case Stage.Between between -> all.set(between.step(), new Step(at.bytes(), List.of()));
        case Stage.Rounds rounds ->
            all.set(rounds.step(), new Step(at.bytes(), steps(rounds.body(), at.rounds(), around)));
      }
    }
    return all;
  }
}
