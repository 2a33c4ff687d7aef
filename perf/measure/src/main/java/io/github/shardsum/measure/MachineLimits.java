package io.github.shardsum.measure;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.probe.MultiplyAddProbe;
import io.github.shardsum.tensor.DType;

/**
 * Limits of this machine, measured on demand; every report compares with them.
 *
 * @param threads the number of threads
 * @param multiplyAddFlops f32 multiply-adds on registers, two FLOPs each, in FLOP/s over all
 *     threads
 * @param copyBytes bytes read and written by a copy of memory far beyond the caches, in bytes/s
 *     over all threads
 */
public record MachineLimits(int threads, double multiplyAddFlops, double copyBytes) {
  private static final int COPY_FLOATS = 8 << 20;

  /**
   * Measures for about a second; other work on the machine lowers the result.
   *
   * @param workers the threads
   * @return the best of many short runs
   */
  public static MachineLimits measure(Workers workers) {
    int threads = workers.parallelism();
    MultiplyAddProbe[] probes = new MultiplyAddProbe[threads];
    float[][] copies = new float[2 * threads][COPY_FLOATS];
    for (int i = 0; i < threads; i++) {
      probes[i] = new MultiplyAddProbe(DType.F32);
    }
    double flops = Stopwatch.best(() -> workers.run(threads, (index, _) -> probes[index].run()));
    double copy =
        Stopwatch.best(
            () ->
                workers.run(
                    threads,
                    (index, _) ->
                        System.arraycopy(
                            copies[2 * index], 0, copies[2 * index + 1], 0, COPY_FLOATS)));
    return new MachineLimits(
        threads,
        threads * probes[0].flops() / flops,
        2.0 * Float.BYTES * COPY_FLOATS * threads / copy);
  }

  /**
   * The higher of two measurements, since other work slows the machine down only at times.
   *
   * @param other limits with the same number of threads
   * @return the higher of each number
   */
  public MachineLimits orBetter(MachineLimits other) {
    return new MachineLimits(
        threads,
        Math.max(multiplyAddFlops, other.multiplyAddFlops),
        Math.max(copyBytes, other.copyBytes));
  }
}
