package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Goes through experts. One that has much of the work of a thread is shared by all of them; the
 * others are taken side by side, the longest first. Neither changes a bit.
 */
final class ExpertRuns {
  /**
   * Multiply-adds of one product from which on threads share an expert: a product of that size
   * loses nothing by it, all threads end together, and only one expert's rows are in the cache.
   */
  private static final long WORTH_SHARING = 1L << 29;

  private ExpertRuns() {}

  /** The work on one expert. */
  @FunctionalInterface
  interface Body {
    void run(int expert, Workers workers, Scratch scratch);
  }

  static void run(ExpertsForm form, Permutation permutation, Workers workers, Body body) {
    int experts = form.experts();
    List<Integer> order =
        IntStream.range(0, experts)
            .boxed()
            .sorted(Comparator.comparingInt(permutation::size).reversed())
            .toList();
    int threads = workers.parallelism();
    long each = (long) form.model() * form.hidden();
    long large = Math.min(permutation.count(experts) / (2L * threads), WORTH_SHARING / each);
    int alone = 0;
    while (threads > 1 && alone < experts && permutation.size(order.get(alone)) > large) {
      int expert = order.get(alone++);
      workers.run(1, (_, scratch) -> body.run(expert, workers, scratch));
    }
    List<Integer> rest = order.subList(alone, experts);
    Workers own = workers.alone();
    workers.run(rest.size(), (task, scratch) -> body.run(rest.get(task), own, scratch));
  }
}
