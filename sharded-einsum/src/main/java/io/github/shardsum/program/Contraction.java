package io.github.shardsum.program;

import io.github.shardsum.einsum.Equation;
import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Map;

/**
 * Operations that combine elements along labels into a sum, a maximum or minimum, or a
 * distribution.
 */
public sealed interface Contraction extends Operation {
  @Override
  default List<Value> operands() {
    return switch (this) {
      case Einsum(_, List<Value> operands, _, _) -> operands;
      case Reduce(_, Value x, _) -> List.of(x);
      case Softmax(Value x, _) -> List.of(x);
      case CumulativeSum(Value x, _, _, _) -> List.of(x);
    };
  }

  /**
   * An einsum. Operands are matched with the equation's terms by position, so the equation renames
   * labels; the result has the output term's labels. A label of the equation has the same size
   * everywhere. A repeated label in an operand is a diagonal; in the output it is refused. Along a
   * label that only the output has, the value is repeated. An identity einsum renames or
   * transposes.
   *
   * <p>All operands have one dtype, which may be any; the result has the same dtype, or f32 if
   * operands are bf16. f32 and bf16 are summed in f32 or better and rounded once; integers wrap;
   * bool is the OR of ANDs. NaN spreads as in arithmetic, except that a backend need not form
   * products with the zeros of a one-hot operand. A sum over an empty label is 0 (false); a result
   * with an empty label has no elements.
   *
   * @param equation the equation, without ellipsis
   * @param operands one for each term, at least one
   * @param dtype the result's dtype
   * @param sizes sizes of the labels that only the output has
   */
  record Einsum(Equation equation, List<Value> operands, DType dtype, Map<String, Long> sizes)
      implements Contraction {
    /** Copies list and map. */
    public Einsum {
      operands = List.copyOf(operands);
      sizes = Map.copyOf(sizes);
    }
  }

  /** The ways to combine elements along labels into one. */
  enum ReduceKind {
    /** The sum, as an einsum computes it; for numbers only; 0 for no elements. */
    SUM,
    /**
     * The largest element; for any dtype; NaN if an element is NaN; for no elements -infinity, the
     * least integer or false.
     */
    MAX,
    /**
     * The least element; for any dtype; NaN if an element is NaN; for no elements infinity, the
     * greatest integer or true.
     */
    MIN
  }

  /**
   * A reduction along labels. The result has the dtype and the other labels of x, in order. {@link
   * ReduceKind} defines the results for NaN and an empty label.
   *
   * @param kind the kind of reduction
   * @param x the value to reduce
   * @param labels labels of x, each once; without labels the result is x
   */
  record Reduce(ReduceKind kind, Value x, List<String> labels) implements Contraction {
    /** Copies the list. */
    public Reduce {
      labels = List.copyOf(labels);
    }
  }

  /**
   * {@code e^(x - m)} divided by its sum along a label, where m is the largest element. The result
   * has the labels and the dtype of x, which must be floating. -infinity gives 0; a NaN or
   * +infinity, or only -infinity, gives NaN in the whole row. An empty label gives a value without
   * elements.
   *
   * @param x logits
   * @param label the label along which results sum to 1
   */
  record Softmax(Value x, String label) implements Contraction {}

  /**
   * Running sums along a label, added in order. The result has the labels and the dtype of x, which
   * must be a dtype of numbers. f32 and bf16 are added in f64 and rounded once for each element;
   * integers wrap. A NaN makes all later sums NaN. An empty label gives a value without elements.
   *
   * @param x the terms
   * @param label the label of the sum
   * @param exclusive whether an element's own term is left out, so that the first sum is 0
   * @param reverse whether sums run from the last element to the first
   */
  record CumulativeSum(Value x, String label, boolean exclusive, boolean reverse)
      implements Contraction {}
}
