package io.github.shardsum.internal.pjrt.abi;

import static java.lang.foreign.ValueLayout.ADDRESS;

import io.github.shardsum.pjrt.PjrtCode;
import io.github.shardsum.pjrt.PjrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Turns a plugin's events into Java calls. One upcall stub serves all events of a plugin: the
 * callback is found by a number that travels as the event's argument.
 *
 * <p>A plugin calls the stub on one of its threads, or on the caller's thread before the
 * registration returns. That thread only passes the event on. The callback runs on the common pool,
 * where it may call the plugin, wait, or fail without harm to the plugin's thread. No exception
 * leaves the stub, since that would end the JVM.
 */
public final class EventCallbacks {
  /**
   * Time of polling, in nanoseconds: about as long as a virtual machine needs to put a thread to
   * sleep and to wake it.
   */
  private static final long AWAKE_NANOS = 20_000;

  private final Api api;
  private final Map<Long, Consumer<Optional<PjrtException>>> waiting = new ConcurrentHashMap<>();
  private final AtomicLong next = new AtomicLong(1);
  private final MemorySegment stub;

  EventCallbacks(Api api) {
    this.api = api;
    this.stub =
        Upcalls.stub(
            MethodHandles.lookup(),
            this,
            "fired",
            MethodType.methodType(void.class, MemorySegment.class, MemorySegment.class),
            FunctionDescriptor.ofVoid(ADDRESS, ADDRESS),
            Arena.global());
  }

  /**
   * Calls back once when an event is done: before this method returns if the event is already done,
   * otherwise on the common pool.
   *
   * @param event an event that stays alive until the callback
   * @param then receives the event's error, if it had one
   */
  public void whenReady(MemorySegment event, Consumer<Optional<PjrtException>> then) {
    // A program that is already done needs no other thread: passing the event on takes longer than
    // many programs run.
    if (isReady(event)) {
      then.accept(error(event));
    } else {
      register(event, then);
    }
  }

  /** Whether an event is done. */
  public boolean isReady(MemorySegment event) {
    try (CallArena scratch = api.scratch()) {
      return api.prepare(scratch, PjrtFunction.EVENT_IS_READY)
          .set("event", event)
          .invoke()
          .flag("is_ready");
    }
  }

  /**
   * The error of an event that is done. For an event that is not done a plugin may end the process.
   */
  private Optional<PjrtException> error(MemorySegment event) {
    try (CallArena scratch = api.scratch()) {
      api.prepare(scratch, PjrtFunction.EVENT_ERROR).set("event", event).invoke();
      return Optional.empty();
    } catch (PjrtException e) {
      return Optional.of(e);
    }
  }

  private void register(MemorySegment event, Consumer<Optional<PjrtException>> then) {
    long id = next.getAndIncrement();
    waiting.put(id, then);
    try (CallArena scratch = api.scratch()) {
      api.prepare(scratch, PjrtFunction.EVENT_ON_READY)
          .set("event", event)
          .set("callback", stub)
          .set("user_arg", MemorySegment.ofAddress(id))
          .invoke();
    } catch (RuntimeException e) {
      // The thread that removes the callback calls it, since the plugin may have called in spite of
      // its error.
      if (waiting.remove(id) != null) {
        then.accept(Optional.of(asPjrt(e)));
      }
    }
  }

  private static PjrtException asPjrt(RuntimeException e) {
    return e instanceof PjrtException ours
        ? ours
        : new PjrtException(
            PjrtCode.INTERNAL, PjrtFunction.EVENT_ON_READY.symbol(), e.toString(), e);
  }

  /**
   * Waits for an event on this thread. The thread polls for a while before it sleeps, since many
   * programs end sooner than a thread wakes up.
   */
  public void join(MemorySegment event) {
    long begin = System.nanoTime();
    while (!isReady(event) && System.nanoTime() - begin < AWAKE_NANOS) {
      Thread.onSpinWait();
    }
    try (CallArena scratch = api.scratch()) {
      api.prepare(scratch, PjrtFunction.EVENT_AWAIT).set("event", event).invoke();
    }
  }

  /** Waits for an event on this thread, and destroys it. */
  public void await(MemorySegment event) {
    try {
      join(event);
    } finally {
      destroy(event);
    }
  }

  /** Destroys an event; does nothing for a null pointer. */
  public void destroy(MemorySegment event) {
    if (!NativeMemory.isNull(event)) {
      try (CallArena scratch = api.scratch()) {
        api.prepare(scratch, PjrtFunction.EVENT_DESTROY).set("event", event).invoke();
      }
    }
  }

  /** The number of events that have not come yet. */
  public int waiting() {
    return waiting.size();
  }

  @SuppressWarnings("unused") // called through the stub
  private void fired(MemorySegment error, MemorySegment argument) {
    try {
      Optional<PjrtException> failure =
          NativeMemory.isNull(error)
              ? Optional.empty()
              : Optional.of(api.take(error, PjrtFunction.EVENT_ON_READY.symbol()));
      Consumer<Optional<PjrtException>> then = waiting.remove(argument.address());
      if (then != null) {
        ForkJoinPool.commonPool().execute(() -> then.accept(failure));
      }
    } catch (Throwable e) {
      Upcalls.swallow(e);
    }
  }
}
