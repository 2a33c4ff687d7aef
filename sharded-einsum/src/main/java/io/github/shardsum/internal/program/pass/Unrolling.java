package io.github.shardsum.internal.program.pass;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.internal.program.types.RegionMembers;
import io.github.shardsum.internal.program.types.RegionTypeCheck;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Communication.AllGather;
import io.github.shardsum.program.Communication.AllReduce;
import io.github.shardsum.program.Communication.AllToAll;
import io.github.shardsum.program.Communication.AxisIndex;
import io.github.shardsum.program.Communication.OwnChunk;
import io.github.shardsum.program.Communication.Permute;
import io.github.shardsum.program.Communication.ReduceScatter;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.MeshAxis;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested.Manual;
import io.github.shardsum.program.Nested.Scan;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes manual regions as the statements of all members. */
public final class Unrolling {
  /** The most members that are unrolled, so that programs stay reasonably short. */
  private static final int MOST = 64;

  private final ProgramEditor editor;
  private final RegionMembers family;

  /** For each value of the program, the value that each member reads. */
  private final Map<Value, List<Value>> known = new HashMap<>();

  private Unrolling(ProgramEditor editor, RegionMembers family) {
    this.editor = editor;
    this.family = family;
  }

  /**
   * Runs the pass.
   *
   * @return a program without regions; the same program if it has none
   */
  public static Program run(Program program) {
    RegionTypeCheck.check(program);
    if (!RegionTypeCheck.any(program)) {
      return program;
    }
    ProgramEditor editor = new ProgramEditor(program);
    Unrolling outside = new Unrolling(editor, RegionMembers.OUTSIDE);
    program.inputs().forEach(input -> outside.known.put(input, List.of(input)));
    program.statements().forEach(outside::outside);
    return editor.program(outside.of(program.outputs(), 0));
  }

  /** Statements without regions keep their names. */
  private void outside(Statement statement) {
    boolean kept =
        switch (statement.operation()) {
          case Manual _ -> false;
          case Scan scan -> !RegionTypeCheck.any(scan.body());
          default -> true;
        };
    if (kept) {
      Operation operation = statement.operation();
      editor.keep(
          new Statement(
              statement.results(),
              OperandSubstitution.withOperands(operation, of(operation.operands(), 0))));
      statement.results().forEach(result -> known.put(result, List.of(result)));
    } else {
      statement(statement);
    }
  }

  private List<Value> of(List<Value> values, int member) {
    return values.stream().map(value -> of(value).get(member)).toList();
  }

  private List<Value> of(Value value) {
    return known.getOrDefault(value, List.of());
  }

  private void statement(Statement statement) {
    List<Value> operands = statement.operation().operands();
    switch (statement.operation()) {
      case Communication communication ->
          known.put(
              statement.result(),
              communication instanceof AxisIndex(MeshAxis axis)
                  ? index(axis)
                  : communicate(communication, of(operands.getFirst())));
      case Manual manual -> region(statement, manual);
      case Scan scan when RegionTypeCheck.any(scan.body()) -> scan(statement, scan);
      case Movement.Annotate(Value x, _) -> known.put(statement.result(), of(x));
      default -> {
        List<List<Value>> each = new ArrayList<>();
        for (int member = 0; member < family.members(); member++) {
          each.add(
              editor.add(
                  OperandSubstitution.withOperands(statement.operation(), of(operands, member))));
        }
        put(statement, each);
      }
    }
  }

  /** Results of a statement: one list for each member. */
  private void put(Statement statement, List<List<Value>> each) {
    for (int i = 0; i < statement.results().size(); i++) {
      int place = i;
      known.put(
          statement.results().get(i), each.stream().map(results -> results.get(place)).toList());
    }
  }

  private Value one(Operation operation) {
    return editor.add(operation).getFirst();
  }

  private List<Value> index(MeshAxis axis) {
    List<Value> each = new ArrayList<>();
    for (int member = 0; member < family.members(); member++) {
      Scalar index = new Scalar.Whole(family.index(member, List.of(axis)));
      each.add(one(new Source.Constant(ValueType.scalar(DType.I64), index)));
    }
    return each;
  }

  private List<Value> communicate(Communication communication, List<Value> x) {
    List<Value> each = new ArrayList<>();
    List<MeshAxis> axes = communication.axes();
    Map<List<Integer>, Value> done = new HashMap<>();
    for (int member = 0; member < family.members(); member++) {
      List<Integer> group = family.group(member, axes);
      List<Value> parts = group.stream().map(x::get).toList();
      int index = family.index(member, axes);
      each.add(
          switch (communication) {
            case AllReduce(_, ReduceKind by, _) ->
                done.computeIfAbsent(group, _ -> reduced(parts, axes, by));
            case AllGather(_, String label, _) ->
                done.computeIfAbsent(group, _ -> one(new Movement.Concatenate(parts, label)));
            case ReduceScatter(_, String label, _) ->
                chunk(
                    done.computeIfAbsent(group, _ -> reduced(parts, axes, ReduceKind.SUM)),
                    label,
                    index,
                    group.size());
            case AllToAll(_, String from, String to, _) ->
                one(
                    new Movement.Concatenate(
                        parts.stream().map(part -> chunk(part, to, index, group.size())).toList(),
                        from));
            case Permute permute -> {
              int source = permute.routes().source(index, group.size());
              yield source < 0 ? zeros(parts.getFirst()) : parts.get(source);
            }
            case OwnChunk(_, String label, _) -> chunk(x.get(member), label, index, group.size());
            case AxisIndex _ -> throw new IllegalStateException("axis_index must have no operand");
          });
    }
    return each;
  }

  private Value zeros(Value like) {
    DType dtype = like.type().dtype();
    Scalar zero = dtype.isFloating() ? new Scalar.Real(0) : new Scalar.Whole(0);
    return one(new Source.Constant(like.type().withoutLayout(), zero));
  }

  private Value chunk(Value x, String label, int index, int parts) {
    long size = x.type().size(label) / parts;
    return one(new Movement.Slice(x, label, index * size, (index + 1) * size, 1));
  }

  /** Combines values; bf16 is combined in f32 and rounded once. */
  private Value reduced(List<Value> parts, List<MeshAxis> axes, ReduceKind by) {
    boolean widened = by == ReduceKind.SUM && parts.getFirst().type().dtype() == DType.BF16;
    List<Value> wide =
        widened ? parts.stream().map(part -> one(new Convert(part, DType.F32))).toList() : parts;
    BinaryKind kind = kind(by, parts.getFirst().type().dtype());
    Value sum = RegionMembers.combine(wide, axes, (a, b) -> one(new Binary(kind, a, b)));
    return widened ? one(new Convert(sum, DType.BF16)) : sum;
  }

  private static BinaryKind kind(ReduceKind by, DType dtype) {
    boolean bool = dtype == DType.BOOL;
    return switch (by) {
      case SUM -> BinaryKind.ADD;
      case MAX -> bool ? BinaryKind.OR : BinaryKind.MAXIMUM;
      case MIN -> bool ? BinaryKind.AND : BinaryKind.MINIMUM;
    };
  }

  private void region(Statement statement, Manual manual) {
    RegionMembers inner = family.with(manual.axes());
    if (inner.members() > MOST) {
      throw ProgramException.of(
          manual,
          "members must be at most "
              + MOST
              + " where a region runs on one device, got "
              + inner.members()
              + "; run it on a mesh");
    }
    Unrolling body = new Unrolling(editor, inner);
    int each = inner.members() / family.members();
    for (int i = 0; i < manual.operands().size(); i++) {
      List<Value> parts = new ArrayList<>();
      Map<List<Integer>, Value> done = new HashMap<>();
      for (int member = 0; member < inner.members(); member++) {
        Value whole = of(manual.operands().get(i)).get(member / each);
        parts.add(part(whole, manual.in().get(i), inner, member, member / each, done));
      }
      body.known.put(manual.body().inputs().get(i), parts);
    }
    manual.body().statements().forEach(body::statement);
    for (int i = 0; i < manual.out().size(); i++) {
      List<Value> outputs = body.of(manual.body().outputs().get(i));
      List<Value> whole = new ArrayList<>();
      for (int member = 0; member < family.members(); member++) {
        Term term = manual.out().get(i);
        whole.add(body.whole(outputs, term, term.size() - 1, member * each));
      }
      known.put(statement.results().get(i), whole);
    }
  }

  private Value part(
      Value whole,
      Term term,
      RegionMembers inner,
      int member,
      int outer,
      Map<List<Integer>, Value> done) {
    List<Integer> key = new ArrayList<>(List.of(outer));
    Value part = whole;
    for (int dim = 0; dim < term.size(); dim++) {
      List<MeshAxis> axes = inner.named(term.axis(dim).mesh());
      if (!axes.isEmpty()) {
        int index = inner.index(member, axes);
        int parts = new RegionMembers(axes).members();
        key.add(index);
        Value before = part;
        String label = term.axis(dim).label();
        key.add(dim);
        part = done.computeIfAbsent(List.copyOf(key), _ -> chunk(before, label, index, parts));
      }
    }
    return part;
  }

  /**
   * Joins the parts of a group, which begins with the given member, along the labels of a term from
   * the first one to the given one.
   */
  private Value whole(List<Value> each, Term term, int dim, int member) {
    if (dim < 0) {
      List<MeshAxis> axes = family.named(term.partial());
      List<Value> addends = family.group(member, axes).stream().map(each::get).toList();
      return reduced(addends, axes, ReduceKind.SUM);
    }
    List<MeshAxis> axes = family.named(term.axis(dim).mesh());
    List<Value> chunks =
        family.group(member, axes).stream()
            .map(chunk -> whole(each, term, dim - 1, chunk))
            .toList();
    return chunks.size() == 1
        ? chunks.getFirst()
        : one(new Movement.Concatenate(chunks, term.axis(dim).label()));
  }

  /** One scan for all members, with one copy of each value for each member. */
  private void scan(Statement statement, Scan scan) {
    List<Value> inputs = new ArrayList<>();
    Map<Value, List<Value>> members = new HashMap<>();
    Set<String> names = new java.util.HashSet<>();
    for (Value input : scan.body().inputs()) {
      List<Value> each = new ArrayList<>();
      for (int member = 0; member < family.members(); member++) {
        String name = input.name();
        for (int i = 0; !names.add(name); i++) {
          name = input.name() + "." + i;
        }
        each.add(new Value(name, input.type()));
      }
      inputs.addAll(each);
      members.put(input, each);
    }
    Program empty = new Program(scan.body().name(), inputs, List.of(), List.of());
    ProgramEditor round = new ProgramEditor(empty);
    Unrolling body = new Unrolling(round, family);
    body.known.putAll(members);
    scan.body().statements().forEach(body::statement);
    List<Value> outputs = new ArrayList<>();
    scan.body().outputs().forEach(output -> outputs.addAll(body.of(output)));
    List<Value> results =
        editor.add(
            new Scan(
                scan.count(),
                scan.label(),
                scan.reverse(),
                round.program(outputs),
                all(scan.carried()),
                all(scan.sequences()),
                all(scan.invariants())));
    for (int i = 0; i < statement.results().size(); i++) {
      int first = i * family.members();
      known.put(
          statement.results().get(i),
          Collections.unmodifiableList(results.subList(first, first + family.members())));
    }
  }

  private List<Value> all(List<Value> values) {
    return values.stream().flatMap(value -> of(value).stream()).toList();
  }
}
