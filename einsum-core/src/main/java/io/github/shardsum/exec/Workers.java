package io.github.shardsum.exec;

import io.github.shardsum.internal.exec.ExecutorThreads;
import io.github.shardsum.internal.exec.HandOver;
import io.github.shardsum.internal.exec.HandOverMeter;
import io.github.shardsum.internal.exec.HelperThreads;
import io.github.shardsum.internal.exec.ParallelRegion;
import io.github.shardsum.internal.exec.ThreadSharing;
import io.github.shardsum.internal.exec.ThreadTeam;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The threads that kernels run on, sized by the caller. Thread-safe.
 *
 * <p>A parallel region is a number of independent tasks; the calling thread takes part in it. The
 * number of threads changes only the speed, not the bits of results. While one region runs, a
 * region that another thread or a task begins runs only on its caller; so no region waits for
 * another, and none deadlocks.
 */
public final class Workers implements AutoCloseable {
  /** Scratches kept for callers; more concurrent callers than this allocate their own. */
  private static final int KEPT = 16;

  private static final HelperThreads NO_HELPERS = new ExecutorThreads(Runnable::run);

  /**
   * The largest number of threads. The first region starts them all, so a larger number would
   * exhaust the JVM's memory.
   */
  private static final int MOST_THREADS = 1 << 16;

  /**
   * The time that a waiting thread stays awake: about the time of a wake-up. If two threads share a
   * processor, a longer wait takes time from the thread that works.
   */
  private static final long AWAKE_NANOS = 50_000;

  private final int parallelism;
  private final long awakeNanos;
  private final HelperThreads crew;

  /** Called after each task, by the thread that ran it. */
  private final Optional<Runnable> between;

  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicBoolean closed;
  private final Scratches scratches;
  private final HandOverMeter handOver = new HandOverMeter();

  private Workers(int parallelism, HelperThreads crew) {
    this(parallelism, crew, Optional.empty(), new AtomicBoolean(), new Scratches());
  }

  private Workers(
      int parallelism,
      HelperThreads crew,
      Optional<Runnable> between,
      AtomicBoolean closed,
      Scratches scratches) {
    this.parallelism = parallelism;
    this.awakeNanos = awakeNanos(parallelism);
    this.crew = crew;
    this.between = between;
    this.closed = closed;
    this.scratches = scratches;
  }

  /**
   * Workers with only the calling thread.
   *
   * @return fresh workers; nothing to close
   */
  public static Workers sequential() {
    return new Workers(1, NO_HELPERS);
  }

  /**
   * Workers with only the calling thread, which calls back after each task. They serve activities
   * that must continue while a kernel runs, such as transfers between processes. Kernels divide
   * their work as for a number of threads, which does not change the bits of their results.
   *
   * @param parts number of threads for which kernels divide their work, in [1, 65536]; with more
   *     parts tasks are shorter
   * @param between called after each task by the thread that ran it; by several threads at once if
   *     several use these workers
   * @return fresh workers; nothing to close
   * @throws IllegalArgumentException if parts is below 1 or above 65536
   */
  public static Workers interleaved(int parts, Runnable between) {
    Objects.requireNonNull(between, "between");
    if (parts < 1 || parts > MOST_THREADS) {
      throw new IllegalArgumentException(
          "workers: parts must be in [1, " + MOST_THREADS + "], got " + parts);
    }
    return new Workers(
        parts, NO_HELPERS, Optional.of(between), new AtomicBoolean(), new Scratches());
  }

  /**
   * As {@link #of(int)}, with one thread for each processor of this machine.
   *
   * @return fresh workers, to be closed
   */
  public static Workers ofProcessors() {
    return of(Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()));
  }

  /**
   * The calling thread and {@code threads - 1} daemon threads. After a parallel region they stay
   * awake for 0.05 ms, if there are as many processors, so that the next one begins at once.
   *
   * @param threads the number of threads, the caller included, in [1, 65536]
   * @return fresh workers, to be closed
   * @throws IllegalArgumentException if threads is below 1 or above 65536
   */
  public static Workers of(int threads) {
    if (threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "workers: expected at most "
              + MOST_THREADS
              + " threads, got "
              + threads
              + "; more than there are processors make nothing faster");
    }
    return new Workers(
        checked(threads),
        threads <= 1 ? NO_HELPERS : new ThreadTeam(threads - 1, awakeNanos(threads)));
  }

  /**
   * The calling thread and up to {@code threads - 1} runs of the caller's executor.
   *
   * @param threads the number of threads, the caller included, at least 1
   * @param executor runs the share of the other threads. If it runs that share late or never, or
   *     refuses it, the caller does all work; {@link #close()} does not close it
   * @return fresh workers
   * @throws IllegalArgumentException if threads is below 1
   */
  public static Workers of(int threads, Executor executor) {
    Objects.requireNonNull(executor, "executor");
    return new Workers(checked(threads), new ExecutorThreads(executor));
  }

  private static int checked(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("workers: expected at least 1 thread, got " + threads);
    }
    return threads;
  }

  /**
   * The time that a waiting thread stays awake. It is 0 with fewer processors than threads, where
   * it would keep another thread from working.
   */
  private static long awakeNanos(int threads) {
    return threads <= Runtime.getRuntime().availableProcessors() ? AWAKE_NANOS : 0;
  }

  /**
   * These workers without their threads: for data that only the caller may touch. Scratches are
   * shared, and closing these workers closes them too.
   *
   * @return workers with only the calling thread; they need not be closed
   */
  public Workers alone() {
    return parallelism == 1 ? this : new Workers(1, NO_HELPERS, between, closed, scratches);
  }

  /**
   * The largest number of threads that work at once, the caller included; for {@link #interleaved}
   * workers the number of threads for which kernels divide their work.
   *
   * @return at least 1
   */
  public int parallelism() {
    return parallelism;
  }

  /**
   * The largest number of threads that work at once, the caller included; each of them has its own
   * scratch.
   *
   * @return at least 1; of {@link #interleaved} workers 1
   */
  public int threads() {
    return between.isPresent() ? 1 : parallelism;
  }

  /**
   * Whether these threads finish some work sooner than one of them alone. Work of less than 10
   * microseconds is never worth sharing, work of a millisecond always; in between, the time to hand
   * work over and to learn of its end decides. Threads of {@link #of(int)} are measured by the
   * first calls, each in at most two milliseconds, mostly less than one; for threads of an executor
   * it is a typical time. The bits of results must not depend on the answer.
   *
   * @param nanos the estimated nanoseconds of the work on one thread, at least 0
   * @return whether sharing is faster; false if there is only one thread
   * @throws IllegalArgumentException if nanos is negative or a NaN
   */
  public boolean areWorthwhile(double nanos) {
    return areWorthwhile(nanos, 0);
  }

  /**
   * The same for work whose threads read what the caller wrote.
   *
   * @param nanos the estimated nanoseconds of the work on one thread, at least 0
   * @param bytes number of bytes that the caller wrote and each other thread reads, at least 0
   * @return whether sharing is faster; false if there is only one thread
   * @throws IllegalArgumentException if a number is negative or a NaN
   */
  public boolean areWorthwhile(double nanos, long bytes) {
    if (!(nanos >= 0) || bytes < 0) {
      throw new IllegalArgumentException(
          "workers: nanos and bytes must be at least 0, got " + nanos + " and " + bytes);
    }
    if (parallelism == 1 || ThreadSharing.isTooShort(nanos)) {
      return false;
    }
    return ThreadSharing.isLong(nanos)
        || ThreadSharing.isWorth(nanos, parallelism, handOverNanos(bytes));
  }

  /** Nanoseconds to hand work over and to learn of its end; 0 if there is no other thread. */
  double handOverNanos(long bytes) {
    return threads() == 1 ? 0 : handOver().nanos(bytes);
  }

  private HandOver handOver() {
    boolean canMeasure = crew instanceof ThreadTeam && !closed.get();
    if (canMeasure && handOver.isDue(System.nanoTime()) && busy.compareAndSet(false, true)) {
      try {
        Optional<HandOver> measured = HandOver.measured(task -> runTogether(2, task));
        handOver.add(measured, System.nanoTime());
      } finally {
        busy.set(false);
      }
    }
    return handOver.value();
  }

  /** One task of a parallel region. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does the task's work.
     *
     * @param index the number of the task, in [0, tasks)
     * @param scratch arrays that are this thread's own until the task ends
     */
    void run(int index, Scratch scratch);
  }

  /**
   * Runs tasks 0 to tasks - 1, in any order, and returns when all have ended; the caller then sees
   * their writes. An interrupt of the caller does not end this early; the caller's interrupt status
   * is kept.
   *
   * @param tasks number of tasks, at least 0
   * @param task the work
   * @throws IllegalArgumentException if tasks is negative
   * @throws IllegalStateException if these workers were closed; no task is run
   * @throws RuntimeException the first exception (or {@link Error}) that a task threw; tasks that
   *     have not begun are then not run
   */
  public void run(int tasks, Task task) {
    Objects.requireNonNull(task, "task");
    if (tasks < 0) {
      throw new IllegalArgumentException("workers: expected at least 0 tasks, got " + tasks);
    }
    if (closed.get()) {
      throw new IllegalStateException("workers: expected open ones, got closed ones");
    }
    boolean isAlone = tasks <= 1 || parallelism == 1 || between.isPresent();
    if (isAlone || !busy.compareAndSet(false, true)) {
      runAlone(tasks, task);
      return;
    }
    try {
      runTogether(tasks, task);
    } finally {
      busy.set(false);
    }
  }

  private void runAlone(int tasks, Task task) {
    if (tasks == 0) {
      return;
    }
    Scratch scratch = scratches.take();
    try {
      for (int index = 0; index < tasks; index++) {
        task.run(index, scratch);
        between.ifPresent(Runnable::run);
      }
    } finally {
      scratches.give(scratch);
    }
  }

  private void runTogether(int tasks, Task task) {
    ParallelRegion region = new ParallelRegion(tasks, task, scratches::take, scratches::give);
    Scratch scratch = scratches.take();
    try {
      crew.ask(region, Math.min(parallelism, tasks) - 1);
    } finally {
      region.work(scratch);
      scratches.give(scratch);
      region.await(awakeNanos);
      crew.forget();
    }
    region.rethrow();
  }

  /**
   * Ends this object's own threads; running regions are finished first. Closing again does nothing.
   * Must not be called from inside a task, which would wait for itself.
   */
  @Override
  public void close() {
    closed.set(true);
    crew.close();
  }

  /**
   * Scratches that are kept. Each has a fixed index; the outer of two nested regions takes the
   * first. Regions then find the same scratches in every run; otherwise each scratch would finally
   * hold the arrays of all regions.
   */
  private static final class Scratches {
    private final AtomicReferenceArray<Scratch> kept = new AtomicReferenceArray<>(KEPT);
    private final AtomicInteger places = new AtomicInteger();

    Scratch take() {
      for (int i = 0; i < KEPT; i++) {
        Scratch scratch = kept.get(i);
        if (scratch != null && kept.compareAndSet(i, scratch, null)) {
          return scratch;
        }
      }
      Scratch scratch = new Scratch();
      int place = places.getAndUpdate(next -> Math.min(next + 1, KEPT));
      if (place < KEPT) {
        scratch.keepAt(place);
      }
      return scratch;
    }

    void give(Scratch scratch) {
      if (scratch.place() >= 0) {
        kept.set(scratch.place(), scratch);
      }
    }
  }

  /** The number of threads, and the number of parts if there are any. */
  @Override
  public String toString() {
    if (between.isPresent()) {
      return "1 thread, work cut for " + parallelism;
    }
    return parallelism == 1 ? "1 thread" : parallelism + " threads";
  }
}
