package io.github.shardsum.internal.reduce;

import io.github.shardsum.internal.vector.reduce.VectorCombines;
import io.github.shardsum.ops.KernelInfo;

/** One implementation of the reductions; stateless and thread-safe. */
public interface Combines {
  /** On f32, and bf16 widened. */
  FloatCombine floats(Operation operation);

  /** On f64. */
  DoubleCombine doubles(Operation operation);

  /** On integers; i32 widened, bool as 0 and 1. */
  LongCombine longs(Operation operation);

  /** The one that goes with the kernels that this JVM uses; chosen once. */
  static Combines best() {
    return Best.CHOICE;
  }

  /** The plain loops. */
  static Combines scalar() {
    return new ScalarCombines();
  }

  /** Apart, so that asking for the scalar ones neither chooses nor loads vectors. */
  final class Best {
    private static final Combines CHOICE =
        KernelInfo.current().vectorBits() > 0 ? new VectorCombines() : new ScalarCombines();

    private Best() {}
  }
}
