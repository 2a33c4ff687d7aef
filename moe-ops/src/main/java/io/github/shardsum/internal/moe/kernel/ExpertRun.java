package io.github.shardsum.internal.moe.kernel;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.moe.route.TokenElements;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One run of a kernel of experts.
 *
 * @param <A> the type of arrays
 * @param form the sizes and the kind of the composite
 * @param mostRows the most rows of a chunk
 * @param math the arithmetic
 * @param dispatch the order of rows
 * @param operands the operands of the composite
 * @param results the results of the composite
 * @param workers the threads of the run
 * @param scratch the scratch of the whole run
 * @param sharing the cost of shared tasks in earlier runs
 */
record ExpertRun<A>(
    ExpertsForm form,
    int mostRows,
    ExpertRowMath<A> math,
    DispatchOrder dispatch,
    List<Tensor> operands,
    List<Tensor> results,
    Workers workers,
    Scratch scratch,
    SharedExpertCost sharing) {
  /**
   * Fewest tasks for each thread if there are enough chunks, so that no thread works long after the
   * others have ended.
   */
  private static final int TASKS_OF_THREAD = 16;

  /** The number of rows. */
  int count() {
    return dispatch.count(form.experts());
  }

  /**
   * An array of all rows of outputs or of tokens' gradients, {@code [R, M]}; each call gives the
   * same array.
   */
  A rows() {
    return math.array(scratch, ExpertScratchArray.ALL_ROWS.slot(), count() * form.model());
  }

  /**
   * Visits all experts, and the rows of each expert in order, for sums over these rows.
   *
   * @param work the work on all chunks of an expert, even of one without rows
   */
  void eachExpert(Consumer<ExpertChunk<A>> work) {
    run(IntStream.range(0, form.experts()).mapToObj(this::whole).toList(), work);
  }

  /**
   * Visits the chunks of all experts in any order.
   *
   * @param work the work on some of an expert's chunks
   */
  void eachPart(Consumer<ExpertChunk<A>> work) {
    long most = Math.max(mostRows, count() / ((long) TASKS_OF_THREAD * workers.parallelism()));
    List<Task> tasks = new ArrayList<>();
    for (int expert = 0; expert < form.experts(); expert++) {
      int parts = Math.ceilDiv(dispatch.size(expert), mostRows);
      int pieces = Math.toIntExact(Math.ceilDiv((long) dispatch.size(expert), most));
      for (int piece = 0; piece < pieces; piece++) {
        tasks.add(new Task(expert, parts * piece / pieces, parts * (piece + 1) / pieces, parts));
      }
    }
    run(tasks, work);
  }

  /** Consecutive parts of an expert's rows. */
  private record Task(int expert, int from, int end, int parts) {
    int rows(DispatchOrder dispatch) {
      return parts == 0 ? 0 : (int) ((long) dispatch.size(expert) * (end - from) / parts);
    }
  }

  private Task whole(int expert) {
    int parts = Math.ceilDiv(dispatch.size(expert), mostRows);
    return new Task(expert, 0, parts, parts);
  }

  /**
   * Runs tasks, the longest first. All threads share the work of the first tasks, as many as {@link
   * SharedExpertTasks} says; each other task runs on one thread. The division changes no bit of the
   * result.
   */
  private void run(List<Task> tasks, Consumer<ExpertChunk<A>> work) {
    List<Task> order = new ArrayList<>(tasks);
    order.sort(Comparator.comparingInt((Task task) -> task.rows(dispatch)).reversed());
    int[] rows = order.stream().mapToInt(task -> task.rows(dispatch)).toArray();
    int together = SharedExpertTasks.count(rows, workers.parallelism(), sharing.value());
    long begin = System.nanoTime();
    for (Task task : order.subList(0, together)) {
      workers.run(1, (_, own) -> work.accept(chunk(task, workers, own)));
    }
    double shared = (double) workers.threads() * (System.nanoTime() - begin);
    long alone = alone(order.subList(together, order.size()), work);
    long sharedRows = Arrays.stream(rows, 0, together).asLongStream().sum();
    long aloneRows = Arrays.stream(rows, together, rows.length).asLongStream().sum();
    sharing.add(
        new SharedExpertCost.Tasks(shared, sharedRows),
        new SharedExpertCost.Tasks(alone, aloneRows));
  }

  /** Runs each task on one thread; returns the nanoseconds of all threads together. */
  private long alone(List<Task> tasks, Consumer<ExpertChunk<A>> work) {
    Workers single = workers.alone();
    AtomicLong nanos = new AtomicLong();
    workers.run(
        tasks.size(),
        (task, own) -> {
          long begin = System.nanoTime();
          work.accept(chunk(tasks.get(task), single, own));
          nanos.addAndGet(System.nanoTime() - begin);
        });
    return nanos.get();
  }

  private ExpertChunk<A> chunk(Task task, Workers threads, Scratch own) {
    return new ExpertChunk<>(this, task.expert(), task.from(), task.end(), threads, own);
  }

  /** Sets the rows of a result {@code [R, width]} that belong to no choice to 0. */
  void clearRest(Tensor result) {
    clear(result.slice(0, count(), result.size(0)));
  }

  /** Sets the gradients of the weights of unsent choices to 0. */
  void clearUnsent(TokenElements gradient) {
    for (int choice = 0; choice < form.groups() * form.tokens() * form.choices(); choice++) {
      if (dispatch.rows()[choice] < 0) {
        gradient.set(choice, 0);
      }
    }
  }

  /** Sets a result to 0. */
  static void clear(Tensor result) {
    result.assign(Tensor.zeros(result.dtype()).broadcastTo(result.shape()));
  }
}
