package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.List;
import java.util.stream.IntStream;

/** Reductions, distributions and running sums; einsums have another emitter. */
final class ContractionEmitter {
  private final StableHloOps ops;
  private final ConversionEmitter conversions;
  private final EinsumEmitter einsums;

  ContractionEmitter(StableHloOps ops, ConversionEmitter conversions, EinsumEmitter einsums) {
    this.ops = ops;
    this.conversions = conversions;
    this.einsums = einsums;
  }

  Ssa emit(Contraction operation, ValueType result, List<Ssa> operands) {
    Ssa x = operands.getFirst();
    return switch (operation) {
      case Contraction.Einsum einsum -> einsums.emit(einsum, result, operands);
      case Contraction.Reduce(ReduceKind kind, Value value, List<String> labels) ->
          reduce(kind, x, labels.stream().map(value.type()::axis).toList());
      case Contraction.Softmax(Value value, String label) -> softmax(x, value.type().axis(label));
      case Contraction.CumulativeSum sums -> runningSums(sums, x);
    };
  }

  private Ssa reduce(ReduceKind kind, Ssa given, List<Integer> dimensions) {
    Ssa x = conversions.widened(given);
    boolean bool = x.element() == StableHloElementType.BOOL;
    Ssa reduced =
        switch (kind) {
          case SUM -> ops.sum(x, dimensions);
          case MAX ->
              ops.reduce(x, bool ? "or" : "maximum", Literals.least(x.element()), dimensions);
          case MIN ->
              ops.reduce(x, bool ? "and" : "minimum", Literals.greatest(x.element()), dimensions);
        };
    return ops.convert(reduced, given.element());
  }

  private Ssa softmax(Ssa given, int dimension) {
    Ssa x = conversions.widened(given);
    Ssa largest = ops.reduce(x, "maximum", Literals.least(x.element()), List.of(dimension));
    Ssa powers =
        ops.elementwise(
            "exponential", ops.elementwise("subtract", x, along(largest, dimension, x.type())));
    Ssa sums = ops.sum(powers, List.of(dimension));
    Ssa result = ops.elementwise("divide", powers, along(sums, dimension, x.type()));
    return ops.convert(result, given.element());
  }

  /** Repeats a reduced value along the dimension that the reduction removed. */
  private Ssa along(Ssa x, int dimension, StableHloType type) {
    List<Integer> others =
        IntStream.range(0, type.rank()).filter(i -> i != dimension).boxed().toList();
    return ops.broadcast(x, others, type);
  }

  /**
   * Running sums as sums of 2, 4, 8, ... neighbours: one addition of the whole value for each
   * binary digit of the size. Unlike a product with a triangular matrix this keeps a NaN out of the
   * sums before the NaN. Unlike the cost of {@code reduce_window}, the cost is the same on every
   * plugin.
   */
  private Ssa runningSums(Contraction.CumulativeSum sums, Ssa given) {
    int dimension = sums.x().type().axis(sums.label());
    long size = given.type().sizes().get(dimension);
    boolean narrow =
        given.element() == StableHloElementType.F32 || given.element() == StableHloElementType.BF16;
    Ssa x = narrow ? ops.convert(given, StableHloElementType.F64) : given;
    int direction = sums.reverse() ? -1 : 1;
    for (long distance = 1; distance < size; distance *= 2) {
      Ssa before = ops.shift(x, zero(x), dimension, direction * distance);
      x = ops.elementwise("add", x, before);
    }
    Ssa shifted = sums.exclusive() ? ops.shift(x, zero(x), dimension, direction) : x;
    return conversions.convert(shifted, given.element());
  }

  private static String zero(Ssa x) {
    return Literals.whole(x.element(), 0);
  }
}
