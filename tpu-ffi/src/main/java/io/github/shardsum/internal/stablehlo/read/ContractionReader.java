package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Products and reductions. */
final class ContractionReader {
  private ContractionReader() {}

  static void product(ProgramScope scope, SsaStep step) {
    ProductDimensions dimensions = ProductDimensions.of(step);
    List<String> names = scope.names(step.result());
    // A sum over repeated elements needs its label in one operand.
    List<Integer> repeated = new ArrayList<>();
    for (int i = 0; i < dimensions.contracted(0).size(); i++) {
      int left = dimensions.contracted(0).get(i);
      int right = dimensions.contracted(1).get(i);
      if (scope.view(step.operand(0)).label(left).isEmpty()
          && scope.view(step.operand(1)).label(right).isEmpty()) {
        repeated.add(left);
      }
    }
    View lhs =
        repeated.isEmpty() ? scope.view(step.operand(0)) : scope.holding(step.operand(0), repeated);
    List<String> summed =
        dimensions.contracted(0).stream()
            .map(i -> scope.names(step.operand(0)).get(i))
            .map(label -> names.contains(label) ? scope.fresh() : label)
            .toList();
    Term left = ProgramScope.term(lhs, labels(step, dimensions, 0, names, summed));
    View rhs = scope.view(step.operand(1));
    Term right = ProgramScope.term(rhs, labels(step, dimensions, 1, names, summed));
    DType dtype = ProgramScope.dtype(step.result().type());
    List<Value> operands = List.of(scope.source(lhs), scope.source(rhs));
    scope.put(step.result(), einsum(scope, List.of(left, right), operands, dtype, names));
  }

  /** The label of each dimension of an operand in the equation. */
  private static List<String> labels(
      SsaStep step,
      ProductDimensions dimensions,
      int side,
      List<String> names,
      List<String> summed) {
    int rank = step.operand(side).rank();
    List<String> ordered = new ArrayList<>(Collections.nCopies(rank, ""));
    int first = dimensions.batch(0).size() + (side == 0 ? 0 : dimensions.free(0).size());
    for (int i = 0; i < dimensions.batch(side).size(); i++) {
      ordered.set(dimensions.batch(side).get(i), names.get(i));
    }
    for (int i = 0; i < dimensions.free(side).size(); i++) {
      ordered.set(dimensions.free(side).get(i), names.get(first + i));
    }
    for (int i = 0; i < dimensions.contracted(side).size(); i++) {
      ordered.set(dimensions.contracted(side).get(i), summed.get(i));
    }
    return ordered;
  }

  /** An einsum whose result has those of the labels that an operand has. */
  static View einsum(
      ProgramScope scope, List<Term> terms, List<Value> operands, DType dtype, List<String> names) {
    Set<String> present = new LinkedHashSet<>();
    terms.forEach(term -> term.axes().forEach(axis -> present.add(axis.label())));
    Term output = Term.of(names.stream().filter(present::contains).toArray(String[]::new));
    boolean widens = operands.stream().allMatch(each -> each.type().dtype() == DType.BF16);
    List<Value> same =
        widens && dtype == DType.F32
            ? operands
            : operands.stream().map(each -> scope.builder().convert(each, dtype)).toList();
    Value value = scope.builder().einsum(new Equation(terms, output), same, dtype, Map.of());
    return View.Held.within(value, names);
  }

  static void reduce(ProgramScope scope, SsaStep step) {
    if (step.results().size() == 2) {
      SelectionReader.argMax(scope, step);
      return;
    }
    if (step.results().size() != 1) {
      throw step.operation().error("must have one result, or two of an argmax");
    }
    Folding folding = Folding.of(step);
    List<Integer> dimensions =
        step.operation().integers("dimensions").stream().map(Math::toIntExact).toList();
    List<Integer> longer = dimensions.stream().filter(i -> step.operand(0).size(i) != 1).toList();
    View view =
        folding.kind() == ReduceKind.SUM
            ? scope.holding(step.operand(0), longer)
            : scope.view(step.operand(0));
    List<Optional<String>> left =
        IntStream.range(0, step.operand(0).rank())
            .filter(i -> !dimensions.contains(i))
            .mapToObj(view::label)
            .toList();
    String[] summed =
        dimensions.stream().flatMap(i -> view.label(i).stream()).toArray(String[]::new);
    Value value = scope.source(view);
    Value reduced =
        summed.length == 0 ? value : scope.builder().reduce(folding.kind(), value, summed);
    scope.put(step.result(), new View.Held(folding.started(scope, step, 1, reduced), left));
  }

  /**
   * The function of a reduction.
   *
   * @param kind the sum, the maximum or the minimum; for bool the last two are or and and
   */
  record Folding(ReduceKind kind) {
    static Folding of(SsaStep step) {
      String function = ScalarEvaluation.function(step).orElse("");
      boolean bool = step.result().type().element().equals("i1");
      return new Folding(
          switch (bool ? "i1 " + function : function) {
            case "stablehlo.add" -> ReduceKind.SUM;
            case "stablehlo.maximum",
                "i1 stablehlo.maximum",
                "i1 stablehlo.add",
                "i1 stablehlo.or" ->
                ReduceKind.MAX;
            case "stablehlo.minimum", "i1 stablehlo.minimum", "i1 stablehlo.and" -> ReduceKind.MIN;
            default ->
                throw step.operation()
                    .error(
                        "the function must be add, maximum or minimum, or for i1 and or or, got "
                            + (function.isEmpty() ? "another one" : function));
          });
    }

    /** A reduced value combined with the start, unless the start changes nothing. */
    Value started(ProgramScope scope, SsaStep step, int start, Value reduced) {
      Optional<Scalar> number = scope.number(step.operand(start));
      if (number.isPresent() && isIdentity(number.get(), reduced.type().dtype())) {
        return reduced;
      }
      BinaryKind binary =
          switch (kind) {
            case SUM -> BinaryKind.ADD;
            case MAX -> BinaryKind.MAXIMUM;
            case MIN -> BinaryKind.MINIMUM;
          };
      boolean bool = reduced.type().dtype() == DType.BOOL;
      BinaryKind logical = kind == ReduceKind.MAX ? BinaryKind.OR : BinaryKind.AND;
      Value first = scope.aligned(step.operand(start), List.of());
      return scope.builder().binary(bool ? logical : binary, reduced, first);
    }

    boolean isIdentity(Scalar start, DType dtype) {
      double worst =
          switch (dtype) {
            case F32, F64, BF16 -> Double.POSITIVE_INFINITY;
            case I32 -> kind == ReduceKind.MAX ? -(double) Integer.MIN_VALUE : Integer.MAX_VALUE;
            case I64 -> -(double) Long.MIN_VALUE;
            case BOOL -> kind == ReduceKind.MAX ? 0 : 1;
          };
      return switch (kind) {
        case SUM -> start.toDouble() == 0;
        case MAX -> start.toDouble() == -worst;
        case MIN -> start.toDouble() == worst;
      };
    }
  }

  /** Windows: running sums if each window begins or ends with the operand, otherwise pooling. */
  static void reduceWindow(ProgramScope scope, SsaStep step) {
    List<Long> window = step.operation().integers("window_dimensions");
    int rank = step.operand(0).rank();
    List<Long> strides = orOnes(step, "window_strides", rank);
    List<Long> spread = orOnes(step, "base_dilations", rank);
    List<Long> dilation = orOnes(step, "window_dilations", rank);
    List<Long> edges = step.operation().integers("padding");
    List<Integer> slid = IntStream.range(0, rank).filter(i -> window.get(i) != 1).boxed().toList();
    Folding folding = Folding.of(step);
    boolean plain =
        strides.stream().allMatch(each -> each == 1)
            && dilation.stream().allMatch(each -> each == 1)
            && spread.stream().allMatch(each -> each == 1);
    if (plain && slid.size() == 1 && folding.kind() == ReduceKind.SUM) {
      int i = slid.getFirst();
      long rest = step.operand(0).size(i) - 1;
      List<Long> own = edges.isEmpty() ? List.of(0L, 0L) : edges.subList(2 * i, 2 * i + 2);
      if (window.get(i) == rest + 1
          && (own.equals(List.of(rest, 0L)) || own.equals(List.of(0L, rest)))) {
        View.Held held = scope.holding(step.operand(0), slid);
        boolean reverse = own.getFirst() == 0;
        Value sums =
            scope
                .builder()
                .cumulativeSum(held.value(), held.label(i).orElseThrow(), false, reverse);
        Value started = folding.started(scope, step, 1, sums);
        scope.put(step.result(), new View.Held(started, held.labels()));
        return;
      }
    }
    pool(scope, step, folding, window, strides, spread, dilation, edges);
  }

  private static List<Long> orOnes(SsaStep step, String key, int rank) {
    List<Long> given = step.operation().integers(key);
    return given.isEmpty() ? IntStream.range(0, rank).mapToObj(_ -> 1L).toList() : given;
  }

  private static void pool(
      ProgramScope scope,
      SsaStep step,
      Folding folding,
      List<Long> window,
      List<Long> strides,
      List<Long> spread,
      List<Long> dilation,
      List<Long> edges) {
    ProgramBuilder builder = scope.builder();
    Scalar start =
        scope
            .number(step.operand(1))
            .orElseThrow(() -> step.operation().error("the start must be a constant"));
    int rank = window.size();
    List<Long> none = IntStream.range(0, rank).mapToObj(_ -> 0L).toList();
    List<Long> low = edges.isEmpty() ? none : every(edges, 0);
    List<Long> high = edges.isEmpty() ? none : every(edges, 1);
    List<Long> interior = spread.stream().map(each -> each - 1).toList();
    View.Held padded = MovementReader.padded(scope, step, low, high, interior, start);
    Value value = padded.value();
    List<String> windows = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      Optional<String> label = padded.label(i);
      if (window.get(i) == 1 && strides.get(i) == 1) {
        continue;
      }
      if (label.isEmpty()) {
        throw step.operation().error("windows of a repeated operand are not read");
      }
      String name = scope.fresh();
      windows.add(name);
      value =
          builder
              .add(
                  new Movement.Window(
                      value, label.get(), name, window.get(i), strides.get(i), dilation.get(i)))
              .getFirst();
    }
    Value reduced = builder.reduce(folding.kind(), value, windows.toArray(String[]::new));
    Value started =
        folding.isIdentity(start, reduced.type().dtype())
            ? reduced
            : folding.started(scope, step, 1, reduced);
    scope.put(step.result(), new View.Held(started, padded.labels()));
  }

  private static List<Long> every(List<Long> pairs, int side) {
    return IntStream.range(0, pairs.size() / 2).mapToObj(i -> pairs.get(2 * i + side)).toList();
  }
}
