package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.backend.CompositeKernel;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.decomposition.ExpertComposites;
import io.github.shardsum.internal.moe.route.MoeElements;
import io.github.shardsum.ops.GroupedProduct;
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
  private record Product(double flops) implements CompositeKernel {
    @Override
    public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
      Tensor out = results.getFirst();
      GroupedProduct.rowsInto(
          workers, out, operands.get(0), operands.get(1), operands.get(2), Epilogue.none());
    }
  }

  /** Both gradients of the product. */
  private record Gradient(double flops) implements CompositeKernel {
    @Override
    public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
      Tensor x = operands.get(0);
      Tensor transposed = operands.get(1).transpose(0, 2, 1);
      Tensor sizes = operands.get(2);
      Tensor cotangent = operands.get(3);
      Tensor byRows = results.get(0);
      Tensor byWeights = results.get(1);
      GroupedProduct.rowsInto(workers, byRows, cotangent, transposed, sizes, Epilogue.none());
      GroupedProduct.weightsInto(workers, byWeights, x, cotangent, sizes);
    }
  }

  /** Rows by counting; each expert's in the order of the choices. */
  private record Rows(int experts, int capacity) implements CompositeKernel {
    @Override
    public long scratchBytes(Workers workers) {
      return (long) Integer.BYTES * experts;
    }

    @Override
    public void run(List<Tensor> operands, List<Tensor> results, Workers workers) {
      Choices positions = new Choices(operands.getFirst());
      Choices rows = new Choices(results.get(0));
      workers.run(
          1, (_, scratch) -> run(positions, scratch.ints(0, experts), rows, results.get(1)));
    }

    private void run(Choices positions, int[] next, Choices rows, Tensor sizes) {
      Arrays.fill(next, 0, experts, 0);
      for (long i = 0; i < positions.count(); i++) {
        long position = positions.get(i);
        if (position >= 0) {
          next[(int) (position / capacity)]++;
        }
      }
      int start = 0;
      for (int expert = 0; expert < experts; expert++) {
        int size = next[expert];
        MoeElements.set(sizes, RouteKernel.at(sizes, expert), (long) size);
        next[expert] = start;
        start += size;
      }
      for (long i = 0; i < positions.count(); i++) {
        long position = positions.get(i);
        rows.set(i, position < 0 ? -1 : next[(int) (position / capacity)]++);
      }
    }
  }

  /** One i32 a choice, {@code [G, S, K]} of any strides, in C order. */
  private record Choices(Tensor tensor) {
    long count() {
      return tensor.shape().elementCount();
    }

    long get(long index) {
      return (long) MoeElements.get(tensor, at(index));
    }

    void set(long index, long value) {
      MoeElements.set(tensor, at(index), value);
    }

    private long at(long index) {
      long row = index / tensor.size(2);
      long group = row / tensor.size(1);
      return RouteKernel.at(tensor, group, row % tensor.size(1), index % tensor.size(2));
    }
  }

  /** The factory of the product. */
  public static Optional<CompositeKernel> product(Composite composite) {
    return Optional.of(new Product(flops(composite)));
  }

  /** The factory of the product's gradient. */
  public static Optional<CompositeKernel> gradient(Composite composite) {
    return isFloating(composite)
        ? Optional.of(new Gradient(2 * flops(composite)))
        : Optional.empty();
  }

  private static boolean isFloating(Composite composite) {
    return composite.operands().getFirst().type().dtype().isFloating();
  }

  /** The factory of the rows. */
  public static Optional<CompositeKernel> rows(Composite composite) {
    int experts = Integer.parseInt(attribute(composite, ExpertComposites.EXPERTS));
    int capacity = Integer.parseInt(attribute(composite, ExpertComposites.CAPACITY));
    return Optional.of(new Rows(experts, capacity));
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

  /** All rows counted, though not all need be in a group. */
  private static double flops(Composite composite) {
    Value x = composite.operands().get(0);
    Value w = composite.operands().get(1);
    return 2.0 * x.type().shape().elementCount() * w.type().shape().size(2);
  }
}
