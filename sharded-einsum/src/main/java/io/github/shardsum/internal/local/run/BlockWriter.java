package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.reference.SourceEvaluator;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Elements;
import io.github.shardsum.tensor.Tensor;

/** Values made of indices, written block by block. */
public final class BlockWriter {
  private static final int BLOCK = FusedKernel.BLOCK;
  private static final int TASKS_A_THREAD = 4;

  private BlockWriter() {}

  /** Fills a block whose first element has an index. */
  @FunctionalInterface
  private interface Filler {
    void fill(Scratch scratch, Object block, long from, int n);
  }

  private static void run(Workers workers, Tensor out, Filler filler) {
    long count = out.shape().elementCount();
    if (count == 0) {
      return;
    }
    int[] axes = new int[out.rank()];
    java.util.Arrays.setAll(axes, i -> i);
    BroadcastReader target = new BroadcastReader(out, out.shape(), axes);
    long blocks = Math.ceilDiv(count, BLOCK);
    int tasks = (int) Math.min(blocks, (long) TASKS_A_THREAD * workers.parallelism());
    workers.run(
        tasks,
        (task, scratch) -> {
          Object block = block(out.dtype(), scratch);
          for (long i = blocks * task / tasks; i < blocks * (task + 1) / tasks; i++) {
            int n = (int) Math.min(BLOCK, count - i * BLOCK);
            filler.fill(scratch, block, i * BLOCK, n);
            target.store(block, i * BLOCK, n);
          }
        });
  }

  private static Object block(DType dtype, Scratch scratch) {
    return switch (FusedRegister.of(dtype)) {
      case FLOAT -> scratch.floats(0, BLOCK);
      case DOUBLE -> scratch.doubles(0, BLOCK);
      case LONG -> scratch.longs(0, BLOCK);
      case BYTE -> scratch.bytes(0, BLOCK);
    };
  }

  private static void set(Object block, int i, double value) {
    switch (block) {
      case float[] floats -> floats[i] = (float) value;
      case double[] doubles -> doubles[i] = value;
      case long[] longs -> longs[i] = (long) value;
      case byte[] bytes -> bytes[i] = (byte) value;
      default -> throw new IllegalStateException("block: " + block.getClass());
    }
  }

  public static void random(Workers workers, Tensor out, long seed, long stream) {
    Philox philox = new Philox(seed);
    DType dtype = out.dtype();
    run(
        workers,
        out,
        (_, block, from, n) -> {
          for (int i = 0; i < n; i++) {
            set(block, i, SourceEvaluator.uniform(dtype, philox.bits(from + i, stream)));
          }
        });
  }

  /** One-hot rows along the last axis. */
  public static void oneHot(Workers workers, Tensor out, Tensor indices) {
    int last = out.rank() - 1;
    long size = out.size(last);
    int[] axes = new int[out.rank()];
    java.util.Arrays.setAll(axes, i -> i == last ? -1 : i);
    BroadcastReader index = new BroadcastReader(indices, out.shape(), axes);
    run(
        workers,
        out,
        (scratch, block, from, n) -> {
          long[] wanted = scratch.longs(1, BLOCK);
          index.load(from, n, wanted);
          for (int i = 0; i < n; i++) {
            set(block, i, wanted[i] == (from + i) % size ? 1 : 0);
          }
        });
  }

  /** Indices as positions of a routing tensor; indices out of range become -1. */
  public static void positions(Workers workers, Tensor out, Tensor indices, long size) {
    int[] axes = new int[out.rank()];
    java.util.Arrays.setAll(axes, i -> i < indices.rank() ? i : -1);
    BroadcastReader index = new BroadcastReader(indices, out.shape(), axes);
    run(
        workers,
        out,
        (_, block, from, n) -> {
          long[] positions = (long[]) block;
          index.load(from, n, positions);
          for (int i = 0; i < n; i++) {
            positions[i] = positions[i] < 0 || positions[i] >= size ? -1 : positions[i];
          }
        });
  }

  /** The dense form of routing slots over zeros: slots of one position are added in order. */
  public static void dense(Workers workers, Tensor out, Tensor positions, Tensor weights) {
    int lead = positions.rank() - 1;
    int slots = Math.toIntExact(positions.size(lead));
    long rows = positions.shape().elementCount() / Math.max(1, slots);
    if (slots == 0 || rows == 0 || out.shape().elementCount() == 0) {
      return;
    }
    long tail = out.shape().elementCount() / rows;
    DType dtype = out.dtype();
    Elements target = Elements.of(out.reshape(rows, tail));
    Elements places = Elements.of(positions.reshape(rows, slots));
    Elements factors = Elements.of(weights);
    // Weights that are all 1 are one element, broadcast.
    boolean weighted = weights.isContiguous();
    int tasks = (int) Math.min(rows, (long) TASKS_A_THREAD * workers.parallelism());
    workers.run(
        tasks,
        (task, scratch) -> {
          long[] at = scratch.longs(0, slots);
          for (long row = rows * task / tasks; row < rows * (task + 1) / tasks; row++) {
            places.load(row * slots, 1, slots, at, 0);
            for (int i = 0; i < slots; i++) {
              if (at[i] >= 0) {
                long weight = weighted ? row * slots + i : 0;
                add(target, dtype, row * tail + at[i], factors, weight);
              }
            }
          }
        });
  }

  private static void add(Elements to, DType dtype, long at, Elements from, long index) {
    switch (dtype) {
      case F32, F64, BF16 -> to.set(at, to.getDouble(at) + from.getDouble(index));
      case I32, I64 -> to.set(at, to.getLong(at) + from.getLong(index));
      case BOOL -> to.set(at, to.getLong(at) | from.getLong(index));
    }
  }
}
