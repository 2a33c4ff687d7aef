package io.github.shardsum.internal.pjrt.client;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.CompletableFuture;

/**
 * Host memory that a plugin uses, and the event after which the plugin no longer uses it.
 *
 * <p>A CPU uses the memory as long as the buffer exists, and the event comes when the buffer is
 * destroyed, on the thread that closes it. A callback takes more time than the transfer. It is
 * therefore registered only if a caller waits for the event, or if the event has not come when the
 * buffer is destroyed.
 */
public final class BorrowedHostMemory {
  private final ClientState client;
  private final MemorySegment event;
  private final Object owner;
  private final CompletableFuture<Void> released = new CompletableFuture<>();

  /** Whether a callback waits for the event and will destroy it; guarded by this. */
  private boolean watched;

  /**
   * Host memory that a plugin uses until an event.
   *
   * @param client the client of the event; the caller must be inside
   * @param event the end of the plugin's use
   * @param owner an object that must stay reachable until the event
   */
  public BorrowedHostMemory(ClientState client, MemorySegment event, Object owner) {
    this.client = client;
    this.event = event;
    this.owner = owner;
    if (!client.isCpu() || client.api().events().isReady(event)) {
      watch();
    }
  }

  /**
   * A future that is done when the plugin no longer uses the memory. The buffer need not exist any
   * more.
   */
  public CompletableFuture<Void> released() {
    watch();
    return released.copy();
  }

  /**
   * Waits for the event by a callback. This must be called after the buffer is destroyed and before
   * the client is destroyed. If two threads call, the first one holds the client before the other
   * continues.
   */
  public synchronized void watch() {
    if (watched) {
      return;
    }
    watched = true;
    client.consume(
        event,
        failure -> {
          try {
            failure.ifPresentOrElse(released::completeExceptionally, () -> released.complete(null));
          } finally {
            Reference.reachabilityFence(owner);
          }
        });
  }
}
