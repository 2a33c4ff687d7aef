package io.github.shardsum.internal.stablehlo.read;

import io.github.shardsum.einsum.Term;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The largest elements, their indices, and sorting. */
final class SelectionReader {
  private SelectionReader() {}

  static void topK(ProgramScope scope, SsaStep step) {
    SsaValue operand = step.operand(0);
    int last = operand.rank() - 1;
    View.Held held = scope.holding(operand, List.of(last));
    long k = step.operation().integers("k").getFirst();
    List<String> names = scope.names(step.result());
    String into = scope.free(names.get(last), held.value());
    List<Value> found = scope.builder().topK(held.value(), held.label(last).orElseThrow(), k, into);
    for (int i = 0; i < 2; i++) {
      scope.put(step.results().get(i), held.with(found.get(i), last, Optional.of(into)));
    }
  }

  /**
   * A reduction of values and their indices that gives the largest, or the least, and its place.
   */
  static void argMax(ProgramScope scope, SsaStep step) {
    List<Long> dimensions = step.operation().integers("dimensions");
    boolean largest = picks(scope, step, true);
    boolean indexed =
        dimensions.size() == 1
            && isIndex(scope, step.operand(1), Math.toIntExact(dimensions.getFirst()));
    if (!indexed || (!largest && !picks(scope, step, false))) {
      throw step.operation()
          .error("two results must be the largest or least element and its first index");
    }
    int dimension = Math.toIntExact(dimensions.getFirst());
    View.Held held = scope.holding(step.operand(0), List.of(dimension));
    String label = held.label(dimension).orElseThrow();
    ProgramBuilder builder = scope.builder();
    Value ranked = largest ? held.value() : opposite(builder, held.value());
    List<Optional<String>> labels = new ArrayList<>(held.labels());
    labels.remove(dimension);
    Value place =
        builder.convert(
            builder.argMax(ranked, label), ProgramScope.dtype(step.results().getLast().type()));
    ReduceKind kind = largest ? ReduceKind.MAX : ReduceKind.MIN;
    Value best = builder.reduce(kind, held.value(), label);
    scope.put(step.results().getFirst(), new View.Held(best, labels));
    scope.put(step.results().getLast(), new View.Held(place, labels));
  }

  /** Elements in the opposite order; of integers also the least has an opposite. */
  private static Value opposite(ProgramBuilder builder, Value x) {
    DType dtype = x.type().dtype();
    return dtype.isFloating()
        ? builder.negate(x)
        : builder.subtract(builder.constant(dtype, -1L), x);
  }

  /**
   * Whether the function of a reduction picks the largest, or the least, and the first of equals.
   */
  private static boolean picks(ProgramScope scope, SsaStep step, boolean largest) {
    List<SsaValue> arguments = step.body().arguments();
    boolean floating = ProgramScope.dtype(step.operand(0).type()).isFloating();
    double[] samples = floating ? new double[] {-2, 0, 3, Double.NaN} : new double[] {-2, 0, 3};
    for (double left : samples) {
      for (double right : samples) {
        for (int leftIndex = 0; leftIndex < 2; leftIndex++) {
          if (Double.isNaN(left) && Double.isNaN(right)) {
            continue;
          }
          Map<SsaValue, Double> given = new HashMap<>();
          double[] numbers = {left, leftIndex, right, 1 - leftIndex};
          IntStream.range(0, 4).forEach(i -> given.put(arguments.get(i), numbers[i]));
          boolean first =
              Double.isNaN(left)
                  || (!Double.isNaN(right) && (largest ? left > right : left < right))
                  || (left == right && leftIndex == 0);
          double wanted = first ? leftIndex : 1 - leftIndex;
          if (!scope
              .evaluation()
              .evaluate(step.body().returned().getLast(), given)
              .equals(Optional.of(wanted))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Whether a value is the index along a dimension. */
  private static boolean isIndex(ProgramScope scope, SsaValue value, int dimension) {
    Optional<SsaStep> step = scope.evaluation().step(value);
    if (step.isEmpty()) {
      return false;
    }
    return switch (step.get().name()) {
      case "stablehlo.iota" ->
          step.get().operation().integers(SourceReader.key(step.get())).contains((long) dimension);
      case "stablehlo.broadcast_in_dim" -> {
        int from = step.get().operation().integers("dims").indexOf((long) dimension);
        yield from >= 0 && isIndex(scope, step.get().operand(0), from);
      }
      default -> false;
    };
  }

  /** A stable sort by the first operand; further operands are put in the same order. */
  static void sort(ProgramScope scope, SsaStep step) {
    int dimension = Math.toIntExact(step.operation().integers("dimension").getFirst());
    boolean falling = precedes(scope, step, 1, 0);
    if (falling == precedes(scope, step, 0, 1)) {
      throw step.operation().error("must compare the first operand by LT or GT");
    }
    ProgramBuilder builder = scope.builder();
    View.Held held = scope.holding(step.operand(0), List.of(dimension));
    String label = held.label(dimension).orElseThrow();
    long size = step.operand(0).size(dimension);
    // Rising order is the falling order of the reverse, in reverse: equal elements keep theirs.
    Value keys = falling ? held.value() : MovementReader.reversed(scope, held.value(), label);
    String into = scope.fresh();
    List<Value> sorted = builder.topK(keys, label, size, into);
    Value places = sorted.getLast();
    Value values = sorted.getFirst();
    if (!falling) {
      values = MovementReader.reversed(scope, values, into);
      places = MovementReader.reversed(scope, places, into);
      places = builder.subtract(builder.constant(DType.I32, size - 1), places);
    }
    scope.put(step.results().getFirst(), held.with(values, dimension, Optional.of(into)));
    for (int i = 1; i < step.operands().size(); i++) {
      View ordered =
          isIndex(scope, step.operand(i), dimension)
              ? held.with(
                  builder.convert(places, ProgramScope.dtype(step.results().get(i).type())),
                  dimension,
                  Optional.of(into))
              : ordered(scope, step, i, held.with(places, dimension, Optional.of(into)), dimension);
      scope.put(step.results().get(i), ordered);
    }
  }

  /** A further operand in the order of the sort, gathered along the dimension. */
  private static View ordered(
      ProgramScope scope, SsaStep step, int index, View.Held places, int dimension) {
    View.Held held = scope.holding(step.operand(index), List.of(dimension));
    List<String> names =
        IntStream.range(0, step.result().rank()).mapToObj(_ -> scope.fresh()).toList();
    List<String> before = new ArrayList<>(names);
    before.set(dimension, scope.fresh());
    Term placed = ProgramScope.term(places, names);
    Value hot =
        scope
            .builder()
            .oneHot(
                places.value(),
                before.get(dimension),
                step.operand(index).size(dimension),
                held.dtype());
    List<String> hotLabels = new ArrayList<>();
    placed.axes().forEach(axis -> hotLabels.add(axis.label()));
    hotLabels.add(before.get(dimension));
    return ContractionReader.einsum(
        scope,
        List.of(ProgramScope.term(held, before), Term.of(hotLabels.toArray(String[]::new))),
        List.of(held.value(), hot),
        held.dtype(),
        names);
  }

  /** Whether the comparator puts one number before another. */
  private static boolean precedes(ProgramScope scope, SsaStep step, double left, double right) {
    List<SsaValue> arguments = step.body().arguments();
    Map<SsaValue, Double> given = new HashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      given.put(arguments.get(i), i == 0 ? left : i == 1 ? right : 0);
    }
    return scope
        .evaluation()
        .evaluate(step.body().returned().getFirst(), given)
        .orElseThrow(() -> step.operation().error("the comparator is not read"))
        .equals(1.0);
  }
}
