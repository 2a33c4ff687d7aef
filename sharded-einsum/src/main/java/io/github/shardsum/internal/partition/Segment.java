package io.github.shardsum.internal.partition;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.compile.LocalCompiler;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Statements that every device computes one after the other without a collective between them: one
 * local program, compiled once for each combination of local shapes, with the starts of chunks as
 * inputs. A device computes it if it is the first of a tile of an output.
 */
final class Segment {
  /** Elements of a value that is computed on each device rather than once. */
  private static final long SMALL = 1024;

  private final SpmdPlan plan;
  private final Frame frame;
  private final List<Integer> steps;
  private final CompositeCode.Finder composites;
  private final List<Integer> inputs = new ArrayList<>();
  private final List<Integer> outputs = new ArrayList<>();

  /** What each device of this process runs; none for one that computes nothing of its own. */
  private final @Nullable Code[] codes;

  /** The starts of each device's chunks, in the order of the code's last inputs. */
  private final List<List<Tensor>> starts = new ArrayList<>();

  private record Code(
      io.github.shardsum.internal.local.run.PlanRunner runner, List<Start> starts) {}

  Segment(SpmdPlan plan, Frame frame, List<Integer> steps, CompositeCode.Finder composites) {
    this.plan = plan;
    this.frame = frame;
    this.steps = steps;
    this.composites = composites;
    edges();
    this.codes = new Code[frame.devices().size()];
    Map<List<Shape>, Code> compiled = new HashMap<>();
    for (int i = 0; i < codes.length; i++) {
      int index = i;
      if (outputs.stream().anyMatch(output -> frame.isFirst(output, index))) {
        Code code = compiled.computeIfAbsent(shapes(index), _ -> compile(index));
        codes[i] = code;
        starts.add(code.starts().stream().map(start -> start(start, index)).toList());
      } else {
        starts.add(List.of());
      }
    }
  }

  /**
   * Whether a statement may be computed together with others: if it is split over the same axes, so
   * that no device repeats what another computes. What is small and made of nothing that is split
   * may be anywhere.
   */
  static boolean joins(SpmdPlan plan, Frame frame, List<Integer> steps, int step) {
    Set<String> own = axes(plan, frame, step);
    return own.isEmpty() && isSmall(plan.steps().get(step))
        || steps.stream()
            .allMatch(
                other -> {
                  Set<String> others = axes(plan, frame, other);
                  return others.equals(own)
                      || (others.isEmpty() && isSmall(plan.steps().get(other)));
                });
  }

  private static boolean isSmall(PlanStep step) {
    return step.results().stream().allMatch(value -> value.shape().elementCount() <= SMALL);
  }

  /** The axes along which devices compute different things. */
  private static Set<String> axes(SpmdPlan plan, Frame frame, int step) {
    Set<String> axes = new TreeSet<>();
    PlanStep at = plan.steps().get(step);
    at.operands().forEach(operand -> collect(frame.value(operand).layout(), axes));
    at.results().forEach(result -> collect(result.layout(), axes));
    axes.removeIf(axis -> plan.mesh().size(axis) == 1);
    return axes;
  }

  private static void collect(Layout layout, Set<String> axes) {
    for (int dim = 0; dim < layout.rank(); dim++) {
      axes.addAll(layout.axes(dim));
    }
    axes.addAll(layout.partial());
  }

  /** What is read of values from outside, and which results are read outside. */
  private void edges() {
    Set<Integer> made = new HashSet<>();
    Set<Integer> read = new LinkedHashSet<>();
    for (int step : steps) {
      PlanStep at = plan.steps().get(step);
      at.operands().stream().filter(operand -> !made.contains(operand)).forEach(read::add);
      for (int i = 0; i < at.results().size(); i++) {
        made.add(plan.number(step) + i);
      }
    }
    inputs.addAll(read);
    Set<Integer> outside = new HashSet<>(plan.outputs());
    for (int step = steps.getLast() + 1; step < plan.steps().size(); step++) {
      outside.addAll(plan.steps().get(step).operands());
    }
    made.stream().filter(outside::contains).sorted().forEach(outputs::add);
  }

  String name() {
    return plan.steps().get(steps.getFirst()).result().name()
        + (steps.size() == 1 ? "" : " .. " + plan.steps().get(steps.getLast()).result().name());
  }

  private Shape local(PlannedValue value, int index) {
    return value.layout().localShape(value.shape(), frame.devices().get(index));
  }

  private List<Shape> shapes(int index) {
    List<Shape> shapes = new ArrayList<>();
    inputs.forEach(input -> shapes.add(local(frame.value(input), index)));
    for (int step : steps) {
      plan.steps().get(step).results().forEach(result -> shapes.add(local(result, index)));
    }
    return shapes;
  }

  private Tensor start(Start start, int index) {
    long first = start.on(frame.value(outputs.getFirst()).layout(), frame.devices().get(index));
    return Tensor.of(new long[] {first}, 1).select(0, 0);
  }

  private Code compile(int index) {
    ProgramBuilder builder = Program.builder("segment");
    Map<Integer, Value> values = new HashMap<>();
    for (int input : inputs) {
      PlannedValue value = frame.value(input);
      ValueType type = LocalStatements.type(value, local(value, index));
      values.put(input, builder.input("v" + input, type));
    }
    LocalStatements statements = new LocalStatements(builder, composites);
    for (int step : steps) {
      PlanStep at = plan.steps().get(step);
      Statement statement = ((Action.Apply) at.action()).statement();
      List<Value> operands = at.operands().stream().map(values::get).toList();
      List<ValueType> types =
          at.results().stream()
              .map(result -> LocalStatements.type(result, local(result, index)))
              .toList();
      List<PlannedValue> given = at.operands().stream().map(frame::value).toList();
      List<Value> results = statements.add(statement, operands, given, at.results(), types);
      for (int i = 0; i < results.size(); i++) {
        if (!results.get(i).type().withoutLayout().equals(types.get(i))) {
          throw new IllegalStateException(
              "%s: must be %s on device %d, got %s"
                  .formatted(
                      statement, types.get(i), frame.devices().get(index), results.get(i).type()));
        }
        values.put(plan.number(step) + i, results.get(i));
      }
    }
    for (int output : outputs) {
      builder.output("r" + output, Objects.requireNonNull(values.get(output)));
    }
    Workers alone = Workers.sequential();
    return new Code(
        new io.github.shardsum.internal.local.run.PlanRunner(
            LocalCompiler.plan(builder.build(), composites, Set.of(), alone),
            alone,
            Optional.empty()),
        statements.starts());
  }

  /** Computes what a device is the first to hold. */
  void run(int index) {
    Code code = codes[index];
    if (code == null) {
      return;
    }
    List<Tensor> given = new ArrayList<>();
    inputs.forEach(input -> given.add(frame.get(input, index)));
    given.addAll(starts.get(index));
    List<Tensor> results = new ArrayList<>();
    for (int output : outputs) {
      PlannedValue value = frame.value(output);
      results.add(Tensor.zeros(value.dtype(), local(value, index)));
    }
    code.runner().run(results, given);
    for (int i = 0; i < results.size(); i++) {
      if (frame.isFirst(outputs.get(i), index)) {
        frame.set(outputs.get(i), index, results.get(i));
      }
    }
  }
}
