package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.path.ContractionPath;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Emits einsums as {@code dot_general} along the cheapest path. An einsum of one operand needs only
 * {@code reduce}, {@code transpose} and {@code broadcast_in_dim}.
 */
final class EinsumEmitter {
  private final StableHloOps ops;
  private final ConversionEmitter conversions;
  private final boolean highest;

  /**
   * An emitter for a module.
   *
   * @param highest whether products of f32 request full precision
   */
  EinsumEmitter(StableHloOps ops, ConversionEmitter conversions, boolean highest) {
    this.ops = ops;
    this.conversions = conversions;
    this.highest = highest;
  }

  /** A value with a label for each dimension. */
  private record Labelled(Ssa value, List<String> labels) {}

  Ssa emit(Contraction.Einsum einsum, ValueType result, List<Ssa> operands) {
    List<Labelled> open = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      List<String> labels = labels(einsum.equation().operand(i));
      open.add(diagonal(new Labelled(summable(operands.get(i)), labels)));
    }
    List<String> output = labels(einsum.equation().output());
    Labelled all =
        open.size() == 1 ? summed(wide(open.getFirst()), output::contains) : pairs(einsum, open);
    return converted(laidOut(all, output, result), StableHloElementType.of(einsum.dtype()));
  }

  private static List<String> labels(Term term) {
    return term.axes().stream().map(Axis::label).toList();
  }

  /** Emits an OR of ANDs as a sum of products, which is above 0 where a term is true. */
  private Ssa summable(Ssa x) {
    return x.element() == StableHloElementType.BOOL ? ops.convert(x, StableHloElementType.F32) : x;
  }

  private Ssa converted(Ssa x, StableHloElementType to) {
    return to == StableHloElementType.BOOL
        ? ops.compare("NE", x, ops.constant(x.type(), 0))
        : conversions.convert(x, to);
  }

  private Labelled wide(Labelled x) {
    return new Labelled(conversions.widened(x.value()), x.labels());
  }

  /**
   * The diagonal along a label that occurs twice: every (n + 1)-th of the n * n elements. A product
   * with an identity matrix would let NaN off the diagonal influence the result.
   */
  private Labelled diagonal(Labelled x) {
    for (int i = 0; i < x.labels().size(); i++) {
      int again = x.labels().lastIndexOf(x.labels().get(i));
      if (again != i) {
        return diagonal(diagonal(x, i, again));
      }
    }
    return x;
  }

  private Labelled diagonal(Labelled x, int first, int second) {
    List<Integer> order = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < x.labels().size(); i++) {
      if (i != first && i != second) {
        order.add(i);
        labels.add(x.labels().get(i));
      }
    }
    order.add(first);
    order.add(second);
    Ssa last = ops.transpose(x.value(), order);
    int dimension = labels.size();
    long size = last.type().sizes().get(dimension);
    List<Long> sizes = new ArrayList<>(last.type().sizes().subList(0, dimension));
    sizes.add(size * size);
    labels.add(x.labels().get(first));
    Ssa flat = ops.reshape(last, sizes);
    return new Labelled(ops.slice(flat, dimension, 0, size * size, size + 1), labels);
  }

  /** Sums along the labels that are not kept. */
  private Labelled summed(Labelled x, Predicate<String> kept) {
    List<Integer> dimensions = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < x.labels().size(); i++) {
      if (kept.test(x.labels().get(i))) {
        labels.add(x.labels().get(i));
      } else {
        dimensions.add(i);
      }
    }
    return dimensions.isEmpty() ? x : new Labelled(ops.sum(wide(x).value(), dimensions), labels);
  }

  private Labelled pairs(Contraction.Einsum einsum, List<Labelled> operands) {
    List<Labelled> values = new ArrayList<>(operands);
    Set<Integer> open = new LinkedHashSet<>();
    for (int i = 0; i < values.size(); i++) {
      open.add(i);
    }
    for (ContractionPath.Pair pair : path(einsum).pairs()) {
      open.remove(pair.left());
      open.remove(pair.right());
      Set<String> needed = new LinkedHashSet<>(labels(einsum.equation().output()));
      open.forEach(other -> needed.addAll(values.get(other).labels()));
      values.add(product(values.get(pair.left()), values.get(pair.right()), needed));
      open.add(values.size() - 1);
    }
    return values.getLast();
  }

  private static ContractionPath path(Contraction.Einsum einsum) {
    if (einsum.operands().size() == 2) {
      return ContractionPath.leftToRight(2);
    }
    OperandSpec[] specs =
        einsum.operands().stream()
            .map(operand -> OperandSpec.of(operand.type().dtype(), operand.type().shape()))
            .toArray(OperandSpec[]::new);
    EinsumOptions options = EinsumOptions.defaults().withDtype(einsum.dtype());
    for (Map.Entry<String, Long> size : einsum.sizes().entrySet()) {
      options = options.withSize(size.getKey(), size.getValue());
    }
    return Einsum.compile(einsum.equation(), options, specs).explain().contraction().path();
  }

  /**
   * The product of two operands, in f32 if they are bf16. Labels of only one operand that are not
   * needed later are summed first.
   */
  private Labelled product(Labelled left, Labelled right, Set<String> needed) {
    Labelled x = summed(left, label -> needed.contains(label) || right.labels().contains(label));
    Labelled y = summed(right, label -> needed.contains(label) || left.labels().contains(label));
    if (x.value().element() != y.value().element()) {
      x = wide(x);
      y = wide(y);
    }
    List<String> both = x.labels().stream().filter(y.labels()::contains).toList();
    List<String> batch = both.stream().filter(needed::contains).toList();
    List<String> sum = both.stream().filter(label -> !needed.contains(label)).toList();
    StableHloOps.DotDimensions dims =
        new StableHloOps.DotDimensions(
            places(batch, x.labels()),
            places(batch, y.labels()),
            places(sum, x.labels()),
            places(sum, y.labels()));
    StableHloElementType in = x.value().element();
    StableHloElementType element = in == StableHloElementType.BF16 ? StableHloElementType.F32 : in;
    boolean full = highest && in == StableHloElementType.F32;
    Ssa dot = ops.dot(x.value(), y.value(), dims, element, full);
    Stream<String> free =
        Stream.concat(x.labels().stream(), y.labels().stream())
            .filter(label -> !both.contains(label));
    return new Labelled(dot, Stream.concat(batch.stream(), free).toList());
  }

  private static List<Integer> places(List<String> labels, List<String> in) {
    return labels.stream().map(in::indexOf).toList();
  }

  /**
   * A value with the labels in the order of the output, repeated along labels that only the output
   * has.
   */
  private Ssa laidOut(Labelled x, List<String> output, ValueType result) {
    StableHloType type = new StableHloType(x.value().element(), result.sizes());
    return ops.broadcast(x.value(), places(x.labels(), output), type);
  }
}
