package io.github.shardsum.internal.engine;

import io.github.shardsum.collective.CollectiveException;
import io.github.shardsum.collective.CollectiveTimeoutException;
import io.github.shardsum.collective.Collectives.Program;
import io.github.shardsum.collective.DeviceFailedException;
import io.github.shardsum.collective.Participant;
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
 * One run of SPMD code: a virtual thread for each of this process's devices, and the thread that
 * asked for it, which watches over them.
 *
 * @param <T> what the code returns for a device
 */
final class SpmdRun<T> {
  /** How often the watching thread looks, in parts of the deadline, and the bounds of that. */
  private static final int LOOKS = 8;

  private static final Duration LEAST_LOOK = Duration.ofMillis(1);
  private static final Duration LONGEST_LOOK = Duration.ofMillis(250);

  /** How long devices that were told of a failure may take to end before they are left behind. */
  private static final Duration GRACE = Duration.ofMillis(500);

  private enum State {
    RUNNING,
    ENDED
  }

  private final Engine engine;
  private final Program<T> program;
  private final int count;
  private final List<SpmdDevice> devices = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReferenceArray<State> states;
  private final AtomicInteger ended = new AtomicInteger();
  private final CountDownLatch running;
  private final AtomicReferenceArray<@Nullable T> returned;
  private final AtomicReference<Optional<CollectiveException>> failure =
      new AtomicReference<>(Optional.empty());

  /** Threads other than a device's own that wait for a started collective. */
  private final Queue<Thread> strangers = new ConcurrentLinkedQueue<>();

  /** Meetings that are full and not yet held; whoever makes it 1 holds them, in order. */
  private final AtomicInteger full = new AtomicInteger();

  private final Meeting first;
  private Meeting toHold;

  SpmdRun(Engine engine, Program<T> program) {
    this.engine = engine;
    this.program = program;
    this.count = engine.placement().count();
    this.states = new AtomicReferenceArray<>(count);
    this.returned = new AtomicReferenceArray<>(count);
    this.running = new CountDownLatch(count);
    this.first = new Meeting(0, count);
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
      // What devices started and did not await may be yet to fail, and nobody else would tell.
      engine.conductor().awaitStarted();
    }
    if (failure.get().isPresent()) {
      leave();
      throw Failures.again(failure.get().get());
    }
    List<T> results = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      // Code that returns nothing returns null, which is its caller's business.
      results.add(returned.get(index));
    }
    return results;
  }

  private void runDevice(int index, SpmdDevice device) {
    try {
      returned.set(index, program.run(device));
    } catch (Throwable thrown) {
      deviceFailed(device, thrown);
    } finally {
      states.set(index, State.ENDED);
      ended.incrementAndGet();
      running.countDown();
    }
    lookForDesertion(index, device);
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

  /** A device has ended: whoever waits for it waits in vain. */
  private void lookForDesertion(int index, SpmdDevice device) {
    Meeting meeting = first;
    while (meeting.number() < device.entered()) {
      meeting = meeting.next();
    }
    if (meeting.arrived() > 0) {
      deserted(meeting, index);
    }
  }

  private void deserted(Meeting meeting, int index) {
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
            participants(meeting)));
  }

  /** Enters a device into a meeting; whether it is the last. */
  boolean arrive(Meeting meeting, int index, Meeting.Entry entry) {
    boolean last = meeting.enter(index, entry);
    if (!last && ended.get() > 0) {
      for (int other = 0; other < count; other++) {
        if (states.get(other) == State.ENDED && devices.get(other).entered() <= meeting.number()) {
          deserted(meeting, other);
        }
      }
    }
    return last;
  }

  /**
   * Holds the meetings that are full, unless another thread does. Each call stands for one full
   * meeting; they fill up in order, because a device enters them in order.
   */
  void conduct() {
    if (full.getAndIncrement() > 0) {
      return;
    }
    do {
      Meeting meeting = toHold;
      toHold = meeting.next();
      hold(meeting);
    } while (full.decrementAndGet() > 0);
  }

  /** As {@link #conduct}, on another thread. */
  void conductLater(Meeting meeting) {
    try {
      engine
          .conductor()
          .start(
              () -> {
                conduct();
                return 0;
              });
    } catch (IllegalStateException thrown) {
      fail(closedBefore(meeting, thrown));
    }
  }

  private void hold(Meeting meeting) {
    if (hasFailed()) {
      return;
    }
    try {
      List<Call> calls = new ArrayList<>(count);
      for (int index = 0; index < count; index++) {
        calls.add(Objects.requireNonNull(meeting.entry(index)).call());
      }
      meeting.end(engine.execute(calls, index -> site(meeting, index)));
      wakeStrangers();
    } catch (CollectiveException thrown) {
      fail(thrown);
    } catch (Throwable thrown) {
      fail(
          engine.isClosed()
              ? closedBefore(meeting, thrown)
              : new DeviceFailedException(
                  "call " + meeting.number() + " failed: " + thrown,
                  participants(meeting),
                  thrown));
    }
  }

  private DeviceFailedException closedBefore(Meeting meeting, Throwable thrown) {
    return new DeviceFailedException(
        "collectives: open ones are wanted while spmd runs, but they were closed before call "
            + meeting.number()
            + "; close them when spmd has returned",
        participants(meeting),
        thrown);
  }

  private void wakeStrangers() {
    strangers.forEach(LockSupport::unpark);
  }

  private String site(Meeting meeting, int index) {
    Meeting.Entry entry = meeting.entry(index);
    if (entry == null) {
      return Sites.of(threads.get(index)).orElse("");
    }
    return entry.site().isEmpty() ? Sites.of(entry.thread()).orElse("") : entry.site();
  }

  /** Waits for a device's result. */
  Tensor await(Meeting meeting, int index) {
    boolean stranger = Thread.currentThread() != threads.get(index);
    if (stranger) {
      strangers.add(Thread.currentThread());
    }
    try {
      List<Tensor> results = meeting.results();
      while (results == null) {
        checkUsable();
        LockSupport.park(meeting);
        if (Thread.interrupted()) {
          interrupted(meeting, index);
        }
        results = meeting.results();
      }
      return results.get(index);
    } finally {
      if (stranger) {
        strangers.remove(Thread.currentThread());
      }
    }
  }

  private void interrupted(Meeting meeting, int index) {
    fail(
        new DeviceFailedException(
            "device " + devices.get(index).id() + " was interrupted while it waited",
            participants(meeting)));
    Thread.currentThread().interrupt();
    checkUsable();
  }

  boolean hasFailed() {
    return failure.get().isPresent();
  }

  void checkUsable() {
    Optional<CollectiveException> thrown = failure.get();
    if (thrown.isPresent()) {
      throw Failures.again(thrown.get());
    }
  }

  private void fail(CollectiveException thrown) {
    if (failure.compareAndSet(Optional.empty(), Optional.of(thrown))) {
      engine.poison(thrown);
      threads.forEach(LockSupport::unpark);
      wakeStrangers();
    }
  }

  /** Everybody who came to a meeting, and where the others are instead. */
  private List<Participant> participants(Meeting meeting) {
    List<Participant> present = new ArrayList<>();
    List<Participant> missing = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      Meeting.Entry entry = meeting.entry(index);
      SpmdDevice device = devices.get(index);
      String site = site(meeting, index);
      if (entry != null) {
        String request = Rules.describe(entry.call());
        present.add(new Participant(device.id(), process(), meeting.number(), request, site));
      } else {
        String instead =
            states.get(index) == State.ENDED ? "has ended" : "has not come; it is elsewhere";
        missing.add(new Participant(device.id(), process(), device.entered(), instead, site));
      }
    }
    missing.addAll(Failures.oddOnesFirst(present));
    return missing;
  }

  /** Waits until all devices have ended or something fails. */
  private void watch() {
    Duration deadline = engine.options().deadline();
    long look =
        Math.clamp(deadline.toNanos() / LOOKS, LEAST_LOOK.toNanos(), LONGEST_LOOK.toNanos());
    Meeting open = first;
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

  private void late(Meeting meeting, Duration deadline) {
    fail(
        new CollectiveTimeoutException(
            "collective on mesh "
                + engine.mesh().notation()
                + ", call "
                + meeting.number()
                + ": "
                + (count - meeting.arrived())
                + " of process "
                + process()
                + "'s "
                + count
                + " devices did not come within "
                + deadline
                + "; those that did not come, then those that wait:",
            participants(meeting)));
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
