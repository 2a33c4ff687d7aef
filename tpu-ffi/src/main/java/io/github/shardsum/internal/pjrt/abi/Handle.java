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
 * <p>A call enters before it passes the address, and exits afterwards. Closing while calls are
 * inside is legal: it forbids new entries at once, and the last call that exits destroys the
 * object. A child keeps its parent from being destroyed, so a buffer is destroyed before its client
 * in any order of closing. Closing a parent closes its children. No method waits, so there are no
 * deadlocks.
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
   * The sum of three parts: {@link #USE} while the object is open, {@link #USE} for each call
   * inside, and {@link #CLOSED} once it is closed. An entry thus checks and counts in one step.
   */
  @SuppressWarnings("UnusedVariable") // through STATE
  private volatile int state = USE;

  // The children form a linked list by their own fields, so that a buffer, of which there may be
  // millions, needs no other object. All three fields are written under the parent's monitor.
  private volatile @Nullable Handle firstChild;
  private @Nullable Handle before;
  private @Nullable Handle after;

  private boolean dying;
  private volatile HandleLeaks.@Nullable Watch watch;

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
   * A child, which must be destroyed before this object. The caller must be inside this object, or
   * hold it open.
   *
   * @throws IllegalStateException if this object was closed meanwhile; the child is then destroyed
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
   * Whether the calling thread must destroy this object: it is closed, no call is inside, and it
   * has no child. True for the first caller only; guarded by this.
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
   * @return the object's address
   * @throws IllegalStateException if the object was closed
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
   * Checks that the object is open, for a caller that uses it shortly afterwards.
   *
   * @throws IllegalStateException if the object was closed
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
   * Enters once more, for work that continues after the caller's exit; the caller must be inside.
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

  /** Closes the children, then this object; does nothing if it is already closed. */
  public void close() {
    int now = state;
    while ((now & CLOSED) == 0) {
      if (STATE.compareAndSet(this, now, now + CLOSED)) {
        unwatch();
        // A thread that adds a child after this point sees that this object is closed, and closes
        // the child.
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

  /** Keeps the reference by which a leak is found, as long as this object is open. */
  void watch(HandleLeaks.Watch reference) {
    watch = reference;
    if (isClosed()) {
      unwatch();
    }
  }

  private void unwatch() {
    HandleLeaks.Watch reference = watch;
    if (reference != null) {
      reference.clear();
      watch = null;
      if (parent == null) {
        HandleLeaks.forget(this);
      }
    }
  }

  /** The kind of object, for messages. */
  public String what() {
    return what;
  }
}
