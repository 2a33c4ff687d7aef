package io.github.shardsum.internal.contraction;

import io.github.shardsum.internal.contraction.ContractionProgram.Ref;
import io.github.shardsum.internal.contraction.ContractionProgram.Role;
import io.github.shardsum.internal.contraction.ContractionProgram.Step;
import java.util.Arrays;

/**
 * Powers of two taken out of the values of one run, so that no intermediate overflows or vanishes:
 * a value is the content of its array, times 2 to its exponent.
 *
 * <p>Passes over slices add to one target, whose exponent is the largest exponent of the added
 * passes. A pass with a smaller exponent is added with a factor. Before a pass with a larger
 * exponent, the whole target is multiplied by a factor. Both factors are powers of two below 1.
 */
final class ContractionExponents {
  private final ComputeType type;
  private final boolean sliced;
  private final Object[] temporaries;
  private final Object result;
  private final long[] ofInputs;
  private final long[] ofTemporaries;
  private long ofResult = PowersOfTwo.ZEROS;

  /**
   * Exponents before the first step.
   *
   * @param type the type of the arithmetic, FLOAT or DOUBLE
   * @param sliced whether passes add to a target
   * @param temporaries arrays of the intermediates, of that type
   * @param result array of the result, of that type, used as a whole
   * @param ofInputs exponent of each operand
   */
  ContractionExponents(
      ComputeType type, boolean sliced, Object[] temporaries, Object result, long[] ofInputs) {
    this.type = type;
    this.sliced = sliced;
    this.temporaries = temporaries;
    this.result = result;
    this.ofInputs = ofInputs;
    this.ofTemporaries = new long[temporaries.length];
    Arrays.fill(ofTemporaries, PowersOfTwo.ZEROS);
  }

  /**
   * The factor of a step's sums. If their exponent is larger than the target's, the target is first
   * scaled to it.
   */
  double factor(Step step) {
    if (!adds(step)) {
      return 1;
    }
    long added = ofSources(step);
    long target = of(step.out());
    if (added == PowersOfTwo.ZEROS) {
      return 1;
    }
    if (target == PowersOfTwo.ZEROS || added > target) {
      if (target != PowersOfTwo.ZEROS) {
        PowersOfTwo.multiply(array(step.out()), target - added);
      }
      set(step.out(), added);
      return 1;
    }
    return factor(step, added - target);
  }

  private double factor(Step step, long exponent) {
    double least = type == ComputeType.FLOAT ? Float.MIN_NORMAL : Double.MIN_NORMAL;
    double factor = Math.scalb(1.0, (int) Math.max(exponent, -2 * Double.MAX_EXPONENT));
    if (factor >= least) {
      return factor;
    }
    // Finite terms are too small to change the target. An infinite one must not be multiplied by 0.
    return step instanceof Step.Dense(_, _, Ref.Temporary(int place), _, _, _, _, _)
            && PowersOfTwo.allFinite(temporaries[place])
        ? 0
        : least;
  }

  /** Takes the power of two out of a step's result. */
  void written(Step step) {
    if (adds(step) || isConstant(step)) {
      return;
    }
    long exponent = ofSources(step);
    if (step.out() instanceof Ref.Temporary(int place)) {
      long own = PowersOfTwo.takeOut(temporaries[place], Math.toIntExact(step.written()));
      exponent = PowersOfTwo.sum(own, exponent == PowersOfTwo.ZEROS ? 0 : exponent);
    }
    set(step.out(), exponent);
  }

  /** Takes the power of two out of the result and returns its exponent, 0 if all elements are 0. */
  long ofResult(int elements) {
    long own = PowersOfTwo.takeOut(result, elements);
    if (own == PowersOfTwo.ZEROS) {
      return 0;
    }
    return ofResult == PowersOfTwo.ZEROS ? own : own + ofResult;
  }

  private boolean adds(Step step) {
    return sliced && (step.role() == Role.COLLECT || step.role() == Role.SUM);
  }

  private static boolean isConstant(Step step) {
    return step instanceof Step.Dense dense && dense.left() instanceof Ref.Constant;
  }

  private long ofSources(Step step) {
    return switch (step) {
      case Step.Dense dense ->
          dense.left().equals(dense.right())
              ? of(dense.left())
              : PowersOfTwo.sum(of(dense.left()), of(dense.right()));
      case Step.Routed routed -> PowersOfTwo.sum(ofInputs[routed.routing()], of(routed.dense()));
    };
  }

  private long of(Ref ref) {
    return switch (ref) {
      case Ref.Input(int index) -> ofInputs[index];
      case Ref.Temporary(int place) -> ofTemporaries[place];
      case Ref.Result() -> ofResult;
      case Ref.Constant _ -> 0;
    };
  }

  private void set(Ref ref, long exponent) {
    if (ref instanceof Ref.Temporary(int place)) {
      ofTemporaries[place] = exponent;
    } else {
      ofResult = exponent;
    }
  }

  private Object array(Ref ref) {
    return ref instanceof Ref.Temporary(int place) ? temporaries[place] : result;
  }
}
