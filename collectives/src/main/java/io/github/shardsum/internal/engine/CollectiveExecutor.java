package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.Pending;
import io.github.shardsum.internal.engine.check.CallExceptions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Runs collectives in the order of submission, on the calling thread or on a thread of its own. */
final class CollectiveExecutor implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<ExecutorService> thread = Optional.empty();
  private CompletableFuture<?> last = CompletableFuture.completedFuture(0);
  private boolean closed;

  /** Runs work on the calling thread, after all work that was started. */
  <T> T run(Supplier<T> work) {
    awaitStarted();
    return work.get();
  }

  /** Waits until all started work has ended, with or without an exception. */
  void awaitStarted() {
    CompletableFuture<?> before = last();
    if (!before.isDone()) {
      before.handle((_, _) -> 0).join();
    }
  }

  private CompletableFuture<?> last() {
    lock.lock();
    try {
      return last;
    } finally {
      lock.unlock();
    }
  }

  /** Starts work, to run after all work that was started before. */
  <T> Pending<T> start(Supplier<T> work) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("collectives: must be open, but were closed");
      }
      if (thread.isEmpty()) {
        thread =
            Optional.of(
                Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("shardsum-collectives").daemon().factory()));
      }
      CompletableFuture<T> future = CompletableFuture.supplyAsync(work, thread.get());
      last = future;
      return new Started<>(future);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Starts no more work, and waits for the work that was started, since it uses resources that are
   * closed next.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      thread.ifPresent(ExecutorService::shutdown);
    } finally {
      lock.unlock();
    }
    awaitStarted();
  }

  private record Started<T>(CompletableFuture<T> future) implements Pending<T> {
    @Override
    public T await() {
      try {
        return future.join();
      } catch (CompletionException failed) {
        throw rethrown(failed);
      }
    }

    private static RuntimeException rethrown(CompletionException failed) {
      return switch (failed.getCause()) {
        case CollectiveException thrown -> CallExceptions.again(thrown);
        case RuntimeException thrown -> thrown;
        case Error thrown -> throw thrown;
        case null, default -> failed;
      };
    }

    @Override
    public boolean isDone() {
      return future.isDone();
    }
  }
}
