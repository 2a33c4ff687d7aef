package io.github.shardsum.internal.mpi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The one platform thread of a process that calls MPI. Safe to hand work to from any thread: a
 * virtual one that waits for it leaves its carrier, which in a call of MPI it could not.
 */
final class MpiThread {
  /** How long the thread sleeps between two looks at what the others say. */
  private static final long IDLE_MILLIS = 20;

  /** Looks for the next work before it sleeps: a program's next exchange is often near. */
  private static final int EAGER_LOOKS = 100;

  private final BlockingQueue<Consumer<Loop>> queue = new LinkedBlockingQueue<>();
  private final CompletableFuture<Integer> size = new CompletableFuture<>();
  private final Thread thread;

  private MpiThread(Map<String, String> environment) {
    thread = Thread.ofPlatform().daemon().name("shardsum-mpi").unstarted(() -> live(environment));
  }

  /**
   * Loads MPI and joins the job; waits for every process of it.
   *
   * @throws CompletionException if there is no MPI or it cannot be used; its message says why
   */
  static MpiThread start(Map<String, String> environment) {
    MpiThread made = new MpiThread(environment);
    made.thread.start();
    made.size.join();
    return made;
  }

  /** Whether what is handed over will still be done. */
  boolean isAlive() {
    return thread.isAlive();
  }

  /** Hands work over, to be done soon and in the order of the calls; it must not wait. */
  void post(Consumer<Loop> work) {
    queue.add(work);
  }

  private void live(Map<String, String> environment) {
    Loop loop;
    try {
      loop = new Loop(join(environment));
    } catch (Throwable e) {
      size.completeExceptionally(new CompletionException(e.getMessage(), e));
      return;
    }
    size.complete(loop.job().size());
    Pause pause = new Pause();
    while (!loop.isFinished()) {
      boolean worked = work(loop, pause);
      if (loop.turn(pause) || worked) {
        pause = new Pause();
      } else {
        pause.pause();
      }
    }
  }

  private static Job join(Map<String, String> environment) {
    CLibrary c = new CLibrary();
    c.forbidSignalHandlers();
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> handlers = c.handlers(arena);
      Mpi mpi = new Mpi(MpiLibrary.load(environment));
      if (mpi.isInitialized()) {
        throw new MpiException("MPI: something else in this process has started it already");
      }
      mpi.init();
      c.restore(handlers);
      Job joined = new Job(mpi);
      // Once more: some transports load with the first message.
      c.restore(handlers);
      return joined;
    }
  }

  /** Does what was handed over, if anything; sleeps for it if nothing else is to be done. */
  private boolean work(Loop loop, Pause pause) {
    Consumer<Loop> work = queue.poll();
    if (work == null && loop.isIdle() && pause.count() > EAGER_LOOKS) {
      try {
        work = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return false;
      }
    }
    if (work == null) {
      return false;
    }
    work.accept(loop);
    return true;
  }
}
