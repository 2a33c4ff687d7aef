package io.github.shardsum.internal.partition.run;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.compile.LocalCompiler;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.local.run.LocalPlanRunner;
import io.github.shardsum.internal.partition.run.BufferPlan.Purpose;
import io.github.shardsum.internal.reshard.PartSizes;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.CompositeParts.Buffer;
import io.github.shardsum.partition.CompositeParts.Extent;
import io.github.shardsum.partition.CompositeParts.Part;
import io.github.shardsum.partition.CompositeParts.Piece;
import io.github.shardsum.partition.CompositeParts.Place;
import io.github.shardsum.partition.PlanStep;
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
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Runs a composite with its own partition on the devices of this process, with a superstep for each
 * part. A local composite is compiled for the shapes of a device, once for all devices of the same
 * shapes, and runs by its kernel. Before any row is sent, devices agree on the largest number of
 * rows that any device receives, and compare this number with one bound.
 */
final class PartitionRun implements StepCode {
  private final Action.Partitioned action;
  private final PlanStep step;
  private final int number;
  private final int result;
  private final PlanRunFrame frame;
  private final PartSizes sizes;
  private final List<Buffer> buffers;
  private final Map<String, Integer> numbers = new HashMap<>();

  /**
   * For each part that is a local composite, the code of each device; for other parts an empty
   * list.
   */
  private final List<List<Code>> codes = new ArrayList<>();

  private record Code(LocalPlanRunner runner, LocalPlan plan) {}

  PartitionRun(
      Action.Partitioned action,
      SpmdPlan plan,
      int number,
      PlanRunFrame frame,
      CompositeCode.Finder composites,
      Workers workers) {
    this.action = action;
    this.step = plan.steps().get(number);
    this.number = number;
    this.result = plan.number(number);
    this.frame = frame;
    this.sizes = new PartSizes(plan.mesh(), step.operands().stream().map(frame::value).toList());
    this.buffers = action.parts().buffers();
    buffers.forEach(buffer -> numbers.put(buffer.name(), numbers.size()));
    Map<Program, Code> compiled = new HashMap<>();
    for (Part part : action.parts().parts()) {
      List<Code> each = new ArrayList<>();
      Optional<Part.Run> run = run(part);
      for (int i = 0; run.isPresent() && i < frame.devices().size(); i++) {
        Program program = local(run.get(), i);
        each.add(
            compiled.computeIfAbsent(
                program, one -> compile(one, composites, plan.sums(), workers)));
      }
      codes.add(each);
    }
  }

  private static Optional<Part.Run> run(Part part) {
    return switch (part) {
      case Part.Run run -> Optional.of(run);
      case Part.Overlapped overlapped -> Optional.of(overlapped.run());
      case Part.Swap _, Part.Agree _, Part.Rows _, Part.Reduce _ -> Optional.empty();
    };
  }

  private Code compile(
      Program program, CompositeCode.Finder composites, SumOrder sums, Workers workers) {
    Composite composite = (Composite) program.statements().getFirst().operation();
    if (composites.find(composite).isEmpty()) {
      throw new IllegalStateException(
          action.op()
              + ": a part must have a kernel, got none of "
              + composite.name()
              + " for "
              + composite.operands());
    }
    LocalPlan plan = LocalCompiler.plan(program, composites, Set.of(), workers, sums);
    return new Code(new LocalPlanRunner(plan, workers, Optional.empty()), plan);
  }

  /** A composite of local types, whose decomposition only serves for the types. */
  private Program local(Part.Run run, int index) {
    ProgramBuilder builder = Program.builder("part");
    ProgramBuilder meaning = Program.builder(run.composite());
    List<Value> operands = new ArrayList<>();
    for (ValueType type : types(run, index)) {
      operands.add(builder.input("v" + operands.size(), type));
      meaning.input("v" + (operands.size() - 1), type);
    }
    for (int i = 0; i < run.writes().size(); i++) {
      ValueType type = type(run.writes().get(i), index);
      Source zero = new Source.Constant(type, Scalar.of(type.dtype(), 0L));
      meaning.output("r" + i, meaning.add(zero).getFirst());
    }
    SortedMap<String, String> attributes = new TreeMap<>(run.attributes());
    if (!run.piece().isWhole()) {
      attributes.put(Part.Run.PIECES, Integer.toString(run.piece().count()));
    }
    Composite composite =
        Composite.of(run.composite(), attributes, operands, meaning.build(), List.of());
    List<Value> results = builder.add(composite);
    for (int i = 0; i < results.size(); i++) {
      builder.output("r" + i, results.get(i));
    }
    return builder.build();
  }

  /** The index of a piece is the last operand, so that all pieces have one code. */
  private List<ValueType> types(Part.Run run, int index) {
    List<ValueType> types = new ArrayList<>();
    run.reads().forEach(place -> types.add(type(place, index)));
    if (!run.piece().isWhole()) {
      types.add(ValueType.scalar(DType.I64));
    }
    return types;
  }

  private ValueType type(Place place, int index) {
    return switch (place) {
      case Place.Member _ -> ValueType.scalar(DType.I64);
      case Place.Operand(int operand) -> type(step.operands().get(operand), index);
      case Place.Result(int made) -> type(result + made, index);
      case Place.InBuffer in -> {
        Buffer buffer = buffers.get(number(in));
        List<Long> lengths = new ArrayList<>();
        buffer.extents().forEach(extent -> lengths.add(sizes.size(extent, device(index))));
        yield ValueType.of(buffer.dtype(), buffer.labels(), lengths);
      }
    };
  }

  private ValueType type(int value, int index) {
    return DeviceStatements.type(frame.value(value), frame.local(value, index));
  }

  private int device(int index) {
    return frame.devices().get(index);
  }

  private int number(Place.InBuffer in) {
    Integer number = numbers.get(in.buffer());
    if (number == null) {
      throw new IllegalArgumentException(
          action.op() + ": a part must name a buffer of " + numbers.keySet() + ", got " + in);
    }
    return number;
  }

  /**
   * The number of a device's temporaries: its buffers, a count of the rows that it needs, and the
   * maximum of this count over all devices.
   */
  int temporaries() {
    return buffers.size() + 2;
  }

  DType dtype(int which) {
    return which < buffers.size() ? buffers.get(which).dtype() : DType.I64;
  }

  Shape shape(int which, int index) {
    return which < buffers.size() ? sizes.shape(buffers.get(which), device(index)) : Shape.of(1);
  }

  @Override
  public long largestWorkspace() {
    return codes.stream()
        .flatMap(List::stream)
        .mapToLong(code -> code.plan().bytes())
        .max()
        .orElse(0);
  }

  @Override
  public IdentityHashMap<LocalPlan, Long> users() {
    IdentityHashMap<LocalPlan, Long> users = new IdentityHashMap<>();
    codes.forEach(each -> each.forEach(code -> users.merge(code.plan(), 1L, Long::sum)));
    return users;
  }

  /** Adds a superstep for each part; each is timed separately if there is a clock. */
  void add(CollectivePlan.Builder builder, Optional<StepClock> clock, StepClock.Timed whole) {
    for (int at = 0; at < codes.size(); at++) {
      Part part = action.parts().parts().get(at);
      StepClock.Timed timed = whole.part(whole.name() + ": " + name(part), at);
      switch (part) {
        case Part.Run run -> add(run, codes.get(at), builder, clock, timed);
        case Part.Overlapped overlapped -> {
          overlapped.rows().forEach(rows -> start(rows, builder));
          add(overlapped.run(), codes.get(at), builder, clock, timed);
          // The rest of the transfers, after the composite has ended.
          for (Part.Rows rows : overlapped.rows()) {
            StepClock.Timed rest = whole.rest(whole.name() + ": rest of " + name(rows), at);
            timed(() -> builder.await(flight(rows)), builder, clock, rest);
          }
        }
        default -> timed(() -> communicate(part, builder), builder, clock, timed);
      }
    }
  }

  /** Adds communication; if there is a clock, its beginning and end are recorded. */
  private static void timed(
      Runnable communication,
      CollectivePlan.Builder builder,
      Optional<StepClock> clock,
      StepClock.Timed timed) {
    clock.ifPresent(of -> builder.compute("clock", (i, _) -> of.begin(i)));
    communication.run();
    clock.ifPresent(of -> builder.compute("clock", (i, _) -> of.end(i, timed, SegmentWork.NONE)));
  }

  private void start(Part.Rows rows, CollectivePlan.Builder builder) {
    builder.start(
        flight(rows),
        new Collective.RaggedAllToAll(names(rows.axes())),
        () -> counts(rows),
        () -> frame.each(i -> sent(rows, i)),
        () -> frame.each(i -> received(rows, i)));
  }

  private String flight(Part.Rows rows) {
    return action.op() + " " + rows.out() + " " + rows.piece();
  }

  private static String name(Part part) {
    return switch (part) {
      case Part.Run run -> run.composite();
      case Part.Overlapped overlapped -> overlapped.run().composite();
      case Part.Swap swap -> "all-to-all of " + swap.x();
      case Part.Agree agree -> "all-reduce of " + agree.counts();
      case Part.Rows rows -> "all-to-all of " + rows.x();
      case Part.Reduce reduce -> "sum of " + reduce.x();
    };
  }

  private void add(
      Part.Run run,
      List<Code> code,
      CollectivePlan.Builder builder,
      Optional<StepClock> clock,
      StepClock.Timed timed) {
    if (clock.isEmpty()) {
      builder.compute(run.composite(), (i, _) -> run(run, code.get(i), i));
      return;
    }
    StepClock of = clock.get();
    List<SegmentWork> works =
        IntStream.range(0, code.size()).mapToObj(i -> work(run, code.get(i), i)).toList();
    builder.compute(
        run.composite(),
        (i, _) -> {
          of.begin(i);
          run(run, code.get(i), i);
          of.end(i, timed, works.get(i));
        });
  }

  /**
   * The work of a local composite if rows are spread evenly; its code has room for all rows that
   * the bound allows. A piece has its share of the experts and of the experts' rows.
   */
  private SegmentWork work(Part.Run run, Code code, int index) {
    double piece = piece(run, index);
    double bytes = 0;
    double share = 1;
    for (Place place : Stream.concat(run.reads().stream(), run.writes().stream()).toList()) {
      ValueType type = type(place, index);
      double even = place instanceof Place.InBuffer in ? even(in) : 1;
      bytes += even * type.shape().elementCount() * type.dtype().byteSize();
      share = Math.min(share, even);
    }
    // The code counts the operations of an even piece.
    return new SegmentWork(
        share * code.plan().flops() * piece * run.piece().count(), piece * bytes);
  }

  /** A piece's share of a device's columns of counts. */
  private double piece(Part.Run run, int index) {
    Piece piece = run.piece();
    double columns =
        run.reads().stream()
            .mapToLong(
                place ->
                    place instanceof Place.InBuffer in && isReceived(in)
                        ? shape(number(in), index).size(1)
                        : 0)
            .filter(count -> count > 0)
            .findFirst()
            .orElse(0);
    return piece.isWhole() || columns == 0
        ? 1.0 / piece.count()
        : Cut.chunks((long) columns, piece.count()).length(piece.index()) / columns;
  }

  /** The share of a buffer that is filled if rows are spread evenly. */
  private double even(Place.InBuffer buffer) {
    return buffers.get(number(buffer)).extents().getFirst() instanceof Extent.Bounded bounded
        ? (double) sizes.largest(bounded.rows()) / Math.max(1, sizes.bound(bounded))
        : 1;
  }

  private void communicate(Part part, CollectivePlan.Builder builder) {
    switch (part) {
      case Part.Run run -> throw new IllegalStateException(run.composite());
      case Part.Overlapped overlapped ->
          throw new IllegalStateException(overlapped.run().composite());
      case Part.Swap swap ->
          builder.communicate(
              new Collective.AllToAll(1, 0, names(swap.axes())),
              () -> frame.each(i -> tensor(swap.x(), i)),
              () -> frame.each(i -> tensor(swap.out(), i)));
      case Part.Agree agree -> agree(agree, builder);
      case Part.Rows rows ->
          builder.communicate(
              new Collective.RaggedAllToAll(names(rows.axes())),
              () -> counts(rows),
              () -> frame.each(i -> sent(rows, i)),
              () -> frame.each(i -> received(rows, i)));
      case Part.Reduce reduce -> reduce(reduce, builder);
    }
  }

  private void run(Part.Run run, Code code, int index) {
    List<Tensor> operands = new ArrayList<>();
    run.reads().forEach(place -> operands.add(tensor(place, index)));
    if (!run.piece().isWhole()) {
      operands.add(Tensor.scalar(DType.I64, (long) run.piece().index()));
    }
    code.runner().run(run.writes().stream().map(place -> tensor(place, index)).toList(), operands);
  }

  private Tensor tensor(Place place, int index) {
    return switch (place) {
      case Place.Member(List<String> axes) ->
          Tensor.scalar(DType.I64, sizes.member(axes, device(index)));
      case Place.Operand(int operand) -> frame.get(step.operands().get(operand), index);
      case Place.Result(int made) -> frame.written(result + made, index);
      case Place.InBuffer in -> temporary(number(in), index);
    };
  }

  private Tensor temporary(int which, int index) {
    return frame.temporary(number, Purpose.PART, which, index);
  }

  private void agree(Part.Agree agree, CollectivePlan.Builder builder) {
    int needed = buffers.size();
    builder.compute(
        "rows needed",
        (i, _) -> temporary(needed, i).set(rows(agree.counts(), Piece.WHOLE, i).count(), 0));
    builder.communicate(
        new Collective.AllReduce(Reduction.MAX, names(agree.axes())),
        () -> frame.each(i -> temporary(needed, i)),
        () -> frame.each(i -> temporary(needed + 1, i)));
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

  private List<RaggedCounts> counts(Part.Rows rows) {
    return IntStream.range(0, frame.devices().size())
        .mapToObj(
            i -> {
              Members sends = members(rows.sends(), rows.axes(), rows.piece(), i);
              Members receives = members(rows.receives(), rows.axes(), rows.piece(), i);
              return RaggedCounts.of(
                  sends.counts(), sends.starts(), receives.counts(), receives.starts());
            })
        .toList();
  }

  /** Rows of each member: their number, and the place where they begin. */
  private record Members(long[] counts, long[] starts) {}

  /**
   * Rows of each member in one piece of the columns. If counts have one row for each member, the
   * piece has the rows of one member after the other. If counts have a single row, each member has
   * its own columns, and the piece has a part of each member's columns.
   */
  private Members members(Place.InBuffer in, List<String> axes, Piece piece, int index) {
    Tensor counts = tensor(in, index);
    long columns = counts.size(1);
    boolean isReceived = isReceived(in);
    Cut cut = isReceived ? Cut.chunks(columns, 1) : sizes.chunks(columns, axes);
    int members = isReceived ? Math.toIntExact(counts.size(0)) : cut.count();
    long[] sums = new long[members];
    long[] starts = new long[members];
    long next = 0;
    long counted = 0;
    for (int member = 0; member < members; member++) {
      long from = isReceived ? 0 : cut.start(member);
      Cut pieces = Cut.chunks(isReceived ? columns : cut.length(member), piece.count());
      long row = isReceived ? member : 0;
      long begin = from + pieces.start(piece.index());
      long end = from + pieces.end(piece.index());
      // Rows of earlier pieces are skipped.
      next += isReceived ? 0 : sum(counts, row, counted, begin);
      counted = end;
      starts[member] = next;
      sums[member] = sum(counts, row, begin, end);
      next += sums[member];
    }
    return new Members(sums, starts);
  }

  private static long sum(Tensor counts, long row, long from, long end) {
    long sum = 0;
    for (long column = from; column < end; column++) {
      sum += counts.getLong(row, column);
    }
    return sum;
  }

  private boolean isReceived(Place.InBuffer counts) {
    return buffers.get(number(counts)).extents().getFirst() instanceof Extent.Members;
  }

  /** The place where received rows of a piece begin, and their number. */
  private record Range(long start, long count) {}

  private Range rows(Place.InBuffer counts, Piece piece, int index) {
    long start = 0;
    long count = 0;
    for (int at = 0; at <= piece.index(); at++) {
      start += count;
      count = 0;
      for (long each : members(counts, List.of(), new Piece(at, piece.count()), index).counts()) {
        count += each;
      }
    }
    return new Range(start, count);
  }

  /** The rows that a device sends; if received rows travel back, only those of the piece. */
  private Tensor sent(Part.Rows rows, int index) {
    return isReceived(rows.sends())
        ? piece(rows.x(), rows.sends(), rows.piece(), index)
        : tensor(rows.x(), index);
  }

  private Tensor received(Part.Rows rows, int index) {
    return isReceived(rows.receives())
        ? piece(rows.out(), rows.receives(), rows.piece(), index)
        : tensor(rows.out(), index);
  }

  /** Sums only the rows that were received, not the unused memory after them. */
  private void reduce(Part.Reduce reduce, CollectivePlan.Builder builder) {
    Collective collective =
        reduce.scatter().isPresent()
            ? new Collective.ReduceScatter(
                Reduction.SUM, reduce.scatter().getAsInt(), names(reduce.axes()))
            : new Collective.AllReduce(Reduction.SUM, names(reduce.axes()));
    builder.communicate(
        collective,
        () -> frame.each(i -> piece(reduce.x(), reduce.counts(), reduce.piece(), i)),
        () -> frame.each(i -> piece(reduce.out(), reduce.counts(), reduce.piece(), i)));
  }

  /** The received rows of a piece. */
  private Tensor piece(Place.InBuffer in, Place.InBuffer counts, Piece piece, int index) {
    Range rows = rows(counts, piece, index);
    return tensor(in, index).slice(0, rows.start(), rows.start() + rows.count());
  }

  private static String[] names(List<String> axes) {
    return axes.toArray(String[]::new);
  }
}
