package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.local.run.FusedRegister;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.reshard.StepCounts;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * The stages of a plan on the devices of a process: compiled segments of statements, and the other
 * steps between them.
 *
 * @param frame the plan's values on the devices
 * @param isBody whether the plan is the body of a loop
 * @param carriedOver numbers of the body's outputs that a step writes into the memory of the next
 *     round's carried value
 * @param all the steps that run, in order
 */
record Stages(
    SpmdPlan plan, PlanRunFrame frame, boolean isBody, Set<Integer> carriedOver, List<Stage> all) {
  /** Steps that run before the next stage begins. */
  sealed interface Stage {
    /** Numbers of the values that the stage reads. */
    List<Integer> reads();

    /** Numbers of the values that the stage makes. */
    List<Integer> writes();

    /** Statements that run as one local program. */
    record Local(Segment segment) implements Stage {
      @Override
      public List<Integer> reads() {
        return segment.inputs();
      }

      @Override
      public List<Integer> writes() {
        return segment.outputs();
      }
    }

    /** A step that is neither a statement nor a loop or region. */
    record Between(int step, List<Integer> reads, List<Integer> writes, StepCode code)
        implements Stage {}

    /** A loop, or a region, which has one round. */
    record Rounds(
        int step, List<Integer> reads, List<Integer> writes, int carried, long count, Stages body)
        implements Stage {}
  }

  static Stages of(
      SpmdPlan plan,
      List<Integer> devices,
      CompositeCode.Finder composites,
      OverlapWorkers behind) {
    return of(plan, devices, composites, behind, 0, false, Set.of());
  }

  private static Stages of(
      SpmdPlan plan,
      List<Integer> devices,
      CompositeCode.Finder composites,
      OverlapWorkers behind,
      int carried,
      boolean isBody,
      Set<String> manual) {
    PlanRunFrame frame = new PlanRunFrame(plan, devices, manual);
    Expansions expansions = new Expansions(plan);
    Map<Integer, List<Integer>> readers = Segment.readers(plan, expansions);
    List<Stage> all = new ArrayList<>();
    int flying = 0;
    for (List<Integer> steps : Schedule.of(plan)) {
      Action action = plan.steps().get(steps.getFirst()).action();
      if (action instanceof Action.Apply) {
        boolean isBehind = flying > 0 && devices.size() < plan.mesh().size();
        Segment segment =
            new Segment(plan, frame, steps, expansions, readers, composites, behind, isBehind);
        if (!segment.isEmpty()) {
          all.add(new Stage.Local(segment));
        }
      } else {
        flying += action instanceof Action.Start ? 1 : action instanceof Action.Await ? -1 : 0;
        all.add(step(plan, frame, steps.getFirst(), composites, behind, manual));
      }
    }
    return new Stages(plan, frame, isBody, carriedOver(plan, frame, carried), List.copyOf(all));
  }

  private static Stage step(
      SpmdPlan plan,
      PlanRunFrame frame,
      int number,
      CompositeCode.Finder composites,
      OverlapWorkers behind,
      Set<String> manual) {
    PlanStep step = plan.steps().get(number);
    int first = plan.number(number);
    List<Integer> writes = IntStream.range(first, first + step.results().size()).boxed().toList();
    return switch (step.action()) {
      case Action.Loop loop -> {
        int carried =
            loop.statement().operation() instanceof Nested.Scan scan ? scan.carried().size() : 0;
        Set<String> inside = new TreeSet<>(manual);
        if (loop.statement().operation() instanceof Nested.Manual region) {
          region.axes().forEach(axis -> inside.add(axis.name()));
        }
        Stages body = of(loop.body(), frame.devices(), composites, behind, carried, true, inside);
        yield new Stage.Rounds(number, step.operands(), writes, carried, loop.rounds(), body);
      }
      default ->
          new Stage.Between(
              number,
              StepCounts.reads(plan, number),
              writes,
              code(plan, frame, number, composites, behind));
    };
  }

  private static StepCode code(
      SpmdPlan plan,
      PlanRunFrame frame,
      int number,
      CompositeCode.Finder composites,
      OverlapWorkers behind) {
    PlanStep step = plan.steps().get(number);
    return switch (step.action()) {
      case Action.Exchange _ ->
          new ReorderedDimension(step, frame.value(step.operands().getFirst()));
      case Action.Neighbour neighbour ->
          new NeighbourBlocks(neighbour, plan, number, frame, composites, behind.alone());
      case Action.Windows windows -> new WindowBlocks(windows, plan, number, frame, behind);
      case Action.Partitioned partitioned ->
          new PartitionRun(partitioned, plan, number, frame, composites, behind.alone());
      default -> new StepCode.None();
    };
  }

  /**
   * Outputs that a step writes directly into the memory of the next round's carried value. Only the
   * first device of each tile stores such an output, and no other carried value is the same output.
   */
  private static Set<Integer> carriedOver(SpmdPlan plan, PlanRunFrame frame, int carried) {
    List<Integer> outputs = plan.outputs().subList(0, carried);
    Set<Integer> over = new HashSet<>();
    for (int output : outputs) {
      boolean isMade = output >= plan.inputs().size() && !frame.isView(output);
      if (isMade && frame.isStoredOnce(output) && Collections.frequency(outputs, output) == 1) {
        over.add(output);
      }
    }
    return over;
  }

  /** Compiles the local programs of all segments, unless they are compiled already. */
  void compile() {
    for (Stage stage : all) {
      if (stage instanceof Stage.Local local) {
        local.segment().compile();
      } else if (stage instanceof Stage.Rounds rounds) {
        rounds.body().compile();
      }
    }
  }

  /** Bytes of all local programs' memory; a program counts once for each thread that may run it. */
  long workspaces(int threads) {
    long bytes = arrays(threads, LocalPlan::scratchBytes);
    for (Map.Entry<LocalPlan, Long> each : users().entrySet()) {
      LocalPlan local = each.getKey();
      bytes += Math.min(threads, each.getValue()) * (local.bytes() - local.scratchBytes());
    }
    return bytes;
  }

  /**
   * Bytes of the arrays that threads reuse: packed blocks of the operands of products outside of
   * windows, and the blocks in which chains of operations run.
   */
  long packedBytes(int threads) {
    long bytes = arrays(threads, LocalPlan::packedBytes);
    for (FusedRegister register : FusedRegister.values()) {
      bytes += arrays(threads, plan -> plan.blocks().bytes(register));
    }
    return bytes;
  }

  /**
   * Bytes of the arrays of all threads. A thread may take any free array, so every array grows to
   * the size that the largest local program needs. Only programs that compute during transfers have
   * separate arrays.
   */
  private long arrays(int threads, ToLongFunction<LocalPlan> needed) {
    Set<LocalPlan> behind = Collections.newSetFromMap(new IdentityHashMap<>());
    addBehind(behind);
    long own = 0;
    long shared = 0;
    for (Map.Entry<LocalPlan, Long> each : users().entrySet()) {
      long bytes = needed.applyAsLong(each.getKey());
      if (behind.contains(each.getKey())) {
        own += Math.min(threads, each.getValue()) * bytes;
      } else {
        shared = Math.max(shared, bytes);
      }
    }
    return own + Math.min(threads, frame.devices().size()) * shared;
  }

  /** Adds the local programs that run while bytes travel. */
  private void addBehind(Set<LocalPlan> behind) {
    for (Stage stage : all) {
      if (stage instanceof Stage.Local(Segment segment) && segment.isInterleaved()) {
        behind.addAll(segment.users().keySet());
      } else if (stage instanceof Stage.Rounds rounds) {
        rounds.body().addBehind(behind);
      }
    }
  }

  /** All local programs, each with the number of devices that run it. */
  private IdentityHashMap<LocalPlan, Long> users() {
    IdentityHashMap<LocalPlan, Long> users = new IdentityHashMap<>();
    for (Stage stage : all) {
      switch (stage) {
        case Stage.Local local -> users.putAll(local.segment().users());
        case Stage.Between between -> users.putAll(between.code().users());
        case Stage.Rounds rounds -> users.putAll(rounds.body().users());
      }
    }
    return users;
  }

  /** The values that a stage makes, including values between the statements of a segment. */
  List<PlannedValue> values(Stage stage) {
    List<Integer> steps =
        switch (stage) {
          case Stage.Local local -> local.segment().steps();
          case Stage.Between between -> List.of(between.step());
          case Stage.Rounds rounds -> List.of(rounds.step());
        };
    return steps.stream().flatMap(step -> plan.steps().get(step).results().stream()).toList();
  }

  /** Text such as {@code step 3, all-gather of w f32[8, 8] m h}. */
  String describe(Stage stage) {
    return switch (stage) {
      case Stage.Local local ->
          String.format(Locale.ROOT, "the local program %s", local.segment().name());
      case Stage.Between between -> describe(between.step());
      case Stage.Rounds rounds -> describe(rounds.step());
    };
  }

  private String describe(int step) {
    PlanStep at = plan.steps().get(step);
    return String.format(Locale.ROOT, "step %d, %s of %s", step, at.action().op(), at.result());
  }
}
