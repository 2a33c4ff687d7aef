package io.github.shardsum.internal.engine;

import io.github.shardsum.internal.engine.check.DeviceCall;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One collective of SPMD code: devices enter it one after another, and the last one learns that it
 * is the last. Thread-safe and without locks.
 *
 * <p>Rendezvous form a chain that every device follows independently: the n-th collective of a
 * device is the n-th rendezvous of the chain. A device enters before it waits, so all devices have
 * entered a rendezvous before any leaves it.
 */
final class Rendezvous {
  private final long number;
  private final AtomicReferenceArray<@Nullable Entry> entries;
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicReference<@Nullable Rendezvous> next = new AtomicReference<>();
  private volatile long since;
  private volatile @Nullable List<Tensor> results;

  Rendezvous(long number, int devices) {
    this.number = number;
    this.entries = new AtomicReferenceArray<>(devices);
  }

  /** The number of earlier rendezvous. */
  long number() {
    return number;
  }

  /** The rendezvous after this one, the same for all devices. */
  Rendezvous next() {
    Rendezvous known = next.get();
    if (known != null) {
      return known;
    }
    Rendezvous made = new Rendezvous(number + 1, entries.length());
    Rendezvous other = next.compareAndExchange(null, made);
    return other == null ? made : other;
  }

  /**
   * Enters a device. Returns whether it is the last. The last device sees everything that the
   * others wrote before they entered.
   */
  boolean enter(int index, Entry entry) {
    entries.set(index, entry);
    int before = arrived.getAndIncrement();
    if (before == 0) {
      since = System.nanoTime() | 1;
    }
    return before + 1 == entries.length();
  }

  /** The entry of a device, or null if it has not entered. */
  @Nullable Entry entry(int index) {
    return entries.get(index);
  }

  /** Number of devices that have entered. */
  int arrived() {
    return arrived.get();
  }

  /** Whether all have entered. */
  boolean isFull() {
    return arrived.get() == entries.length();
  }

  /**
   * The System.nanoTime at which the first device entered, made odd so that it is not 0; 0 before
   * that.
   */
  long since() {
    return since;
  }

  /** Sets the results of all devices and wakes those that wait. */
  void end(List<Tensor> all) {
    results = all;
    for (int index = 0; index < entries.length(); index++) {
      Entry entry = entries.get(index);
      if (entry != null) {
        LockSupport.unpark(entry.thread());
      }
    }
  }

  /** The results, or null while they are incomplete. */
  @Nullable List<Tensor> results() {
    return results;
  }

  /**
   * One device's call, and the thread that entered.
   *
   * @param thread the thread that entered, which may wait
   * @param site the place of a call that does not wait; for a call that waits, the stack of its
   *     thread is read instead
   */
  record Entry(DeviceCall call, Thread thread, String site) {}
}
