package io.github.shardsum.internal.engine.transfer;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * Tasks that run during a wait, on the waiting thread and on idle workers. Reusable: each use lasts
 * from {@link #open} until all helpers have returned; thread-safe.
 */
public final class OverlappedTasks {
  private final int tasks;
  private final IntConsumer task;
  private final AtomicInteger next;

  /** Tasks that do not run before they are opened. */
  public OverlappedTasks(int tasks, IntConsumer task) {
    this.tasks = tasks;
    this.task = task;
    next = new AtomicInteger(tasks);
  }

  /** Tasks that do nothing. */
  public static OverlappedTasks none() {
    return new OverlappedTasks(0, _ -> {});
  }

  /** The number of tasks. */
  public int count() {
    return tasks;
  }

  /** The tasks as a phase, for callers that do not open them. */
  public Phase.Tasks phase(String name) {
    return new Phase.Tasks(name, tasks, (mine, _) -> task.accept(mine));
  }

  /** Resets all tasks; one thread calls this method before each use. */
  public void open() {
    next.set(0);
  }

  /**
   * Runs tasks that have not begun. Tasks that other threads have begun may end after this returns.
   */
  public void help() {
    for (int mine = next.getAndIncrement(); mine < tasks; mine = next.getAndIncrement()) {
      task.accept(mine);
    }
  }
}
