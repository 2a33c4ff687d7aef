package io.github.shardsum.bench;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;

/**
 * The overlap of a collective with a product between two processes, by the formula of the Intel MPI
 * Benchmarks: {@code 100 max(0, min(1, (t_pure + t_CPU - t_ovrl) / min(t_pure, t_CPU)))}, where
 * {@code t_pure} is the time of the collective alone, {@code t_CPU} that of a product of about the
 * same time, and {@code t_ovrl} that of both: the collective is started before the product and
 * awaited after it. {@code perf/bench/overlap} runs this and its counterpart in C alternately.
 */
public final class OverlapBenchmark {
  private static final int[] BYTES = {1 << 20, 4 << 20, 16 << 20};

  /** Rows and columns of the right matrix, which stays in the cache. */
  private static final int SIDE = 256;

  /** Rows of a product. */
  private static final int ROWS = 256;

  /** Parts of a product; the transport makes progress after each part. */
  private static final int PARTS = 8;

  private static final int MOST_STEPS = 4096;

  private final Collectives collectives;
  private final int batches;
  private final Tensor rows = Tensor.full(DType.F32, 1, ROWS, SIDE);
  private final Tensor matrix = Tensor.full(DType.F32, 1, SIDE, SIDE);
  private final Tensor sums = Tensor.zeros(DType.F32, ROWS, SIDE);
  private final Einsum product;

  private OverlapBenchmark(Collectives collectives, int batches) {
    this.collectives = collectives;
    this.batches = batches;
    this.product =
        Einsum.compile(
            "rk,kn->rn",
            EinsumOptions.defaults().withWorkers(Workers.interleaved(PARTS, collectives::progress)),
            OperandSpec.like(rows, matrix));
  }

  /**
   * Runs on every process.
   *
   * @param arguments the number of processes and the number of batches; the median of the batches
   *     is printed
   */
  public static void main(String[] arguments) {
    CollectiveOptions options = CollectiveOptions.defaults().withCheck(false);
    int processes = Integer.parseInt(arguments[0]);
    try (Collectives collectives = Collectives.open(Mesh.of("x", processes), options)) {
      new OverlapBenchmark(collectives, Integer.parseInt(arguments[1])).run(processes);
    }
  }

  private void run(int processes) {
    for (int bytes : BYTES) {
      long floats = bytes / Float.BYTES;
      Tensor whole = tensor(floats, 0);
      Tensor part = tensor(floats / processes, 1);
      measure("all-gather", bytes, new Collective.AllGather(0, "x"), part, whole);
      Collective scatter = new Collective.ReduceScatter(Reduction.SUM, 0, "x");
      measure("reduce-scatter", bytes, scatter, whole, part);
    }
  }

  private static Tensor tensor(long count, double value) {
    Tensor tensor = Tensor.allocate(Arena.ofAuto(), DType.F32, Shape.of(count));
    tensor.assign(Tensor.full(DType.F32, value, count));
    return tensor;
  }

  private void measure(String name, int bytes, Collective collective, Tensor x, Tensor out) {
    CollectivePlan pure =
        collectives.plan("pure").communicate(collective, List.of(x), List.of(out)).build();
    double alone = agreed(median(pure));
    double step = agreed(median(products(collectives.plan("step"), 1).build()));
    int steps = Math.clamp(Math.round(alone / step), 1, MOST_STEPS);
    CollectivePlan cpu = products(collectives.plan("cpu"), steps).build();
    CollectivePlan.Builder both =
        collectives.plan("both").start("flight", collective, List.of(x), List.of(out));
    CollectivePlan overlapped = products(both, steps).await("flight").build();
    double computing = median(cpu);
    double together = median(overlapped);
    boolean isSum = collective instanceof Collective.ReduceScatter;
    BenchmarkData.check(
        name, isSum ? collectives.processes() : 1, out.getDouble(out.size(0) - 1), 0);
    BenchmarkData.check("product", SIDE, sums.getDouble(0, 0), 0);
    if (collectives.process() == 0) {
      System.out.print(format("%s %d %.1f %.1f %.1f%n", name, bytes, alone, computing, together));
    }
  }

  private CollectivePlan.Builder products(CollectivePlan.Builder plan, int steps) {
    for (int step = 0; step < steps; step++) {
      plan.compute("product", (_, _) -> product.runInto(sums, rows, matrix));
    }
    return plan;
  }

  /** The mean over the processes, so that all build the same plan. */
  private double agreed(double time) {
    Tensor mine = Tensor.of(new double[] {time}, 1);
    List<Tensor> all =
        collectives.run(new Collective.AllReduce(Reduction.MEAN, "x"), List.of(mine));
    return all.getFirst().getDouble(0);
  }

  /** Microseconds. */
  private double median(CollectivePlan plan) {
    Tensor any = tensor(1, 0);
    CollectivePlan barrier =
        collectives
            .plan("barrier")
            .communicate(new Collective.Barrier("x"), List.of(any), List.of(any))
            .build();
    double[] times = new double[batches];
    for (int batch = -batches; batch < batches; batch++) {
      barrier.run();
      long begin = System.nanoTime();
      plan.run();
      times[Math.max(0, batch)] = (System.nanoTime() - begin) / 1e3;
    }
    Arrays.sort(times);
    return times[batches / 2];
  }
}
