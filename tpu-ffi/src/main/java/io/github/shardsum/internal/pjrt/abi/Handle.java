package io.github.shardsum.internal.pjrt.abi;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A native object that is destroyed exactly once: when it has been closed and no call uses it.
 *
 * <p>A call enters before it passes the address and exits after; closing while calls are inside is
 * legal, forbids new entries at once, and leaves the destruction to the last call that exits. A
 * child keeps its parent from being destroyed, so a buffer is destroyed before its client in any
 * order of closing; closing a parent closes its children. Nothing here waits, so nothing deadlocks.
 */
public final class Handle {
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Handle.class, "state", int.class);
    } catch (NoSuchFieldException | IllegalAccessException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final int USE = 2;
  private static final int CLOSED = 1;

  private final String what;
  private final MemorySegment address;
  private final @Nullable Handle parent;
  private final Consumer<MemorySegment> destroy;

  /**
   * The sum of {@link #USE} for an open object and for each call inside, and of {@link #CLOSED}:
   * one number, so that an entry checks and counts in one step.
   */
  @SuppressWarnings("UnusedVariable") // through STATE
  private volatile int state = USE;

  // The children are a list through themselves: millions of buffers come and go, and nothing else
  // is allocated for one. All three fields are written under the parent's monitor.
  private volatile @Nullable Handle firstChild;
  private @Nullable Handle before;
  private @Nullable Handle after;

  private boolean dying;
  private volatile Leaks.@Nullable Watch watch;

  private Handle(
      String what,
      MemorySegment address,
      @Nullable Handle parent,
      Consumer<MemorySegment> destroy) {
    this.what = what;
    this.address = address;
    this.parent = parent;
    this.destroy = destroy;
  }

  /** An object that belongs to the process. */
  public static Handle root(String what, MemorySegment address, Consumer<MemorySegment> destroy) {
    return new Handle(what, address, null, destroy);
  }

  /**
   * An object that must be destroyed before this one. The caller is inside this one, or holds it
   * open.
   *
   * @throws IllegalStateException if this one was closed meanwhile; the child is then destroyed
   */
  public Handle child(String childName, MemorySegment child, Consumer<MemorySegment> destroyChild) {
    Handle handle = new Handle(childName, child, this, destroyChild);
    if (!link(handle)) {
      destroyChild.accept(child);
      throw closed();
    }
    if (isClosed()) {
      handle.close();
    }
    return handle;
  }

  private synchronized boolean link(Handle child) {
    if (isClosed()) {
      return false;
    }
    Handle next = firstChild;
    child.after = next;
    if (next != null) {
      next.before = child;
    }
    firstChild = child;
    return true;
  }

  private synchronized boolean unlinkLast(Handle child) {
    Handle previous = child.before;
    Handle next = child.after;
    if (previous == null) {
      firstChild = next;
    } else {
      previous.after = next;
    }
    if (next != null) {
      next.before = previous;
    }
    return isLast();
  }

  /**
   * Whether the asking thread must destroy this: it is closed, no call is inside, and it has no
   * child. True for the first only; guarded by this.
   */
  private boolean isLast() {
    boolean last = state == CLOSED && firstChild == null && !dying;
    dying |= last;
    return last;
  }

  private synchronized boolean leaveLast() {
    return isLast();
  }

  private synchronized List<Handle> children() {
    List<Handle> children = new ArrayList<>();
    for (Handle child = firstChild; child != null; child = child.after) {
      children.add(child);
    }
    return children;
  }

  /**
   * Keeps the object alive until {@link #exit}.
   *
   * @return its address
   * @throws IllegalStateException if it was closed
   */
  public MemorySegment enter() {
    int now = state;
    while ((now & CLOSED) == 0) {
      if (STATE.compareAndSet(this, now, now + USE)) {
        return address;
      }
      now = state;
    }
    throw closed();
  }

  /**
   * Checks that it is open, for a caller that uses it shortly afterwards.
   *
   * @throws IllegalStateException if it was closed
   */
  public void checkOpen() {
    if (isClosed()) {
      throw closed();
    }
  }

  private IllegalStateException closed() {
    return new IllegalStateException(what + ": is closed; use it before close()");
  }

  /**
   * Enters once more, for work that continues after the caller has exited; the caller must be
   * inside.
   */
  public void hold() {
    STATE.getAndAdd(this, USE);
  }

  /** Ends one {@link #enter} or {@link #hold}. */
  public void exit() {
    if ((int) STATE.getAndAdd(this, -USE) == USE + CLOSED && leaveLast()) {
      end();
    }
  }

  private void end() {
    try {
      destroy.accept(address);
    } finally {
      Handle owner = parent;
      if (owner != null && owner.unlinkLast(this)) {
        owner.end();
      }
    }
  }

  /** Closes the children, then this; nothing if it is closed already. */
  public void close() {
    int now = state;
    while ((now & CLOSED) == 0) {
      if (STATE.compareAndSet(this, now, now + CLOSED)) {
        unwatch();
        // A thread that adds a child after this look finds this object closed, and closes the
        // child.
        if (firstChild != null) {
          children().forEach(Handle::close);
        }
        exit();
        return;
      }
      now = state;
    }
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return (state & CLOSED) != 0;
  }

  boolean isRoot() {
    return parent == null;
  }

  /** Keeps the reference by which a leak is found, for as long as this is open. */
  void watch(Leaks.Watch reference) {
    watch = reference;
    if (isClosed()) {
      unwatch();
    }
  }

  private void unwatch() {
    Leaks.Watch reference = watch;
    if (reference != null) {
      reference.clear();
      watch = null;
      if (parent == null) {
        Leaks.forget(this);
      }
    }
  }

  /** The kind of object, for messages. */
  public String what() {
    return what;
  }
}
