package io.github.shardsum.program;

import io.github.shardsum.tensor.DType;
import java.util.List;
import java.util.Objects;

/**
 * Operations on one element at a time.
 *
 * <p>Labels: operands are broadcast by name. The result has all labels of the operands. If one
 * operand has all of them, that operand's order is kept. Otherwise the labels of the first operand
 * come first, then the labels that each further operand adds. A result without elements is legal
 * and nothing is computed.
 */
public sealed interface Pointwise extends Operation {
  @Override
  default List<Value> operands() {
    return switch (this) {
      case Unary(_, Value x) -> List.of(x);
      case Binary(_, Value x, Value y) -> List.of(x, y);
      case Compare(_, Value x, Value y) -> List.of(x, y);
      case Select(Value condition, Value x, Value y) -> List.of(condition, x, y);
      case Convert(Value x, _) -> List.of(x);
      case Uniform(Value seed, Value index, _, _) -> List.of(seed, index);
      case Ragged(Value x, Value lengths, _, _) -> List.of(x, lengths);
    };
  }

  /** Functions of one element. */
  enum UnaryKind {
    /** {@code -x}; numbers. */
    NEGATE,
    /** {@code |x|}; numbers; the least integer stays itself. */
    ABS,
    /** -1, 0 or 1; numbers. */
    SIGN,
    /** {@code e^x}; floating. */
    EXP,
    /** Natural logarithm; floating; NaN for x below 0, -infinity for 0. */
    LOG,
    /** Square root; floating; NaN for x below 0. */
    SQRT,
    /** {@code 1/sqrt(x)}; floating; NaN for x below 0, infinite for 0. */
    RSQRT,
    /** Hyperbolic tangent; floating. */
    TANH,
    /** {@code 1/(1+e^-x)}; floating. */
    LOGISTIC,
    /** Sine; floating; NaN for an infinity. */
    SINE,
    /** Cosine; floating; NaN for an infinity. */
    COSINE,
    /** The greatest integer not above x; floating. */
    FLOOR,
    /** {@code max(x, 0)}; numbers. Its derivative at 0 is 0. */
    RELU,
    /** Not; bool. */
    NOT
  }

  /** Functions of two elements. */
  enum BinaryKind {
    /** Sum; numbers; integers wrap. */
    ADD,
    /** Difference; numbers; integers wrap. */
    SUBTRACT,
    /** Product; numbers; integers wrap. */
    MULTIPLY,
    /**
     * Quotient; numbers. Quotients of integers are rounded toward zero; x/0 is then -1, and the
     * least integer divided by -1 is itself (as in XLA). 0/0 of floating numbers is NaN.
     */
    DIVIDE,
    /**
     * Remainder of the division that rounds toward zero, with the sign of x; numbers. For y = 0 the
     * remainder is x for integers and NaN for floating numbers.
     */
    REMAINDER,
    /**
     * {@code x^y}; floating, with the special cases of {@link Math#pow}: 1 if y is 0, even if x is
     * NaN.
     */
    POWER,
    /** The greater of two; numbers; NaN if either is NaN. */
    MAXIMUM,
    /** The lesser of two; numbers; NaN if either is NaN. */
    MINIMUM,
    /** Whether both are true; bool. */
    AND,
    /** Whether at least one is true; bool. */
    OR,
    /** Whether exactly one is true; bool. */
    XOR
  }

  /** Relations of two elements; with a NaN only {@link #NE} is true. */
  enum Comparison {
    /** Equal. */
    EQ,
    /** Not equal. */
    NE,
    /** Less. */
    LT,
    /** Less or equal. */
    LE,
    /** Greater. */
    GT,
    /** Greater or equal. */
    GE
  }

  /**
   * A function of each element; the result has the labels and dtype of x. NaN gives NaN.
   *
   * @param kind the function, which defines the legal dtypes
   * @param x the argument
   */
  record Unary(UnaryKind kind, Value x) implements Pointwise {
    /** Checks for null. */
    public Unary {
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(x, "x");
    }
  }

  /**
   * A function of two elements of one dtype, which is also the result's. NaN in either gives NaN,
   * except that a power with exponent 0 is 1.
   *
   * @param kind the function, which defines the legal dtypes
   * @param x the first argument
   * @param y the second
   */
  record Binary(BinaryKind kind, Value x, Value y) implements Pointwise {
    /** Checks for null. */
    public Binary {
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(x, "x");
      Objects.requireNonNull(y, "y");
    }
  }

  /**
   * Whether a relation of two elements of one dtype holds, as a bool. Any dtype is legal; false is
   * less than true.
   *
   * @param relation the relation, which says how NaN compares
   * @param x the left side
   * @param y the right side
   */
  record Compare(Comparison relation, Value x, Value y) implements Pointwise {
    /** Checks for null. */
    public Compare {
      Objects.requireNonNull(relation, "relation");
      Objects.requireNonNull(x, "x");
      Objects.requireNonNull(y, "y");
    }
  }

  /**
   * x where the condition is true, y elsewhere. x and y have one dtype, which may be any and is
   * also the result's. The other element has no influence, even if it is NaN.
   *
   * @param condition bool
   * @param x chosen where true
   * @param y chosen where false
   */
  record Select(Value condition, Value x, Value y) implements Pointwise {
    /** Checks for null. */
    public Select {
      Objects.requireNonNull(condition, "condition");
      Objects.requireNonNull(x, "x");
      Objects.requireNonNull(y, "y");
    }
  }

  /**
   * Each element in another dtype, with one rounding. Both dtypes may be any; the result has the
   * labels of x. A floating number becomes an integer by rounding toward zero and saturation, and
   * NaN becomes 0; i64 to i32 keeps the lower 32 bits. As a bool, x is true unless it is zero, so
   * NaN is true.
   *
   * @param x the value to convert
   * @param dtype the result's dtype
   */
  record Convert(Value x, DType dtype) implements Pointwise {
    /** Checks for null. */
    public Convert {
      Objects.requireNonNull(x, "x");
      Objects.requireNonNull(dtype, "dtype");
    }
  }

  /**
   * Uniform numbers in [0, 1) of {@link io.github.shardsum.random.Philox}, keyed by an index: the
   * same index gives the same number at every place. The result has the labels of the index. f64
   * takes the upper 53 of the 64 bits, f32 the upper 24, bf16 the upper 8, so that 1 is never
   * reached. {@link Source.Random} applies this function to the row-major index of each element.
   *
   * @param seed a scalar of i64, the key
   * @param index i64, of any labels
   * @param stream distinguishes draws of one seed
   * @param dtype the result's dtype, floating
   */
  record Uniform(Value seed, Value index, long stream, DType dtype) implements Pointwise {
    /** Checks for null. */
    public Uniform {
      Objects.requireNonNull(seed, "seed");
      Objects.requireNonNull(index, "index");
      Objects.requireNonNull(dtype, "dtype");
    }
  }

  /**
   * A ragged label, padded to its static bound: x where the index along the label is below the
   * length, {@code fill} from there on. Elements of x beyond the length have no influence, even if
   * they are NaN. The result has the labels and the dtype of x, which may be any.
   *
   * <p>The label's size is the bound. The next operation on the label reads the fill, so the fill
   * should be that operation's identity: 0 for a sum or a product, -infinity for a softmax or a
   * maximum.
   *
   * @param x the value whose padding is filled
   * @param lengths i32 or i64 with some of x's labels, but not the ragged one; a length below 0
   *     counts as 0, and a length above the bound as the bound
   * @param label the ragged label
   * @param fill the value of padding, of x's dtype
   */
  record Ragged(Value x, Value lengths, String label, Scalar fill) implements Pointwise {}
}
