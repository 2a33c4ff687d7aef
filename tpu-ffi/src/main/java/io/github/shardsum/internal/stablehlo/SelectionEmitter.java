package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.Selection;
import io.github.shardsum.program.ValueType;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Operations between values and their indices. */
final class SelectionEmitter {
  private final StableHloOps ops;
  private final ConversionEmitter conversions;

  SelectionEmitter(StableHloOps ops, ConversionEmitter conversions) {
    this.ops = ops;
    this.conversions = conversions;
  }

  List<Ssa> emit(Selection operation, ValueType result, List<Ssa> operands) {
    Ssa x = operands.getFirst();
    return switch (operation) {
      case Selection.TopK topK -> topK(topK, x);
      case Selection.ArgMax(var value, String label) ->
          List.of(argMax(x, value.type().axis(label)));
      case Selection.OneHot oneHot -> List.of(oneHot(oneHot, result, x));
    };
  }

  /**
   * The values in a type that sorts can compare: bf16 and bool in a type that holds these exactly.
   */
  private Ssa comparable(Ssa x) {
    Ssa wide = conversions.widened(x);
    return wide.element() == StableHloElementType.BOOL
        ? ops.convert(wide, StableHloElementType.I32)
        : wide;
  }

  private List<Ssa> topK(Selection.TopK topK, Ssa x) {
    int dimension = topK.x().type().axis(topK.label());
    Ssa wide = comparable(x);
    Ssa index = ops.iota(wide.type().with(StableHloElementType.I32), dimension);
    List<Ssa> sorted = sorted(wide, index, dimension);
    Ssa values = ops.slice(sorted.getFirst(), dimension, 0, topK.k(), 1);
    return List.of(
        conversions.convert(values, x.element()),
        ops.slice(sorted.getLast(), dimension, 0, topK.k(), 1));
  }

  /** Sorts in falling order, NaN first; a stable sort keeps equal elements in order. */
  private List<Ssa> sorted(Ssa x, Ssa index, int dimension) {
    ModuleWriter out = ops.out();
    String name = out.freshName();
    Ssa a = out.fresh(StableHloType.scalar(x.element()));
    Ssa b = out.fresh(StableHloType.scalar(x.element()));
    Ssa i = out.fresh(StableHloType.scalar(index.element()));
    Ssa j = out.fresh(StableHloType.scalar(index.element()));
    out.line(String.format(Locale.ROOT, "%s:2 = \"stablehlo.sort\"(%s, %s) ({", name, x, index));
    out.open(String.format(Locale.ROOT, "^bb0(%s):", StableHloOps.arguments(List.of(a, b, i, j))));
    ops.returnValues(List.of(before(a, b)));
    String types = String.format(Locale.ROOT, "(%s, %s)", x.type(), index.type());
    out.close(
        String.format(
            Locale.ROOT,
            "}) {dimension = %d : i64, is_stable = true} : %s -> %s",
            dimension,
            types,
            types));
    return ModuleWriter.results(name, List.of(x.type(), index.type()));
  }

  private Ssa before(Ssa a, Ssa b) {
    Ssa greater = ops.compare("GT", a, b);
    return a.element().isFloating()
        ? ops.elementwise(
            "or", greater, ops.elementwise("and", ops.compare("NE", a, a), ops.compare("EQ", b, b)))
        : greater;
  }

  /** The least index of an element that equals the largest; NaN is the largest. */
  private Ssa argMax(Ssa given, int dimension) {
    Ssa x = comparable(given);
    Ssa largest = ops.reduce(x, "maximum", Literals.least(x.element()), List.of(dimension));
    List<Integer> others =
        IntStream.range(0, x.rank()).filter(other -> other != dimension).boxed().toList();
    Ssa all = ops.broadcast(largest, others, x.type());
    Ssa equal = ops.compare("EQ", x, all);
    Ssa chosen =
        x.element().isFloating() ? ops.elementwise("or", equal, ops.compare("NE", x, x)) : equal;
    Ssa index = ops.iota(x.type().with(StableHloElementType.I32), dimension);
    Ssa none = ops.constant(index.type(), Literals.greatest(StableHloElementType.I32));
    return ops.reduce(
        ops.select(chosen, index, none),
        "minimum",
        Literals.greatest(StableHloElementType.I32),
        List.of(dimension));
  }

  private Ssa oneHot(Selection.OneHot oneHot, ValueType result, Ssa indices) {
    StableHloType type = StableHloType.of(result).with(StableHloElementType.I64);
    Ssa wanted =
        LabelMatching.broadcast(
            ops, ops.convert(indices, StableHloElementType.I64), oneHot.indices().type(), result);
    Ssa equal = ops.compare("EQ", wanted, ops.iota(type, type.rank() - 1));
    return conversions.convert(equal, StableHloElementType.of(oneHot.dtype()));
  }
}
