package io.github.shardsum.moe;

import io.github.shardsum.internal.moe.route.ArgumentChecks;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Objects;

/** The number of slots that each expert has in each group. */
public sealed interface Capacity {
  /**
   * A given number.
   *
   * @param slots slots of one expert in one group, at least 1
   */
  record Fixed(int slots) implements Capacity {
    /** Checks the number. */
    public Fixed {
      ArgumentChecks.atLeast("capacity", 1, slots);
    }
  }

  /**
   * {@code k*S/E*factor}, rounded, then raised to a minimum and to a multiple. The factor is taken
   * as the decimal number that it prints, so that 1.1 * 10 is 11 and not a little more.
   *
   * @param factor the factor, above 0; the paper's is 1
   * @param rounding the rounding to an integer
   * @param minimum the least result, at least 1
   * @param multipleOf the number of which the result is a multiple, at least 1
   */
  record Factor(double factor, Rounding rounding, int minimum, int multipleOf) implements Capacity {
    private static final BigDecimal MOST = BigDecimal.valueOf(Integer.MAX_VALUE);

    /** Checks the numbers. */
    public Factor {
      ArgumentChecks.positive("capacity: factor", factor);
      Objects.requireNonNull(rounding, "rounding");
      ArgumentChecks.atLeast("capacity: minimum", 1, minimum);
      ArgumentChecks.atLeast("capacity: multiple", 1, multipleOf);
    }

    /**
     * The same capacity with another minimum.
     *
     * @param least the least result
     * @return the capacity
     */
    public Factor atLeast(int least) {
      return new Factor(factor, rounding, least, multipleOf);
    }

    /**
     * The same capacity, rounded up to another multiple.
     *
     * @param unit the number of which the result is a multiple
     * @return the capacity
     */
    public Factor multipleOf(int unit) {
      return new Factor(factor, rounding, minimum, unit);
    }

    /**
     * The same capacity with another rounding.
     *
     * @param other the rounding
     * @return the capacity
     */
    public Factor rounding(Rounding other) {
      return new Factor(factor, other, minimum, multipleOf);
    }

    /**
     * The capacity.
     *
     * @param choices k, experts for each token
     * @param tokens S, tokens in a group
     * @param experts E
     * @return slots of one expert in one group
     * @throws IllegalArgumentException if the capacity exceeds 2^31 - 1, or there is no expert
     */
    public long slots(int choices, long tokens, long experts) {
      ArgumentChecks.atLeast("capacity: experts E", 1, experts);
      BigDecimal exact = new BigDecimal(Double.toString(factor));
      BigDecimal slots =
          switch (rounding) {
            case CEIL ->
                divide(exact.multiply(product(choices, tokens)), experts, RoundingMode.CEILING);
            case FLOOR ->
                divide(exact.multiply(product(choices, tokens)), experts, RoundingMode.FLOOR);
            case CEIL_PER_CHOICE ->
                divide(exact.multiply(product(1, tokens)), experts, RoundingMode.CEILING)
                    .multiply(BigDecimal.valueOf(choices));
          };
      long raised =
          slots.compareTo(MOST) > 0
              ? Long.MAX_VALUE
              : roundUp(Math.max(minimum, slots.longValueExact()), multipleOf);
      if (raised > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "capacity: slots must be at most 2^31 - 1, got a factor of "
                + factor
                + " with "
                + choices
                + " choices of "
                + tokens
                + " tokens over "
                + experts
                + " experts, in multiples of "
                + multipleOf);
      }
      return raised;
    }

    private static BigDecimal product(long a, long b) {
      return new BigDecimal(BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)));
    }

    private static BigDecimal divide(BigDecimal value, long by, RoundingMode mode) {
      return value.divide(BigDecimal.valueOf(by), 0, mode);
    }
  }

  /**
   * No token is dropped: the capacity is the largest load of any expert in any group.
   *
   * @param multipleOf the number of which the result is a multiple, at least 1
   */
  record LargestLoad(int multipleOf) implements Capacity {
    /** Checks the number. */
    public LargestLoad {
      ArgumentChecks.atLeast("capacity: multiple", 1, multipleOf);
    }

    /**
     * The capacity.
     *
     * @param load the largest load
     * @return at least 1
     * @throws IllegalArgumentException if the capacity exceeds 2^31 - 1
     */
    public long slots(long load) {
      long slots =
          load > Integer.MAX_VALUE ? Long.MAX_VALUE : roundUp(Math.max(1, load), multipleOf);
      if (slots > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "capacity: slots must be at most 2^31 - 1, got a largest load of "
                + load
                + " in multiples of "
                + multipleOf);
      }
      return slots;
    }
  }

  /** The rounding of {@code k*S/E*factor} to an integer. */
  enum Rounding {
    /** Up (DeepSpeed). */
    CEIL,
    /** Down (lingvo, Mesh TensorFlow). */
    FLOOR,
    /** k times {@code S/E*factor} rounded up (fairseq). */
    CEIL_PER_CHOICE
  }

  /**
   * The capacity of a program, whose sizes are known before routing. For the largest load it is the
   * number of tokens in a group. This bounds every load, because a token takes at most one slot of
   * an expert.
   *
   * @param choices k, experts for each token
   * @param tokens S, tokens in a group
   * @param experts E
   * @return slots of one expert in one group
   * @throws IllegalArgumentException if the capacity exceeds 2^31 - 1, or if the capacity depends
   *     on a factor and there is no expert
   */
  default long atMost(int choices, long tokens, long experts) {
    return switch (this) {
      case Fixed(int slots) -> slots;
      case Factor factor -> factor.slots(choices, tokens, experts);
      case LargestLoad largest -> largest.slots(tokens);
    };
  }

  /**
   * A given number of slots.
   *
   * @param slots slots of one expert in one group
   * @return the capacity
   */
  static Capacity fixed(int slots) {
    return new Fixed(slots);
  }

  /**
   * {@code k*S/E*factor}, rounded up, at least 1.
   *
   * @param factor the factor
   * @return the capacity
   */
  static Factor factor(double factor) {
    return new Factor(factor, Rounding.CEIL, 1, 1);
  }

  /**
   * A capacity equal to the largest load.
   *
   * @return the capacity
   */
  static Capacity largestLoad() {
    return new LargestLoad(1);
  }

  private static long roundUp(long value, long unit) {
    return Math.multiplyExact(Math.ceilDiv(value, unit), unit);
  }
}
