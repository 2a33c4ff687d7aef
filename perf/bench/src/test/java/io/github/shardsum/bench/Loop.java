package io.github.shardsum.bench;

import com.sun.management.ThreadMXBean;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.management.ManagementFactory;

/**
 * A kernel that runs again and again on the calling thread.
 *
 * @param name what it is
 * @param runs runs until C2 has compiled it
 * @param body a run
 */
record Loop(String name, int runs, Runnable body) {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** An einsum; the sizes are those of the labels in the order in which they first occur. */
  static Loop of(DType dtype, int runs, String equation, long... sizes) {
    Tensor[] operands = operands(dtype, equation, sizes);
    Einsum einsum = Einsum.compileFor(equation, EinsumOptions.defaults(), operands);
    Tensor out = Tensor.zeros(dtype, einsum.outputShape());
    return new Loop(einsum.toString(), runs, () -> einsum.runInto(out, operands));
  }

  static Tensor[] operands(DType dtype, String equation, long... sizes) {
    StringBuilder seen = new StringBuilder();
    String[] terms = equation.substring(0, equation.indexOf('-')).split(",", -1);
    Tensor[] operands = new Tensor[terms.length];
    for (int term = 0; term < terms.length; term++) {
      long[] shape = new long[terms[term].length()];
      for (int axis = 0; axis < shape.length; axis++) {
        String label = terms[term].substring(axis, axis + 1);
        if (seen.indexOf(label) < 0) {
          seen.append(label);
        }
        shape[axis] = sizes[seen.indexOf(label)];
      }
      operands[term] = Tensor.zeros(dtype, shape);
    }
    return operands;
  }

  void repeat(int times) {
    for (int run = 0; run < times; run++) {
      body.run();
    }
  }

  /** Prints what one more run allocates once it is compiled. */
  void printBytes() {
    repeat(runs);
    long least = Long.MAX_VALUE;
    for (int run = 0; run < 5; run++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      body.run();
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    System.out.println(least + " bytes: " + name);
  }
}
