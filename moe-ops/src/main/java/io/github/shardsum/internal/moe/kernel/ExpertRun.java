package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One run of a kernel of experts.
 *
 * @param <A> arrays
 * @param form sizes and kind
 * @param mostRows of a chunk that all threads share
 * @param mostRowsAlone of a chunk of one of several threads
 * @param math the arithmetic
 * @param permutation the order of rows
 * @param operands of the composite
 * @param results of the composite
 * @param workers threads
 * @param scratch of the whole run
 */
record ExpertRun<A>(
    ExpertsForm form,
    int mostRows,
    int mostRowsAlone,
    RowMath<A> math,
    Permutation permutation,
    List<Tensor> operands,
    List<Tensor> results,
    Workers workers,
    Scratch scratch) {
  /** The scratch array of all rows. */
  private static final int ROWS = 8;

  /**
   * Multiply-adds of one product from which on threads share an expert: a product of that size
   * loses nothing by it, all threads end together, and only one expert's rows are in the cache.
   */
  private static final long WORTH_SHARING = 1L << 29;

  /** How many rows there are. */
  int count() {
    return permutation.count(form.experts());
  }

  /**
   * An array of all rows of outputs or of tokens' gradients, {@code [R, M]}; the same each time.
   */
  A rows() {
    return math.array(scratch, ROWS, count() * form.model());
  }

  /**
   * Goes through experts. One that has much of the work of a thread is shared by all of them; the
   * others are taken side by side, the longest first. Neither changes a bit.
   */
  void eachExpert(Consumer<Chunk<A>> work) {
    int experts = form.experts();
    List<Integer> order =
        IntStream.range(0, experts)
            .boxed()
            .sorted(Comparator.comparingInt(permutation::size).reversed())
            .toList();
    int threads = workers.parallelism();
    long large = mostOfOneThread(form, count(), threads);
    int alone = 0;
    while (threads > 1 && alone < experts && permutation.size(order.get(alone)) > large) {
      int expert = order.get(alone++);
      workers.run(1, (_, own) -> work.accept(new Chunk<>(this, expert, workers, own)));
    }
    List<Integer> rest = order.subList(alone, experts);
    Workers single = workers.alone();
    workers.run(
        rest.size(), (task, own) -> work.accept(new Chunk<>(this, rest.get(task), single, own)));
  }

  /** Most rows of an expert that one of several threads has to itself. */
  static long mostOfOneThread(ExpertsForm form, long rows, int threads) {
    long each = Math.max(1, (long) form.model() * form.hidden());
    return Math.min(rows / (2L * threads), WORTH_SHARING / each);
  }

  /** Sets the rows of a result {@code [R, width]} to 0 that no choice has. */
  void clearRest(Tensor result) {
    clear(result.slice(0, count(), result.size(0)));
  }

  /** Sets the gradients by weights of choices that are not sent to 0. */
  void clearUnsent(TokenElements gradient) {
    for (int choice = 0; choice < form.groups() * form.tokens() * form.choices(); choice++) {
      if (permutation.rows()[choice] < 0) {
        gradient.set(choice, 0);
      }
    }
  }

  /** Sets a result to 0. */
  static void clear(Tensor result) {
    result.assign(Tensor.zeros(result.dtype()).broadcastTo(result.shape()));
  }
}
