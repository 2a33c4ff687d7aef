package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.grouped.GroupedProduct;
import io.github.shardsum.grouped.MatrixRows;
import io.github.shardsum.internal.moe.decomposition.ExpertComposites;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.program.Nested.Composite;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Kernels of the composites of {@link ExpertComposites}. */
public final class ExpertKernels {
  private ExpertKernels() {}

  /** The product, forward. */
  private record Product(double flops, SumOrder sums) implements CompositeKernel {
    @Override
    public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
      Tensor out = results.getFirst();
      GroupedProduct.rowsInto(
          workers,
          sums,
          out,
          MatrixRows.of(operands.get(0)),
          operands.get(1),
          operands.get(2),
          Epilogue.none());
    }

    @Override
    public Optional<CompositeKernel> in(SumOrder order) {
      return Optional.of(new Product(flops, order));
    }
  }

  /** Both gradients of the product. */
  private record Gradient(double flops, SumOrder sums) implements CompositeKernel {
    @Override
    public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
      Tensor x = operands.get(0);
      Tensor transposed = operands.get(1).transpose(0, 2, 1);
      Tensor sizes = operands.get(2);
      Tensor cotangent = operands.get(3);
      Tensor byRows = results.get(0);
      Tensor byWeights = results.get(1);
      MatrixRows back = MatrixRows.of(cotangent);
      GroupedProduct.rowsInto(workers, sums, byRows, back, transposed, sizes, Epilogue.none());
      GroupedProduct.weightsInto(workers, sums, byWeights, MatrixRows.of(x), back, sizes);
    }

    @Override
    public Optional<CompositeKernel> in(SumOrder order) {
      return Optional.of(new Gradient(flops, order));
    }
  }

  /** Sorts rows by counting. The rows of each expert are in the order of the choices. */
  private record Rows(int experts, int capacity, int multiple) implements CompositeKernel {
    @Override
    public long scratchBytes(Workers workers) {
      return (long) Integer.BYTES * experts;
    }

    @Override
    public Optional<CompositeKernel> in(SumOrder sums) {
      return Optional.of(this);
    }

    @Override
    public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
      Tensor positions = operands.getFirst();
      TokenElements given = TokenElements.of(positions);
      TokenElements rows = TokenElements.of(results.get(0));
      TokenElements sizes = TokenElements.of(results.get(1));
      workers.run(
          1,
          (_, scratch) -> {
            int[] next = scratch.ints(0, experts);
            Arrays.fill(next, 0, experts, 0);
            forEach(positions, (g, s, k) -> count(next, (int) given.get(g, s, k)));
            starts(next, sizes);
            forEach(positions, (g, s, k) -> rows.set(g, s, k, row(next, (int) given.get(g, s, k))));
          });
    }

    private void count(int[] next, int position) {
      if (position >= 0) {
        next[position / capacity]++;
      }
    }

    private void starts(int[] next, TokenElements sizes) {
      int start = 0;
      for (int expert = 0; expert < experts; expert++) {
        int size = Math.multiplyExact(Math.ceilDiv(next[expert], multiple), multiple);
        sizes.set(expert, 0, (long) size);
        next[expert] = start;
        start += size;
      }
    }

    private int row(int[] next, int position) {
      return position < 0 ? -1 : next[position / capacity]++;
    }

    private interface Visit {
      void choice(int group, int token, int slot);
    }

    /** Visits all choices in C order. */
    private static void forEach(Tensor positions, Visit visit) {
      for (int group = 0; group < positions.size(0); group++) {
        for (int token = 0; token < positions.size(1); token++) {
          for (int slot = 0; slot < positions.size(2); slot++) {
            visit.choice(group, token, slot);
          }
        }
      }
    }
  }

  /** The kernel of the product, if the composite has the form of one. */
  public static Optional<CompositeKernel> product(Composite composite) {
    return isProduct(composite)
        ? Optional.of(new Product(flops(composite), SumOrder.FASTEST))
        : Optional.empty();
  }

  /** The kernel of the product's gradient, if the composite has the form of one. */
  public static Optional<CompositeKernel> gradient(Composite composite) {
    return isProduct(composite) && isFloating(composite)
        ? Optional.of(new Gradient(2 * flops(composite), SumOrder.FASTEST))
        : Optional.empty();
  }

  /**
   * Whether the operands have the ranks of a product. The text of a program may give the product's
   * name to any composite. A composite with other ranks runs by its decomposition.
   */
  private static boolean isProduct(Composite composite) {
    return composite.operands().stream()
        .limit(3)
        .map(x -> x.type().rank())
        .toList()
        .equals(List.of(2, 3, 1));
  }

  private static boolean isFloating(Composite composite) {
    return composite.operands().getFirst().type().dtype().isFloating();
  }

  /** The kernel of the rows, if positions have rank 3. */
  public static Optional<CompositeKernel> rows(Composite composite) {
    if (composite.operands().getFirst().type().rank() != 3) {
      return Optional.empty();
    }
    int experts = Integer.parseInt(attribute(composite, ExpertComposites.EXPERTS));
    int capacity = Integer.parseInt(attribute(composite, ExpertComposites.CAPACITY));
    int multiple =
        Integer.parseInt(composite.attributes().getOrDefault(ExpertComposites.MULTIPLE, "1"));
    return Optional.of(new Rows(experts, capacity, multiple));
  }

  private static String attribute(Composite composite, String key) {
    return Optional.ofNullable(composite.attributes().get(key))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    composite.name()
                        + " must have the attribute "
                        + key
                        + ", got "
                        + composite.attributes().keySet()));
  }

  /** FLOPs of all rows, including rows that belong to no group. */
  private static double flops(Composite composite) {
    Value x = composite.operands().get(0);
    Value w = composite.operands().get(1);
    return 2.0 * x.type().shape().elementCount() * w.type().shape().size(2);
  }
}
