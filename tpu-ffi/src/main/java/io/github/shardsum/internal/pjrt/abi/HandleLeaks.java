package io.github.shardsum.internal.pjrt.abi;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Finds objects that cannot be reached and were not closed, reports them, and closes them.
 *
 * <p>A {@link java.lang.ref.Cleaner} would keep a second list of the children that each parent
 * lists already, which is too slow for buffers that live a microsecond. Instead, a handle keeps its
 * own reference, and this class keeps only the references of handles without a parent.
 */
public final class HandleLeaks {
  private static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();
  private static final Set<Handle> ROOTS = ConcurrentHashMap.newKeySet();

  static {
    Thread thread = new Thread(HandleLeaks::watchForEver, "pjrt leaks");
    thread.setDaemon(true);
    thread.start();
  }

  private HandleLeaks() {}

  /**
   * Watches an object until its handle is closed.
   *
   * @param owner the object that a user holds; the handle must not reach it
   * @param handle its native object
   * @param report receives a text for each leak, on a thread of this class
   */
  public static void watch(Object owner, Handle handle, Consumer<String> report) {
    if (handle.isRoot()) {
      ROOTS.add(handle);
    }
    handle.watch(new Watch(owner, handle, report));
  }

  static void forget(Handle root) {
    ROOTS.remove(root);
  }

  /**
   * A reference that is enqueued when the owner cannot be reached; it is kept by the owner's
   * handle.
   */
  static final class Watch extends PhantomReference<Object> {
    private final Handle handle;
    private final Consumer<String> report;

    private Watch(Object owner, Handle handle, Consumer<String> report) {
      super(owner, QUEUE);
      this.handle = handle;
      this.report = report;
    }

    private void ended() {
      if (!handle.isClosed()) {
        try {
          report.accept(
              handle.what() + ": was never closed; close it, e.g. with try-with-resources");
        } finally {
          handle.close();
        }
      }
    }
  }

  private static void watchForEver() {
    while (true) {
      try {
        if (QUEUE.remove() instanceof Watch watch) {
          watch.ended();
        }
      } catch (Throwable e) {
        // A failing listener must not stop the search for leaks.
        Upcalls.swallow(e);
      }
    }
  }
}
