package io.github.shardsum.cli.plan;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.CompiledCollective;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtLoadedExecutable;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.program.Program;
import io.github.shardsum.stablehlo.Edges;
import io.github.shardsum.stablehlo.LoweringOptions;
import io.github.shardsum.stablehlo.ShardingForm;
import io.github.shardsum.stablehlo.StableHlo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Compares the collectives of a plan with those that XLA chose for the same program and the same
 * layouts of inputs and outputs.
 *
 * @param compiler the compiler's name
 * @param ours the plan's
 * @param theirs XLA's
 * @param whole inputs and outputs that are whole on every device of XLA's plan, since XLA needs
 *     layouts there that divide the value evenly
 */
public record PlanXlaComparison(
    String compiler, List<Row> ours, List<Row> theirs, List<String> whole) {
  /**
   * A collective.
   *
   * @param op the operation, such as {@code all-gather}
   * @param what the axes, or the size of groups
   * @param of the value, or the arrays
   * @param times how often; empty in a loop whose rounds the compiler does not know
   * @param dtypes the dtypes that travel, such as {@code bf16}
   * @param bytes the bytes that the busiest device receives each time
   */
  public record Row(
      String op, String what, String of, OptionalLong times, SortedSet<String> dtypes, long bytes) {
    /** Bytes of all executions; an unknown number of executions is taken as one. */
    long allBytes() {
      return Math.multiplyExact(times.orElse(1), bytes);
    }
  }

  /**
   * Has a plugin compile a program, and compares.
   *
   * @param program the program, with its annotations
   * @param plan our plan of the program
   * @param library the plugin
   * @throws IllegalArgumentException if the plugin has fewer devices than the mesh
   */
  static PlanXlaComparison of(Program program, SpmdPlan plan, Path library) {
    Mesh mesh = plan.mesh();
    PjrtPlugin plugin = PjrtPlugin.open(library);
    StableHlo module = module(program, plan, plugin.takesShardy());
    try (PjrtClient client = PluginChoice.client(plugin, mesh.size())) {
      int devices = client.addressableDevices().size();
      if (devices < mesh.size()) {
        throw wrongArgument(
            "--beside-xla: the plugin must have at least %d devices, got %d", mesh.size(), devices);
      }
      PjrtCompileOptions options =
          PjrtCompileOptions.partitioned(mesh.size())
              .withShardy(module.form() == ShardingForm.SHARDY);
      try (PjrtLoadedExecutable loaded = client.compile(module.text(), options)) {
        return of(plugin.toString(), plan, module, loaded.executable().collectives());
      }
    }
  }

  /** The program with the layouts that the plan has at its edges. */
  public static StableHlo module(Program program, SpmdPlan plan, boolean shardy) {
    List<Term> inputs = plan.inputs().stream().map(value -> value.layout().term()).toList();
    List<Term> outputs =
        plan.outputs().stream().map(plan::value).map(value -> value.layout().term()).toList();
    LoweringOptions options =
        LoweringOptions.defaults()
            .withMesh(plan.mesh())
            .withForm(shardy ? ShardingForm.SHARDY : ShardingForm.GSPMD)
            .withEdges(new Edges(inputs, outputs));
    return StableHlo.of(program, options);
  }

  /**
   * Compares with a module that was compiled already.
   *
   * @param compiler the compiler's name
   * @param plan our plan
   * @param module the compiled module, by {@link #module}
   * @param collectives the collectives of the compiled program
   */
  public static PlanXlaComparison of(
      String compiler, SpmdPlan plan, StableHlo module, List<CompiledCollective> collectives) {
    List<Row> ours = new ArrayList<>();
    collect(plan, 1, ours);
    List<Row> theirs = new ArrayList<>();
    for (CompiledCollective each : collectives) {
      theirs.add(
          new Row(
              each.op(),
              format("%d of %d", each.groups().size(), each.groupSize()),
              arrays(each.operands()),
              each.times(),
              dtypes(each.operands()),
              each.bytesReceived()));
    }
    List<String> whole = new ArrayList<>();
    List<PlannedValue> outputs = plan.outputs().stream().map(plan::value).toList();
    whole("input", plan.inputs(), module.inputLayouts(), whole);
    whole("output", outputs, module.outputLayouts(), whole);
    return new PlanXlaComparison(compiler, List.copyOf(ours), List.copyOf(theirs), whole);
  }

  private static void whole(
      String what, List<PlannedValue> values, List<Term> edges, List<String> whole) {
    for (int i = 0; i < edges.size(); i++) {
      if (!edges.get(i).equals(values.get(i).layout().term())) {
        whole.add(what + " " + values.get(i).programName() + " " + values.get(i).layout());
      }
    }
  }

  private static SortedSet<String> dtypes(List<ArrayType> operands) {
    return operands.stream()
        .map(operand -> operand.type().toString().toLowerCase(Locale.ROOT))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static SortedSet<String> allDtypes(List<Row> rows) {
    return rows.stream()
        .flatMap(row -> row.dtypes().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** A note if the dtypes differ, since the bytes of the same values then do not compare. */
  private Optional<String> otherDtypes() {
    SortedSet<String> here = allDtypes(ours);
    SortedSet<String> there = allDtypes(theirs);
    return here.isEmpty() || there.isEmpty() || here.equals(there)
        ? Optional.empty()
        : Optional.of(
            "bytes are of "
                + String.join(", ", here)
                + " in ours and of "
                + String.join(", ", there)
                + " in XLA's: compare elements, or compile for a device that moves the same dtype");
  }

  /** As in {@code 8 x F32[4, 16]}. */
  private static String arrays(List<ArrayType> operands) {
    Map<ArrayType, Integer> counts = new LinkedHashMap<>();
    operands.forEach(operand -> counts.merge(operand, 1, Integer::sum));
    List<String> words = new ArrayList<>();
    counts.forEach((type, count) -> words.add((count == 1 ? "" : count + " x ") + type));
    return String.join(", ", words);
  }

  private static void collect(SpmdPlan plan, long times, List<Row> rows) {
    for (int i = 0; i < plan.steps().size(); i++) {
      PlanStep step = plan.steps().get(i);
      if (step.action() instanceof Action.Loop loop) {
        collect(loop.body(), Math.multiplyExact(times, loop.rounds()), rows);
      } else if (step.action().isCollective()) {
        PlannedValue before = plan.value(step.operands().getFirst());
        List<String> names = step.results().stream().map(PlannedValue::programName).toList();
        String values = names.size() == 1 ? before.programName() : String.join(", ", names);
        rows.add(
            new Row(
                step.action().op(),
                String.join(".", step.action().groupAxes()),
                values + " " + before.layout() + " -> " + step.result().layout(),
                OptionalLong.of(times),
                new TreeSet<>(Set.of(before.dtype().toString())),
                plan.bytesReceived(i)));
      }
    }
  }

  /**
   * Bytes of all collectives.
   *
   * @param rows ours or theirs
   */
  public static long bytes(List<Row> rows) {
    return rows.stream().mapToLong(Row::allBytes).reduce(0, Math::addExact);
  }

  private static long count(List<Row> rows, String op) {
    return rows.stream()
        .filter(row -> row.op().equals(op))
        .mapToLong(row -> row.times().orElse(1))
        .sum();
  }

  private static long bytes(List<Row> rows, String op) {
    return bytes(rows.stream().filter(row -> row.op().equals(op)).toList());
  }

  private Set<String> ops() {
    Set<String> ops = new TreeSet<>();
    ours.forEach(row -> ops.add(row.op()));
    theirs.forEach(row -> ops.add(row.op()));
    return ops;
  }

  /** Lines for a reader: each collective, then the sums by kind. */
  public String table() {
    StringBuilder table = new StringBuilder();
    table.append("collectives, and bytes that the busiest device receives by ring counts\n");
    table.append("XLA: ").append(compiler).append('\n');
    rows(table, "ours", ours);
    rows(table, "XLA's", theirs);
    table.append(
        format("%n%-20s %12s %18s %12s %18s%n", "in all", "ours", "bytes", "XLA's", "bytes"));
    for (String op : ops()) {
      table.append(
          line(op, count(ours, op), bytes(ours, op), count(theirs, op), bytes(theirs, op)));
    }
    long count = ours.stream().mapToLong(row -> row.times().orElse(1)).sum();
    long their = theirs.stream().mapToLong(row -> row.times().orElse(1)).sum();
    table.append(line("", count, bytes(ours), their, bytes(theirs)));
    otherDtypes().ifPresent(note -> table.append(note).append('\n'));
    if (theirs.stream().anyMatch(row -> row.times().isEmpty())) {
      table.append("XLA does not know how many rounds a loop has; its collectives count once\n");
    }
    if (!whole.isEmpty()) {
      table.append("XLA has these whole, since it takes no uneven layout of inputs and outputs: ");
      table.append(String.join("; ", whole)).append('\n');
    }
    return table.toString();
  }

  private static String line(String op, long count, long bytes, long their, long theirBytes) {
    return format("%-20s %,12d %,18d %,12d %,18d%n", op, count, bytes, their, theirBytes);
  }

  private static void rows(StringBuilder table, String whose, List<Row> rows) {
    table.append(
        format("%n%-20s %-10s %8s %18s  %s%n", whose, "devices", "times", "bytes each", "of"));
    for (Row row : rows) {
      String times = row.times().isPresent() ? Long.toString(row.times().getAsLong()) : "?";
      table.append(
          format(
              "%-20s %-10s %8s %,18d  %s%n", row.op(), row.what(), times, row.bytes(), row.of()));
    }
  }

  /** Puts the same into an object. */
  public void into(ObjectNode json) {
    json.put("compiler", compiler);
    rows(json.putArray("ours"), ours);
    rows(json.putArray("xla"), theirs);
    json.put("bytes", bytes(ours));
    json.put("xlaBytes", bytes(theirs));
    otherDtypes().ifPresent(note -> json.put("note", note));
    ArrayNode uneven = json.putArray("whole");
    whole.forEach(uneven::add);
  }

  private static void rows(ArrayNode json, List<Row> rows) {
    for (Row row : rows) {
      ObjectNode each = json.addObject();
      each.put("op", row.op());
      each.put("devices", row.what());
      each.put("of", row.of());
      if (row.times().isPresent()) {
        each.put("times", row.times().getAsLong());
      }
      ArrayNode dtypes = each.putArray("dtypes");
      row.dtypes().forEach(dtypes::add);
      each.put("bytes", row.bytes());
    }
  }
}
