package io.github.shardsum.internal.partition.run;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.compile.LocalCompiler;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Statements without a collective between them. A segment is one local program, compiled once for
 * each combination of local shapes, with the starts of chunks as inputs: before the first run, or
 * when the size of its memory is asked for. A device runs the segment if it is the first device of
 * a tile of one of the segment's outputs.
 */
final class Segment {
  private final SpmdPlan plan;
  private final PlanRunFrame frame;
  private final List<Integer> steps;
  private final CompositeCode.Finder composites;

  private final OverlapWorkers workers;

  /** Whether devices run the segment while bytes travel. */
  private final boolean isBehind;

  private final List<Integer> inputs = new ArrayList<>();

  /** The inputs of which statements read a part; in local programs they follow the other inputs. */
  private final List<DiagonalOperand> diagonals;

  private final List<Integer> outputs = new ArrayList<>();

  private final Map<List<Shape>, Code> compiled = new HashMap<>();

  /**
   * Code of each device of this process, null for a device that computes nothing; empty until the
   * segment is compiled.
   */
  private @Nullable Code[] codes = new Code[0];

  /** The starts of each device's chunks, in the order of the code's last inputs. */
  private final List<List<Tensor>> starts = new ArrayList<>();

  private record Code(
      io.github.shardsum.internal.local.run.LocalPlanRunner runner,
      LocalPlan plan,
      SegmentWork work,
      List<ChunkStart> starts) {}

  Segment(
      SpmdPlan plan,
      PlanRunFrame frame,
      List<Integer> own,
      Expansions expansions,
      Map<Integer, List<Integer>> readers,
      CompositeCode.Finder composites,
      OverlapWorkers workers,
      boolean isBehind) {
    this.workers = workers;
    this.isBehind = isBehind;
    this.plan = plan;
    this.frame = frame;
    this.steps = closed(plan, own, expansions);
    this.composites = composites;
    this.diagonals =
        steps.stream().flatMap(step -> DiagonalOperand.of(plan, step).stream()).distinct().toList();
    edges(own, expansions, readers);
  }

  /** Compiles the local programs, unless they are compiled already. */
  synchronized void compile() {
    if (codes.length > 0) {
      return;
    }
    Code[] made = new Code[frame.devices().size()];
    for (int i = 0; i < made.length; i++) {
      int index = i;
      if (outputs.stream().anyMatch(output -> frame.isFirst(output, index))) {
        Code code = compiled.computeIfAbsent(shapes(index), _ -> compile(index));
        made[i] = code;
        starts.add(code.starts().stream().map(start -> start(start, index)).toList());
      } else {
        starts.add(List.of());
      }
    }
    codes = made;
  }

  /** The steps that read each value. */
  static Map<Integer, List<Integer>> readers(SpmdPlan plan, Expansions expansions) {
    Map<Integer, List<Integer>> readers = new HashMap<>();
    for (int step = 0; step < plan.steps().size(); step++) {
      for (int value : reads(plan, step, expansions)) {
        readers.computeIfAbsent(value, _ -> new ArrayList<>()).add(step);
      }
    }
    return readers;
  }

  /**
   * Finds the values that the segment reads from outside, and the results that other steps read.
   */
  private void edges(
      List<Integer> own, Expansions expansions, Map<Integer, List<Integer>> readers) {
    Set<Integer> mine = new HashSet<>(own);
    Set<Integer> made = new TreeSet<>();
    for (int step : own) {
      for (int i = 0; i < plan.steps().get(step).results().size(); i++) {
        made.add(plan.number(step) + i);
      }
    }
    Set<Integer> given = new HashSet<>(plan.outputs());
    made.stream()
        .filter(
            value ->
                given.contains(value) || !mine.containsAll(readers.getOrDefault(value, List.of())))
        .forEach(outputs::add);
    Set<Integer> all = new HashSet<>(steps);
    Set<Integer> read = new LinkedHashSet<>();
    for (int step : steps) {
      for (int operand : plan.steps().get(step).operands()) {
        if (!all.contains(expansions.maker(operand))) {
          read.add(operand);
        }
      }
    }
    inputs.addAll(read);
  }

  /**
   * The values that a step reads from other steps; the segment computes values of {@code
   * expansions} itself.
   */
  private static Set<Integer> reads(SpmdPlan plan, int step, Expansions expansions) {
    if (!(plan.steps().get(step).action() instanceof Action.Apply)) {
      return new HashSet<>(plan.steps().get(step).operands());
    }
    Set<Integer> reads = new HashSet<>();
    for (int maker : closed(plan, List.of(step), expansions)) {
      plan.steps().get(maker).operands().stream()
          .filter(operand -> !expansions.contains(operand))
          .forEach(reads::add);
    }
    return reads;
  }

  /** The steps that an output depends on, including the steps that compute values again. */
  private static List<Integer> closed(SpmdPlan plan, List<Integer> own, Expansions expansions) {
    TreeSet<Integer> all = new TreeSet<>(own);
    Deque<Integer> open = new ArrayDeque<>(own);
    while (!open.isEmpty()) {
      for (int operand : plan.steps().get(open.remove()).operands()) {
        int maker = expansions.maker(operand);
        if (expansions.contains(operand) && all.add(maker)) {
          open.add(maker);
        }
      }
    }
    return List.copyOf(all);
  }

  /** Whether no other step reads a value that the segment makes. */
  boolean isEmpty() {
    return outputs.isEmpty();
  }

  /** Numbers of the values that the segment reads. */
  List<Integer> inputs() {
    return inputs;
  }

  /** Numbers of the values that the segment makes for other steps. */
  List<Integer> outputs() {
    return outputs;
  }

  /** The statements of the segment, including those that it computes again. */
  List<Integer> steps() {
    return steps;
  }

  /** Workspace bytes of the device that needs the most, without inputs and outputs. */
  long largestWorkspace() {
    compile();
    return compiled.values().stream().mapToLong(code -> code.plan().bytes()).max().orElse(0);
  }

  /** The local programs, each with the number of devices that run it. */
  IdentityHashMap<LocalPlan, Long> users() {
    compile();
    IdentityHashMap<LocalPlan, Long> users = new IdentityHashMap<>();
    for (Code code : compiled.values()) {
      users.put(code.plan(), Arrays.stream(codes).filter(code::equals).count());
    }
    return users;
  }

  /** Whether the code runs on separate workers, in tasks between which transfers make progress. */
  boolean isInterleaved() {
    return isBehind && workers.progress().isPresent();
  }

  String name() {
    String first = plan.steps().get(steps.getFirst()).result().programName();
    String last = plan.steps().get(steps.getLast()).result().programName();
    return steps.size() == 1 ? first : first + " .. " + last;
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

  private Tensor start(ChunkStart start, int index) {
    long first = start.on(frame.value(outputs.getFirst()).layout(), frame.devices().get(index));
    return Tensor.of(new long[] {first}, 1).select(0, 0);
  }

  private Code compile(int index) {
    ProgramBuilder builder = Program.builder("segment");
    Map<Integer, Value> values = new HashMap<>();
    for (int input : inputs) {
      PlannedValue value = frame.value(input);
      ValueType type = DeviceStatements.type(value, local(value, index));
      values.put(input, builder.input("v" + input, type));
    }
    Map<DiagonalOperand, Value> narrowed = new HashMap<>();
    for (DiagonalOperand each : diagonals) {
      PlannedValue value = frame.value(each.value());
      ValueType type = DeviceStatements.type(value, each.shape(value, frame.devices().get(index)));
      narrowed.put(each, builder.input("n" + narrowed.size(), type));
    }
    DeviceStatements statements = new DeviceStatements(builder, composites);
    for (int step : steps) {
      PlanStep at = plan.steps().get(step);
      Statement statement = ((Action.Apply) at.action()).statement();
      List<Value> operands = new ArrayList<>();
      for (int operand = 0; operand < at.operands().size(); operand++) {
        Value whole = Objects.requireNonNull(values.get(at.operands().get(operand)));
        operands.add(DiagonalOperand.of(plan, step, operand).map(narrowed::get).orElse(whole));
      }
      List<ValueType> types =
          at.results().stream()
              .map(result -> DeviceStatements.type(result, local(result, index)))
              .toList();
      List<PlannedValue> given = at.operands().stream().map(frame::value).toList();
      List<Value> results = statements.add(statement, operands, given, at.results(), types);
      for (int i = 0; i < results.size(); i++) {
        if (!results.get(i).type().withoutLayout().equals(types.get(i))) {
          throw new IllegalStateException(
              String.format(
                  Locale.ROOT,
                  "%s: must be %s on device %d, got %s",
                  statement,
                  types.get(i),
                  frame.devices().get(index),
                  results.get(i).type()));
        }
        values.put(plan.number(step) + i, results.get(i));
      }
    }
    for (int output : outputs) {
      builder.output("r" + output, Objects.requireNonNull(values.get(output)));
    }
    Program program = builder.build();
    Workers own = isBehind ? workers.workers(flops(program)) : workers.alone();
    LocalPlan local = LocalCompiler.plan(program, composites, Set.of(), own, plan.sums());
    return new Code(
        new io.github.shardsum.internal.local.run.LocalPlanRunner(local, own, Optional.empty()),
        local,
        SegmentWork.of(local),
        statements.starts());
  }

  /** Floating-point operations of the largest einsum. */
  private static double flops(Program program) {
    double most = 0;
    for (Statement statement : program.statements()) {
      if (statement.operation() instanceof Contraction.Einsum einsum) {
        List<Shape> shapes = einsum.operands().stream().map(x -> x.type().shape()).toList();
        most = Math.max(most, CompiledBlockEinsum.flops(einsum.equation(), shapes));
      }
    }
    return most;
  }

  /** The work of a device; none if another device computes the same tile. */
  SegmentWork work(int index) {
    Code code = codes[index];
    return code == null ? SegmentWork.NONE : code.work();
  }

  /** Computes the tiles whose first holder is the device. */
  void run(int index) {
    Code code = codes[index];
    if (code == null) {
      return;
    }
    List<Tensor> given = new ArrayList<>();
    inputs.forEach(input -> given.add(frame.get(input, index)));
    for (DiagonalOperand each : diagonals) {
      int device = frame.devices().get(index);
      given.add(each.of(frame.value(each.value()), device, frame.get(each.value(), index)));
    }
    given.addAll(starts.get(index));
    List<Tensor> results = new ArrayList<>();
    for (int output : outputs) {
      // A result that another device makes is small or empty; this device computes it too, and
      // drops it.
      results.add(
          frame.isFirst(output, index)
              ? frame.get(output, index)
              : Tensor.zeros(frame.value(output).dtype(), frame.local(output, index)));
    }
    code.runner().run(results, given);
  }
}
