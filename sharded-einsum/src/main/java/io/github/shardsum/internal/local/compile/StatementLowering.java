package io.github.shardsum.internal.local.compile;

import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.run.BiasedEinsum;
import io.github.shardsum.internal.local.run.BlockCounts;
import io.github.shardsum.internal.local.run.BlockWriter;
import io.github.shardsum.internal.local.run.BufferInfo;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.local.run.FusedKernel;
import io.github.shardsum.internal.local.run.LocalPlan;
import io.github.shardsum.internal.local.run.LocalRunContext;
import io.github.shardsum.internal.local.run.LocalStep;
import io.github.shardsum.internal.local.run.LocalStorage;
import io.github.shardsum.internal.local.run.LocalWorkspace;
import io.github.shardsum.internal.local.run.ValueMemory;
import io.github.shardsum.internal.program.pass.PairwiseEinsums;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lowers a program to steps, statement by statement; used once. */
public final class StatementLowering {
  private final Program program;
  private final CompositeCode.Finder composites;
  private final Workers workers;
  private final SumOrder sums;
  private final LocalValueUses uses;
  private final EpilogueFusion epilogues;
  private final PointwiseFusion groups;
  private final Map<Value, Integer> ids = new HashMap<>();
  private final List<Value> values = new ArrayList<>();
  private final List<Optional<ValueMemory>> locations = new ArrayList<>();
  private final List<LocalStep> steps = new ArrayList<>();
  private final List<BufferInfo> buffers = new ArrayList<>();
  private final List<ValueMemory.Routed> routings = new ArrayList<>();
  private final List<LocalPlan> nested = new ArrayList<>();
  private final List<BiasedEinsum> biased = new ArrayList<>();
  private long packedBytes;
  private BlockCounts blocks = BlockCounts.NONE;

  private StatementLowering(
      Program program, CompositeCode.Finder composites, Workers workers, SumOrder sums) {
    this.program = program;
    this.composites = composites;
    this.workers = workers;
    this.sums = sums;
    this.uses = new LocalValueUses(program);
    this.epilogues = new EpilogueFusion(program, uses, sums);
    this.groups = new PointwiseFusion(program, uses, epilogues);
  }

  /**
   * Lowers a program.
   *
   * @param program a program whose composites all have kernels
   * @param composites finds the code of composites
   * @param workers the threads
   * @param sums the order of floating-point sums
   */
  public static LocalPlan lower(
      Program program, CompositeCode.Finder composites, Workers workers, SumOrder sums) {
    Program pairs = PairwiseEinsums.run(program);
    // The order of a tree must not depend on whether this program has one-hots or products.
    Program written = sums.isTree() ? pairs : OneHotGatherRewrite.of(ProductSumRewrite.of(pairs));
    return new StatementLowering(written, composites, workers, sums).plan();
  }

  private LocalPlan plan() {
    for (int i = 0; i < program.inputs().size(); i++) {
      Value input = program.inputs().get(i);
      put(
          input,
          ValueMemory.Dense.of(
              new LocalStorage.Input(i), input.type().dtype(), input.type().shape()));
    }
    for (int i = 0; i < program.statements().size(); i++) {
      lower(i);
    }
    for (int i = 0; i < program.outputs().size(); i++) {
      copyOut(i);
    }
    return new LocalPlan(
        program.name(),
        locations,
        steps,
        MemoryPlanner.plan(lifetimes()),
        routings,
        nested,
        biased,
        packedBytes,
        blocks,
        List.of());
  }

  private void lower(int index) {
    Statement statement = program.statements().get(index);
    if (epilogues.isAbsorbed(index) || groups.isInner(index) || groups.isInlined(index)) {
      statement.results().forEach(result -> id(result));
      return;
    }
    if (epilogues.endingAt(index).isPresent()) {
      new EinsumLowering(this).lower(epilogues.endingAt(index).get());
      return;
    }
    Operation operation = statement.operation();
    switch (operation) {
      case Pointwise _ -> fused(groups.endingAt(index), statement);
      case Contraction.Einsum einsum -> new EinsumLowering(this).lower(einsum, statement.result());
      case Contraction.Reduce reduce -> new RowLowering(this).reduce(reduce, statement.result());
      case Contraction.Softmax softmax ->
          new RowLowering(this).softmax(softmax, statement.result());
      case Contraction.CumulativeSum sum ->
          new RowLowering(this).cumulativeSum(sum, statement.result());
      case Selection selection -> new RowLowering(this).lower(selection, statement);
      case Source source -> new MovementLowering(this).source(source, statement.result());
      case Movement movement -> new MovementLowering(this).lower(movement, statement.result());
      case Nested.Scan loop -> new LoopLowering(this, composites).lower(loop, statement);
      case Nested.Composite composite -> composite(composite, statement);
      case Nested.Manual _, Communication _ ->
          throw new IllegalStateException("regions are unrolled first, got " + statement);
    }
  }

  private void fused(List<Integer> group, Statement statement) {
    List<Value> results = groups.results(group.getLast());
    FusedKernelBuilder builder = new FusedKernelBuilder(program, uses, group, results);
    FusedKernel kernel = builder.kernel();
    blocks = blocks.or(kernel.blocks());
    int[] operands = builder.inputs().stream().mapToInt(this::dense).toArray();
    int[] out = results.stream().mapToInt(this::define).toArray();
    String detail =
        group.size() == 1
            ? statement.toString()
            : statement + " and " + (group.size() - 1) + " before it";
    step(
        "pointwise",
        detail,
        list(operands),
        list(out),
        builder.flops(),
        frame -> {
          Tensor[] in = new Tensor[operands.length];
          for (int i = 0; i < in.length; i++) {
            in[i] = frame.tensor(operands[i]);
          }
          kernel.run(frame.workers(), tensors(frame, out), in);
        });
  }

  private void composite(Nested.Composite composite, Statement statement) {
    CompositeCode code =
        composites
            .find(composite)
            .orElseThrow(() -> new IllegalStateException("no kernel of " + composite.name()));
    packs(code.packedBytes().applyAsLong(workers));
    int[] operands = composite.operands().stream().mapToInt(this::dense).toArray();
    int[] results = new int[statement.results().size()];
    for (int i = 0; i < results.length; i++) {
      Value result = statement.results().get(i);
      int over = code.inPlaceOf().applyAsInt(i);
      Optional<LocalStorage.Buffer> taken =
          over < 0 ? Optional.empty() : left(composite.operands().get(over), result, statement);
      results[i] =
          taken.isEmpty()
              ? define(result)
              : put(
                  result,
                  ValueMemory.Dense.of(taken.get(), result.type().dtype(), result.type().shape()));
    }
    step(
        "composite",
        composite.name() + composite.operands(),
        list(operands),
        list(results),
        List.of(),
        code.flops(),
        0,
        code.scratchBytes().applyAsLong(workers),
        frame ->
            code.body().run(tensors(frame, operands), tensors(frame, results), frame.workers()));
  }

  /**
   * The buffer of an operand that nothing needs after a statement, if a result fits the buffer.
   * Only composites may read the operand: other readers may read it later, or be views.
   */
  private Optional<LocalStorage.Buffer> left(Value operand, Value result, Statement statement) {
    int here = program.statements().indexOf(statement);
    boolean isLast =
        uses.of(operand).stream()
            .allMatch(
                use ->
                    use <= here
                        && program.statements().get(use).operation() instanceof Nested.Composite);
    int definition = uses.definition(operand);
    boolean isOwn =
        definition >= 0
            && program.statements().get(definition).operation() instanceof Nested.Composite;
    boolean isAlike =
        operand.type().dtype() == result.type().dtype()
            && operand.type().shape().equals(result.type().shape());
    return isLast
            && isOwn
            && isAlike
            && !uses.isOutput(result)
            && denseLocation(operand).base() instanceof LocalStorage.Buffer buffer
        ? Optional.of(buffer)
        : Optional.empty();
  }

  private static List<Tensor> tensors(LocalRunContext frame, int[] ids) {
    return Arrays.stream(ids).mapToObj(frame::tensor).toList();
  }

  /** Adds a one-hot that is written as positions. */
  ValueMemory.Routed positions(Value value) {
    ValueType type = value.type();
    int leadRank = type.rank() - 1;
    long[] sizes = type.shape().toArray();
    sizes[leadRank] = 1;
    LocalStorage.Buffer positions = buffer(DType.I32, Shape.of(sizes));
    ValueMemory.Routed place =
        new ValueMemory.Routed(
            routings.size(), type.shape(), leadRank, 1, type.dtype(), positions, Optional.empty());
    routings.add(place);
    put(value, place);
    return place;
  }

  /**
   * Adds a value with the positions of another one.
   *
   * @param weights the weights of the value's slots; if absent every weight is 1
   */
  void routed(
      Value value,
      ValueMemory.Routed like,
      int leadRank,
      long slots,
      Optional<LocalStorage.Buffer> weights) {
    ValueMemory.Routed place =
        new ValueMemory.Routed(
            routings.size(),
            value.type().shape(),
            leadRank,
            slots,
            value.type().dtype(),
            like.positions(),
            weights);
    routings.add(place);
    put(value, place);
  }

  /** The buffer in C order that a value fills; a copy if there is none. */
  LocalStorage.Buffer wholeBuffer(Value value, String suffix) {
    ValueMemory.Dense place = denseLocation(value);
    if (place.base() instanceof LocalStorage.Buffer whole && place.whole()) {
      return whole;
    }
    int from = dense(value);
    LocalStorage.Buffer buffer = buffer(value.type().dtype(), value.type().shape());
    Value copy = new Value(value.name() + suffix + buffer.index(), value.type());
    int to = put(copy, ValueMemory.Dense.of(buffer, value.type().dtype(), value.type().shape()));
    step(
        "copy",
        "all of " + value,
        List.of(from),
        List.of(to),
        0,
        frame -> frame.tensor(to).assign(frame.tensor(from)));
    return buffer;
  }

  Workers workers() {
    return workers;
  }

  SumOrder sums() {
    return sums;
  }

  ValueMemory locationOf(int id) {
    return locations.get(id).orElseThrow();
  }

  LocalValueUses uses() {
    return uses;
  }

  Program program() {
    return program;
  }

  private int id(Value value) {
    Integer known = ids.get(value);
    if (known != null) {
      return known;
    }
    ids.put(value, locations.size());
    values.add(value);
    locations.add(Optional.empty());
    return locations.size() - 1;
  }

  int put(Value value, ValueMemory place) {
    int id = id(value);
    locations.set(id, Optional.of(place));
    return id;
  }

  Optional<ValueMemory> location(Value value) {
    return locations.get(id(value));
  }

  ValueMemory.Dense denseLocation(Value value) {
    return (ValueMemory.Dense) locations.get(dense(value)).orElseThrow();
  }

  /** The number of a value, for a step that may read it in any form. */
  int any(Value value) {
    int id = id(value);
    if (locations.get(id).isEmpty()) {
      throw new IllegalStateException("read before it is written: " + value);
    }
    return id;
  }

  /** The number of a value whose elements are all in memory. */
  int dense(Value value) {
    int id = any(value);
    if (!(locations.get(id).orElseThrow() instanceof ValueMemory.Routed routed)) {
      return id;
    }
    Value full = new Value(value.name() + ".dense", value.type());
    if (ids.containsKey(full)) {
      return ids.get(full);
    }
    int out =
        put(
            full,
            ValueMemory.Dense.of(
                buffer(value.type().dtype(), value.type().shape()),
                value.type().dtype(),
                value.type().shape()));
    step(
        "scatter",
        "all elements of " + value,
        List.of(id),
        List.of(out),
        0,
        frame -> {
          var tensor = frame.tensor(out);
          var routing = frame.workspace().routing(routed.index());
          tensor.assign(LocalWorkspace.zero(tensor.dtype(), tensor.shape()));
          BlockWriter.dense(frame.workers(), tensor, routing.positions(), routing.weights());
        });
    return out;
  }

  /** A place for a result: an output if possible, otherwise a buffer. */
  int define(Value value) {
    int output = program.outputs().indexOf(value);
    LocalStorage base =
        output >= 0 && !isViewed(value)
            ? new LocalStorage.Output(output)
            : buffer(value.type().dtype(), value.type().shape());
    return put(value, ValueMemory.Dense.of(base, value.type().dtype(), value.type().shape()));
  }

  /**
   * Whether another value may be a view of this one. Such a value must not be an output, whose
   * strides the caller chooses.
   */
  private boolean isViewed(Value value) {
    return uses.of(value).stream()
        .map(use -> program.statements().get(use).operation())
        .anyMatch(operation -> operation instanceof Movement.Merge);
  }

  LocalStorage.Buffer buffer(DType dtype, Shape shape) {
    buffers.add(new BufferInfo(dtype, shape, Integer.MAX_VALUE, -1, 0));
    return new LocalStorage.Buffer(buffers.size() - 1);
  }

  int nest(LocalPlan body) {
    packs(body.packedBytes());
    blocks = blocks.or(body.blocks());
    nested.add(body);
    return nested.size() - 1;
  }

  int bias(BiasedEinsum einsum) {
    biased.add(einsum);
    return biased.size() - 1;
  }

  static List<Integer> list(int[] ids) {
    return Arrays.stream(ids).boxed().toList();
  }

  void step(
      String kernel,
      String detail,
      List<Integer> reads,
      List<Integer> writes,
      double flops,
      LocalStep.Action action) {
    step(kernel, detail, reads, writes, List.of(), flops, 0, 0, action);
  }

  /** Notes the bytes into which a thread packs operands in some step. */
  void packs(long bytes) {
    packedBytes = Math.max(packedBytes, bytes);
  }

  /** Adds a step on rows, for which each thread holds one row. */
  void rows(
      String kernel,
      String detail,
      List<Integer> reads,
      List<Integer> writes,
      long rowBytes,
      LocalStep.Action action) {
    double flops = 0;
    for (int id : joined(reads, writes)) {
      if (locations.get(id).orElseThrow() instanceof ValueMemory.Dense dense) {
        flops = Math.max(flops, elements(dense));
      }
    }
    long scratch = rowBytes * workers.threads();
    step(kernel, detail, reads, writes, List.of(), flops, 0, scratch, action);
  }

  private static List<Integer> joined(List<Integer> reads, List<Integer> writes) {
    List<Integer> all = new ArrayList<>(reads);
    all.addAll(writes);
    return all;
  }

  private static double elements(ValueMemory.Dense dense) {
    double elements = 1;
    for (int axis = 0; axis < dense.planned().sizes().length; axis++) {
      elements *= dense.planned().strides()[axis] == 0 ? 1 : dense.planned().sizes()[axis];
    }
    return elements;
  }

  void step(
      String kernel,
      String detail,
      List<Integer> reads,
      List<Integer> writes,
      List<LocalStorage> others,
      double flops,
      long ownBytes,
      long scratchBytes,
      LocalStep.Action action) {
    List<LocalStorage> bases = new ArrayList<>(others);
    double bytes = 0;
    for (int id : joined(reads, writes)) {
      switch (locations.get(id).orElseThrow()) {
        case ValueMemory.Dense dense -> {
          bases.add(dense.base());
          bytes += elements(dense) * dense.dtype().byteSize();
        }
        case ValueMemory.Routed routed -> {
          bases.add(routed.positions());
          routed.weights().ifPresent(bases::add);
          bytes += (double) buffers.get(routed.positions().index()).bytes();
        }
      }
    }
    List<String> results = writes.stream().map(id -> values.get(id).name()).toList();
    steps.add(
        new LocalStep(
            kernel, detail, results, bases, flops, bytes, ownBytes, scratchBytes, action));
  }

  private void copyOut(int output) {
    Value value = program.outputs().get(output);
    int definition = uses.definition(value);
    if (definition >= 0 && groups.isInlined(definition)) {
      throw new IllegalStateException("an output is stored: " + value);
    }
    int id = dense(value);
    boolean written =
        locations.get(id).orElseThrow() instanceof ValueMemory.Dense dense
            && dense.base().equals(new LocalStorage.Output(output))
            && dense.whole();
    if (!written) {
      step(
          "copy",
          "output " + value,
          List.of(id),
          List.of(),
          0,
          frame -> frame.output(output).assign(frame.tensor(id)));
    }
  }

  /** The lifetime of each buffer, from the first step that touches it to the last. */
  private List<BufferInfo> lifetimes() {
    int[] first = new int[buffers.size()];
    int[] last = new int[buffers.size()];
    Arrays.fill(first, Integer.MAX_VALUE);
    for (int i = 0; i < steps.size(); i++) {
      for (LocalStorage base : steps.get(i).bases()) {
        if (base instanceof LocalStorage.Buffer(int index)) {
          first[index] = Math.min(first[index], i);
          last[index] = i;
        }
      }
    }
    List<BufferInfo> known = new ArrayList<>();
    for (int i = 0; i < first.length; i++) {
      BufferInfo info = buffers.get(i);
      known.add(new BufferInfo(info.dtype(), info.shape(), first[i], last[i], 0));
    }
    return known;
  }
}
