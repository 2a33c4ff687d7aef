package io.github.shardsum.internal.ops;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.memory.Loops;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;

/** Fills tensors of any strides and memory with a function of each element's number in C order. */
public final class IndexedFill {
  /** Number of elements of one task. */
  private static final int PIECE = 1 << 12;

  private IndexedFill() {}

  /** Computes the f64 values of n consecutive elements, beginning with element {@code from}. */
  @FunctionalInterface
  public interface Doubles {
    /**
     * Writes n values from the beginning of an array; spare is an array of the same length to use.
     */
    void fill(long from, int n, double[] values, long[] spare);
  }

  /** Computes integer values of n consecutive elements, beginning with element {@code from}. */
  @FunctionalInterface
  public interface Longs {
    /** Writes n integers from the beginning of an array. */
    void fill(long from, int n, long[] values);
  }

  /** Checks that the result can be written, and writes numbers of f64, each rounded once. */
  public static void doubles(String name, Workers workers, Tensor out, Doubles numbers) {
    Elements elements = Elements.of(out);
    run(
        name,
        workers,
        out,
        (from, n, place, step, scratch) -> {
          double[] values = scratch.doubles(0, PIECE);
          numbers.fill(from, n, values, scratch.longs(0, PIECE));
          elements.store(place, step, n, values, 0);
        });
  }

  /** As {@link #doubles}, for integers. */
  public static void longs(String name, Workers workers, Tensor out, Longs integers) {
    Elements elements = Elements.of(out);
    run(
        name,
        workers,
        out,
        (from, n, place, step, scratch) -> {
          long[] values = scratch.longs(0, PIECE);
          integers.fill(from, n, values);
          elements.store(place, step, n, values, 0);
        });
  }

  /** Fills the elements from an index on; the positions of neighbours are one step apart. */
  @FunctionalInterface
  private interface Run {
    void fill(long from, int n, long place, long step, Scratch scratch);
  }

  private static void run(String name, Workers workers, Tensor out, Run run) {
    Shape shape = out.shape();
    OperandChecks.out(name, out, out.dtype(), shape);
    Workers threads = OperandChecks.reachable(name, workers, out);
    Loops loops = Loops.of(shape.toArray(), shape.rowMajorStrides(), out.strides());
    long count = shape.elementCount();
    threads.run(
        (int) Math.ceilDiv(count, PIECE),
        (task, scratch) -> {
          long end = Math.min(count, (task + 1L) * PIECE);
          for (long from = (long) task * PIECE; from < end; ) {
            int n = (int) Math.min(end - from, loops.row() - from % loops.row());
            run.fill(from, n, loops.position(1, from), loops.stride(1), scratch);
            from += n;
          }
        });
  }
}
