package io.github.shardsum.internal.memory;

import io.github.shardsum.tensor.Tensor;

/** Copies and converts the elements of one tensor into another of the same shape. */
public final class StridedCopy {
  /** Elements moved at once; 8 KiB of f64, which stays in the first-level cache. */
  private static final int BLOCK = 1024;

  private StridedCopy() {}

  /** Writes source into target; the two have the same shape and do not overlap. */
  public static void copy(Tensor source, Tensor target) {
    if (source.shape().elementCount() == 0) {
      return;
    }
    Loops loops = Loops.of(source.shape().toArray(), target.strides(), source.strides());
    Memory from = Memory.of(source);
    Memory to = Memory.of(target);
    Object block = block(source, loops);
    loops.forEachRow(
        new long[] {Memory.origin(target), Memory.origin(source)},
        at ->
            moveRow(block, from, at[1], loops.stride(1), to, at[0], loops.stride(0), loops.row()));
  }

  /** A buffer of the type that holds every value of the source exactly. */
  private static Object block(Tensor source, Loops loops) {
    int size = (int) Math.min(BLOCK, loops.row());
    return switch (source.dtype()) {
      case F32, BF16 -> new float[size];
      case F64 -> new double[size];
      case I32, I64, BOOL -> new long[size];
    };
  }

  private static void moveRow(
      Object block, Memory from, long at, long step, Memory to, long toAt, long toStep, long n) {
    for (long done = 0; done < n; done += BLOCK) {
      int count = (int) Math.min(BLOCK, n - done);
      long source = at + done * step;
      long target = toAt + done * toStep;
      switch (block) {
        case float[] values -> {
          from.load(source, step, count, values, 0, 1);
          to.store(target, toStep, count, values, 0, 1);
        }
        case double[] values -> {
          from.load(source, step, count, values, 0, 1);
          to.store(target, toStep, count, values, 0, 1);
        }
        case long[] values -> {
          from.load(source, step, count, values, 0, 1);
          to.store(target, toStep, count, values, 0, 1);
        }
        default -> throw new IllegalStateException("block: " + block.getClass());
      }
    }
  }
}
