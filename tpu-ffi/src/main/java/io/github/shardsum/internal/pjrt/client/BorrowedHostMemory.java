package io.github.shardsum.internal.pjrt.client;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.CompletableFuture;

/**
 * Host memory that a plugin uses, and the event after which the plugin no longer uses it.
 *
 * <p>A CPU uses memory as long as the buffer lives, and the event comes with the buffer's end, on
 * the thread that closes it. A callback costs more than the transfer. So a callback is registered
 * only if a caller waits for the event, or if the event has not completed when the buffer is
 * destroyed.
 */
public final class BorrowedHostMemory {
  private final ClientState client;
  private final MemorySegment event;
  private final Object owner;
  private final CompletableFuture<Void> released = new CompletableFuture<>();

  /** Whether the event has an owner, who destroys it; guarded by this. */
  private boolean watched;

  /**
   * A lease of host memory.
   *
   * @param client the client of the event; the caller is inside
   * @param event the end of the plugin's use
   * @param owner an object that must stay reachable until then
   */
  public BorrowedHostMemory(ClientState client, MemorySegment event, Object owner) {
    this.client = client;
    this.event = event;
    this.owner = owner;
    if (!client.isCpu() || client.api().events().isReady(event)) {
      watch();
    }
  }

  /** A future that is done when the plugin no longer uses the memory; the buffer may be gone. */
  public CompletableFuture<Void> released() {
    watch();
    return released.copy();
  }

  /**
   * Has the event watched. A caller does so after the buffer is destroyed and before the client is
   * destroyed. Of two callers the first one holds the client before the other may continue.
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
