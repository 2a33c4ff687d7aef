package io.github.shardsum.layout;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.program.Contraction.ReduceKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;

/**
 * The rule by which mesh axes pass through one operation: the operation's index space as named
 * factors, and the factors of each dimension of operands and results. An immutable value, printed
 * like an einsum, such as {@code G S E~ -> G S E~} for a softmax over E. Propagation, planning,
 * local operations and their tests all read this rule; nothing else says how an operation is split.
 *
 * <p>Source: Shardy's {@code OpShardingRule}, with kinds for scans, searches and neighbours.
 *
 * @param factors the factors; a dimension names them by their place here
 * @param operands for each operand, its dimensions
 * @param results for each result, its dimensions
 * @param linear sets of operands that may all be partial sums over the same axes; the results are
 *     then partial sums over these axes, and the other operands are whole
 */
public record FactorRule(
    List<Factor> factors,
    List<List<Dim>> operands,
    List<List<Dim>> results,
    Set<Set<Integer>> linear) {
  /** Copies the lists. */
  public FactorRule {
    factors = List.copyOf(factors);
    operands = operands.stream().map(List::copyOf).toList();
    results = results.stream().map(List::copyOf).toList();
    linear = Set.copyOf(linear);
  }

  /**
   * One factor of the index space.
   *
   * @param name the label, for a reader
   * @param size number of its indices in the result, or in the operand if no result has the factor
   * @param kind the requirement of a split of the factor
   */
  public record Factor(String name, long size, Kind kind) {
    /** Checks for nulls. */
    public Factor {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(kind, "kind");
    }

    /** The name and the kind's mark, such as {@code G} or {@code k+}. */
    @Override
    public String toString() {
      return name + kind.mark();
    }
  }

  /**
   * One dimension as a product of factors.
   *
   * @param factors places of its factors, major to minor; more than one if the operation splits or
   *     merges dimensions
   */
  public record Dim(List<Integer> factors) {
    /** Copies the list. */
    public Dim {
      factors = List.copyOf(factors);
    }

    /**
     * A dimension of factors.
     *
     * @param factors their places, major to minor
     * @return the dimension
     */
    public static Dim of(Integer... factors) {
      return new Dim(List.of(factors));
    }
  }

  /** The requirement of a split of a factor. */
  public sealed interface Kind {
    /**
     * The mark after a factor's name in the printed rule.
     *
     * @return one or two characters; empty for {@link Pass}
     */
    default String mark() {
      return switch (this) {
        case Pass _ -> "";
        case Reduce _ -> "+";
        case Scan _ -> ">";
        case Search _ -> "^";
        case Normalize _ -> "~";
        case Neighbour _ -> "<>";
        case Make _ -> "*";
        case Whole _ -> "!";
      };
    }

    /** Requires nothing: every device computes its own part. */
    record Pass() implements Kind {}

    /**
     * Requires a reduction over devices.
     *
     * @param by sum, max or min; for bool, max is OR and min is AND
     */
    record Reduce(ReduceKind by) implements Kind {}

    /** Requires the sums of the preceding chunks. */
    record Scan() implements Kind {}

    /** Requires the best candidates of all chunks. */
    record Search() implements Kind {}

    /** Requires a maximum and a sum over devices. */
    record Normalize() implements Kind {}

    /**
     * Requires elements that neighbours hold.
     *
     * @param reads for each operand that has the factor, in order, the indices that a part of the
     *     result reads
     */
    record Neighbour(List<Reads> reads) implements Kind {
      /** Copies the list. */
      public Neighbour {
        reads = List.copyOf(reads);
      }
    }

    /**
     * Requires nothing: the operation makes the factor.
     *
     * @param indexed whether elements depend on the index, so that a device must know where its
     *     part begins
     */
    record Make(boolean indexed) implements Kind {}

    /** Forbids a split of the factor. */
    record Whole() implements Kind {}
  }

  /** The global indices of an operand that a part of a result reads along one dimension. */
  public sealed interface Reads {
    /**
     * The cut of the operand that a cut of the result needs.
     *
     * @param result the cut of the result's dimension
     * @param size size of the operand's dimension
     * @return the cut of the operand's dimension
     */
    default Cut of(Cut result, long size) {
      return switch (this) {
        case Slice(long from, long step) -> result.slice(from, step, size);
        case Pad(long low, long interior) -> result.pad(low, interior, size);
        case Shift(long by) -> result.shift(by);
        case Window(long window, long stride, long dilation) ->
            result.window(window, stride, dilation, size);
        case Offset(long offset) -> result.offset(offset, size);
        case Through(Reads outer, long middle, Reads inner) ->
            inner.of(outer.of(result, middle), size);
      };
    }

    /**
     * Every step-th element from an index on.
     *
     * @param from the index
     * @param step the step, at least 1
     */
    record Slice(long from, long step) implements Reads {}

    /**
     * The elements of a padded operand.
     *
     * @param low number of elements before those of the operand
     * @param interior number of elements between two elements of the operand
     */
    record Pad(long low, long interior) implements Reads {}

    /**
     * The element that is a number of places before.
     *
     * @param by the number of places
     */
    record Shift(long by) implements Reads {}

    /**
     * A sliding window.
     *
     * @param window elements in a window
     * @param stride distance between windows
     * @param dilation distance between elements of a window
     */
    record Window(long window, long stride, long dilation) implements Reads {}

    /**
     * The elements of one operand of a concatenation.
     *
     * @param offset its first index in the result
     */
    record Offset(long offset) implements Reads {}

    /**
     * The elements that the result reads through an inner value, which is never stored.
     *
     * @param outer the result's reads of the inner value
     * @param middle size of the inner value's dimension
     * @param inner the inner value's reads of the operand
     */
    record Through(Reads outer, long middle, Reads inner) implements Reads {}
  }

  /**
   * The factor of a dimension with a single factor.
   *
   * @param dim the dimension
   * @return the factor
   * @throws IllegalArgumentException if the dimension has several factors
   */
  public Factor factor(Dim dim) {
    if (dim.factors().size() != 1) {
      throw new IllegalArgumentException("dimension: must have one factor, got " + dim);
    }
    return factors.get(dim.factors().getFirst());
  }

  /**
   * The dimension of an operand or result that has a factor; of a diagonal the first one.
   *
   * @param dims dimensions of an operand or a result
   * @param factor the factor's place
   * @return the dimension's place, or -1
   */
  public static int dimOf(List<Dim> dims, int factor) {
    for (int dim = 0; dim < dims.size(); dim++) {
      if (dims.get(dim).factors().contains(factor)) {
        return dim;
      }
    }
    return -1;
  }

  /**
   * Written like an einsum: operands, an arrow, results; factors of a merged dimension in brackets.
   */
  @Override
  public String toString() {
    return side(operands) + " -> " + side(results);
  }

  private String side(List<List<Dim>> values) {
    List<String> terms = new ArrayList<>();
    for (List<Dim> value : values) {
      StringJoiner term = new StringJoiner(" ");
      for (Dim dim : value) {
        StringJoiner names = new StringJoiner(" ");
        dim.factors().forEach(factor -> names.add(factors.get(factor).toString()));
        term.add(dim.factors().size() == 1 ? names.toString() : "(" + names + ")");
      }
      terms.add(term.toString());
    }
    return String.join(", ", terms);
  }
}
