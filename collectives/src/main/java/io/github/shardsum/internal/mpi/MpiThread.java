package io.github.shardsum.internal.mpi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Chooses the platform thread that calls MPI, one at a time. The engine has its own thread, which
 * listens to the other processes as long as the job lives. While a platform thread of the program
 * waits for its operation, it makes the calls itself: a hand-over and a wake-up take longer than
 * many exchanges. Any thread may use it. A virtual thread always hands over its work, since it
 * could not leave its carrier during a call of MPI.
 */
final class MpiThread {
  /**
   * {@code waiting}, the default, or {@code own}. With {@code own} the engine's thread alone calls
   * MPI, for libraries and tools that need this; exchanges then take longer.
   */
  static final String VARIABLE = "SHARDSUM_MPI_THREAD";

  /** The time that the thread sleeps between two polls of the other processes. */
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /**
   * The shortest sleep between two polls of operations in flight while no thread awaits one, so
   * that the core is left to the program.
   */
  private static final long GLANCE_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  /**
   * The longest such sleep, while threads of the program poll between their tasks: each time that
   * this thread wakes, it takes the core from one of them.
   */
  private static final long LONGEST_GLANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /**
   * Number of looks for the next work before a sleep, since a program's next exchange often follows
   * soon.
   */
  private static final int EAGER_LOOKS = 100;

  private final Queue<Consumer<ProgressEngine>> queue = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<ProgressEngine> joined = new CompletableFuture<>();

  /** Held by the thread that calls MPI, for one look or until its operation is done. */
  private final ReentrantLock holding = new ReentrantLock();

  private final Thread thread;

  /** Operations that were started and have not ended. */
  private final AtomicInteger flights = new AtomicInteger();

  /** Polls operations in flight that no thread awaits; only for the thread that holds MPI. */
  private final PollingBackoff glances = new PollingBackoff(true);

  /** Time of the last poll. */
  private volatile long glanced;

  private volatile boolean othersMayCall;

  private MpiThread(Map<String, String> environment) {
    thread = Thread.ofPlatform().daemon().name("shardsum-mpi").unstarted(() -> live(environment));
  }

  /**
   * Loads MPI and joins the job; waits for every process of it.
   *
   * @param deadline the longest time to wait for them
   * @throws CompletionException if there is no MPI, it cannot be used, or a process did not start
   *     it in time; the message says why
   */
  static MpiThread start(Map<String, String> environment, Duration deadline) {
    MpiThread made = new MpiThread(environment);
    made.thread.start();
    // MPI itself would wait for ever for a process that ended before it started MPI.
    CompletableFuture.delayedExecutor(deadline.toNanos(), TimeUnit.NANOSECONDS)
        .execute(() -> made.joined.completeExceptionally(late(deadline)));
    made.joined.join();
    return made;
  }

  private static CompletionException late(Duration deadline) {
    return new CompletionException(
        "MPI: not every process of the job started it within the deadline of "
            + deadline.toMillis() / 1000.0
            + " s; one may have ended before, or be elsewhere",
        null);
  }

  /** Whether work that is handed over will still be done. */
  boolean isAlive() {
    return thread.isAlive();
  }

  /** Hands over work, to be done soon and in the order of the calls. The work must not wait. */
  void post(Consumer<ProgressEngine> work) {
    queue.add(work);
    LockSupport.unpark(thread);
  }

  /**
   * Begins an operation. If the calling thread may call MPI and no other thread does, it calls MPI
   * until the operation is done, and also does the work that others hand over. Otherwise it hands
   * over the operation.
   */
  void begin(PendingMpiOperation operation) {
    if (!takes()) {
      post(engine -> engine.begin(operation));
      return;
    }
    boolean left = false;
    try {
      ProgressEngine engine = joined.join();
      if (engine.isFinished()) {
        return;
      }
      engine.begin(operation);
      left = lookUntilDone(engine, operation);
    } finally {
      holding.unlock();
    }
    if (left || !queue.isEmpty()) {
      LockSupport.unpark(thread);
    }
  }

  /** Takes MPI for the calling thread, if possible. Returns whether the thread now holds MPI. */
  private boolean takes() {
    return mayCall() && queue.isEmpty() && holding.tryLock();
  }

  private boolean mayCall() {
    return othersMayCall && !Thread.currentThread().isVirtual();
  }

  /** Polls until an operation is done. Returns whether there is more to do. */
  private boolean lookUntilDone(ProgressEngine engine, PendingMpiOperation operation) {
    PollingBackoff backoff = backoff(engine);
    // Operations without a deadline are left to the engine's own thread.
    while (!operation.done().isDone() && !engine.mustWait()) {
      backoff = look(engine, backoff);
    }
    return !engine.isIdle();
  }

  /**
   * Begins an operation and returns. The engine's thread advances it at intervals, so that the
   * program keeps the core; every {@link #progress} advances it too.
   */
  void start(PendingMpiOperation operation) {
    flights.incrementAndGet();
    var _ = operation.done().whenComplete((_, _) -> flights.decrementAndGet());
    if (!takes()) {
      post(engine -> engine.begin(operation));
      return;
    }
    try {
      ProgressEngine engine = joined.join();
      if (engine.isFinished()) {
        return;
      }
      engine.begin(operation);
      glance(engine);
    } finally {
      holding.unlock();
    }
    LockSupport.unpark(thread);
  }

  /** Calls MPI until a started operation is done, unless another thread calls MPI. */
  void help(PendingMpiOperation operation) {
    if (operation.done().isDone() || !takes()) {
      LockSupport.unpark(thread);
      return;
    }
    boolean left = false;
    try {
      ProgressEngine engine = joined.join();
      left = !engine.isFinished() && lookUntilDone(engine, operation);
    } finally {
      holding.unlock();
    }
    if (left || !queue.isEmpty()) {
      LockSupport.unpark(thread);
    }
  }

  /** Polls the exchanges in flight once, unless another thread does. */
  void progress() {
    if (flights.get() == 0 || !mayCall() || !holding.tryLock()) {
      return;
    }
    try {
      ProgressEngine engine = joined.join();
      if (!engine.isFinished()) {
        glance(engine);
      }
    } finally {
      holding.unlock();
    }
  }

  private void glance(ProgressEngine engine) {
    Consumer<ProgressEngine> work = queue.poll();
    if (work != null) {
      work.accept(engine);
    }
    glances.look();
    engine.poll(glances);
    glanced = System.nanoTime();
  }

  private static PollingBackoff backoff(ProgressEngine engine) {
    return new PollingBackoff(engine.job().isCrowded());
  }

  /** Polls all operations and messages once, and pauses if nothing has changed. */
  private PollingBackoff look(ProgressEngine engine, PollingBackoff backoff) {
    Consumer<ProgressEngine> work = queue.poll();
    if (work != null) {
      work.accept(engine);
    }
    if (engine.poll(backoff) || work != null) {
      return backoff(engine);
    }
    if (!engine.isIdle()) {
      backoff.backoff();
    }
    return backoff;
  }

  private void live(Map<String, String> environment) {
    ProgressEngine engine;
    try {
      engine = new ProgressEngine(join(environment));
    } catch (Throwable e) {
      joined.completeExceptionally(new CompletionException(e.getMessage(), e));
      return;
    }
    joined.complete(engine);
    PollingBackoff backoff = backoff(engine);
    long pause = GLANCE_NANOS;
    boolean finished = false;
    while (!finished) {
      // This thread never waits for a lock that a program's thread holds. That thread would have to
      // wake this one after each operation, and would lose the core to it.
      if (!holding.tryLock()) {
        LockSupport.parkNanos(this, flights.get() > 0 ? GLANCE_NANOS : IDLE_NANOS);
        continue;
      }
      boolean idle;
      boolean awaited;
      try {
        awaited = engine.isAwaited();
        if (awaited || engine.isIdle()) {
          backoff = look(engine, backoff);
        } else if (System.nanoTime() - glanced >= GLANCE_NANOS || !queue.isEmpty()) {
          glance(engine);
          pause = GLANCE_NANOS;
        } else {
          pause = Math.min(2 * pause, LONGEST_GLANCE_NANOS);
        }
        engine.waitForOthers();
        idle = engine.isIdle();
        finished = engine.isFinished();
      } finally {
        holding.unlock();
      }
      if (idle) {
        rest();
      } else if (!awaited && queue.isEmpty()) {
        LockSupport.parkNanos(this, pause);
      }
    }
  }

  /** Waits for work without holding MPI, so that other threads find it free. */
  private void rest() {
    for (int look = 0; look < EAGER_LOOKS; look++) {
      if (!queue.isEmpty()) {
        return;
      }
      Thread.onSpinWait();
    }
    if (queue.isEmpty()) {
      LockSupport.parkNanos(this, IDLE_NANOS);
    }
  }

  /**
   * Whether threads of the program call MPI while they wait.
   *
   * @throws MpiException if the variable has neither of its values
   */
  static boolean waitingThreadsCall(Map<String, String> environment) {
    return switch (environment.getOrDefault(VARIABLE, "waiting")) {
      case "waiting" -> true;
      case "own" -> false;
      case String other ->
          throw new MpiException(
              VARIABLE
                  + ": expected `waiting` (a platform thread that waits for its"
                  + " operation calls MPI) or `own`"
                  + " (only the engine's own thread does), got `"
                  + other
                  + "`");
    };
  }

  private MpiJob join(Map<String, String> environment) {
    boolean waitingThreadsCall = waitingThreadsCall(environment);
    MpiSignalHandlers c = new MpiSignalHandlers();
    c.forbidSignalHandlers();
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> handlers = c.handlers(arena);
      Mpi mpi = new Mpi(MpiLibrary.load(environment));
      if (mpi.isInitialized()) {
        throw new MpiException("MPI: something else in this process has started it already");
      }
      othersMayCall = mpi.init() && waitingThreadsCall;
      c.restore(handlers);
      MpiJob job = new MpiJob(mpi);
      // Restores handlers once more: some transports load with the first message.
      c.restore(handlers);
      return job;
    }
  }
}
