package io.github.shardsum.internal.layout;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.FactorRule;
import io.github.shardsum.layout.FactorRule.Dim;
import io.github.shardsum.layout.FactorRule.Kind;
import io.github.shardsum.layout.FactorRule.Reads;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sharding rule of every operation, by one exhaustive switch; nothing else depends on the kind
 * of operation.
 *
 * <p>Operands may be addends only if the operation of a sum is the sum of the operations, for all
 * values. Integers wrap, so sums and products pass. Of floating-point numbers, infinity times
 * addends of both signs is NaN, and addends may overflow where their sum does not. So only
 * operations that choose or move elements, or put zeros between them, pass such addends.
 */
public final class ShardingRules {
  private static final Kind PASS = new Kind.Pass();
  private static final Kind WHOLE = new Kind.Whole();

  private ShardingRules() {}

  /**
   * The rule of a statement.
   *
   * @return its factors, and the factors of each dimension of operands and results
   */
  public static FactorRule of(Statement statement) {
    List<ValueType> results = statement.results().stream().map(Value::type).toList();
    return switch (statement.operation()) {
      case Pointwise pointwise -> pointwise(pointwise, results.getFirst());
      case Contraction contraction -> contraction(contraction, results.getFirst());
      case Selection selection -> selection(selection, results);
      case Source source -> source(source, results.getFirst());
      case Movement movement -> movement(movement, results.getFirst());
      case Nested.Scan scan -> scan(scan, results);
      case Nested.Composite composite ->
          PaddedWindow.of(composite)
              .map(padded -> padded.rule(composite.operands().getFirst(), results.getFirst()))
              .orElseGet(() -> CompositeRules.derive(composite).rule());
      case Nested.Manual manual -> manual(manual, results);
      case Communication communication -> communication(communication, results.getFirst());
    };
  }

  private static FactorRule pointwise(Pointwise operation, ValueType result) {
    RuleBuilder rule = new RuleBuilder();
    operation.operands().forEach(rule::operand);
    rule.result(result);
    boolean isWrapping = isWrapping(result.dtype());
    return switch (operation) {
      case Pointwise.Unary(UnaryKind kind, _) ->
          rule.linearIf(isWrapping && kind == UnaryKind.NEGATE, 0).build();
      case Pointwise.Binary(BinaryKind kind, _, _) ->
          switch (kind) {
            case ADD, SUBTRACT -> rule.linearIf(isWrapping, 0, 1).build();
            case MULTIPLY -> rule.linearIf(isWrapping, 0).linearIf(isWrapping, 1).build();
            case DIVIDE, REMAINDER, POWER, MAXIMUM, MINIMUM, AND, OR, XOR -> rule.build();
          };
      case Pointwise.Compare _ -> rule.build();
      case Pointwise.Select _ -> rule.linear(1, 2).build();
      case Pointwise.Convert(Value x, DType dtype) ->
          rule.linearIf(keepsSums(x.type().dtype(), dtype), 0).build();
      case Pointwise.Uniform _ -> rule.build();
      case Pointwise.Ragged ragged -> rule.linearIf(isZero(ragged.fill()), 0).build();
    };
  }

  /** Whether sums wrap. */
  private static boolean isWrapping(DType dtype) {
    return dtype == DType.I32 || dtype == DType.I64;
  }

  /** Whether a conversion keeps sums: the lower bits of a sum are a sum of lower bits. */
  private static boolean keepsSums(DType from, DType to) {
    return from == to || (from == DType.I64 && to == DType.I32);
  }

  private static boolean isZero(Scalar scalar) {
    return switch (scalar) {
      case Scalar.Real(double value) -> value == 0;
      case Scalar.Whole(long value) -> value == 0;
    };
  }

  private static FactorRule contraction(Contraction operation, ValueType result) {
    return switch (operation) {
      case Contraction.Einsum einsum -> einsum(einsum, result);
      case Contraction.Reduce(Contraction.ReduceKind kind, Value x, List<String> labels) -> {
        RuleBuilder rule = new RuleBuilder();
        labels.forEach(label -> rule.factor(label, x.type().size(label), new Kind.Reduce(kind)));
        yield rule.operand(x)
            .result(result)
            .linearIf(kind == Contraction.ReduceKind.SUM && isWrapping(result.dtype()), 0)
            .build();
      }
      case Contraction.Softmax(Value x, String label) ->
          along(label, new Kind.Normalize(), x, result).build();
      case Contraction.CumulativeSum sum ->
          along(sum.label(), new Kind.Scan(), sum.x(), result)
              .linearIf(isWrapping(result.dtype()), 0)
              .build();
    };
  }

  private static RuleBuilder along(String label, Kind kind, Value x, ValueType result) {
    RuleBuilder rule = new RuleBuilder();
    rule.factor(label, result.size(label), kind);
    return rule.operand(x).result(result);
  }

  /** The rule of an einsum by the equation's letters, which need not be the values' labels. */
  private static FactorRule einsum(Contraction.Einsum einsum, ValueType result) {
    Map<String, Long> sizes = new HashMap<>();
    List<Term> terms = einsum.equation().operands();
    for (int i = 0; i < terms.size(); i++) {
      for (int dim = 0; dim < terms.get(i).size(); dim++) {
        String label = terms.get(i).axis(dim).label();
        sizes.merge(label, einsum.operands().get(i).type().shape().size(dim), Math::max);
      }
    }
    Term output = einsum.equation().output();
    RuleBuilder rule = new RuleBuilder();
    for (int dim = 0; dim < output.size(); dim++) {
      String label = output.axis(dim).label();
      boolean isMade = !sizes.containsKey(label);
      rule.factor(label, result.shape().size(dim), isMade ? new Kind.Make(false) : PASS);
    }
    var summed =
        new Kind.Reduce(
            result.dtype() == DType.BOOL ? Contraction.ReduceKind.MAX : Contraction.ReduceKind.SUM);
    for (int i = 0; i < terms.size(); i++) {
      List<Dim> dims = new ArrayList<>();
      for (int dim = 0; dim < terms.get(i).size(); dim++) {
        String label = terms.get(i).axis(dim).label();
        long size = einsum.operands().get(i).type().shape().size(dim);
        boolean isBroadcast = size == 1 && sizes.getOrDefault(label, 1L) > 1;
        String name = isBroadcast ? label + "." + i : label;
        dims.add(Dim.of(rule.factor(name, size, isBroadcast ? WHOLE : summed)));
      }
      rule.operand(dims).linearIf(!result.dtype().isFloating() || isMovement(einsum), i);
    }
    List<Dim> dims = new ArrayList<>();
    for (int dim = 0; dim < output.size(); dim++) {
      dims.add(Dim.of(rule.factor(output.axis(dim).label(), result.shape().size(dim), PASS)));
    }
    return rule.result(dims).build();
  }

  /** Whether each element of the result is an element of the operand. */
  private static boolean isMovement(Contraction.Einsum einsum) {
    List<Axis> output = einsum.equation().output().axes();
    return einsum.operands().size() == 1 && output.containsAll(einsum.equation().operand(0).axes());
  }

  private static FactorRule selection(Selection operation, List<ValueType> results) {
    RuleBuilder rule = new RuleBuilder();
    return switch (operation) {
      case Selection.TopK(Value x, String label, long k, String into) -> {
        List<Dim> dims = searched(rule, x, label);
        int chosen = rule.factor("top " + into, k, WHOLE);
        List<Dim> found = new ArrayList<>(dims);
        found.set(x.type().axis(label), Dim.of(chosen));
        yield rule.operand(dims).result(found).result(found).build();
      }
      case Selection.ArgMax(Value x, String label) -> {
        List<Dim> dims = searched(rule, x, label);
        List<Dim> found = new ArrayList<>(dims);
        found.remove(x.type().axis(label));
        yield rule.operand(dims).result(found).build();
      }
      case Selection.OneHot one ->
          rule.operand(one.indices()).result(results.getFirst(), new Kind.Make(true)).build();
    };
  }

  private static List<Dim> searched(RuleBuilder rule, Value x, String label) {
    rule.factor(label, x.type().size(label), new Kind.Search());
    return rule.dims(x.type(), PASS);
  }

  private static FactorRule source(Source operation, ValueType result) {
    RuleBuilder rule = new RuleBuilder();
    return switch (operation) {
      case Source.Constant _ -> rule.result(result, new Kind.Make(false)).build();
      case Source.Iota(_, String label) -> {
        rule.factor(label, result.size(label), new Kind.Make(true));
        yield rule.result(result, new Kind.Make(false)).build();
      }
      case Source.Random random ->
          rule.operand(random.seed()).result(result, new Kind.Make(true)).build();
    };
  }

  private static FactorRule movement(Movement operation, ValueType result) {
    return switch (operation) {
      case Movement.Annotate(Value x, _) ->
          new RuleBuilder().operand(x).result(result).linear(0).build();
      case Movement.Slice slice ->
          neighbour(slice.x(), slice.label(), new Reads.Slice(slice.from(), slice.step()), result)
              .linear(0)
              .build();
      case Movement.Pad pad ->
          neighbour(pad.x(), pad.label(), new Reads.Pad(pad.low(), pad.interior()), result)
              .linearIf(isZero(pad.fill()), 0)
              .build();
      case Movement.Shift shift ->
          neighbour(shift.x(), shift.label(), new Reads.Shift(shift.by()), result)
              .linearIf(isZero(shift.fill()), 0)
              .build();
      case Movement.Window window -> {
        Reads reads = new Reads.Window(window.size(), window.stride(), window.dilation());
        RuleBuilder rule = new RuleBuilder();
        rule.factor(window.window(), window.size(), WHOLE);
        rule.factor(
            window.label(), result.size(window.label()), new Kind.Neighbour(List.of(reads)));
        yield rule.operand(window.x()).result(result).linear(0).build();
      }
      case Movement.Concatenate concatenate -> concatenate(concatenate, result);
      case Movement.Split split -> {
        RuleBuilder rule = new RuleBuilder();
        List<Dim> parts = new ArrayList<>();
        for (int i = 0; i < split.into().size(); i++) {
          parts.add(Dim.of(rule.factor(split.into().get(i) + "/", split.sizes().get(i), PASS)));
        }
        yield reshaped(rule, split.x(), split.x().type().axis(split.label()), 1, parts).build();
      }
      case Movement.Merge merge -> {
        RuleBuilder rule = new RuleBuilder();
        List<Integer> places =
            merge.labels().stream()
                .map(label -> rule.factor(label, merge.x().type().size(label), PASS))
                .toList();
        int first = merge.x().type().axis(merge.labels().getFirst());
        yield reshaped(rule, merge.x(), first, places.size(), List.of(new Dim(places))).build();
      }
    };
  }

  private static RuleBuilder neighbour(Value x, String label, Reads reads, ValueType result) {
    return along(label, new Kind.Neighbour(List.of(reads)), x, result);
  }

  private static FactorRule concatenate(Movement.Concatenate operation, ValueType result) {
    List<Reads> reads = new ArrayList<>();
    long offset = 0;
    for (Value operand : operation.operands()) {
      reads.add(new Reads.Offset(offset));
      offset += operand.type().size(operation.label());
    }
    RuleBuilder rule = new RuleBuilder();
    rule.factor(operation.label(), result.size(operation.label()), new Kind.Neighbour(reads));
    operation.operands().forEach(rule::operand);
    Integer[] all = new Integer[reads.size()];
    Arrays.setAll(all, i -> i);
    return rule.result(result).linear(all).build();
  }

  /**
   * Some neighbouring dimensions of the operand become other dimensions: on one side each dimension
   * has its own factor, on the other side a single dimension has all of them.
   */
  private static RuleBuilder reshaped(
      RuleBuilder rule, Value x, int first, int count, List<Dim> into) {
    List<Integer> factors = into.stream().flatMap(dim -> dim.factors().stream()).toList();
    List<Dim> from = new ArrayList<>();
    List<Dim> to = new ArrayList<>();
    for (int axis = 0; axis < x.type().rank(); axis++) {
      if (axis == first) {
        to.addAll(into);
        if (count == 1) {
          from.add(new Dim(factors));
        } else {
          factors.forEach(factor -> from.add(Dim.of(factor)));
        }
      } else if (axis < first || axis >= first + count) {
        String label = x.type().names().get(axis);
        Dim same = Dim.of(rule.factor(label, x.type().shape().size(axis), PASS));
        from.add(same);
        to.add(same);
      }
    }
    return rule.operand(from).result(to).linear(0);
  }

  /**
   * A carried value has one layout before, in and after the loop; the loop's own label cannot be
   * split. The body decides how sequences and invariants relate to results.
   */
  private static FactorRule scan(Nested.Scan scan, List<ValueType> results) {
    RuleBuilder rule = new RuleBuilder();
    int loop = rule.factor("loop " + scan.label(), scan.count(), WHOLE);
    List<Value> operands = scan.operands();
    List<List<Dim>> carried = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      Value operand = operands.get(i);
      boolean isSequence =
          i >= scan.carried().size() && i < scan.carried().size() + scan.sequences().size();
      List<Dim> dims = named(rule, operand.type(), "operand " + i, isSequence, scan.label(), loop);
      rule.operand(dims);
      if (i < scan.carried().size()) {
        carried.add(dims);
      }
    }
    for (int i = 0; i < results.size(); i++) {
      rule.result(
          i < carried.size()
              ? carried.get(i)
              : named(rule, results.get(i), "result " + i, true, scan.label(), loop));
    }
    return rule.build();
  }

  /** The body decides how a region's operands relate to its results. */
  private static FactorRule manual(Nested.Manual manual, List<ValueType> results) {
    RuleBuilder rule = new RuleBuilder();
    for (int i = 0; i < manual.operands().size(); i++) {
      rule.operand(named(rule, manual.operands().get(i).type(), "operand " + i, false, "", 0));
    }
    for (int i = 0; i < results.size(); i++) {
      rule.result(named(rule, results.get(i), "result " + i, false, "", 0));
    }
    return rule.build();
  }

  /** The rule of a communication: the label that it gathers or cuts is whole. */
  private static FactorRule communication(Communication communication, ValueType result) {
    List<String> whole =
        switch (communication) {
          case Communication.AllGather x -> List.of(x.label());
          case Communication.ReduceScatter x -> List.of(x.label());
          case Communication.OwnChunk x -> List.of(x.label());
          case Communication.AllToAll x -> List.of(x.from(), x.to());
          case Communication.AllReduce _, Communication.Permute _, Communication.AxisIndex _ ->
              List.of();
        };
    RuleBuilder rule = new RuleBuilder();
    for (Value x : communication.operands()) {
      rule.operand(labelled(rule, "before ", x.type(), whole));
    }
    return rule.result(labelled(rule, "after ", result, whole)).build();
  }

  private static List<Dim> labelled(
      RuleBuilder rule, String side, ValueType type, List<String> whole) {
    List<Dim> dims = new ArrayList<>();
    for (int axis = 0; axis < type.rank(); axis++) {
      String label = type.names().get(axis);
      long size = type.shape().size(axis);
      dims.add(
          Dim.of(
              whole.contains(label)
                  ? rule.factor(side + label, size, WHOLE)
                  : rule.factor(label, size, PASS)));
    }
    return dims;
  }

  private static List<Dim> named(
      RuleBuilder rule, ValueType type, String owner, boolean hasLoop, String label, int loop) {
    List<Dim> dims = new ArrayList<>();
    for (int axis = 0; axis < type.rank(); axis++) {
      String own = type.names().get(axis);
      dims.add(
          hasLoop && own.equals(label)
              ? Dim.of(loop)
              : Dim.of(rule.factor(owner + " " + own, type.shape().size(axis), PASS)));
    }
    return dims;
  }
}
