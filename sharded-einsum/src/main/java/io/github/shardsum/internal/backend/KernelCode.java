package io.github.shardsum.internal.backend;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.backend.Kernels;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.program.Nested.Composite;
import java.util.Optional;

/** Kernels of composites as code that plans hold. */
public final class KernelCode {
  private KernelCode() {}

  /**
   * The code of a composite's kernel.
   *
   * @param kernels the known kernels
   * @return the code; empty if there is no kernel, so that the decomposition runs
   */
  public static Optional<CompositeCode> find(Kernels kernels, Composite composite, SumOrder sums) {
    return kernels.kernel(composite, sums).map(KernelCode::of);
  }

  /** A kernel's code. */
  public static CompositeCode of(CompositeKernel kernel) {
    return new CompositeCode(
        kernel::run, kernel.flops(), kernel::scratchBytes, kernel::packedBytes, kernel::inPlaceOf);
  }
}
