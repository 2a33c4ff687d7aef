package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.internal.program.attention.AttentionForm;
import io.github.shardsum.internal.program.attention.AttentionLabels;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Passes;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Attention whose rows and keys are split over the same axes, as a ring (Liu et al. 2023). A label
 * of chunks is split over the axes. In each round a device attends from its rows to one chunk of
 * keys; then chunks move to the next device. No device holds all keys.
 */
final class RingAttention {
  private static final String NAME = "attention.ring";
  private static final int POSITIONS_OF_KEYS = 4;

  private final AttentionForm form;
  private final Composite whole;
  private final AttentionLabels labels;
  private final List<String> axes;
  private final long parts;
  private final String row;
  private final String chunk;

  private RingAttention(Composite whole, AttentionLabels labels, Mesh mesh, Split split) {
    this.form = AttentionForm.written(whole);
    this.whole = whole;
    this.labels = labels;
    this.axes = split.axes;
    this.parts = mesh.size(split.axes);
    this.row = split.row;
    String free = "ring";
    while (labels.query().contains(free) || labels.value().contains(free)) {
      free += "_";
    }
    this.chunk = free;
  }

  /**
   * The split of attention over devices.
   *
   * @param row the label of rows that is split
   * @param axes the axes that split it and the label of keys
   */
  private record Split(String row, List<String> axes) {}

  /** The program with rings in place of attention whose rows and keys are split. */
  static Program run(Program program, Mesh mesh) {
    return hasAttention(program)
        ? rings(
            program,
            "",
            mesh,
            Propagation.of(program, mesh, PropagationOptions.defaults()).layouts())
        : program;
  }

  private static boolean hasAttention(Program program) {
    return program.statements().stream()
        .anyMatch(
            statement ->
                switch (statement.operation()) {
                  case Scan scan -> hasAttention(scan.body());
                  case Composite composite -> AttentionForm.of(composite).isPresent();
                  default -> false;
                });
  }

  private static Program rings(
      Program program, String prefix, Mesh mesh, Map<String, Layout> homes) {
    List<Statement> statements = new ArrayList<>();
    for (Statement statement : program.statements()) {
      Operation operation =
          switch (statement.operation()) {
            case Scan scan -> {
              String inside = prefix + statement.result().name() + ".body.";
              yield scan.with(rings(scan.body(), inside, mesh, homes));
            }
            case Composite composite when AttentionForm.of(composite).isPresent() ->
                ring(composite, prefix, mesh, homes).orElse(composite);
            default -> statement.operation();
          };
      statements.add(new Statement(statement.results(), operation));
    }
    return Passes.decompose(
        new Program(program.name(), program.inputs(), statements, program.outputs()),
        composite -> composite.name().equals(NAME));
  }

  private static Optional<Composite> ring(
      Composite attention, String prefix, Mesh mesh, Map<String, Layout> homes) {
    AttentionLabels labels = AttentionForm.labels(attention.operands()).orElseThrow();
    return split(attention, labels, prefix, homes)
        .map(split -> new RingAttention(attention, labels, mesh, split).ring());
  }

  /** The split by which a ring helps; positions of keys must not differ between its rows. */
  private static Optional<Split> split(
      Composite attention, AttentionLabels labels, String prefix, Map<String, Layout> homes) {
    List<Value> operands = attention.operands();
    ValueType q = operands.getFirst().type();
    ValueType of = operands.get(POSITIONS_OF_KEYS).type();
    List<String> axes = axes(operands.get(1), labels.keys(), prefix, homes);
    boolean may =
        !axes.isEmpty()
            && of.axis(labels.keys()) >= 0
            && q.shape().elementCount() > 0
            && of.shape().elementCount() > 0;
    return labels.rows().stream()
        .filter(row -> may && !labels.batch().contains(row) && of.axis(row) < 0)
        .filter(row -> axes.equals(axes(operands.getFirst(), row, prefix, homes)))
        .findFirst()
        .map(row -> new Split(row, axes));
  }

  /** The axes of more than one device that split a label of a value. */
  private static List<String> axes(
      Value value, String label, String prefix, Map<String, Layout> homes) {
    Layout home = homes.get(prefix + value.name());
    return home == null
        ? List.of()
        : home.axes(value.type().axis(label)).stream()
            .filter(axis -> home.mesh().size(axis) > 1)
            .toList();
  }

  private boolean isGradient() {
    return whole.name().equals(AttentionForm.GRADIENT);
  }

  /** The composite whose decomposition is the ring. */
  private Composite ring() {
    ProgramBuilder p = Program.builder("ring");
    List<Value> x = new ArrayList<>();
    for (Value operand : whole.operands()) {
      Value input = p.input("x" + x.size(), operand.type().withoutLayout());
      x.add(inChunks(p, input, x.size() == POSITIONS_OF_KEYS ? -1 : 0));
    }
    List<Value> made = isGradient() ? backward(p, x) : forward(p, x);
    for (int i = 0; i < made.size(); i++) {
      p.output("y" + i, merged(p, made.get(i), whole.decomposition().outputs().get(i).type()));
    }
    return Composite.of(NAME, Map.of(), whole.operands(), p.build(), List.of());
  }

  /** The label of a type that is in chunks. */
  private Optional<String> split(ValueType type) {
    return type.names().stream()
        .filter(label -> label.equals(row) || label.equals(labels.keys()))
        .findFirst();
  }

  private Value inChunks(ProgramBuilder p, Value x, int fill) {
    Optional<String> split = split(x.type());
    if (split.isEmpty()) {
      return x;
    }
    String label = split.get();
    long size = x.type().size(label);
    long more = Math.ceilDiv(size, parts) * parts - size;
    Value longer = more == 0 ? x : p.pad(x, label, 0, more, fill);
    Value chunks = p.split(longer, label, chunk, parts, label);
    return p.split(chunks, chunk, axes.toArray(String[]::new));
  }

  private Value merged(ProgramBuilder p, Value x, ValueType type) {
    String label = split(type).orElseThrow();
    Value all = p.merge(x, label, chunk, label);
    Value own =
        all.type().size(label) == type.size(label) ? all : p.slice(all, label, 0, type.size(label));
    return p.convert(own, type.dtype());
  }

  /** Attention, or its gradient, to chunks of keys; in f32 for bf16, since results are added. */
  private List<Value> attend(ProgramBuilder p, List<Value> operands) {
    List<Value> wide =
        operands.stream()
            .map(x -> x.type().dtype() == DType.BF16 ? p.convert(x, DType.F32) : x)
            .toList();
    return p.add(isGradient() ? form.gradientOf(wide) : form.of(wide));
  }

  /** The chunks of the device before. */
  private Value moved(ProgramBuilder p, Value x) {
    return p.concatenate(
        chunk, p.slice(x, chunk, parts - 1, parts), p.slice(x, chunk, 0, parts - 1));
  }

  private List<Value> forward(ProgramBuilder p, List<Value> x) {
    List<Value> first = attend(p, x);
    List<Value> carried = List.of(x.get(1), x.get(2), x.get(4), first.get(0), first.get(1));
    List<Value> own = List.of(x.get(0), x.get(3));
    return rounds(
            p,
            carried,
            own,
            (b, in) -> {
              List<Value> next = in.subList(0, 3).stream().map(each -> moved(b, each)).toList();
              List<Value> made =
                  attend(b, List.of(in.get(5), next.get(0), next.get(1), in.get(6), next.get(2)));
              List<Value> outputs = new ArrayList<>(next);
              outputs.addAll(joined(b, in.get(3), in.get(4), made.get(0), made.get(1)));
              return outputs;
            })
        .subList(3, 5);
  }

  /** The gradients of k and v travel with their chunk, and one move more brings them home. */
  private List<Value> backward(ProgramBuilder p, List<Value> x) {
    List<Value> first = attend(p, x);
    List<Value> carried =
        List.of(x.get(1), x.get(2), x.get(4), first.get(1), first.get(2), first.get(0));
    List<Value> own = new ArrayList<>(List.of(x.get(0), x.get(3)));
    own.addAll(x.subList(5, 9));
    List<Value> end =
        rounds(
            p,
            carried,
            own,
            (b, in) -> {
              List<Value> next = in.subList(0, 5).stream().map(each -> moved(b, each)).toList();
              List<Value> operands =
                  new ArrayList<>(
                      List.of(in.get(6), next.get(0), next.get(1), in.get(7), next.get(2)));
              operands.addAll(in.subList(8, 12));
              List<Value> made = attend(b, operands);
              List<Value> outputs = new ArrayList<>(next.subList(0, 3));
              outputs.add(b.add(next.get(3), made.get(1)));
              outputs.add(b.add(next.get(4), made.get(2)));
              outputs.add(b.add(in.get(5), made.get(0)));
              return outputs;
            });
    return List.of(end.get(5), moved(p, end.get(3)), moved(p, end.get(4)));
  }

  private List<Value> rounds(
      ProgramBuilder p, List<Value> carried, List<Value> own, ProgramBuilder.Body round) {
    ProgramBuilder b = Program.builder("round");
    List<Value> inputs = new ArrayList<>();
    for (List<Value> some : List.of(carried, own)) {
      for (Value each : some) {
        inputs.add(b.input("x" + inputs.size(), each.type().withoutLayout()));
      }
    }
    round.outputs(b, inputs).forEach(b::output);
    return p.scan(parts - 1, "round", b.build(), carried, List.of(), own);
  }

  /** The result for two sets of keys; see the decomposition of attention for rows without keys. */
  private static List<Value> joined(ProgramBuilder p, Value y, Value lse, Value more, Value by) {
    double least = lse.type().dtype() == DType.F64 ? -Double.MAX_VALUE : -Float.MAX_VALUE;
    Value peak = p.maximum(p.maximum(lse, by), least);
    Value one = p.exp(p.subtract(lse, peak));
    Value two = p.exp(p.subtract(by, peak));
    Value total = p.add(one, two);
    Value sum = p.add(p.multiply(y, one), p.multiply(more, two));
    return List.of(p.divide(sum, p.maximum(total, 1)), p.add(peak, p.log(total)));
  }
}
