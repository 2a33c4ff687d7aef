package io.github.shardsum.internal.exec;

import io.github.shardsum.exec.Scratch;
import io.github.shardsum.exec.Workers;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One parallel region: its participants take task numbers from a counter until none is left. A
 * helper that starts late finds no task and does nothing. So the region ends when its tasks have
 * ended, even if a helper has not started.
 */
public final class ParallelRegion {
  /** Number of turns of busy waiting between two looks at the clock. */
  private static final int SPINS = 32;

  private final int tasks;
  private final Workers.Task task;
  private final Supplier<Scratch> take;
  private final Consumer<Scratch> give;
  private final Thread caller = Thread.currentThread();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger ended = new AtomicInteger();
  private final AtomicReference<Optional<Throwable>> failure =
      new AtomicReference<>(Optional.empty());

  public ParallelRegion(
      int tasks, Workers.Task task, Supplier<Scratch> take, Consumer<Scratch> give) {
    this.tasks = tasks;
    this.task = task;
    this.take = take;
    this.give = give;
  }

  /** Whether a task is left to begin. */
  public boolean isOpen() {
    return next.get() < tasks;
  }

  /** Takes part in the region as a helper, until no task is left. */
  public void help() {
    if (!isOpen()) {
      return;
    }
    Scratch scratch;
    try {
      scratch = take.get();
    } catch (OutOfMemoryError noRoom) {
      return; // No helper is needed.
    }
    try {
      work(scratch);
    } finally {
      give.accept(scratch);
    }
  }

  /** Begins task after task until none is left. */
  public void work(Scratch scratch) {
    for (int index = next.getAndIncrement(); index < tasks; index = next.getAndIncrement()) {
      attempt(index, scratch);
    }
  }

  private void attempt(int index, Scratch scratch) {
    try {
      if (failure.get().isEmpty()) {
        task.run(index, scratch);
      }
    } catch (Throwable thrown) {
      failure.compareAndSet(Optional.empty(), Optional.of(thrown));
    } finally {
      if (ended.incrementAndGet() == tasks && Thread.currentThread() != caller) {
        LockSupport.unpark(caller);
      }
    }
  }

  /**
   * Waits until every task has ended.
   *
   * @param awakeNanos the time before the caller parks
   */
  public void await(long awakeNanos) {
    long end = System.nanoTime() + awakeNanos;
    while (ended.get() < tasks && System.nanoTime() < end) {
      for (int spin = 0; ended.get() < tasks && spin < SPINS; spin++) {
        Thread.onSpinWait();
      }
    }
    while (ended.get() < tasks) {
      LockSupport.park(this);
    }
  }

  /** Throws the exception of a task, if there is one. */
  public void rethrow() {
    switch (failure.get().orElse(null)) {
      case null -> {}
      case RuntimeException thrown -> throw thrown;
      case Error thrown -> throw thrown;
      case Throwable thrown -> throw new IllegalStateException(thrown);
    }
  }
}
