package io.github.shardsum.internal.certify;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.internal.certify.CheckedTerms.Made;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection.ArgMax;
import io.github.shardsum.program.Selection.OneHot;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The law by which the largest elements along a label are the largest of each chunk's largest.
 * Candidates are in the order of their chunks, so the lower of equal indices stays first. The index
 * of a candidate is its index within the chunk plus the start of the chunk.
 */
final class ChunkedSearchLaw {
  private final CheckedTerms terms;

  ChunkedSearchLaw(CheckedTerms terms) {
    this.terms = terms;
  }

  /** A result of an operation. */
  record Found(Operation operation, int place) {}

  /**
   * Candidates of chunks, as one label.
   *
   * @param chunks the searched value, in chunks
   * @param best the search of each chunk
   */
  private record Candidates(Movement.Split chunks, TopK best) {}

  /** A searched value without the pad behind the last element, which ranks below all others. */
  Optional<Value> withoutPad(Value x, String label) {
    return terms.maker(x) instanceof Made(Movement.Pad pad)
            && pad.label().equals(label)
            && pad.low() == 0
            && pad.interior() == 0
            && pad.x().type().size(label) > 0
            && isLeast(pad.fill(), x.type().dtype())
        ? Optional.of(pad.x())
        : Optional.empty();
  }

  private static boolean isLeast(Scalar fill, DType dtype) {
    return switch (fill) {
      case Scalar.Real(double value) -> value == Double.NEGATIVE_INFINITY;
      case Scalar.Whole(long value) ->
          switch (dtype) {
            case I64 -> value == Long.MIN_VALUE;
            case I32 -> value == Integer.MIN_VALUE;
            case BOOL -> value == 0;
            case F64, F32, BF16 -> false;
          };
    };
  }

  /** The search of the whole that a search of candidates equals. */
  Optional<TopK> best(TopK top) {
    return candidates(top)
        .map(found -> new TopK(found.chunks().x(), found.chunks().label(), top.k(), top.into()));
  }

  private Optional<Candidates> candidates(TopK top) {
    if (!(terms.maker(top.x()) instanceof Made(Movement.Merge merge))
        || !merge.into().equals(top.label())
        || merge.labels().size() != 2
        || !(terms.maker(merge.x()) instanceof Made(TopK best))
        || terms.place(merge.x()) != 0
        || !(terms.maker(best.x()) instanceof Made(Movement.Split chunks))
        || chunks.into().size() != 2) {
      return Optional.empty();
    }
    long enough = Math.min(top.k(), chunks.sizes().getLast());
    boolean fits =
        merge.labels().equals(List.of(chunks.into().getFirst(), best.into()))
            && best.label().equals(chunks.into().getLast())
            && best.k() >= enough;
    return fits ? Optional.of(new Candidates(chunks, best)) : Optional.empty();
  }

  /** The indices at the places that a search of candidates found. */
  Optional<Found> picked(Contraction.Einsum einsum) {
    if (einsum.operands().size() != 2
        || einsum.dtype() != DType.I32
        || !(terms.maker(einsum.operands().getFirst()) instanceof Made(OneHot places))
        || !(terms.maker(places.indices()) instanceof Made(TopK top))
        || !places.indices().equals(places(top))
        || !(terms.maker(einsum.operands().getLast()) instanceof Made(Movement.Merge indices))
        || !(terms.maker(top.x()) instanceof Made(Movement.Merge values))
        || !indices.labels().equals(values.labels())
        || !indices.into().equals(values.into())
        || places.size() != top.x().type().size(top.label())) {
      return Optional.empty();
    }
    return candidates(top)
        .filter(found -> isIndex(indices.x(), found))
        .flatMap(found -> result(einsum, places, top, found));
  }

  /** The term of the places that a search found; no law replaces it. */
  private Value places(TopK top) {
    return terms.known(new Made(top)).orElseThrow().getLast();
  }

  /**
   * Whether a value is the index of each candidate: the index within its chunk plus the start of
   * the chunk.
   */
  private boolean isIndex(Value value, Candidates found) {
    return terms.maker(value) instanceof Made(Binary sum)
        && sum.kind() == BinaryKind.ADD
        && sum.x().equals(places(found.best()))
        && terms.maker(sum.y()) instanceof Made(Binary start)
        && start.kind() == BinaryKind.MULTIPLY
        && terms.maker(start.x()) instanceof Made(Source.Iota chunk)
        && chunk.type().names().equals(List.of(found.chunks().into().getFirst()))
        && chunk.type().dtype() == DType.I32
        && terms.maker(start.y()) instanceof Made(Source.Constant size)
        && size.value().equals(Scalar.of(DType.I32, found.chunks().sizes().getLast()))
        && size.type().rank() == 0
        && fitsI32(found.chunks());
  }

  private static boolean fitsI32(Movement.Split chunks) {
    return chunks.sizes().getFirst() * chunks.sizes().getLast() <= Integer.MAX_VALUE;
  }

  /**
   * The result by the equation: each place picks its own index, and a label that only one place has
   * may be dropped.
   */
  private static Optional<Found> result(
      Contraction.Einsum einsum, OneHot places, TopK top, Candidates found) {
    Equation equation = einsum.equation();
    Map<String, String> names = new HashMap<>();
    boolean fits = true;
    for (int i = 0; i < 2; i++) {
      List<String> own = einsum.operands().get(i).type().names();
      List<String> letters = BlockRule.labels(equation.operand(i));
      for (int dim = 0; dim < own.size(); dim++) {
        String name = own.get(dim);
        fits &= name.equals(names.computeIfAbsent(letters.get(dim), _ -> name));
      }
    }
    fits &= names.size() == names.values().stream().distinct().count();
    fits &= places.label().equals(top.label());
    List<String> output =
        BlockRule.labels(equation.output()).stream()
            .map(letter -> names.getOrDefault(letter, letter))
            .toList();
    List<String> all = places.indices().type().names();
    Value x = found.chunks().x();
    String label = found.chunks().label();
    if (fits && output.equals(all)) {
      return Optional.of(new Found(new TopK(x, label, top.k(), top.into()), 1));
    }
    boolean isOne =
        top.k() == 1 && output.equals(all.stream().filter(n -> !n.equals(top.into())).toList());
    return fits && isOne ? Optional.of(new Found(new ArgMax(x, label), 0)) : Optional.empty();
  }
}
