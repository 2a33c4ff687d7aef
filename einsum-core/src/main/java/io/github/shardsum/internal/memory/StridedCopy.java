package io.github.shardsum.internal.memory;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Copies and converts the elements of one strided array into another of the same shape. */
public final class StridedCopy {
  /** Number of elements moved at once: 8 KiB of f64, which stay in the first-level cache. */
  private static final int BLOCK = 1024;

  /** The least sides of a matrix that is transposed in squares in registers. */
  private static final int WORTH_TRANSPOSING = 8;

  private StridedCopy() {}

  /**
   * One of the two arrays.
   *
   * @param origin position of the first element
   * @param strides distance between neighbours along each axis
   */
  public record Side(Memory memory, long origin, long[] strides) {}

  /**
   * Copies of one shape at many positions, without allocation: elements are read and written one
   * row at a time. Not thread-safe.
   */
  public static final class Repeated {
    private final Memory from;
    private final Memory to;
    private final Loops loops;
    private final Loops.Cursor cursor;
    private final Object block;

    /** The strides are those of the target and then of the source; the shape has no empty axis. */
    public Repeated(long[] shape, Memory to, long[] toStrides, Memory from, long[] fromStrides) {
      this(Loops.of(shape, toStrides, fromStrides), to, from);
    }

    private Repeated(Loops loops, Memory to, Memory from) {
      this.from = from;
      this.to = to;
      this.loops = loops;
      this.cursor = loops.cursor(0);
      this.block = from.exactArray((int) Math.min(BLOCK, loops.row()));
    }

    /** Copies from a position to another. */
    public void copy(long toAt, long fromAt) {
      long rows = loops.rows();
      for (long row = 0; row < rows; row++) {
        moveRow(
            block,
            from,
            fromAt + cursor.position(1),
            loops.stride(1),
            to,
            toAt + cursor.position(0),
            loops.stride(0),
            loops.row());
        cursor.next();
      }
    }
  }

  /** Writes source into target, both of a shape without empty axes; they do not overlap. */
  public static void copy(long[] shape, Side source, Side target) {
    Loops loops = Loops.of(shape, target.strides, source.strides);
    OptionalInt along = alongSource(loops);
    if (along.isPresent()) {
      transpose(source, target, loops, along.getAsInt());
      return;
    }
    new Repeated(loops, target.memory, source.memory).copy(target.origin, source.origin);
  }

  /** The loop along which the source is contiguous, if a transposition in squares pays. */
  private static OptionalInt alongSource(Loops loops) {
    boolean apart =
        loops.stride(0) == 1 && loops.stride(1) != 1 && loops.row() >= WORTH_TRANSPOSING;
    return IntStream.range(0, loops.rank() - 1)
        .filter(
            loop -> apart && loops.stride(1, loop) == 1 && loops.size(loop) >= WORTH_TRANSPOSING)
        .findFirst();
  }

  private static void transpose(Side source, Side target, Loops loops, int along) {
    int[] others = IntStream.range(0, loops.rank() - 1).filter(loop -> loop != along).toArray();
    Loops outer =
        Loops.of(
            IntStream.of(others).mapToLong(loops::size).toArray(),
            IntStream.of(others).mapToLong(loop -> loops.stride(0, loop)).toArray(),
            IntStream.of(others).mapToLong(loop -> loops.stride(1, loop)).toArray());
    Matrix matrix = matrix(source.memory, target.memory, loops.stride(0, along), loops.stride(1));
    for (long point = 0; point < outer.points(); point++) {
      matrix.copy(
          target.origin + outer.position(0, point),
          source.origin + outer.position(1, point),
          loops.row(),
          loops.size(along));
    }
  }

  /** The transposing copy of one matrix. */
  @FunctionalInterface
  private interface Matrix {
    void copy(long toAt, long fromAt, long rows, long columns);
  }

  private static Matrix matrix(Memory from, Memory to, long toStride, long fromStride) {
    return switch (from) {
      case F32Array _, F32Segment _, Bf16Array _, Bf16Segment _, BlockMemory _ ->
          new FloatTransposingCopy(to, toStride, from, fromStride)::copy;
      case F64Array _, F64Segment _ ->
          new DoubleTransposingCopy(to, toStride, from, fromStride)::copy;
      case I32Array _, I32Segment _, I64Array _, I64Segment _, BoolArray _, BoolSegment _ ->
          new LongTransposingCopy(to, toStride, from, fromStride)::copy;
      case TableRowsMemory _ ->
          throw new IllegalStateException("memory: a tensor's, got rows of a table");
    };
  }

  /**
   * Moves n elements, each one step after the previous one.
   *
   * @param block an exact array of the source, of n or {@link #BLOCK} elements
   */
  private static void moveRow(
      Object block, Memory from, long at, long step, Memory to, long toAt, long toStep, long n) {
    if (step == 0 && toStep == 1 && fill(block, from, at, to, toAt, n)) {
      return;
    }
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

  /** Writes one element n times, if the target is an array of the block's type. */
  private static boolean fill(Object block, Memory from, long at, Memory to, long toAt, long n) {
    int first = (int) toAt;
    switch (block) {
      case float[] values when to instanceof F32Array(float[] array) -> {
        from.load(at, 0, 1, values, 0, 1);
        Arrays.fill(array, first, first + (int) n, values[0]);
      }
      case double[] values when to instanceof F64Array(double[] array) -> {
        from.load(at, 0, 1, values, 0, 1);
        Arrays.fill(array, first, first + (int) n, values[0]);
      }
      case long[] values when to instanceof I64Array(long[] array) -> {
        from.load(at, 0, 1, values, 0, 1);
        Arrays.fill(array, first, first + (int) n, values[0]);
      }
      default -> {
        return false;
      }
    }
    return true;
  }
}
