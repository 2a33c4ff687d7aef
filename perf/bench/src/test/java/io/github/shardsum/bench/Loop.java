package io.github.shardsum.bench;

import com.sun.management.ThreadMXBean;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.EinsumPlan;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;

/**
 * A kernel that runs again and again on the calling thread, at a size and at a larger one.
 *
 * @param name what it is
 * @param runs runs until C2 has compiled it
 * @param small a run
 * @param large a run with more rows
 * @param moreRows how many more
 */
record Loop(String name, int runs, Runnable small, Runnable large, long moreRows) {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** How much more of its first label the larger size has. */
  private static final int FACTOR = 3;

  /** A vector's elements count as rows of this many, which a sum adds up in one block. */
  private static final int ROW_OF_A_VECTOR = 512;

  /**
   * Most bytes that a run may allocate for each row: a position and a count in arrays, but not the
   * smallest object. A vector that becomes an object takes 32 bytes or more, mostly many times a
   * row.
   */
  static final int BYTES_A_ROW = 12;

  /** How often both sizes grow while another kernel takes the larger one. */
  private static final int CHANGES = 2;

  /** How often the runs are repeated while a loop allocates more: C2 may come late. */
  private static final int ATTEMPTS = 4;

  /** Runs of which the least is taken, since the JVM's own upcalls allocate too. */
  private static final int MEASURED = 5;

  /** An einsum; the sizes are those of the labels in the order in which they first occur. */
  static Loop of(DType dtype, int runs, String equation, long... sizes) {
    Made small = Made.of(dtype, equation, sizes);
    long[] larger = times(sizes);
    Made large = Made.of(dtype, equation, larger);
    // Sizes at which the kernel changes differ from machine to machine, and so do its objects.
    for (int tries = 0; tries < CHANGES && !large.kernels().equals(small.kernels()); tries++) {
      small = large;
      larger = times(larger);
      large = Made.of(dtype, equation, larger);
    }
    String name = small.einsum().toString();
    return new Loop(name, runs, small::run, large::run, large.rows() - small.rows());
  }

  private static long[] times(long... sizes) {
    long[] larger = sizes.clone();
    larger[0] *= FACTOR;
    return larger;
  }

  /** A kernel on rows, made for a number of them. */
  static Loop ofRows(String name, int runs, long rows, LongFunction<Runnable> body) {
    return new Loop(name, runs, body.apply(rows), body.apply(FACTOR * rows), (FACTOR - 1) * rows);
  }

  /** A kernel that only runs. */
  static Loop once(String name, int runs, Runnable body) {
    return new Loop(name, runs, body, body, 0);
  }

  /** An einsum with all it needs. */
  record Made(Einsum einsum, Tensor[] operands, Tensor out) {
    static Made of(DType dtype, String equation, long... sizes) {
      Tensor[] operands = Loop.operands(dtype, equation, sizes);
      Einsum einsum =
          Einsum.compile(equation, EinsumOptions.defaults(), OperandSpec.like(operands));
      return new Made(einsum, operands, Tensor.zeros(dtype, einsum.outputShape()));
    }

    void run() {
      einsum.runInto(out, operands);
    }

    List<String> kernels() {
      return einsum.explain().steps().stream().map(EinsumPlan.Step::kernel).toList();
    }

    /** Rows of the largest operand or the result. */
    long rows() {
      long most = Loop.rows(out.shape().toArray());
      for (Tensor operand : operands) {
        most = Math.max(most, Loop.rows(operand.shape().toArray()));
      }
      return most;
    }
  }

  private static long rows(long... shape) {
    long rows = 1;
    for (int axis = 0; axis < shape.length - 1; axis++) {
      rows *= shape[axis];
    }
    return shape.length == 1 ? Math.ceilDiv(shape[0], ROW_OF_A_VECTOR) : rows;
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
      small.run();
    }
  }

  /** Prints how many bytes more the larger size allocates, once both are compiled. */
  void printGrowth() {
    long growth = Long.MAX_VALUE;
    for (int attempt = 0; attempt < ATTEMPTS && growth > BYTES_A_ROW * moreRows; attempt++) {
      repeat(runs);
      for (int run = 0; run < runs / FACTOR; run++) {
        large.run();
      }
      growth = allocated(large) - allocated(small);
    }
    System.out.printf(Locale.ROOT, "%d bytes for %d rows more: %s%n", growth, moreRows, name);
  }

  private static long allocated(Runnable body) {
    long least = Long.MAX_VALUE;
    for (int run = 0; run < MEASURED; run++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      body.run();
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }
}
