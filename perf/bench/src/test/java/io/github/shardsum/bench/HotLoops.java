package io.github.shardsum.bench;

import com.sun.management.ThreadMXBean;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.kernel.Elementwise;
import io.github.shardsum.kernel.Softmax;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** Runs every kind of kernel until it is compiled, and prints what one more run allocates. */
public final class HotLoops {
  private static final Workers ALONE = Workers.sequential();

  private record Loop(String name, int runs, Runnable body) {}

  private HotLoops() {}

  /** Prints a line a kernel: its name and the bytes that a run allocates. */
  public static void main(String[] arguments) {
    List<Loop> loops = new ArrayList<>();
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      add(loops, dtype, 1500, "ij,jk->ik", 160, 160, 160);
      add(loops, dtype, 1500, "ij,jk->ik", 300, 300, 32);
      add(loops, dtype, 3000, "ij,jk->ik", 16, 16, 16);
      add(loops, dtype, 20000, "ij,jk->ik", 4, 4, 4);
      add(loops, dtype, 20000, "i,i->", 8);
      add(loops, dtype, 2000, "i,i->", 10000);
      add(loops, dtype, 2000, "ij,j->i", 100, 200);
      add(loops, dtype, 2000, "ij->i", 100, 200);
      add(loops, dtype, 2000, "ij->i", 40, 1100);
      add(loops, dtype, 2000, "ij,j->i", 40, 1100);
      add(loops, dtype, 2000, "ij,ij->i", 100, 200);
      add(loops, dtype, 2000, "ij->j", 100, 200);
      add(loops, dtype, 2000, "i,j->ij", 100, 200);
      add(loops, dtype, 2000, "ij,ij->ij", 100, 200);
      add(loops, dtype, 2000, "ij,i->j", 100, 200);
      add(loops, dtype, 2000, "bii->b", 100, 20);
      add(loops, dtype, 2000, "ij->ji", 100, 200);
      add(loops, dtype, 2000, "ij,ji->ij", 100, 200);
      add(loops, dtype, 2000, "abc->bac", 20, 30, 40);
      add(loops, dtype, 600, "ybkx,ck->xbcy", 32, 2, 12, 32, 24);
      loops.add(rowwise("softmax " + dtype, dtype, true));
      loops.add(rowwise("exp " + dtype, dtype, false));
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (Loop loop : loops) {
      for (int run = 0; run < loop.runs(); run++) {
        loop.body().run();
      }
      long least = Long.MAX_VALUE;
      for (int run = 0; run < 5; run++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        loop.body().run();
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      System.out.println(least + " bytes: " + loop.name());
    }
  }

  private static void add(List<Loop> loops, DType dtype, int runs, String equation, long... sizes) {
    // The sizes are those of the labels in the order in which they first occur.
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
    Einsum einsum = Einsum.compileFor(equation, EinsumOptions.defaults(), operands);
    Tensor out = Tensor.zeros(dtype, einsum.outputShape());
    loops.add(new Loop(einsum.toString(), runs, () -> einsum.runInto(out, operands)));
  }

  private static Loop rowwise(String name, DType dtype, boolean softmax) {
    Tensor x = Tensor.zeros(dtype, 100, 256);
    Tensor out = Tensor.zeros(dtype, 100, 256);
    return new Loop(
        name,
        500,
        () -> {
          if (softmax) {
            Softmax.softmaxInto(ALONE, out, x, 1);
          } else {
            Elementwise.expInto(ALONE, out, x);
          }
        });
  }
}
