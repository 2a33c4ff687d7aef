package io.github.shardsum.internal.reference;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.tensor.Shape;

/** One loop a label, over operands and an output in C order. */
final class Nest {
  private final long[] sizes;

  /** For each operand, and last the output, how far a step of each label moves. */
  private final long[][] strides;

  Nest(BoundEquation equation) {
    sizes = new long[equation.labelCount()];
    for (int label = 0; label < sizes.length; label++) {
      sizes[label] = equation.labelSize(label);
    }
    int operands = equation.operandCount();
    strides = new long[operands + 1][];
    for (int operand = 0; operand < operands; operand++) {
      boolean[] fixed = new boolean[equation.operandRank(operand)];
      for (int axis = 0; axis < fixed.length; axis++) {
        fixed[axis] = equation.isBroadcast(operand, axis);
      }
      strides[operand] =
          strides(equation.operandShape(operand), equation.operandLabels(operand), fixed);
    }
    int[] output = equation.outputLabels();
    strides[operands] = strides(equation.outputShape(), output, new boolean[output.length]);
  }

  /** A repeated label moves along all its axes at once. */
  private long[] strides(Shape shape, int[] labels, boolean[] fixed) {
    long[] byAxis = shape.rowMajorStrides();
    long[] byLabel = new long[sizes.length];
    for (int axis = 0; axis < labels.length; axis++) {
      byLabel[labels[axis]] += fixed[axis] ? 0 : byAxis[axis];
    }
    return byLabel;
  }

  /** What is done for one index of every label. */
  @FunctionalInterface
  interface Body {
    /** Gets the positions in the operands and, last, in the output; the array is reused. */
    void at(int[] positions);
  }

  /** Runs the nest, the last label innermost. */
  void forEach(Body body) {
    run(0, new int[strides.length], body);
  }

  private void run(int label, int[] positions, Body body) {
    if (label == sizes.length) {
      body.at(positions);
      return;
    }
    for (long i = 0; i < sizes[label]; i++) {
      run(label + 1, positions, body);
      move(positions, label, 1);
    }
    move(positions, label, -sizes[label]);
  }

  private void move(int[] positions, int label, long steps) {
    for (int array = 0; array < positions.length; array++) {
      positions[array] += (int) (steps * strides[array][label]);
    }
  }
}
