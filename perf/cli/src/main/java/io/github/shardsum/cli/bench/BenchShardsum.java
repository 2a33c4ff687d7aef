package io.github.shardsum.cli.bench;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.cli.bench.peer.Competitor;
import io.github.shardsum.cli.bench.peer.PeerInputs;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Shardsum: compiled once, into one result that is used again. */
final class BenchShardsum implements Competitor {
  static final String NAME = "shardsum";

  /** Shardsum with sums in a fixed order, compared with Shardsum without. */
  static final String IN_ORDER = "in-order";

  private final Workers workers;
  private final SumOrder sums;
  private @Nullable Run run;

  private record Run(Einsum einsum, Tensor out, Tensor[] operands) {
    /** A loop in a separate method, which the JIT compiles separately. */
    void times(long calls) {
      for (long call = 0; call < calls; call++) {
        einsum.runInto(out, operands);
      }
    }
  }

  BenchShardsum(Workers workers, SumOrder sums) {
    this.workers = workers;
    this.sums = sums;
  }

  @Override
  public String name() {
    return sums.isTree() ? IN_ORDER : NAME;
  }

  @Override
  public double[] prepare(BenchCase subject, long[] samples) {
    DType dtype = subject.dtype();
    Tensor[] operands =
        IntStream.range(0, subject.bound().operandCount())
            .mapToObj(i -> PeerInputs.heap(i, subject.bound().operandShape(i), dtype))
            .toArray(Tensor[]::new);
    EinsumOptions options = EinsumOptions.defaults().withWorkers(workers).withSums(sums);
    Einsum einsum = Einsum.compile(subject.bound().equation(), options, OperandSpec.like(operands));
    Shape shape = einsum.outputShape();
    Tensor out = Tensor.zeros(dtype, shape);
    Run prepared = new Run(einsum, out, operands);
    run = prepared;
    prepared.times(1);
    double[] values = new double[samples.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = out.getDouble(index(samples[i], shape));
    }
    return values;
  }

  @Override
  public double seconds(long calls) {
    Run prepared = Objects.requireNonNull(run, "prepare first");
    long begin = System.nanoTime();
    prepared.times(calls);
    return (System.nanoTime() - begin) / 1e9;
  }

  @Override
  public void forget() {
    run = null;
  }

  private static long[] index(long flat, Shape shape) {
    long[] index = new long[shape.rank()];
    long rest = flat;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape.size(axis);
      rest /= shape.size(axis);
    }
    return index;
  }
}
