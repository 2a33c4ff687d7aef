package io.github.shardsum.internal.tensor;

import io.github.shardsum.internal.kernel.BlockRows;
import io.github.shardsum.internal.memory.BlockMemory;
import io.github.shardsum.internal.memory.Memory;
import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.tensor.Blocks;
import io.github.shardsum.tensor.Tensor;

/** The memory of tensors, as kernels read it. */
public final class TensorMemory {
  private TensorMemory() {}

  /** The memory of a tensor. */
  public static Memory of(Tensor tensor) {
    return tensor.blocks().isPresent()
        ? of(tensor.blocks().get())
        : Memory.of(tensor.dtype().valueLayout(), tensor.segment(), tensor.array());
  }

  /** The memory of blocks. */
  public static Memory of(Blocks blocks) {
    BlockRows rows = KernelSelection.best().blocks();
    BlockMemory.Decoder decoder =
        switch (blocks.format()) {
          case F16 -> rows::f16;
          case BF16 -> rows::bf16;
          case Q4_0 -> rows::q40;
          case Q5_0 -> rows::q50;
          case Q8_0 -> rows::q80;
          case Q4_K -> rows::q4k;
          case Q6_K -> rows::q6k;
          case MXFP4 -> rows::mxfp4;
        };
    return new BlockMemory(
        blocks.format().elements(), blocks.format().bytes(), decoder, blocks.bytes());
  }
}
