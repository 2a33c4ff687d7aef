package io.github.shardsum.exec;

import io.github.shardsum.internal.exec.ExecutorThreads;
import io.github.shardsum.internal.exec.HandOver;
import io.github.shardsum.internal.exec.HandOverMeter;
import io.github.shardsum.internal.exec.HelperThreads;
import io.github.shardsum.internal.exec.Region;
import io.github.shardsum.internal.exec.Sharing;
import io.github.shardsum.internal.exec.Team;
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
 * number of threads changes only the speed: a kernel cuts its work into tasks independent of that
 * number, so results are equal to the bit. While one region runs, a region that another thread or a
 * task begins runs only on its caller; so nothing waits and nothing deadlocks.
 */
public final class Workers implements AutoCloseable {
  /** Scratches kept for callers; more concurrent callers than this allocate their own. */
  private static final int KEPT = 16;

  private static final HelperThreads NO_HELPERS = new ExecutorThreads(Runnable::run);

  /**
   * Most threads. The first region starts them all, so a larger number is a mistake that would
   * exhaust the JVM's memory.
   */
  private static final int MOST_THREADS = 1 << 16;

  /**
   * How long a waiting thread stays awake: about as long as it would take to wake it. If two
   * threads share a processor, a longer wait takes time from the thread that works.
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
   * Workers that have the calling thread alone, and call back after each task: for what has to go
   * on while a kernel runs, as transfers between processes do. Kernels cut their work as for a
   * number of threads, which changes no bit of their results.
   *
   * @param parts for how many threads kernels cut their work, in [1, 65536]; the more, the shorter
   *     are the tasks
   * @param between called after each task by the thread that ran it; where several threads use
   *     these workers, by several at once
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
   * As {@link #of(int)}, with one thread a processor of this machine.
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
        checked(threads), threads <= 1 ? NO_HELPERS : new Team(threads - 1, awakeNanos(threads)));
  }

  /**
   * The calling thread and up to {@code threads - 1} runs of the caller's executor.
   *
   * @param threads the number of threads, the caller included, at least 1
   * @param executor runs the share of the other threads. If it runs that share late, never, or
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
   * Time that a waiting thread stays awake; with fewer processors than threads it would keep
   * another from working.
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
   * The most threads that work at once, the caller's included; of {@link #interleaved} workers the
   * number for which kernels cut their work.
   *
   * @return at least 1
   */
  public int parallelism() {
    return parallelism;
  }

  /**
   * The most threads that work at once, the caller's included: as many as hold a scratch of their
   * own.
   *
   * @return at least 1; of {@link #interleaved} workers 1
   */
  public int threads() {
    return between.isPresent() ? 1 : parallelism;
  }

  /**
   * How long it takes to hand work over to another of these threads and to hear that it has ended:
   * work is worth more than one thread if that saves more. Threads of {@link #of(int)} are measured
   * by the first calls, each in at most two milliseconds, mostly less than one; for those of an
   * executor, and if the other threads came too late so far, it is a usual time.
   *
   * @param bytes that the caller wrote and the other thread reads, at least 0
   * @return nanoseconds, at least 0; 0 if there is no other thread
   * @throws IllegalArgumentException if bytes is negative
   */
  public double handOverNanos(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("hand over: bytes must be at least 0, got " + bytes);
    }
    return threads() == 1 ? 0 : handOver().nanos(bytes);
  }

  /**
   * Whether these threads end some work sooner than one of them. Work of less than 10 microseconds
   * is never worth sharing, work of a millisecond always; in between {@link #handOverNanos}
   * decides. No result may depend on it.
   *
   * @param nanos of the work on one thread, an estimate, at least 0
   * @return false if there is one thread only
   * @throws IllegalArgumentException if nanos is negative or a NaN
   */
  public boolean areWorthwhile(double nanos) {
    if (!(nanos >= 0)) {
      throw new IllegalArgumentException("workers: nanos must be at least 0, got " + nanos);
    }
    return Sharing.isWorth(nanos, 0, this);
  }

  private HandOver handOver() {
    boolean canMeasure = crew instanceof Team && !closed.get();
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
   * what they wrote. Does not end early if the caller is interrupted, which it stays.
   *
   * @param tasks how many, at least 0
   * @param task the work
   * @throws IllegalArgumentException if tasks is negative
   * @throws IllegalStateException if these workers were closed; no task is run
   * @throws RuntimeException the first exception that a task threw (or {@link Error}); tasks not
   *     yet begun are then not begun
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
    Region region = new Region(tasks, task, scratches::take, scratches::give);
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
   * Ends this object's own threads; regions that run are finished first. Closing again does
   * nothing; not to be called from inside a task, which would wait for itself.
   */
  @Override
  public void close() {
    closed.set(true);
    crew.close();
  }

  /**
   * Scratches that are kept. Each has a place from the beginning, the outer one of nested regions
   * the first. They then find the same scratches in every run; otherwise each scratch would finally
   * hold the arrays of all.
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

  /** The number of threads, and of parts if there are any. */
  @Override
  public String toString() {
    if (between.isPresent()) {
      return "1 thread, work cut for " + parallelism;
    }
    return parallelism == 1 ? "1 thread" : parallelism + " threads";
  }
}
