package io.github.shardsum.internal.partition.run;

import io.github.shardsum.internal.layout.CompositeRules;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.internal.program.pass.OperandSubstitution;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Writes the statements of a program for one device: the same operations on local sizes. An
 * operation that reads an index adds the start of the device's chunk to the index. The operations
 * are distinguished by one exhaustive switch.
 */
final class DeviceStatements {
  private final ProgramBuilder builder;
  private final CompositeCode.Finder composites;
  private final Map<ChunkStart, Value> starts = new LinkedHashMap<>();

  DeviceStatements(ProgramBuilder builder, CompositeCode.Finder composites) {
    this.builder = builder;
    this.composites = composites;
  }

  /** The starts that statements read; each is an input {@code i64[]} of the builder. */
  List<ChunkStart> starts() {
    return List.copyOf(starts.keySet());
  }

  private Value start(ChunkStart start) {
    return starts.computeIfAbsent(
        start,
        _ ->
            builder.input(
                "start." + String.join(".", start.axes()) + "." + start.size(),
                ValueType.scalar(DType.I64)));
  }

  /** A value's type on a device. */
  static ValueType type(PlannedValue value, Shape local) {
    List<String> names = new ArrayList<>();
    List<Long> sizes = new ArrayList<>();
    for (int dim = 0; dim < local.rank(); dim++) {
      names.add(value.layout().label(dim));
      sizes.add(local.size(dim));
    }
    return ValueType.of(value.dtype(), names, sizes);
  }

  /**
   * The results of a statement on a device.
   *
   * @param statement the statement of the program
   * @param operands the local operands
   * @param given the operands' layouts
   * @param planned the results' layouts
   * @param local the results' types on the device
   */
  List<Value> add(
      Statement statement,
      List<Value> operands,
      List<PlannedValue> given,
      List<PlannedValue> planned,
      List<ValueType> local) {
    PlannedValue result = planned.getFirst();
    ValueType type = local.getFirst();
    return switch (statement.operation()) {
      case Pointwise.Ragged ragged -> List.of(ragged(ragged, operands, result));
      case Contraction.Einsum einsum -> List.of(einsum(einsum, operands, type));
      case Contraction.Reduce reduce -> List.of(reduce(reduce, operands.getFirst(), type));
      case Selection.OneHot one -> List.of(oneHot(one, operands.getFirst(), result, type));
      case Source.Constant constant -> builder.add(new Source.Constant(type, constant.value()));
      case Source.Iota iota -> List.of(iota(iota.label(), result, type));
      case Source.Random random -> List.of(random(random, operands.getFirst(), result, type));
      case Nested.Composite composite -> composite(composite, operands, given, planned, local);
      case Movement.Split split -> builder.add(split(split, operands.getFirst(), type));
      case Communication _, Nested.Manual _ ->
          throw new IllegalStateException("must be a local statement, got " + statement);
      case Pointwise _, Contraction _, Selection _, Movement _, Nested _ ->
          builder.add(OperandSubstitution.withOperands(statement.operation(), operands));
    };
  }

  /** Lengths of the local statement are counted from the start of the chunk. */
  private Value ragged(Pointwise.Ragged ragged, List<Value> operands, PlannedValue result) {
    ChunkStart start = ChunkStart.of(result, result.layout().dim(ragged.label()));
    Value lengths = operands.get(1);
    if (!start.isZero(result.layout())) {
      lengths = builder.subtract(builder.convert(lengths, DType.I64), start(start));
    }
    return builder
        .add(new Pointwise.Ragged(operands.getFirst(), lengths, ragged.label(), ragged.fill()))
        .getFirst();
  }

  /** A partial sum of bf16 stays in f32 until it is complete, and is read in f32. */
  private Value einsum(Contraction.Einsum einsum, List<Value> given, ValueType type) {
    DType own = einsum.operands().getFirst().type().dtype();
    boolean isWide = given.stream().anyMatch(x -> x.type().dtype() != own);
    List<Value> operands =
        given.stream()
            .map(x -> isWide && x.type().dtype() == own ? builder.convert(x, DType.F32) : x)
            .toList();
    Map<String, Long> sizes = new HashMap<>();
    einsum.sizes().keySet().forEach(label -> sizes.put(label, type.size(label)));
    return builder
        .add(new Contraction.Einsum(einsum.equation(), operands, type.dtype(), sizes))
        .getFirst();
  }

  private Value reduce(Contraction.Reduce reduce, Value x, ValueType type) {
    Value operand = x.type().dtype() == type.dtype() ? x : builder.convert(x, type.dtype());
    return builder.add(new Contraction.Reduce(reduce.kind(), operand, reduce.labels())).getFirst();
  }

  private Value oneHot(Selection.OneHot one, Value indices, PlannedValue result, ValueType type) {
    ChunkStart start = ChunkStart.of(result, result.layout().dim(one.label()));
    // An i32 near its minimum would wrap into the range.
    Value local =
        start.isZero(result.layout())
            ? indices
            : builder.subtract(builder.convert(indices, DType.I64), start(start));
    return builder.oneHot(local, one.label(), type.size(one.label()), one.dtype());
  }

  private Value iota(String label, PlannedValue result, ValueType type) {
    ChunkStart start = ChunkStart.of(result, result.layout().dim(label));
    if (start.isZero(result.layout())) {
      return builder.iota(type, label);
    }
    // The start is added in i64, so that the conversion rounds the index only once.
    Value index = builder.add(builder.iota(type.withDtype(DType.I64), label), start(start));
    return type.dtype() == DType.I64 ? index : builder.convert(index, type.dtype());
  }

  /** The counter of an element is its position in the whole value. */
  private Value random(Source.Random random, Value seed, PlannedValue result, ValueType type) {
    boolean isWhole = true;
    for (int dim = 0; dim < type.rank(); dim++) {
      isWhole &= ChunkStart.of(result, dim).isZero(result.layout());
    }
    if (isWhole) {
      return builder.random(seed, random.stream(), type);
    }
    ValueType counters = type.withDtype(DType.I64);
    Value counter = builder.constant(counters, 0L);
    long stride = 1;
    for (int dim = type.rank() - 1; dim >= 0; dim--) {
      Value index = iota(type.names().get(dim), result, counters);
      counter = builder.add(counter, builder.multiply(index, builder.constant(DType.I64, stride)));
      stride *= result.shape().size(dim);
    }
    return builder.uniform(seed, counter, random.stream(), type.dtype());
  }

  /**
   * A composite on a part of its labels, for its kernel. For each split label whose index the
   * kernel reads, an operand {@code start.LABEL} follows the others. A kernel is found by types and
   * attributes, so the local composite needs a decomposition only for its types. A composite
   * without a kernel is not split.
   */
  private List<Value> composite(
      Nested.Composite composite,
      List<Value> operands,
      List<PlannedValue> given,
      List<PlannedValue> planned,
      List<ValueType> local) {
    List<PlannedValue> all = new ArrayList<>(given);
    all.addAll(planned);
    if (all.stream().allMatch(DeviceStatements::isWhole)) {
      return builder.add(OperandSubstitution.withOperands(composite, operands));
    }
    ProgramBuilder types = Program.builder(composite.decomposition().name());
    for (int i = 0; i < operands.size(); i++) {
      types.input(composite.decomposition().inputs().get(i).name(), operands.get(i).type());
    }
    List<Value> with = new ArrayList<>(operands);
    for (String label : new TreeSet<>(CompositeRules.derive(composite).indexed())) {
      start(label, all)
          .ifPresent(
              start -> {
                types.input("start." + label, ValueType.scalar(DType.I64));
                with.add(start(start));
              });
    }
    for (int i = 0; i < local.size(); i++) {
      Value zero =
          types
              .add(new Source.Constant(local.get(i), Scalar.of(local.get(i).dtype(), 0L)))
              .getFirst();
      types.output(composite.decomposition().outputs().get(i).name(), zero);
    }
    Nested.Composite part =
        new Nested.Composite(
            composite.name(), composite.attributes(), with, types.build(), composite.splittable());
    if (composites.find(part).isEmpty()) {
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "composite %s: its kernel must take a part of labels %s, got none for operands %s",
              composite.name(),
              composite.splittable(),
              with));
    }
    return builder.add(part);
  }

  private static boolean isWhole(PlannedValue value) {
    return value.layout().isEquivalent(value.layout().whole());
  }

  /** The start of a label along which some value is split. */
  private static Optional<ChunkStart> start(String label, List<PlannedValue> values) {
    for (PlannedValue value : values) {
      for (int dim = 0; dim < value.layout().rank(); dim++) {
        ChunkStart start = ChunkStart.of(value, dim);
        if (value.layout().label(dim).equals(label) && !start.isZero(value.layout())) {
          return Optional.of(start);
        }
      }
    }
    return Optional.empty();
  }

  private static Operation split(Movement.Split split, Value x, ValueType type) {
    List<Long> sizes = split.into().stream().map(type::size).toList();
    return new Movement.Split(x, split.label(), split.into(), sizes);
  }
}
