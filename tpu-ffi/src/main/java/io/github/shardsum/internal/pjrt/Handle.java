package io.github.shardsum.internal.pjrt;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A native object that is destroyed exactly once: when it has been closed and no call uses it.
 *
 * <p>A call enters before it passes the address and exits after; closing while others are inside is
 * legal, forbids new entries at once, and leaves the destruction to the last one out. A child keeps
 * its parent from being destroyed, so that a buffer goes before its client in whatever order they
 * are closed; closing a parent closes its children. Nothing here waits, so nothing deadlocks.
 */
public final class Handle {
  private final String what;
  private final MemorySegment address;
  private final Optional<Handle> parent;
  private final Consumer<MemorySegment> destroy;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** One for being open, one for each call inside and for each child. */
  private final AtomicInteger uses = new AtomicInteger(1);

  private final Set<Handle> children = ConcurrentHashMap.newKeySet();

  private Handle(
      String what,
      MemorySegment address,
      Optional<Handle> parent,
      Consumer<MemorySegment> destroy) {
    this.what = what;
    this.address = address;
    this.parent = parent;
    this.destroy = destroy;
  }

  /** An object that belongs to the process. */
  public static Handle root(String what, MemorySegment address, Consumer<MemorySegment> destroy) {
    return new Handle(what, address, Optional.empty(), destroy);
  }

  /**
   * An object that must go before this one does. The caller is inside this one, or holds it open.
   *
   * @throws IllegalStateException if this one was closed meanwhile; the child is then destroyed
   */
  public Handle child(String childName, MemorySegment child, Consumer<MemorySegment> destroyChild) {
    try {
      enter();
    } catch (IllegalStateException e) {
      destroyChild.accept(child);
      throw e;
    }
    Handle handle = new Handle(childName, child, Optional.of(this), destroyChild);
    children.add(handle);
    if (closed.get()) {
      handle.close();
    }
    return handle;
  }

  /**
   * Keeps the object alive until {@link #exit}.
   *
   * @return its address
   * @throws IllegalStateException if it was closed
   */
  public MemorySegment enter() {
    int count = uses.get();
    while (count > 0 && !closed.get()) {
      if (uses.compareAndSet(count, count + 1)) {
        return address;
      }
      count = uses.get();
    }
    throw new IllegalStateException(what + ": is closed; use it before close()");
  }

  /** Enters once more, for what goes on after the caller has left: the caller is inside. */
  public void hold() {
    uses.incrementAndGet();
  }

  /** Ends one {@link #enter} or {@link #hold}. */
  public void exit() {
    if (uses.decrementAndGet() == 0) {
      try {
        destroy.accept(address);
      } finally {
        parent.ifPresent(owner -> owner.release(this));
      }
    }
  }

  private void release(Handle child) {
    children.remove(child);
    exit();
  }

  /** Closes the children, then this; nothing if it is closed already. */
  public void close() {
    if (closed.compareAndSet(false, true)) {
      children.forEach(Handle::close);
      exit();
    }
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return closed.get();
  }

  /** What it is, for messages. */
  public String what() {
    return what;
  }
}
