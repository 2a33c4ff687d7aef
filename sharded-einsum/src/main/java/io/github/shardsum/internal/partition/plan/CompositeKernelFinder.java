package io.github.shardsum.internal.partition.plan;

import io.github.shardsum.backend.Kernels;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.internal.backend.KernelCode;
import io.github.shardsum.internal.local.run.CompositeCode;
import io.github.shardsum.partition.CompositePartition;
import io.github.shardsum.program.Nested.Composite;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Finds code and partitions of composites among kernels.
 *
 * @param sums the order of floating-point sums
 */
public record CompositeKernelFinder(Kernels kernels, SumOrder sums) implements PartitionFinder {
  /** Checks the arguments. */
  public CompositeKernelFinder {
    Objects.requireNonNull(kernels, "kernels");
    Objects.requireNonNull(sums, "sums");
  }

  @Override
  public Optional<CompositeCode> find(Composite composite) {
    return kernels
        .kernel(composite, sums)
        .filter(kernel -> !sums.isTree() || kernel.splitsInOrder())
        .map(KernelCode::of);
  }

  // A sum over rows of several devices does not have the order of a tree.
  @Override
  public Optional<CompositePartition> partition(Composite composite) {
    return sums.isTree() ? Optional.empty() : own(composite);
  }

  @Override
  public List<String> staying(Composite composite) {
    return own(composite).map(CompositePartition::staying).orElse(List.of());
  }

  private Optional<CompositePartition> own(Composite composite) {
    return kernels.factory(composite.name()).orElse(null) instanceof CompositePartition own
        ? Optional.of(own)
        : Optional.empty();
  }
}
