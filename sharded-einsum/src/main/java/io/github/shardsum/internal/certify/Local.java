package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an operation computes of blocks, by the operation's meaning. A label that several dimensions
 * have stands for the same index in each; one that only operands have is reduced, one that only
 * results have is made.
 *
 * @param operands for each operand the labels of its dimensions
 * @param results for each result
 * @param whole labels of which a block must have all indices
 * @param reduced labels that the results do not have because they are reduced
 * @param kind what is done along labels that are reduced
 * @param isProduct whether operands that are sums are multiplied, as any may be
 * @param addends operands that may be sums because the results are sums of what becomes of them
 */
record Local(
    List<List<String>> operands,
    List<List<String>> results,
    Set<String> whole,
    Set<String> reduced,
    ReduceKind kind,
    boolean isProduct,
    Set<Integer> addends) {

  static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  static Local of(Equation equation) {
    List<List<String>> operands = equation.operands().stream().map(Local::labels).toList();
    List<String> result = labels(equation.output());
    Set<String> reduced = new TreeSet<>();
    operands.forEach(reduced::addAll);
    result.forEach(reduced::remove);
    return new Local(operands, List.of(result), Set.of(), reduced, ReduceKind.SUM, true, Set.of());
  }

  static Local of(Statement statement) {
    Operation operation = statement.operation();
    if (operation instanceof Contraction.Einsum einsum) {
      return of(einsum.equation());
    }
    Contraction.Reduce reduce = operation instanceof Contraction.Reduce r ? r : null;
    return new Local(
        operation.operands().stream().map(value -> names(operation, value)).toList(),
        statement.results().stream().map(value -> value.type().names()).toList(),
        whole(operation),
        reduce == null ? Set.of() : new TreeSet<>(reduce.labels()),
        reduce == null ? ReduceKind.SUM : reduce.kind(),
        operation instanceof Pointwise.Binary b && b.kind() == Pointwise.BinaryKind.MULTIPLY,
        addends(operation));
  }

  /** Labels that are reshaped are others afterwards, even of the same name. */
  private static List<String> names(Operation operation, Value operand) {
    List<String> reshaped =
        switch (operation) {
          case Movement.Split split -> List.of(split.label());
          case Movement.Merge merge -> merge.labels();
          default -> List.of();
        };
    List<String> names = new ArrayList<>(operand.type().names());
    names.replaceAll(name -> reshaped.contains(name) ? "old " + name : name);
    return names;
  }

  /** The label of which an operation reads neighbours of the index that it writes. */
  static String neighbours(Operation operation) {
    return switch (operation) {
      case Movement.Slice slice -> slice.label();
      case Movement.Pad pad -> pad.label();
      case Movement.Shift shift -> shift.label();
      case Movement.Concatenate all -> all.label();
      case Movement.Window window -> window.label();
      default -> throw new PlanRefusedException("must read neighbours, got " + operation);
    };
  }

  /** Labels along which more is read than the index that is written. */
  private static Set<String> whole(Operation operation) {
    return switch (operation) {
      case Contraction.Softmax softmax -> Set.of(softmax.label());
      case Contraction.CumulativeSum sum -> Set.of(sum.label());
      case Selection.TopK top -> new HashSet<>(List.of(top.label(), top.into()));
      case Selection.ArgMax max -> Set.of(max.label());
      case Movement.Slice slice -> Set.of(slice.label());
      case Movement.Pad pad -> Set.of(pad.label());
      case Movement.Shift shift -> Set.of(shift.label());
      case Movement.Concatenate all -> Set.of(all.label());
      case Movement.Window window -> Set.of(window.label(), window.window());
      case Nested.Composite composite -> {
        Set<String> labels = new HashSet<>();
        composite.operands().forEach(value -> labels.addAll(value.type().names()));
        for (Value result : composite.decomposition().outputs()) {
          labels.addAll(result.type().names());
        }
        labels.removeIf(
            label ->
                composite.splittable().contains(label)
                    && composite.decomposition().outputs().stream()
                        .allMatch(result -> result.type().names().contains(label)));
        yield labels;
      }
      case Pointwise _, Contraction _, Selection.OneHot _, Source _, Movement _, Nested.Scan _ ->
          Set.of();
    };
  }

  /** Operands in which the operation is additive, all together; the others must be no sums. */
  private static Set<Integer> addends(Operation operation) {
    return switch (operation) {
      case Pointwise.Unary(Pointwise.UnaryKind kind, Value _) ->
          kind == Pointwise.UnaryKind.NEGATE ? Set.of(0) : Set.of();
      case Pointwise.Binary(Pointwise.BinaryKind kind, Value x, Value _) ->
          switch (kind) {
            case ADD, SUBTRACT -> Set.of(0, 1);
            case DIVIDE -> x.type().dtype().isFloating() ? Set.of(0) : Set.of();
            default -> Set.of();
          };
      case Pointwise.Select _ -> Set.of(1, 2);
      case Pointwise.Convert(Value x, DType to) -> {
        DType from = x.type().dtype();
        boolean isWider = from != DType.BOOL && to.byteSize() >= from.byteSize();
        yield isWider && to.isFloating() == from.isFloating() ? Set.of(0) : Set.of();
      }
      case Pointwise.Ragged ragged -> isZero(ragged.fill()) ? Set.of(0) : Set.of();
      case Contraction.Reduce reduce -> reduce.kind() == ReduceKind.SUM ? Set.of(0) : Set.of();
      case Contraction.CumulativeSum sum ->
          sum.x().type().dtype().isFloating() ? Set.of() : Set.of(0);
      case Movement.Pad pad -> isZero(pad.fill()) ? Set.of(0) : Set.of();
      case Movement.Shift shift -> isZero(shift.fill()) ? Set.of(0) : Set.of();
      case Movement movement -> {
        Set<Integer> all = new HashSet<>();
        movement.operands().forEach(_ -> all.add(all.size()));
        yield all;
      }
      default -> Set.of();
    };
  }

  private static boolean isZero(Scalar scalar) {
    return scalar.equals(new Scalar.Real(0)) || scalar.equals(new Scalar.Whole(0));
  }
}
