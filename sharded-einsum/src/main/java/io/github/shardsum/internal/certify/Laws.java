package io.github.shardsum.internal.certify;

import io.github.shardsum.internal.certify.CheckedTerms.Made;
import io.github.shardsum.internal.certify.CheckedTerms.Maker;
import io.github.shardsum.internal.program.types.TypeInference;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Contraction.Softmax;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Pointwise.Unary;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Selection.ArgMax;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The laws by which operations of a plan may replace an operation of the program. Each law is an
 * equality of two terms for all values, up to the order of a sum; a plan that needs another law is
 * refused.
 *
 * <ul>
 *   <li>a softmax is e^(x - largest) over its sum, in f32 for bf16
 *   <li>a running sum is the running sum within a chunk plus the sum of the chunks before, in f64
 *       for f32 and bf16
 *   <li>the largest elements of all are the largest of each chunk's largest, with their indices
 *   <li>elements that are appended do not change the running sums before them, nor the largest
 *       elements if they rank below all others
 *   <li>an einsum is made of einsums of pairs ({@link PairLaw}), or of parts of an operand ({@link
 *       PartsLaw})
 *   <li>attention is attention to chunks of keys, one after the other ({@link RingLaw})
 * </ul>
 */
final class Laws {
  private final CheckedTerms terms;
  private final ChunkedSearchLaw search;
  private final RingLaw ring;

  Laws(CheckedTerms terms) {
    this.terms = terms;
    this.search = new ChunkedSearchLaw(terms);
    this.ring = new RingLaw(terms);
  }

  /** The terms of the results of an operation or a loop of a plan. */
  List<Value> results(Maker maker, List<ValueType> types) {
    Optional<List<Value>> known = terms.known(maker);
    if (known.isPresent()) {
      return known.get();
    }
    if (maker instanceof CheckedTerms.Rounds loop) {
      ring.equate(loop);
    }
    List<Value> made = new ArrayList<>(terms.results(maker, types));
    if (maker instanceof Made(Operation operation)) {
      for (int i = 0; i < made.size(); i++) {
        Optional<Value> equal = equal(operation, i);
        if (equal.isPresent() && equal.get().type().equals(made.get(i).type())) {
          made.set(i, equal.get());
        }
      }
      terms.equate(maker, made);
    }
    return made;
  }

  /** The term that equals a result of an operation by a law, if there is one. */
  private Optional<Value> equal(Operation operation, int place) {
    return switch (operation) {
      case Binary quotient when quotient.kind() == BinaryKind.DIVIDE ->
          softmax(quotient).flatMap(law -> of(law, 0));
      case Convert narrowed ->
          narrowed(narrowed).flatMap(law -> of(law, 0)).or(() -> pair(operation));
      case Movement.Merge merged ->
          scan(merged)
              .flatMap(law -> of(law, 0))
              .or(() -> new PartsLaw(terms).einsum(merged).flatMap(law -> of(law, 0)));
      case Movement.Slice cut -> cut(cut).flatMap(law -> of(law, 0));
      case TopK top -> best(top, place);
      case ArgMax max ->
          search.withoutPad(max.x(), max.label()).flatMap(x -> of(new ArgMax(x, max.label()), 0));
      case Contraction.Einsum einsum ->
          search
              .picked(einsum)
              .flatMap(law -> of(law.operation(), law.place()))
              .or(() -> pair(operation));
      default -> Optional.empty();
    };
  }

  /** A result of an operation that a law produced; another law may apply to it. */
  private Optional<Value> of(Operation operation, int place) {
    return Optional.of(results(new Made(operation), TypeInference.infer(operation)).get(place));
  }

  private Optional<Value> pair(Operation operation) {
    return new PairLaw(terms).einsum(operation);
  }

  private Optional<Operation> softmax(Binary quotient) {
    return terms.maker(quotient.y()) instanceof Made(Reduce total)
            && total.kind() == ReduceKind.SUM
            && total.x().equals(quotient.x())
            && terms.maker(total.x()) instanceof Made(Unary power)
            && power.kind() == UnaryKind.EXP
            && terms.maker(power.x()) instanceof Made(Binary less)
            && less.kind() == BinaryKind.SUBTRACT
            && terms.maker(less.y()) instanceof Made(Reduce most)
            && most.kind() == ReduceKind.MAX
            && most.x().equals(less.x())
            && most.labels().equals(total.labels())
            && most.labels().size() == 1
            && less.x().type().dtype() != DType.BF16
        ? Optional.of(new Softmax(less.x(), total.labels().getFirst()))
        : Optional.empty();
  }

  /**
   * An operation in a wider dtype with a rounded result equals the operation in the narrower dtype.
   */
  private Optional<Operation> narrowed(Convert convert) {
    return switch (terms.maker(convert.x())) {
      case Made(Softmax wide) when convert.dtype() == DType.BF16 ->
          widened(wide.x(), DType.BF16, DType.F32).map(x -> new Softmax(x, wide.label()));
      case Made(CumulativeSum wide)
          when convert.dtype() == DType.F32 || convert.dtype() == DType.BF16 ->
          widened(wide.x(), convert.dtype(), DType.F64)
              .map(x -> new CumulativeSum(x, wide.label(), wide.exclusive(), wide.reverse()));
      default -> Optional.empty();
    };
  }

  /** The operand of a conversion from one dtype to another. */
  private Optional<Value> widened(Value value, DType from, DType to) {
    return terms.maker(value) instanceof Made(Convert convert)
            && convert.dtype() == to
            && convert.x().type().dtype() == from
        ? Optional.of(convert.x())
        : Optional.empty();
  }

  /**
   * Running sums within chunks plus the sums of the chunks before: in f64, or of numbers that wrap.
   */
  private Optional<Operation> scan(Movement.Merge merge) {
    if (merge.labels().size() != 2
        || !(terms.maker(merge.x()) instanceof Made(Binary sum))
        || sum.kind() != BinaryKind.ADD
        || !(terms.maker(sum.x()) instanceof Made(CumulativeSum inside))
        || !(terms.maker(sum.y()) instanceof Made(CumulativeSum before))
        || !(terms.maker(before.x()) instanceof Made(Reduce totals))
        || !(terms.maker(inside.x()) instanceof Made(Movement.Split chunks))) {
      return Optional.empty();
    }
    DType dtype = chunks.x().type().dtype();
    boolean fits =
        merge.labels().equals(chunks.into())
            && merge.into().equals(chunks.label())
            && inside.label().equals(chunks.into().getLast())
            && before.label().equals(chunks.into().getFirst())
            && before.exclusive()
            && before.reverse() == inside.reverse()
            && totals.kind() == ReduceKind.SUM
            && totals.x().equals(inside.x())
            && totals.labels().equals(List.of(inside.label()))
            && (dtype == DType.F64 || !dtype.isFloating());
    return fits
        ? Optional.of(
            new CumulativeSum(chunks.x(), chunks.label(), inside.exclusive(), inside.reverse()))
        : Optional.empty();
  }

  /** The first elements of the running sums of a value with appended zeros. */
  private Optional<Operation> cut(Movement.Slice slice) {
    return slice.from() == 0
            && slice.step() == 1
            && terms.maker(slice.x()) instanceof Made(CumulativeSum sum)
            && sum.label().equals(slice.label())
            && terms.maker(sum.x()) instanceof Made(Movement.Pad pad)
            && pad.label().equals(sum.label())
            && pad.low() == 0
            && pad.interior() == 0
            && pad.fill().toDouble() == 0
        ? Optional.of(new CumulativeSum(pad.x(), sum.label(), sum.exclusive(), sum.reverse()))
        : Optional.empty();
  }

  private Optional<Value> best(TopK top, int place) {
    Optional<Value> unpadded =
        search.withoutPad(top.x(), top.label()).filter(x -> top.k() <= x.type().size(top.label()));
    if (unpadded.isPresent()) {
      return of(new TopK(unpadded.get(), top.label(), top.k(), top.into()), place);
    }
    return place == 0 ? search.best(top).flatMap(law -> of(law, 0)) : Optional.empty();
  }
}
