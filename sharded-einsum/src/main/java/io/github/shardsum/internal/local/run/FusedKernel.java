package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.reference.SourceEvaluator;
import io.github.shardsum.random.Philox;
import io.github.shardsum.tensor.Bf16;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A chain of pointwise operations run block by block, so that intermediate values never leave the
 * first-level cache. Immutable and thread-safe; the number of threads changes no bit.
 *
 * @param shape the index space, in whose C order blocks are cut
 * @param inputs dtype of each input
 * @param axes the input's axis for each input and each axis of the shape, -1 where it is repeated
 * @param instructions the operations
 * @param results the blocks that are written to memory
 * @param loops a loop for each result, in the order of the instructions; none if results are
 *     computed block by block
 */
public record FusedKernel(
    Shape shape,
    List<DType> inputs,
    List<int[]> axes,
    List<Instruction> instructions,
    List<Result> results,
    List<ElementLoop> loops) {
  /** Elements of a block; ten blocks of f64 fit in the first-level cache. */
  static final int BLOCK = 512;

  /** Tasks for each thread: so many that a late task costs little; more would allocate more. */
  private static final int TASKS_A_THREAD = 4;

  /** An estimate of the time of an element on one thread. */
  static final double ELEMENT_NANOS = 1.2;

  /**
   * A block that is written to memory.
   *
   * @param block its number
   * @param axes the result's axis for each axis of the shape
   */
  public record Result(int block, int... axes) {
    /** Copies the axes. */
    public Result {
      axes = axes.clone();
    }
  }

  /** Copies the lists. */
  public FusedKernel {
    inputs = List.copyOf(inputs);
    axes = List.copyOf(axes);
    instructions = List.copyOf(instructions);
    results = List.copyOf(results);
    loops = List.copyOf(loops);
  }

  /** A kernel that computes block by block. */
  public FusedKernel(
      Shape shape,
      List<DType> inputs,
      List<int[]> axes,
      List<Instruction> instructions,
      List<Result> results) {
    this(shape, inputs, axes, instructions, results, List.of());
  }

  /** The blocks that a thread holds; later kernels use the same arrays. */
  public BlockCounts blocks() {
    BlockCounts all = BlockCounts.NONE;
    for (int i = 0; i < inputs.size() + instructions.size(); i++) {
      all = all.with(register(i));
    }
    return all;
  }

  /** The register of an input's or an instruction's block. */
  private Register register(int block) {
    int input = inputs.size();
    return Register.of(block < input ? inputs.get(block) : instructions.get(block - input).dtype());
  }

  public void run(Workers workers, List<Tensor> outputs, Tensor... operands) {
    long count = shape.elementCount();
    if (count == 0) {
      return;
    }
    Optional<ElementLoops> whole =
        loops.isEmpty() ? Optional.empty() : ElementLoops.of(this, loops, outputs, operands);
    if (whole.isPresent()) {
      tasks(workers, (_, from, end) -> whole.get().run(from, end));
    } else {
      runBlocks(workers, outputs, operands);
    }
  }

  /** A part of the elements. */
  @FunctionalInterface
  private interface Part {
    void run(Scratch scratch, long from, long end);
  }

  /** Divides the elements among threads, between blocks. */
  private void tasks(Workers workers, Part part) {
    long count = shape.elementCount();
    long blocks = Math.ceilDiv(count, BLOCK);
    int tasks =
        workers.areWorthwhile(count * ELEMENT_NANOS)
            ? (int) Math.min(blocks, (long) TASKS_A_THREAD * workers.parallelism())
            : 1;
    workers.run(
        tasks,
        (task, scratch) ->
            part.run(
                scratch,
                blocks * task / tasks * BLOCK,
                Math.min(count, blocks * (task + 1) / tasks * BLOCK)));
  }

  private void runBlocks(Workers workers, List<Tensor> outputs, Tensor... operands) {
    BroadcastReader[] readings = new BroadcastReader[operands.length];
    for (int i = 0; i < readings.length; i++) {
      readings[i] = new BroadcastReader(operands[i], shape, axes.get(i));
    }
    BroadcastReader[] targets = new BroadcastReader[results.size()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = new BroadcastReader(outputs.get(i), shape, results.get(i).axes());
    }
    tasks(
        workers,
        (scratch, from, end) -> {
          Blocks state = new Blocks(readings, scratch);
          for (long at = from; at < end; at += BLOCK) {
            int n = (int) Math.min(BLOCK, end - at);
            state.run(at, n);
            for (int i = 0; i < targets.length; i++) {
              targets[i].store(state.blocks[results.get(i).block()], at, n);
            }
          }
        });
  }

  /** The blocks of one task. */
  private final class Blocks {
    private final BroadcastReader[] readings;
    private final Object[] blocks;

    Blocks(BroadcastReader[] readings, Scratch scratch) {
      this.readings = readings;
      this.blocks = new Object[inputs.size() + instructions.size()];
      BlockCounts before = BlockCounts.NONE;
      for (int i = 0; i < blocks.length; i++) {
        Register register = register(i);
        blocks[i] =
            switch (register) {
              case FLOAT -> scratch.floats(before.floats(), BLOCK);
              case DOUBLE -> scratch.doubles(before.doubles(), BLOCK);
              case LONG -> scratch.longs(before.longs(), BLOCK);
            };
        before = before.with(register);
      }
      // The register of an operand that is the same in each block is filled once.
      for (int i = 0; i < readings.length; i++) {
        if (readings[i].isSame()) {
          readings[i].load(0, BLOCK, blocks[i]);
        }
      }
      for (int i = 0; i < instructions.size(); i++) {
        if (instructions.get(i) instanceof Instruction.Fill fill) {
          fill(fill, readings.length + i, BLOCK);
          round(fill.dtype(), readings.length + i, BLOCK);
        }
      }
    }

    void run(long from, int n) {
      for (int i = 0; i < readings.length; i++) {
        if (!readings[i].isSame()) {
          readings[i].load(from, n, blocks[i]);
        }
      }
      for (int i = 0; i < instructions.size(); i++) {
        run(instructions.get(i), readings.length + i, from, n);
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

    private void run(Instruction instruction, int z, long from, int n) {
      switch (instruction) {
        case Instruction.Unary u -> {
          switch (Register.of(u.dtype())) {
            case FLOAT -> FloatBlocks.unary(u.kind(), floats(u.x()), floats(z), n);
            case DOUBLE -> DoubleBlocks.unary(u.kind(), doubles(u.x()), doubles(z), n);
            case LONG -> LongBlocks.unary(u.kind(), longs(u.x()), longs(z), n);
          }
        }
        case Instruction.Binary b -> binary(b, z, n);
        case Instruction.Compare c -> compare(c, z, n);
        case Instruction.Select s -> select(s, z, n);
        case Instruction.Convert c -> convert(c, z, n);
        case Instruction.Uniform u -> uniform(u, z, n);
        case Instruction.Fill _ -> {
          return;
        }
        case Instruction.Index index -> index(index, z, from, n);
      }
      round(instruction.dtype(), z, n);
    }

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

    private void binary(Instruction.Binary b, int z, int n) {
      int x = b.x();
      int y = b.y();
      switch (Register.of(b.dtype())) {
        case FLOAT -> FloatBlocks.binary(b.kind(), floats(x), floats(y), floats(z), n);
        case DOUBLE -> DoubleBlocks.binary(b.kind(), doubles(x), doubles(y), doubles(z), n);
        case LONG -> LongBlocks.binary(b.kind(), longs(x), longs(y), longs(z), n);
      }
    }

    private void compare(Instruction.Compare c, int z, int n) {
      int x = c.x();
      int y = c.y();
      switch (blocks[x]) {
        case float[] floats -> FloatBlocks.compare(c.relation(), floats, floats(y), longs(z), n);
        case double[] doubles ->
            DoubleBlocks.compare(c.relation(), doubles, doubles(y), longs(z), n);
        default -> LongBlocks.compare(c.relation(), longs(x), longs(y), longs(z), n);
      }
    }

    private void select(Instruction.Select s, int z, int n) {
      long[] c = longs(s.condition());
      int x = s.x();
      int y = s.y();
      switch (Register.of(s.dtype())) {
        case FLOAT -> FloatBlocks.select(c, floats(x), floats(y), floats(z), n);
        case DOUBLE -> DoubleBlocks.select(c, doubles(x), doubles(y), doubles(z), n);
        case LONG -> LongBlocks.select(c, longs(x), longs(y), longs(z), n);
      }
    }

    private void convert(Instruction.Convert c, int z, int n) {
      int x = c.x();
      switch (Register.of(c.dtype())) {
        case FLOAT -> Conversions.toFloats(c.dtype(), blocks[x], floats(z), n);
        case DOUBLE -> Conversions.toDoubles(blocks[x], doubles(z), n);
        case LONG -> Conversions.toLongs(c.dtype(), blocks[x], longs(z), n);
      }
    }

    private void uniform(Instruction.Uniform u, int z, int n) {
      long[] seeds = longs(u.seed());
      long[] indices = longs(u.index());
      for (int i = 0; i < n; i++) {
        long bits = new Philox(seeds[i]).bits(indices[i], u.stream());
        double value = SourceEvaluator.uniform(u.dtype(), bits);
        switch (Register.of(u.dtype())) {
          case FLOAT -> floats(z)[i] = (float) value;
          case DOUBLE -> doubles(z)[i] = value;
          case LONG -> throw new IllegalStateException("a draw must be of a floating dtype");
        }
      }
    }

    private void fill(Instruction.Fill fill, int z, int n) {
      switch (Register.of(fill.dtype())) {
        case FLOAT -> Arrays.fill(floats(z), 0, n, (float) fill.value().toDouble());
        case DOUBLE -> Arrays.fill(doubles(z), 0, n, fill.value().toDouble());
        case LONG -> Arrays.fill(longs(z), 0, n, fill.value().toLong());
      }
    }

    /**
     * Counts up, or repeats a value along inner axes: a division for each element would cost more.
     */
    private void index(Instruction.Index index, int z, long from, int n) {
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
}
