package io.github.shardsum.internal.kernel;

import io.github.shardsum.internal.selection.KernelSelection;
import io.github.shardsum.internal.vector.VectorGemmKernels;
import java.util.stream.Stream;

/** The tiles that tests hold to the definition. */
public final class Tiles {
  private Tiles() {}

  /** Those in use, and where the vectors have 512 bits those that another processor would use. */
  public static Stream<GemmKernels> all() {
    Stream<GemmKernels> used = Stream.of(KernelSelection.best().gemm());
    return KernelSelection.best().bits() == 512
        ? Stream.concat(
            used, Stream.of(new VectorGemmKernels(512, false), new VectorGemmKernels(512, true)))
        : used;
  }
}
