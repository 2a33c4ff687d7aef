package io.github.shardsum.backend.mesh;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Communication.Routes;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Puts a fault into a manual region of a plan; not thread-safe. */
final class RegionMutation {
  private final Random random;

  RegionMutation(long seed) {
    this.random = new Random(seed);
  }

  /** The plan with a fault, or as it was where the one that was drawn does not fit. */
  SpmdPlan of(SpmdPlan plan) {
    try {
      return changed(plan, false);
    } catch (IllegalArgumentException misfit) {
      return plan;
    }
  }

  private SpmdPlan changed(SpmdPlan plan, boolean inside) {
    List<Integer> places = new ArrayList<>();
    for (int step = 0; step < plan.steps().size(); step++) {
      Action action = plan.steps().get(step).action();
      if (action instanceof Action.Loop || (inside && action instanceof Action.Communicate)) {
        places.add(step);
      }
    }
    if (places.isEmpty()) {
      return plan;
    }
    int at = places.get(random.nextInt(places.size()));
    PlanStep step = plan.steps().get(at);
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(
        at, new PlanStep(changed(step.action()), step.operands(), step.results(), step.origin()));
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  private Action changed(Action action) {
    return switch (action) {
      case Action.Loop loop when loop.statement().operation() instanceof Manual manual ->
          random.nextInt(3) == 0
              ? new Action.Loop(changed(loop.statement(), terms(manual)), loop.body())
              : new Action.Loop(loop.statement(), changed(loop.body(), true));
      case Action.Loop loop -> new Action.Loop(loop.statement(), changed(loop.body(), true));
      case Action.Communicate(Statement statement) ->
          new Action.Communicate(
              changed(statement, communication((Communication) statement.operation())));
      default -> action;
    };
  }

  /** A statement of another operation must have the same types. */
  private static Statement changed(Statement statement, Operation other) {
    return new Statement(statement.results(), other);
  }

  /** Terms in which one axis is on another label, or which change places. */
  private Manual terms(Manual manual) {
    List<Term> in = new ArrayList<>(manual.in());
    List<Term> out = new ArrayList<>(manual.out());
    if (random.nextBoolean()) {
      int one = random.nextInt(in.size());
      in.set(one, in.get(one).withoutLayout());
    } else {
      int one = random.nextInt(out.size());
      Term term = out.get(one);
      out.set(
          one,
          term.partial().isEmpty()
              ? new Term(term.withoutLayout().axes(), names(manual.axes()))
              : new Term(term.axes(), List.of()));
    }
    return new Manual(manual.axes(), manual.body(), manual.operands(), in, out);
  }

  private static List<String> names(List<MeshAxis> axes) {
    return axes.stream().map(MeshAxis::name).toList();
  }

  private Communication communication(Communication old) {
    List<MeshAxis> turned = new ArrayList<>(old.axes());
    Collections.reverse(turned);
    return switch (old) {
      case AllReduce reduce ->
          new AllReduce(
              reduce.x(),
              reduce.by() == ReduceKind.SUM ? ReduceKind.MAX : ReduceKind.SUM,
              reduce.axes());
      case Communication.AllGather gather ->
          new Communication.AllGather(gather.x(), gather.label(), turned);
      case ReduceScatter scatter ->
          random.nextBoolean()
              ? new OwnChunk(scatter.x(), scatter.label(), scatter.axes())
              : new ReduceScatter(scatter.x(), scatter.label(), turned);
      case Communication.AllToAll all ->
          new Communication.AllToAll(all.x(), all.from(), all.to(), turned);
      case Permute permute ->
          random.nextBoolean()
              ? new Permute(permute.x(), permute.axes(), permute.routes().inverse())
              : new Permute(permute.x(), permute.axes(), new Routes.Shift(1, false));
      case OwnChunk chunk -> new ReduceScatter(chunk.x(), chunk.label(), chunk.axes());
      case AxisIndex(MeshAxis axis) -> {
        if (axis.size() == 1) {
          throw ProgramException.of(old, "no other index");
        }
        yield new AxisIndex(new MeshAxis(axis.name().equals("x") ? "z" : "x", 2));
      }
    };
  }
}
