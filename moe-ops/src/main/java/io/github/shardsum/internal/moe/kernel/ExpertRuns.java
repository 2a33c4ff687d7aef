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
  private ExpertRuns() {}

  /** The work on one expert. */
  @FunctionalInterface
  interface Body {
    void run(int expert, Workers workers, Scratch scratch);
  }

  static void run(Permutation permutation, int experts, Workers workers, Body body) {
    List<Integer> order =
        IntStream.range(0, experts)
            .boxed()
            .sorted(Comparator.comparingInt(permutation::size).reversed())
            .toList();
    int threads = workers.parallelism();
    long large = permutation.count(experts) / (2L * threads);
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
