package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.cli.bench.peer.PeerInputs;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;

/**
 * A few elements of the result, summed term by term in f64 from the definition. A result is
 * compared with them before it is timed.
 */
public final class BenchOracle {
  /** Limit of the terms of all samples together: about a second of work. */
  private static final double WORK = 2e7;

  private static final int MOST_SAMPLES = 64;

  /**
   * A blocked or reordered sum stays far below this many roundings of the sum of absolute terms.
   */
  private static final double OUR_ROUNDINGS = 64;

  private final BoundEquation bound;
  private final DType dtype;
  private final long terms;
  private final long[] samples;
  private final double[] expected;
  private final double[] absolute;

  /** Chooses the elements and computes them. */
  public BenchOracle(BenchCase subject) {
    this.bound = subject.bound();
    this.dtype = subject.dtype();
    long contracted = 1;
    for (int label = 0; label < bound.labelCount(); label++) {
      contracted = bound.inOutput(label) ? contracted : contracted * bound.labelSize(label);
    }
    this.terms = contracted;
    long results = bound.outputShape().elementCount();
    int count = (int) Math.min(results, Math.clamp((long) (WORK / contracted), 1, MOST_SAMPLES));
    this.samples = new long[count];
    this.expected = new double[count];
    this.absolute = new double[count];
    for (int i = 0; i < count; i++) {
      // The samples are spread evenly. The last element is one of them, since it is in the tails of
      // loops.
      samples[i] = count == 1 ? results - 1 : i * (results - 1) / (count - 1);
      sum(i);
    }
  }

  /** Flat indices into the result in C order. */
  public long[] samples() {
    return samples.clone();
  }

  /** The largest error, as a share of the sum of absolute terms. */
  public double error(double[] values) {
    double worst = 0;
    for (int i = 0; i < samples.length; i++) {
      double error = Math.abs(values[i] - expected[i]);
      worst = error == 0 ? worst : Math.max(worst, error / absolute[i]);
    }
    return worst;
  }

  /** Whether our own result is right: within an error bound that does not grow with the length. */
  public boolean accepts(double[] values) {
    return error(values) <= OUR_ROUNDINGS * rounding();
  }

  /**
   * Whether a peer's result is the same sum in some order. Its error must be within {@code terms}
   * roundings, the bound of a plain loop; a bound that is too large to be useful is capped.
   */
  boolean acceptsPeer(double[] values) {
    return error(values) <= Math.min(1e-3, Math.max(OUR_ROUNDINGS, terms) * rounding());
  }

  /** Integers are exact. */
  private double rounding() {
    return switch (dtype) {
      case F32 -> 0x1p-24;
      case F64 -> 0x1p-53;
      default -> 0;
    };
  }

  private void sum(int sample) {
    long[] at = new long[bound.labelCount()];
    long rest = samples[sample];
    for (int axis = bound.outputRank() - 1; axis >= 0; axis--) {
      int label = bound.outputLabel(axis);
      at[label] = rest % bound.labelSize(label);
      rest /= bound.labelSize(label);
    }
    long[][] steps = steps();
    double total = 0;
    double error = 0;
    for (long term = 0; term < terms; term++) {
      long left = term;
      for (int label = at.length - 1; label >= 0; label--) {
        if (!bound.inOutput(label)) {
          at[label] = left % bound.labelSize(label);
          left /= bound.labelSize(label);
        }
      }
      double product = product(at, steps);
      // Neumaier: the oracle's own rounding must not depend on the length.
      double next = total + product;
      error +=
          Math.abs(total) >= Math.abs(product) ? total - next + product : product - next + total;
      total = next;
      absolute[sample] += Math.abs(product);
    }
    expected[sample] = total + error;
  }

  private double product(long[] at, long[][] steps) {
    double product = 1;
    for (int operand = 0; operand < steps.length; operand++) {
      long index = 0;
      for (int label = 0; label < at.length; label++) {
        index += at[label] * steps[operand][label];
      }
      product *= PeerInputs.value(operand, index, dtype);
    }
    return product;
  }

  /** The distance between two indices of a label in each operand; a diagonal's strides add up. */
  private long[][] steps() {
    long[][] steps = new long[bound.operandCount()][bound.labelCount()];
    for (int operand = 0; operand < steps.length; operand++) {
      Shape shape = bound.operandShape(operand);
      long[] strides = shape.rowMajorStrides();
      for (int axis = 0; axis < strides.length; axis++) {
        if (!bound.isBroadcast(operand, axis)) {
          steps[operand][bound.operandLabel(operand, axis)] += strides[axis];
        }
      }
    }
    return steps;
  }
}
