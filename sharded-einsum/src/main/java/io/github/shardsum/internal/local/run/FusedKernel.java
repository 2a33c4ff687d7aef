package io.github.shardsum.internal.local.run;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A chain of pointwise operations run block by block, so that intermediate values never leave the
 * first-level cache. Immutable and thread-safe; the number of threads changes no bit.
 *
 * @param shape the index space, in whose C order blocks are cut
 * @param inputs dtype of each input
 * @param axes for each input, the input's axis for each axis of the shape; -1 where it is repeated
 * @param instructions the operations
 * @param results the blocks that are written to memory
 * @param loops a loop for each result, in the order of the instructions; none if results are
 *     computed block by block
 */
public record FusedKernel(
    Shape shape,
    List<DType> inputs,
    List<int[]> axes,
    List<FusedInstruction> instructions,
    List<Result> results,
    List<ElementLoop> loops) {
  /** Elements of a block; ten blocks of f64 fit in the first-level cache. */
  static final int BLOCK = 512;

  /**
   * Tasks for each thread: enough that a late task costs little; more tasks would allocate more
   * memory.
   */
  private static final int TASKS_A_THREAD = 4;

  /** An estimate of the nanoseconds that one thread needs for an element. */
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
      List<FusedInstruction> instructions,
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
  FusedRegister register(int block) {
    int input = inputs.size();
    return FusedRegister.of(
        block < input ? inputs.get(block) : instructions.get(block - input).dtype());
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
          FusedBlocks blocks = new FusedBlocks(this, readings, targets, scratch);
          for (long at = from; at < end; at += BLOCK) {
            blocks.run(at, (int) Math.min(BLOCK, end - at));
          }
        });
  }

  /** Whether a block is read only as the condition of choices. */
  boolean isCondition(int block) {
    for (FusedInstruction instruction : instructions) {
      boolean reads =
          switch (instruction) {
            case FusedInstruction.Unary u -> u.x() == block;
            case FusedInstruction.Binary b -> b.x() == block || b.y() == block;
            case FusedInstruction.Compare c -> c.x() == block || c.y() == block;
            case FusedInstruction.Select s -> s.x() == block || s.y() == block;
            case FusedInstruction.Convert c -> c.x() == block;
            case FusedInstruction.Uniform u -> u.seed() == block || u.index() == block;
            case FusedInstruction.Fill _, FusedInstruction.Index _ -> false;
          };
      if (reads) {
        return false;
      }
    }
    return true;
  }
}
