package io.github.shardsum.internal.memory;

import io.github.shardsum.tensor.Tensor;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Copies and converts the elements of one tensor into another of the same shape. */
public final class StridedCopy {
  /** Elements moved at once; 8 KiB of f64, which stays in the first-level cache. */
  private static final int BLOCK = 1024;

  /** Sides from which on squares are turned over in registers. */
  private static final int WORTH_TURNING = 8;

  private StridedCopy() {}

  /** Writes source into target; the two have the same shape and do not overlap. */
  public static void copy(Tensor source, Tensor target) {
    if (source.shape().elementCount() == 0) {
      return;
    }
    Loops loops = Loops.of(source.shape().toArray(), target.strides(), source.strides());
    OptionalInt along = alongSource(loops);
    if (along.isPresent()) {
      turn(source, target, loops, along.getAsInt());
      return;
    }
    Memory from = Memory.of(source);
    Memory to = Memory.of(target);
    Object block = block(source, loops);
    loops.forEachRow(
        new long[] {Memory.origin(target), Memory.origin(source)},
        at ->
            moveRow(block, from, at[1], loops.stride(1), to, at[0], loops.stride(0), loops.row()));
  }

  /** The loop that the source is contiguous along, if it is worth turning squares over for. */
  private static OptionalInt alongSource(Loops loops) {
    boolean apart = loops.stride(0) == 1 && loops.stride(1) != 1 && loops.row() >= WORTH_TURNING;
    return IntStream.range(0, loops.rank() - 1)
        .filter(loop -> apart && loops.stride(1, loop) == 1 && loops.size(loop) >= WORTH_TURNING)
        .findFirst();
  }

  private static void turn(Tensor source, Tensor target, Loops loops, int along) {
    int[] others = IntStream.range(0, loops.rank() - 1).filter(loop -> loop != along).toArray();
    Loops outer =
        Loops.of(
            IntStream.of(others).mapToLong(loops::size).toArray(),
            IntStream.of(others).mapToLong(loop -> loops.stride(0, loop)).toArray(),
            IntStream.of(others).mapToLong(loop -> loops.stride(1, loop)).toArray());
    Square square = square(source, target, loops.stride(0, along), loops.stride(1));
    for (long point = 0; point < outer.points(); point++) {
      square.copy(
          Memory.origin(target) + outer.position(0, point),
          Memory.origin(source) + outer.position(1, point),
          loops.row(),
          loops.size(along));
    }
  }

  @FunctionalInterface
  private interface Square {
    void copy(long toAt, long fromAt, long rows, long columns);
  }

  private static Square square(Tensor source, Tensor target, long toStride, long fromStride) {
    Memory from = Memory.of(source);
    Memory to = Memory.of(target);
    return switch (source.dtype()) {
      case F32, BF16 -> new FloatTransposingCopy(to, toStride, from, fromStride)::copy;
      case F64 -> new DoubleTransposingCopy(to, toStride, from, fromStride)::copy;
      case I32, I64, BOOL -> new LongTransposingCopy(to, toStride, from, fromStride)::copy;
    };
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
