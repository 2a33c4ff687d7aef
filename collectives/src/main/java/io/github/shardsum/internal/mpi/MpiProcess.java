package io.github.shardsum.internal.mpi;

import io.github.shardsum.collective.TransportException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * MPI in this process. A process has only one, since MPI can be started and ended only once. MPI
 * starts with the first use and ends with the JVM, in a shutdown hook. Thread-safe.
 */
final class MpiProcess {
  /** The one piece of static state, since MPI belongs to the process. Completed once. */
  private static final CompletableFuture<Started> STARTED = new CompletableFuture<>();

  private record Started(Optional<MpiProcess> process, String reason) {}

  private static final long LOOK_SECONDS = 1;

  private final MpiThread thread;

  private static Started start(Duration deadline) {
    try {
      return new Started(Optional.of(new MpiProcess(deadline)), "");
    } catch (CompletionException e) {
      return new Started(Optional.empty(), String.valueOf(e.getMessage()));
    }
  }

  private MpiProcess(Duration deadline) {
    thread = MpiThread.start(System.getenv(), deadline);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().name("shardsum-mpi-end").unstarted(new FinalizeHook(this)));
  }

  /**
   * Starts MPI unless it runs.
   *
   * @param deadline the longest time to wait for the other processes to start it
   * @throws TransportException if MPI does not start, each time with the first reason
   */
  static synchronized MpiProcess get(Duration deadline) {
    if (!STARTED.isDone()) {
      STARTED.complete(start(deadline));
    }
    Started started = STARTED.join();
    return started.process().orElseThrow(() -> new TransportException(started.reason(), List.of()));
  }

  /** Hands over work, to be done in the order of the calls. The work must not wait. */
  void post(Consumer<ProgressEngine> work) {
    thread.post(work);
  }

  /**
   * Runs an operation.
   *
   * @param limitNanos time after which the thread that calls MPI is assumed to be stuck
   */
  void run(PendingMpiOperation operation, long limitNanos) {
    thread.begin(operation);
    await(operation.done(), limitNanos);
  }

  /** Begins an operation that is awaited later. */
  void start(PendingMpiOperation operation) {
    thread.start(operation);
  }

  /**
   * Waits for an operation that was started.
   *
   * @param deadlineNanos the longest time to wait from now on
   * @param limitNanos time after which the thread that calls MPI is assumed to be stuck
   */
  void await(PendingMpiOperation operation, long deadlineNanos, long limitNanos) {
    operation.await(deadlineNanos);
    thread.help(operation);
    await(operation.done(), limitNanos);
  }

  /** Briefly advances the exchanges in flight. */
  void progress() {
    thread.progress();
  }

  /** Hands over work and waits until it is done. */
  <T> T call(Function<ProgressEngine, T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    post(
        engine -> {
          try {
            result.complete(work.apply(engine));
          } catch (RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return await(result, Long.MAX_VALUE);
  }

  /**
   * Waits for a task of the MPI thread.
   *
   * @param limitNanos time after which the MPI thread is assumed to be stuck
   */
  <T> T await(CompletableFuture<T> result, long limitNanos) {
    boolean interrupted = false;
    long begin = System.nanoTime();
    try {
      while (true) {
        try {
          return result.get(LOOK_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          checkAlive(System.nanoTime() - begin > limitNanos, e);
        }
      }
    } catch (ExecutionException e) {
      throw switch (e.getCause()) {
        case RuntimeException failure -> failure;
        case null, default -> new IllegalStateException(e);
      };
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void checkAlive(boolean late, TimeoutException waited) {
    if (!thread.isAlive()) {
      throw new TransportException("MPI: it has ended in this process", List.of(), waited);
    }
    if (late) {
      String stuck = "MPI: the thread that calls it has not come back from the library";
      throw new TransportException(stuck, List.of(), waited);
    }
  }
}
