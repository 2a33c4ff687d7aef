package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.program.Nested.Composite;
import java.util.Optional;

/**
 * Kernels of the composites of {@link
 * io.github.shardsum.internal.moe.decomposition.LayerComposites}.
 */
public final class LayerKernels {
  private LayerKernels() {}

  /** The factory of {@code moe.experts}. */
  public static Optional<CompositeKernel> experts(Composite composite) {
    return ExpertsForm.of(composite, 2, ExpertsForm.OPERANDS).map(ExpertsKernel::new);
  }

  /** The factory of its gradient. */
  public static Optional<CompositeKernel> gradient(Composite composite) {
    return ExpertsForm.of(composite, 2, ExpertsForm.OPERANDS).map(ExpertsGradientKernel::new);
  }

  /** The factory of {@code moe.experts_in}. */
  public static Optional<CompositeKernel> expertsIn(Composite composite) {
    return ExpertsForm.of(composite, 1, 2).map(ExpertsInKernel::new);
  }

  /** The factory of its gradient. */
  public static Optional<CompositeKernel> expertsInGradient(Composite composite) {
    return ExpertsForm.of(composite, 1, 2).map(ExpertsInGradientKernel::new);
  }

  /** The factory of {@code moe.experts_out}. */
  public static Optional<CompositeKernel> expertsOut(Composite composite) {
    return ExpertsForm.of(composite, 2, 3).map(ExpertsOutKernel::new);
  }

  /** The factory of its gradient. */
  public static Optional<CompositeKernel> expertsOutGradient(Composite composite) {
    return ExpertsForm.of(composite, 2, 3).map(ExpertsOutGradientKernel::new);
  }
}
