package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.Collectives.DeviceBody;
import io.github.shardsum.collective.DeviceFailedException;
import io.github.shardsum.collective.Participant;
import io.github.shardsum.internal.engine.check.CallExceptions;
import io.github.shardsum.internal.engine.check.CallRules;
import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One run of SPMD code: a virtual thread for each of this process's devices, and the calling
 * thread, which watches over them.
 *
 * @param <T> the type of the result for one device
 */
final class SpmdRun<T> {
  /**
   * Number of times that the watching thread looks within a deadline; the two bounds below limit
   * the time between two looks.
   */
  private static final int LOOKS = 8;

  private static final Duration LEAST_LOOK = Duration.ofMillis(1);
  private static final Duration LONGEST_LOOK = Duration.ofMillis(250);

  /** Time in which devices must end after a reported failure; later they are left behind. */
  private static final Duration GRACE = Duration.ofMillis(500);

  private enum State {
    RUNNING,
    ENDED
  }

  private final Engine engine;
  private final DeviceBody<T> body;
  private final int count;
  private final List<SpmdDevice> devices = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReferenceArray<State> states;
  private final AtomicInteger ended = new AtomicInteger();
  private final CountDownLatch running;
  private final AtomicReferenceArray<@Nullable T> returned;
  private final AtomicReference<Optional<CollectiveException>> failure =
      new AtomicReference<>(Optional.empty());

  /** Threads that wait for a started collective, other than the devices' own. */
  private final Queue<Thread> foreignWaiters = new ConcurrentLinkedQueue<>();

  /**
   * The number of rendezvous that are full and have not run; the thread that raises it to 1 runs
   * them in order.
   */
  private final AtomicInteger full = new AtomicInteger();

  private final Rendezvous first;
  private Rendezvous toHold;

  SpmdRun(Engine engine, DeviceBody<T> body) {
    this.engine = engine;
    this.body = body;
    this.count = engine.placement().count();
    this.states = new AtomicReferenceArray<>(count);
    this.returned = new AtomicReferenceArray<>(count);
    this.running = new CountDownLatch(count);
    this.first = new Rendezvous(0, count);
    this.toHold = first;
    for (int i = 0; i < count; i++) {
      int index = i;
      SpmdDevice device = new SpmdDevice(this, engine, index, first);
      devices.add(device);
      states.set(index, State.RUNNING);
      threads.add(
          Thread.ofVirtual()
              .name("shardsum-device-" + device.id())
              .unstarted(() -> runDevice(index, device)));
    }
  }

  List<T> run() {
    threads.forEach(Thread::start);
    watch();
    if (!hasFailed()) {
      // Started collectives that nobody awaited may still fail, and only this call reports that.
      engine.executor().awaitStarted();
    }
    if (failure.get().isPresent()) {
      leave();
      throw CallExceptions.again(failure.get().get());
    }
    List<T> results = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      // Code without a result returns null, which its caller expects.
      results.add(returned.get(index));
    }
    return results;
  }

  private void runDevice(int index, SpmdDevice device) {
    try {
      returned.set(index, body.run(device));
    } catch (Throwable thrown) {
      deviceFailed(device, thrown);
    } finally {
      states.set(index, State.ENDED);
      ended.incrementAndGet();
      running.countDown();
    }
    checkAbandoned(index, device);
  }

  private void deviceFailed(SpmdDevice device, Throwable thrown) {
    if (thrown instanceof CollectiveException && hasFailed()) {
      return;
    }
    Participant who =
        new Participant(
            device.id(), process(), device.entered(), "threw " + thrown, siteOf(thrown));
    fail(new DeviceFailedException("device " + device.id() + " failed", List.of(who), thrown));
  }

  private static String siteOf(Throwable thrown) {
    StackTraceElement[] frames = thrown.getStackTrace();
    return frames.length == 0 ? "" : frames[0].toString();
  }

  private int process() {
    return engine.placement().process();
  }

  /** Reports a device that has ended while others wait for it: they would wait for ever. */
  private void checkAbandoned(int index, SpmdDevice device) {
    Rendezvous rendezvous = first;
    while (rendezvous.number() < device.entered()) {
      rendezvous = rendezvous.next();
    }
    if (rendezvous.arrived() > 0) {
      abandoned(rendezvous, index);
    }
  }

  private void abandoned(Rendezvous rendezvous, int index) {
    if (hasFailed()) {
      return;
    }
    SpmdDevice device = devices.get(index);
    fail(
        new DeviceFailedException(
            "device "
                + device.id()
                + " (process "
                + process()
                + ") has ended, after "
                + device.entered()
                + " collectives, and others wait for it in the next",
            participants(rendezvous)));
  }

  /** Enters a device into a rendezvous. Returns whether it is the last. */
  boolean arrive(Rendezvous rendezvous, int index, Rendezvous.Entry entry) {
    boolean last = rendezvous.enter(index, entry);
    if (!last && ended.get() > 0) {
      for (int other = 0; other < count; other++) {
        if (states.get(other) == State.ENDED
            && devices.get(other).entered() <= rendezvous.number()) {
          abandoned(rendezvous, other);
        }
      }
    }
    return last;
  }

  /**
   * Runs the full rendezvous, unless another thread does. Each call stands for one full rendezvous.
   * Rendezvous fill in order, because each device enters them in order.
   */
  void runFull() {
    if (full.getAndIncrement() > 0) {
      return;
    }
    do {
      Rendezvous rendezvous = toHold;
      toHold = rendezvous.next();
      hold(rendezvous);
    } while (full.decrementAndGet() > 0);
  }

  /** As {@link #runFull}, on another thread. */
  void runFullLater(Rendezvous rendezvous) {
    try {
      engine
          .executor()
          .start(
              () -> {
                runFull();
                return 0;
              });
    } catch (IllegalStateException thrown) {
      fail(closedBefore(rendezvous, thrown));
    }
  }

  private void hold(Rendezvous rendezvous) {
    if (hasFailed()) {
      return;
    }
    try {
      List<DeviceCall> calls = new ArrayList<>(count);
      for (int index = 0; index < count; index++) {
        calls.add(Objects.requireNonNull(rendezvous.entry(index)).call());
      }
      rendezvous.end(engine.execute(calls, index -> site(rendezvous, index)));
      wakeForeignWaiters();
    } catch (CollectiveException thrown) {
      fail(thrown);
    } catch (Throwable thrown) {
      fail(
          engine.isClosed()
              ? closedBefore(rendezvous, thrown)
              : new DeviceFailedException(
                  "call " + rendezvous.number() + " failed: " + thrown,
                  participants(rendezvous),
                  thrown));
    }
  }

  private DeviceFailedException closedBefore(Rendezvous rendezvous, Throwable thrown) {
    return new DeviceFailedException(
        "collectives: must be open while spmd runs, but were closed before call "
            + rendezvous.number()
            + "; close them when spmd has returned",
        participants(rendezvous),
        thrown);
  }

  private void wakeForeignWaiters() {
    foreignWaiters.forEach(LockSupport::unpark);
  }

  private String site(Rendezvous rendezvous, int index) {
    Rendezvous.Entry entry = rendezvous.entry(index);
    if (entry == null) {
      return CollectiveCallSites.of(threads.get(index)).orElse("");
    }
    return entry.site().isEmpty()
        ? CollectiveCallSites.of(entry.thread()).orElse("")
        : entry.site();
  }

  /** Waits for a device's result. */
  Tensor await(Rendezvous rendezvous, int index) {
    boolean foreign = Thread.currentThread() != threads.get(index);
    if (foreign) {
      foreignWaiters.add(Thread.currentThread());
    }
    try {
      List<Tensor> results = rendezvous.results();
      while (results == null) {
        checkUsable();
        LockSupport.park(rendezvous);
        if (Thread.interrupted()) {
          interrupted(rendezvous, index);
        }
        results = rendezvous.results();
      }
      return results.get(index);
    } finally {
      if (foreign) {
        foreignWaiters.remove(Thread.currentThread());
      }
    }
  }

  private void interrupted(Rendezvous rendezvous, int index) {
    fail(
        new DeviceFailedException(
            "device " + devices.get(index).id() + " was interrupted while it waited",
            participants(rendezvous)));
    Thread.currentThread().interrupt();
    checkUsable();
  }

  boolean hasFailed() {
    return failure.get().isPresent();
  }

  void checkUsable() {
    Optional<CollectiveException> thrown = failure.get();
    if (thrown.isPresent()) {
      throw CallExceptions.again(thrown.get());
    }
  }

  private void fail(CollectiveException thrown) {
    if (failure.compareAndSet(Optional.empty(), Optional.of(thrown))) {
      engine.poison(thrown);
      threads.forEach(LockSupport::unpark);
      wakeForeignWaiters();
    }
  }

  /** The devices that reached a rendezvous, and the positions of the others. */
  private List<Participant> participants(Rendezvous rendezvous) {
    List<Participant> present = new ArrayList<>();
    List<Participant> missing = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      Rendezvous.Entry entry = rendezvous.entry(index);
      SpmdDevice device = devices.get(index);
      String site = site(rendezvous, index);
      if (entry != null) {
        String request = CallRules.describe(entry.call());
        present.add(new Participant(device.id(), process(), rendezvous.number(), request, site));
      } else {
        String instead =
            states.get(index) == State.ENDED ? "has ended" : "has not arrived; it is elsewhere";
        missing.add(new Participant(device.id(), process(), device.entered(), instead, site));
      }
    }
    missing.addAll(CallExceptions.oddOnesFirst(present));
    return missing;
  }

  /** Waits until all devices have ended or one has failed. */
  private void watch() {
    Duration deadline = engine.options().deadline();
    long look =
        Math.clamp(deadline.toNanos() / LOOKS, LEAST_LOOK.toNanos(), LONGEST_LOOK.toNanos());
    Rendezvous open = first;
    try {
      while (!running.await(look, TimeUnit.NANOSECONDS) && !hasFailed()) {
        while (open.isFull()) {
          open = open.next();
        }
        long since = open.since();
        if (since != 0 && System.nanoTime() - since > deadline.toNanos() && !open.isFull()) {
          late(open, deadline);
        }
      }
    } catch (InterruptedException stop) {
      fail(new DeviceFailedException("the thread that ran the devices was interrupted", List.of()));
      Thread.currentThread().interrupt();
    }
  }

  private void late(Rendezvous rendezvous, Duration deadline) {
    fail(
        new CollectiveTimeoutException(
            "collective on mesh "
                + engine.mesh().notation()
                + ", call "
                + rendezvous.number()
                + ": "
                + (count - rendezvous.arrived())
                + " of process "
                + process()
                + "'s "
                + count
                + " devices did not arrive within "
                + deadline
                + "; those that did not arrive, then those that wait:",
            participants(rendezvous)));
  }

  /** Gives devices time to end after a failure, then interrupts those that have not. */
  private void leave() {
    boolean interrupted = Thread.interrupted();
    try {
      if (!running.await(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        threads.forEach(Thread::interrupt);
        boolean all = running.await(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        if (!all) {
          System.getLogger("io.github.shardsum.collective")
              .log(
                  System.Logger.Level.WARNING,
                  "devices that do not react to an interrupt were left behind");
        }
      }
    } catch (InterruptedException again) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
