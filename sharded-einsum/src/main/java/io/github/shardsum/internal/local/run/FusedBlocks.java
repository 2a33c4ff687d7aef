package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.grouped.RowArithmetic;
import io.github.shardsum.internal.reference.SourceEvaluator;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The blocks of one task of a fused kernel. Operands and results of f32 and f64 are read and
 * written in place if their elements are one after another in an array; every other block is an
 * array of the scratch.
 */
final class FusedBlocks {
  private static final int BLOCK = FusedKernel.BLOCK;

  private final List<FusedInstruction> instructions;
  private final List<FusedKernel.Result> results;
  private final BroadcastReader[] readings;
  private final BroadcastReader[] targets;

  /** The array of each block. */
  private final Object[] blocks;

  /** The index of each block's first element in its array. */
  private final int[] starts;

  /** Which operands, and then which results, have their blocks in their own memory. */
  private final boolean[] inPlace;

  FusedBlocks(
      FusedKernel kernel, BroadcastReader[] readings, BroadcastReader[] targets, Scratch scratch) {
    this.instructions = kernel.instructions();
    this.results = kernel.results();
    this.readings = readings;
    this.targets = targets;
    this.blocks = new Object[readings.length + instructions.size()];
    this.starts = new int[blocks.length];
    this.inPlace = new boolean[readings.length + targets.length];
    allocate(kernel, scratch);
    for (int i = 0; i < readings.length; i++) {
      takePlace(kernel, i, readings[i], i);
    }
    for (int i = 0; i < targets.length; i++) {
      int block = results.get(i).block();
      // Fills and indices are written to the scratch's arrays.
      boolean isMade =
          switch (instructions.get(block - readings.length)) {
            case FusedInstruction.Fill _, FusedInstruction.Index _ -> false;
            default -> true;
          };
      if (isMade) {
        takePlace(kernel, readings.length + i, targets[i], block);
      }
    }
    fillOnce();
  }

  private void allocate(FusedKernel kernel, Scratch scratch) {
    BlockCounts before = BlockCounts.NONE;
    for (int i = 0; i < blocks.length; i++) {
      FusedRegister register = kernel.register(i);
      blocks[i] =
          switch (register) {
            case FLOAT -> scratch.floats(before.floats(), BLOCK);
            case DOUBLE -> scratch.doubles(before.doubles(), BLOCK);
            case LONG -> scratch.longs(before.longs(), BLOCK);
            case BYTE -> scratch.bytes(before.flags(), BLOCK);
          };
      before = before.with(register);
    }
  }

  /**
   * Uses the array of a tensor as its block, if the array has the elements as a block does. A block
   * of bools must be read only by choices, which take any number but 0 as true.
   */
  private void takePlace(FusedKernel kernel, int which, BroadcastReader tensor, int block) {
    Optional<Object> array = tensor.inPlace();
    boolean fits = array.isPresent() && array.get().getClass() == blocks[block].getClass();
    if (fits && (kernel.register(block) != FusedRegister.BYTE || kernel.isCondition(block))) {
      blocks[block] = array.get();
      inPlace[which] = true;
    }
  }

  /** Fills the blocks that are the same for all indices. */
  private void fillOnce() {
    for (int i = 0; i < readings.length; i++) {
      if (readings[i].isSame()) {
        readings[i].load(0, BLOCK, blocks[i]);
      }
    }
    for (int i = 0; i < instructions.size(); i++) {
      if (instructions.get(i) instanceof FusedInstruction.Fill fill) {
        fill(fill, readings.length + i, BLOCK);
        round(fill.dtype(), readings.length + i, BLOCK);
      }
    }
  }

  /** Computes the results of n indices, beginning with a given one. */
  void run(long from, int n) {
    for (int i = 0; i < readings.length; i++) {
      if (inPlace[i]) {
        starts[i] = readings[i].place(from);
      } else if (!readings[i].isSame()) {
        readings[i].load(from, n, blocks[i]);
      }
    }
    for (int i = 0; i < targets.length; i++) {
      if (inPlace[readings.length + i]) {
        starts[results.get(i).block()] = targets[i].place(from);
      }
    }
    for (int i = 0; i < instructions.size(); i++) {
      run(instructions.get(i), readings.length + i, from, n);
    }
    for (int i = 0; i < targets.length; i++) {
      if (!inPlace[readings.length + i]) {
        targets[i].store(blocks[results.get(i).block()], from, n);
      }
    }
  }

  private float[] floats(int i) {
    return (float[]) blocks[i];
  }

  private double[] doubles(int i) {
    return (double[]) blocks[i];
  }

  private long[] longs(int i) {
    return (long[]) blocks[i];
  }

  private byte[] flags(int i) {
    return (byte[]) blocks[i];
  }

  private void run(FusedInstruction instruction, int z, long from, int n) {
    switch (instruction) {
      case FusedInstruction.Unary u -> unary(u, z, n);
      case FusedInstruction.Binary b -> binary(b, z, n);
      case FusedInstruction.Compare c -> compare(c, z, n);
      case FusedInstruction.Select s -> select(s, z, n);
      case FusedInstruction.Convert c -> convert(c, z, n);
      case FusedInstruction.Uniform u -> uniform(u, z, n);
      case FusedInstruction.Fill _ -> {
        return;
      }
      case FusedInstruction.Index index -> index(index, z, from, n);
    }
    round(instruction.dtype(), z, n);
  }

  /** Rounds to the dtype; blocks of such dtypes are never in place. */
  private void round(DType dtype, int z, int n) {
    if (dtype == DType.BF16) {
      float[] values = floats(z);
      for (int i = 0; i < n; i++) {
        values[i] = Bf16.toFloat(Bf16.fromFloat(values[i]));
      }
    } else if (dtype == DType.I32) {
      LongBlocks.cut(dtype, longs(z), n);
    }
  }

  private void unary(FusedInstruction.Unary u, int z, int n) {
    int x = u.x();
    int at = starts[x];
    switch (blocks[x]) {
      case float[] floats -> FloatBlocks.unary(u.kind(), floats, at, floats(z), starts[z], n);
      case double[] doubles -> DoubleBlocks.unary(u.kind(), doubles, at, doubles(z), starts[z], n);
      default -> LongBlocks.unary(u.kind(), longs(x), longs(z), n);
    }
  }

  private void binary(FusedInstruction.Binary b, int z, int n) {
    int x = b.x();
    int y = b.y();
    int xAt = starts[x];
    int yAt = starts[y];
    int zAt = starts[z];
    switch (blocks[x]) {
      case float[] floats ->
          FloatBlocks.binary(b.kind(), floats, xAt, floats(y), yAt, floats(z), zAt, n);
      case double[] doubles ->
          DoubleBlocks.binary(b.kind(), doubles, xAt, doubles(y), yAt, doubles(z), zAt, n);
      case long[] longs -> LongBlocks.binary(b.kind(), longs, longs(y), longs(z), n);
      default -> ByteBlocks.binary(b.kind(), flags(x), flags(y), flags(z), zAt, n);
    }
  }

  private void compare(FusedInstruction.Compare c, int z, int n) {
    int x = c.x();
    int y = c.y();
    int xAt = starts[x];
    int yAt = starts[y];
    int zAt = starts[z];
    switch (blocks[x]) {
      case float[] floats ->
          FloatBlocks.compare(c.relation(), floats, xAt, floats(y), yAt, flags(z), zAt, n);
      case double[] doubles ->
          DoubleBlocks.compare(c.relation(), doubles, xAt, doubles(y), yAt, flags(z), zAt, n);
      case long[] longs -> LongBlocks.compare(c.relation(), longs, longs(y), flags(z), zAt, n);
      default -> ByteBlocks.compare(c.relation(), flags(x), flags(y), flags(z), zAt, n);
    }
  }

  private void select(FusedInstruction.Select s, int z, int n) {
    byte[] c = flags(s.condition());
    int cAt = starts[s.condition()];
    int x = s.x();
    int y = s.y();
    int xAt = starts[x];
    int yAt = starts[y];
    int zAt = starts[z];
    switch (blocks[x]) {
      case float[] floats ->
          RowArithmetic.select(c, cAt, floats, xAt, floats(y), yAt, floats(z), zAt, n);
      case double[] doubles ->
          RowArithmetic.select(c, cAt, doubles, xAt, doubles(y), yAt, doubles(z), zAt, n);
      case long[] longs -> LongBlocks.select(c, cAt, longs, longs(y), longs(z), n);
      default -> ByteBlocks.select(c, cAt, flags(x), flags(y), flags(z), zAt, n);
    }
  }

  private void convert(FusedInstruction.Convert c, int z, int n) {
    Object x = blocks[c.x()];
    int at = starts[c.x()];
    switch (FusedRegister.of(c.dtype())) {
      case FLOAT -> Conversions.toFloats(c.dtype(), x, at, floats(z), starts[z], n);
      case DOUBLE -> Conversions.toDoubles(x, at, doubles(z), starts[z], n);
      case LONG -> Conversions.toLongs(c.dtype(), x, at, longs(z), n);
      case BYTE -> Conversions.toBytes(x, at, flags(z), starts[z], n);
    }
  }

  private void uniform(FusedInstruction.Uniform u, int z, int n) {
    long[] seeds = longs(u.seed());
    long[] indices = longs(u.index());
    for (int i = 0; i < n; i++) {
      long bits = new Philox(seeds[i]).bits(indices[i], u.stream());
      double value = SourceEvaluator.uniform(u.dtype(), bits);
      switch (blocks[z]) {
        case float[] floats -> floats[starts[z] + i] = (float) value;
        case double[] doubles -> doubles[starts[z] + i] = value;
        default -> throw new IllegalStateException("a draw must be of a floating dtype");
      }
    }
  }

  private void fill(FusedInstruction.Fill fill, int z, int n) {
    switch (blocks[z]) {
      case float[] floats -> Arrays.fill(floats, 0, n, (float) fill.value().toDouble());
      case double[] doubles -> Arrays.fill(doubles, 0, n, fill.value().toDouble());
      case long[] longs -> Arrays.fill(longs, 0, n, fill.value().toLong());
      default -> Arrays.fill(flags(z), 0, n, (byte) fill.value().toLong());
    }
  }

  /**
   * Writes the indices along an axis by counting up and repeating, since a division for each
   * element would cost more.
   */
  private void index(FusedInstruction.Index index, int z, long from, int n) {
    long inner = index.inner();
    long value = from / inner % index.size();
    long left = inner == 1 ? index.size() - value : inner - from % inner;
    for (int at = 0; at < n; ) {
      int count = (int) Math.min(n - at, left);
      if (inner == 1) {
        countUp(z, at, count, value);
        value = 0;
        left = index.size();
      } else {
        repeat(z, at, count, value);
        value = value + 1 == index.size() ? 0 : value + 1;
        left = inner;
      }
      at += count;
    }
  }

  private void countUp(int z, int at, int count, long first) {
    switch (blocks[z]) {
      case float[] floats -> {
        for (int i = 0; i < count; i++) {
          floats[at + i] = first + i;
        }
      }
      case double[] doubles -> {
        for (int i = 0; i < count; i++) {
          doubles[at + i] = first + i;
        }
      }
      default -> {
        long[] longs = longs(z);
        for (int i = 0; i < count; i++) {
          longs[at + i] = first + i;
        }
      }
    }
  }

  private void repeat(int z, int at, int count, long value) {
    switch (blocks[z]) {
      case float[] floats -> Arrays.fill(floats, at, at + count, (float) value);
      case double[] doubles -> Arrays.fill(doubles, at, at + count, (double) value);
      default -> Arrays.fill(longs(z), at, at + count, value);
    }
  }
}
