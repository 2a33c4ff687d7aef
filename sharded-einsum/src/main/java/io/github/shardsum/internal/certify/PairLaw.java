package io.github.shardsum.internal.certify;

import io.github.shardsum.internal.certify.CheckedTerms.Made;
import io.github.shardsum.internal.certify.CheckedTerms.Maker;
import io.github.shardsum.program.Contraction.Einsum;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The law by which an einsum of many operands equals nested einsums: the same sum of the same
 * products. Each label that is summed over is summed in one einsum, after all operands that have
 * the label are multiplied. Intermediates of bf16 einsums are f32, and the result is rounded once.
 */
final class PairLaw {
  private final CheckedTerms terms;

  PairLaw(CheckedTerms terms) {
    this.terms = terms;
  }

  /**
   * A product and a sum.
   *
   * @param factors the factors of the product
   * @param indices for each factor the index of each of its dimensions
   * @param output the index of each dimension of the result; all others are summed over
   * @param sizes sizes of the indices that only the output has
   */
  private record Sum(
      List<Value> factors,
      List<List<Integer>> indices,
      List<Integer> output,
      Map<Integer, Long> sizes) {}

  /**
   * The result of an einsum of the program with more than two operands, if an operation of the plan
   * is the last one that computes this einsum in pairs; empty for other operations.
   */
  Optional<Value> einsum(Operation operation) {
    for (Maker maker : terms.makers()) {
      if (maker instanceof Made(Einsum asked)
          && asked.operands().size() > 2
          && isIt(operation, asked)) {
        return Optional.of(terms.known(maker).orElseThrow().getFirst());
      }
    }
    return Optional.empty();
  }

  private boolean isIt(Operation operation, Einsum asked) {
    DType given = asked.operands().getFirst().type().dtype();
    DType wide = given == DType.BF16 ? DType.F32 : given;
    Optional<Einsum> last =
        switch (operation) {
          case Einsum einsum when asked.dtype() == wide -> Optional.of(einsum);
          case Convert rounded
              when asked.dtype() != wide
                  && rounded.dtype() == asked.dtype()
                  && terms.maker(rounded.x()) instanceof Made(Einsum einsum) ->
              Optional.of(einsum);
          default -> Optional.empty();
        };
    if (last.isEmpty() || !last.get().operands().stream().allMatch(x -> isWide(x, wide))) {
      return false;
    }
    return new Writer(asked, wide).isAsked(last.get());
  }

  private static boolean isWide(Value x, DType wide) {
    return x.type().dtype() == wide;
  }

  /** The equation with a number for each label. */
  private static Sum sum(Einsum einsum) {
    Map<String, Integer> numbers = new HashMap<>();
    List<List<Integer>> indices = new ArrayList<>();
    for (int i = 0; i < einsum.operands().size(); i++) {
      indices.add(numbered(BlockRule.labels(einsum.equation().operand(i)), numbers, 0));
    }
    List<Integer> output = numbered(BlockRule.labels(einsum.equation().output()), numbers, 0);
    Map<Integer, Long> sizes = new HashMap<>();
    einsum.sizes().forEach((label, size) -> sizes.put(numbers.getOrDefault(label, -1), size));
    return new Sum(einsum.operands(), indices, output, sizes);
  }

  private static List<Integer> numbered(
      List<String> labels, Map<String, Integer> numbers, int first) {
    return labels.stream()
        .map(label -> numbers.computeIfAbsent(label, _ -> first + numbers.size()))
        .toList();
  }

  /** An operand that is not yet written, with the index of each of its dimensions. */
  private record Open(Value operand, List<Integer> indices) {}

  /**
   * Writes nested einsums as one einsum of the operands of the requested one. An operand that is
   * both a requested operand and an einsum of others is tried in both ways.
   */
  private final class Writer {
    private final Einsum asked;
    private final DType wide;
    private final List<Value> factors = new ArrayList<>();
    private final List<List<Integer>> indices = new ArrayList<>();
    private final List<Integer> output = new ArrayList<>();
    private final Map<Integer, Long> sizes = new HashMap<>();
    private int next;

    Writer(Einsum asked, DType wide) {
      this.asked = asked;
      this.wide = wide;
    }

    /** Whether an einsum, written in operands of the requested one, is the requested one. */
    boolean isAsked(Einsum last) {
      Map<String, Integer> numbers = new HashMap<>();
      for (String label : BlockRule.labels(last.equation().output())) {
        output.add(numbers.computeIfAbsent(label, _ -> next++));
      }
      last.sizes().forEach((label, size) -> sizes.put(numbers.getOrDefault(label, -1), size));
      return isWritten(last, numbers, List.of());
    }

    private boolean isWritten(Einsum einsum, Map<String, Integer> numbers, List<Open> rest) {
      List<Open> open = new ArrayList<>();
      for (int i = 0; i < einsum.operands().size(); i++) {
        List<Integer> own = new ArrayList<>();
        for (String label : BlockRule.labels(einsum.equation().operand(i))) {
          own.add(numbers.computeIfAbsent(label, _ -> next++));
        }
        open.add(new Open(einsum.operands().get(i), own));
      }
      open.addAll(rest);
      return einsum.dtype() == wide && isWritten(open);
    }

    private boolean isWritten(List<Open> open) {
      if (factors.size() + open.size() > asked.operands().size()) {
        return false;
      }
      if (open.isEmpty()) {
        Sum written = new Sum(factors, indices, output, sizes);
        return isSame(written, sum(asked), new HashMap<>(), new HashSet<>(), 0);
      }
      List<Open> rest = open.subList(1, open.size());
      return isFactor(open.getFirst(), rest) || isExpanded(open.getFirst(), rest);
    }

    private boolean isFactor(Open operand, List<Open> rest) {
      Optional<Value> factor = factor(operand.operand());
      if (factor.isEmpty()) {
        return false;
      }
      factors.add(factor.get());
      indices.add(operand.indices());
      boolean fits = isWritten(rest);
      factors.removeLast();
      indices.removeLast();
      return fits;
    }

    private boolean isExpanded(Open operand, List<Open> rest) {
      if (!(terms.maker(operand.operand()) instanceof Made(Einsum inner)
          && inner.sizes().isEmpty())) {
        return false;
      }
      Map<String, Integer> numbers = new HashMap<>();
      List<String> labels = BlockRule.labels(inner.equation().output());
      for (int dim = 0; dim < labels.size(); dim++) {
        numbers.put(labels.get(dim), operand.indices().get(dim));
      }
      return isWritten(inner, numbers, rest);
    }

    /** The operand of the requested einsum, converted if it is bf16, unless all are written. */
    private Optional<Value> factor(Value operand) {
      Value own =
          terms.maker(operand) instanceof Made(Convert convert)
                  && convert.dtype() == wide
                  && convert.x().type().dtype() == DType.BF16
                  && asked.operands().contains(convert.x())
              ? convert.x()
              : operand;
      return Collections.frequency(factors, own) < Collections.frequency(asked.operands(), own)
          ? Optional.of(own)
          : Optional.empty();
    }
  }

  /** Whether both are equal up to the order of factors and the numbering of indices. */
  private static boolean isSame(
      Sum one, Sum other, Map<Integer, Integer> to, Set<Integer> used, int factor) {
    if (one.factors().size() != other.factors().size()) {
      return false;
    }
    if (factor == one.factors().size()) {
      return isSameOutput(one, other, to);
    }
    for (int i = 0; i < other.factors().size(); i++) {
      if (!used.contains(i) && one.factors().get(factor).equals(other.factors().get(i))) {
        Map<Integer, Integer> tried = new HashMap<>(to);
        Set<Integer> taken = new HashSet<>(used);
        taken.add(i);
        if (isMapped(one.indices().get(factor), other.indices().get(i), tried)
            && isSame(one, other, tried, taken, factor + 1)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isSameOutput(Sum one, Sum other, Map<Integer, Integer> to) {
    Map<Integer, Integer> all = new HashMap<>(to);
    if (!isMapped(one.output(), other.output(), all)) {
      return false;
    }
    Map<Integer, Long> sizes = new HashMap<>();
    one.sizes().forEach((index, size) -> sizes.put(all.getOrDefault(index, -1), size));
    return sizes.equals(other.sizes());
  }

  /** Whether indices correspond to others by a one-to-one map, to which new pairs are added. */
  private static boolean isMapped(
      List<Integer> from, List<Integer> to, Map<Integer, Integer> known) {
    boolean fits = from.size() == to.size();
    for (int dim = 0; dim < from.size() && fits; dim++) {
      Integer target = to.get(dim);
      Integer before = known.get(from.get(dim));
      fits = before == null ? !known.containsValue(target) : before.equals(target);
      known.put(from.get(dim), target);
    }
    return fits;
  }
}
