package io.github.shardsum.stablehlo;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Annotation;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A planned program in which each value is annotated with its layout in the plan. Where the plan
 * moves a value, the value is annotated again, so that another partitioner makes the same moves.
 */
public final class PlannedProgram {
  /** An annotation that requests nothing. */
  private static final Annotation OPEN = new Annotation(List.of(), Set.of(), 0);

  private final ProgramPlan planned;
  private final ProgramBuilder p;
  private final List<Value> values = new ArrayList<>();

  private PlannedProgram(ProgramPlan planned) {
    this.planned = planned;
    this.p = Program.builder(planned.program().name());
  }

  /**
   * The program of a plan. Values inside loops and composites, and partial sums, have no
   * annotation.
   *
   * @param planned the plan
   * @return a program of the same inputs, outputs and values
   */
  public static Program of(ProgramPlan planned) {
    return new PlannedProgram(planned).build();
  }

  private Program build() {
    SpmdPlan plan = planned.plan();
    for (Value input : planned.program().inputs()) {
      ValueType type = input.type();
      values.add(
          p.input(
              input.name(),
              new ValueType(type.dtype(), type.labels().withoutLayout(), type.shape())));
    }
    for (PlanStep step : plan.steps()) {
      List<Value> operands = step.operands().stream().map(values::get).toList();
      List<Value> results = results(step, operands);
      for (int i = 0; i < step.results().size(); i++) {
        values.add(laidOut(results.get(i), step.results().get(i)));
      }
    }
    for (int i = 0; i < plan.outputs().size(); i++) {
      String name = planned.program().outputs().get(i).name();
      // A value may be two outputs, and an input may be an output. Each output is therefore a
      // separate value.
      p.output(
          p.let(
              p.unusedName(name),
              p.add(new Movement.Annotate(values.get(plan.outputs().get(i)), OPEN)).getFirst()));
    }
    return p.build();
  }

  private List<Value> results(PlanStep step, List<Value> operands) {
    return switch (step.action()) {
      case Action.Apply(Statement statement) -> applied(statement, operands);
      case Action.Neighbour neighbour -> applied(neighbour.statement(), operands);
      case Action.Partitioned partitioned -> applied(partitioned.statement(), operands);
      case Action.Loop(Statement statement, _) -> applied(statement, operands);
      case Action.Communicate(Statement statement) -> applied(statement, operands);
      case Action.Windows windows -> applied(windows.statement(), operands);
      case Action.Slice _,
          Action.AllGather _,
          Action.AllReduce _,
          Action.ReduceScatter _,
          Action.AllToAll _,
          Action.CollectivePermute _,
          Action.Exchange _,
          Action.Start _,
          Action.Await _ ->
          operands;
    };
  }

  /** A statement with other operands. */
  private List<Value> applied(Statement statement, List<Value> operands) {
    Map<Value, Value> arguments = new LinkedHashMap<>();
    List<Value> read = statement.operation().operands();
    for (int i = 0; i < read.size(); i++) {
      arguments.put(read.get(i), operands.get(i));
    }
    Program one =
        new Program(
            "step", List.copyOf(arguments.keySet()), List.of(statement), statement.results());
    return p.inline(one, List.copyOf(arguments.values()));
  }

  private Value laidOut(Value value, PlannedValue planned) {
    Layout layout = planned.layout();
    if (!layout.partial().isEmpty() || layout.rank() == 0) {
      return value;
    }
    List<Axis> axes = new ArrayList<>();
    for (int dim = 0; dim < layout.rank(); dim++) {
      axes.add(new Axis(value.type().labels().axis(dim).label(), layout.axes(dim)));
    }
    Annotation closed = Annotation.closed(new Term(axes, List.of()));
    return p.add(new Movement.Annotate(value, closed)).getFirst();
  }
}
