package io.github.shardsum.internal.partition.run;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Plan;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.compile.LocalCompiler;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.local.run.PlanRunner;
import io.github.shardsum.internal.partition.run.BufferPlan.Purpose;
import io.github.shardsum.internal.reshard.PartSizes;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.RaggedBoundException;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Runs a composite that brings its own partition, on the devices of this process: a superstep for
 * each part. A local composite is compiled for the shapes of a device, once for all devices of the
 * same shapes, and runs by its kernel. Devices agree on the most rows that any of them receives,
 * and compare it with the same bound before any row is sent.
 */
final class PartitionRun {
  private final Action.Partitioned action;
  private final PlanStep step;
  private final int number;
  private final int result;
  private final Frame frame;
  private final PartSizes sizes;
  private final List<Buffer> buffers;
  private final Map<String, Integer> places = new HashMap<>();

  /** For each part the code of each device if the part is a local composite, else empty. */
  private final List<List<Code>> codes = new ArrayList<>();

  private record Code(PlanRunner runner, long bytes) {}

  PartitionRun(
      Action.Partitioned action,
      SpmdPlan plan,
      int number,
      Frame frame,
      CompositeCode.Finder composites) {
    this.action = action;
    this.step = plan.steps().get(number);
    this.number = number;
    this.result = plan.number(number);
    this.frame = frame;
    this.sizes = new PartSizes(plan.mesh(), step.operands().stream().map(frame::value).toList());
    this.buffers = action.parts().buffers();
    buffers.forEach(buffer -> places.put(buffer.name(), places.size()));
    Map<Program, Code> compiled = new HashMap<>();
    for (Part part : action.parts().parts()) {
      List<Code> each = new ArrayList<>();
      for (int i = 0; part instanceof Part.Run run && i < frame.devices().size(); i++) {
        Program program = local(run, i);
        each.add(compiled.computeIfAbsent(program, one -> compile(one, composites, plan.sums())));
      }
      codes.add(each);
    }
  }

  private Code compile(Program program, CompositeCode.Finder composites, SumOrder sums) {
    Composite composite = (Composite) program.statements().getFirst().operation();
    if (composites.find(composite).isEmpty()) {
      throw new IllegalStateException(
          action.op()
              + ": a part must have a kernel, got none of "
              + composite.name()
              + " for "
              + composite.operands());
    }
    Workers alone = Workers.sequential();
    LocalPlan plan = LocalCompiler.plan(program, composites, Set.of(), alone, sums);
    return new Code(new PlanRunner(plan, alone, Optional.empty()), plan.bytes());
  }

  /** A composite of local types, whose decomposition is there for the types alone. */
  private Program local(Part.Run run, int index) {
    ProgramBuilder builder = Program.builder("part");
    ProgramBuilder meaning = Program.builder(run.composite());
    List<Value> operands = new ArrayList<>();
    for (String name : run.reads()) {
      ValueType type = type(name, index);
      operands.add(builder.input("v" + operands.size(), type));
      meaning.input("v" + (operands.size() - 1), type);
    }
    for (int i = 0; i < run.writes().size(); i++) {
      ValueType type = type(run.writes().get(i), index);
      Source zero = new Source.Constant(type, Scalar.of(type.dtype(), 0L));
      meaning.output("r" + i, meaning.add(zero).getFirst());
    }
    Composite composite =
        Composite.of(run.composite(), run.attributes(), operands, meaning.build(), List.of());
    List<Value> results = builder.add(composite);
    for (int i = 0; i < results.size(); i++) {
      builder.output("r" + i, results.get(i));
    }
    return builder.build();
  }

  private ValueType type(String name, int index) {
    if (name.startsWith(CompositeParts.MEMBER)) {
      return ValueType.scalar(DType.I64);
    }
    OptionalInt value = value(name);
    if (value.isPresent()) {
      PlannedValue planned = frame.value(value.getAsInt());
      return LocalStatements.type(planned, frame.local(value.getAsInt(), index));
    }
    Buffer buffer = buffers.get(place(name));
    Shape shape = shape(place(name), index);
    List<Long> lengths = new ArrayList<>();
    for (int dim = 0; dim < shape.rank(); dim++) {
      lengths.add(shape.size(dim));
    }
    return ValueType.of(buffer.dtype(), buffer.labels(), lengths);
  }

  /** The number of the value that a name stands for, if it stands for one. */
  private OptionalInt value(String name) {
    if (name.startsWith(CompositeParts.OPERAND)) {
      int operand = Integer.parseInt(name.substring(CompositeParts.OPERAND.length()));
      return OptionalInt.of(step.operands().get(operand));
    }
    return name.startsWith(CompositeParts.RESULT)
        ? OptionalInt.of(result + Integer.parseInt(name.substring(CompositeParts.RESULT.length())))
        : OptionalInt.empty();
  }

  private int place(String name) {
    Integer place = places.get(name);
    if (place == null) {
      throw new IllegalArgumentException(
          action.op() + ": a part must name a buffer of " + places.keySet() + ", got " + name);
    }
    return place;
  }

  /**
   * The number of a device's temporaries: its buffers, the rows that it needs, and the maximum over
   * all devices.
   */
  int temporaries() {
    return buffers.size() + 2;
  }

  DType dtype(int which) {
    return which < buffers.size() ? buffers.get(which).dtype() : DType.I64;
  }

  Shape shape(int which, int index) {
    return which < buffers.size()
        ? sizes.shape(buffers.get(which), frame.devices().get(index))
        : Shape.of(1);
  }

  /** Workspace bytes of the local composite and device that need most. */
  long largestWorkspace() {
    return codes.stream().flatMap(List::stream).mapToLong(Code::bytes).max().orElse(0);
  }

  /** The same of all local composites, each on as many threads as may run it at once. */
  long workspaces(int threads) {
    IdentityHashMap<Code, Long> users = new IdentityHashMap<>();
    codes.forEach(each -> each.forEach(code -> users.merge(code, 1L, Long::sum)));
    long bytes = 0;
    for (Map.Entry<Code, Long> code : users.entrySet()) {
      bytes += Math.min(threads, code.getValue()) * code.getKey().bytes();
    }
    return bytes;
  }

  /** Adds a superstep for each part. */
  void add(Plan.Builder builder) {
    for (int at = 0; at < codes.size(); at++) {
      switch (action.parts().parts().get(at)) {
        case Part.Run run -> {
          List<Code> code = codes.get(at);
          builder.compute(run.composite(), (i, _) -> run(run, code.get(i), i));
        }
        case Part.Swap swap ->
            builder.communicate(
                new Collective.AllToAll(1, 0, names(swap.axes())),
                () -> each(i -> tensor(swap.x(), i)),
                () -> each(i -> tensor(swap.out(), i)));
        case Part.Agree agree -> agree(agree, builder);
        case Part.Rows rows ->
            builder.communicate(
                new Collective.RaggedAllToAll(names(rows.axes())),
                () ->
                    IntStream.range(0, frame.devices().size())
                        .mapToObj(i -> counts(rows, i))
                        .toList(),
                () -> each(i -> tensor(rows.x(), i)),
                () -> each(i -> tensor(rows.out(), i)));
        case Part.Reduce reduce -> reduce(reduce, builder);
      }
    }
  }

  private void run(Part.Run run, Code code, int index) {
    List<Tensor> operands = run.reads().stream().map(name -> tensor(name, index)).toList();
    List<Tensor> results = run.writes().stream().map(name -> tensor(name, index)).toList();
    code.runner().run(results, operands);
  }

  private Tensor tensor(String name, int index) {
    if (name.startsWith(CompositeParts.MEMBER)) {
      List<String> axes = List.of(name.substring(CompositeParts.MEMBER.length()).split("\\."));
      return Tensor.scalar(DType.I64, sizes.member(axes, frame.devices().get(index)));
    }
    OptionalInt value = value(name);
    if (value.isEmpty()) {
      return temporary(place(name), index);
    }
    return name.startsWith(CompositeParts.RESULT)
        ? frame.written(value.getAsInt(), index)
        : frame.get(value.getAsInt(), index);
  }

  private Tensor temporary(int which, int index) {
    return frame.temporary(number, Purpose.PART, which, index);
  }

  private void agree(Part.Agree agree, Plan.Builder builder) {
    int needed = buffers.size();
    builder.compute(
        "rows needed",
        (i, _) -> {
          long rows = 0;
          for (long count : perMember(agree.counts(), List.of(), i)) {
            rows += count;
          }
          temporary(needed, i).set(rows, 0);
        });
    builder.communicate(
        new Collective.AllReduce(Reduction.MAX, names(agree.axes())),
        () -> each(i -> temporary(needed, i)),
        () -> each(i -> temporary(needed + 1, i)));
    long bound = bound();
    builder.compute(
        "bound",
        (i, _) -> {
          long most = temporary(needed + 1, i).getLong(0);
          if (most > bound) {
            throw new RaggedBoundException(action.op() + " by rows", most, bound);
          }
        });
  }

  /** The smallest bound of all buffers of received rows, the same on every device. */
  private long bound() {
    long least = Long.MAX_VALUE;
    for (Buffer buffer : buffers) {
      for (Extent extent : buffer.extents()) {
        least =
            extent instanceof Extent.Bounded bounded
                ? Math.min(least, sizes.bound(bounded))
                : least;
      }
    }
    return least;
  }

  private RaggedCounts counts(Part.Rows rows, int index) {
    return RaggedCounts.of(
        perMember(rows.sends(), rows.axes(), index),
        perMember(rows.receives(), rows.axes(), index));
  }

  /**
   * Rows of each member: the sum of its row if counts have one row a member; with a single row, the
   * sum of the member's columns.
   */
  private long[] perMember(String name, List<String> axes, int index) {
    Tensor counts = tensor(name, index);
    int columns = Math.toIntExact(counts.size(1));
    if (buffers.get(place(name)).extents().getFirst() instanceof Extent.Members) {
      long[] sums = new long[Math.toIntExact(counts.size(0))];
      for (int member = 0; member < sums.length; member++) {
        for (int column = 0; column < columns; column++) {
          sums[member] += counts.getLong(member, column);
        }
      }
      return sums;
    }
    Cut cut = sizes.chunks(columns, axes);
    long[] sums = new long[cut.count()];
    for (int member = 0; member < sums.length; member++) {
      for (long column = cut.start(member); column < cut.end(member); column++) {
        sums[member] += counts.getLong(0, column);
      }
    }
    return sums;
  }

  /** Sums the rows that were received, and not the memory behind them. */
  private void reduce(Part.Reduce reduce, Plan.Builder builder) {
    Collective collective =
        reduce.scatter().isPresent()
            ? new Collective.ReduceScatter(
                Reduction.SUM, reduce.scatter().getAsInt(), names(reduce.axes()))
            : new Collective.AllReduce(Reduction.SUM, names(reduce.axes()));
    builder.communicate(
        collective,
        () -> each(i -> received(reduce.x(), reduce.counts(), i)),
        () -> each(i -> received(reduce.out(), reduce.counts(), i)));
  }

  private Tensor received(String name, String counts, int index) {
    long rows = 0;
    for (long count : perMember(counts, List.of(), index)) {
      rows += count;
    }
    return tensor(name, index).slice(0, 0, rows);
  }

  private List<Tensor> each(IntFunction<Tensor> of) {
    return IntStream.range(0, frame.devices().size()).mapToObj(of).toList();
  }

  private static String[] names(List<String> axes) {
    return axes.toArray(String[]::new);
  }
}
