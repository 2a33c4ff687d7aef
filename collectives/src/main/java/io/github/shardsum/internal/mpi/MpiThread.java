package io.github.shardsum.internal.mpi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one platform thread of a process that calls MPI: safe to hand work to from any thread,
 * virtual ones too, which may wait for it without holding a carrier.
 *
 * <p>Work is done in the order in which it was handed over. Between works the thread listens to the
 * other processes.
 */
final class MpiThread {
  /** How long the thread sleeps between two looks at what the others say. */
  private static final long IDLE_MILLIS = 20;

  /** Looks for the next work before it sleeps: a program's next collective is often near. */
  private static final int EAGER_LOOKS = 200;

  private record Work(Function<Seat, ?> body, CompletableFuture<@Nullable Object> done) {}

  /** What work may use: the session and the wire, on this thread only. */
  record Seat(MpiSession session, Wire wire) {}

  private final BlockingQueue<Work> queue = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean stopped;

  private MpiThread(
      Map<String, String> environment, Settings settings, CompletableFuture<Seat> started) {
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("shardsum-mpi")
            .unstarted(() -> live(environment, settings, started));
  }

  /**
   * Loads MPI and joins the job; waits for every process of it.
   *
   * @throws MpiException if there is no MPI or it cannot be used
   */
  static MpiThread start(Map<String, String> environment, Settings settings) {
    CompletableFuture<Seat> started = new CompletableFuture<>();
    MpiThread made = new MpiThread(environment, settings, started);
    made.thread.start();
    join(started);
    return made;
  }

  /** Whether the caller is this thread. */
  boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  /** Hands work over; the future holds its result or what it threw. */
  <T> CompletableFuture<T> submit(Function<Seat, T> body) {
    CompletableFuture<@Nullable Object> done = new CompletableFuture<>();
    queue.add(new Work(body, done));
    if (stopped) {
      done.completeExceptionally(new MpiException("MPI: the engine is closed"));
    }
    @SuppressWarnings("unchecked")
    CompletableFuture<T> typed = (CompletableFuture<T>) (CompletableFuture<?>) done;
    return typed;
  }

  /** Hands work over and waits for its result, or for what it threw. */
  <T> T call(Function<Seat, T> body) {
    return join(submit(body));
  }

  /** Ends the thread after the work handed over so far; MPI itself is left as it is. */
  void stop() {
    stopped = true;
  }

  static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case MpiException failed -> throw failed;
        case RuntimeException failed -> throw failed;
        case Error failed -> throw failed;
        case null, default -> throw e;
      }
    }
  }

  private void live(
      Map<String, String> environment, Settings settings, CompletableFuture<Seat> started) {
    Seat seat;
    try {
      seat = sitDown(environment, settings);
    } catch (Throwable e) {
      started.completeExceptionally(e);
      return;
    }
    started.complete(seat);
    while (!stopped || !queue.isEmpty()) {
      next(seat).ifPresent(work -> run(work, seat));
    }
  }

  private static Seat sitDown(Map<String, String> environment, Settings settings) {
    CLibrary c = new CLibrary();
    c.forbidSignalHandlers();
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> handlers = c.handlers(arena);
      Mpi mpi = new Mpi(MpiLibrary.load(environment));
      if (mpi.isInitialized()) {
        throw new MpiException(
            "MPI: one engine a process is wanted, and MPI runs already; use that engine, or close"
                + " it at the end of the program only");
      }
      mpi.init();
      c.restore(handlers);
      MpiSession session = new MpiSession(mpi, settings);
      c.restore(handlers);
      return new Seat(session, new Wire(session));
    }
  }

  private Optional<Work> next(Seat seat) {
    for (int look = 0; look < EAGER_LOOKS; look++) {
      Work work = queue.poll();
      if (work != null) {
        return Optional.of(work);
      }
      Thread.yield();
    }
    try {
      Optional<Work> work = Optional.ofNullable(queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS));
      if (work.isEmpty()) {
        seat.session().idle();
      }
      return work;
    } catch (InterruptedException e) {
      return Optional.empty();
    }
  }

  private static void run(Work work, Seat seat) {
    try {
      work.done().complete(work.body().apply(seat));
    } catch (Throwable e) {
      work.done().completeExceptionally(e);
    }
  }
}
