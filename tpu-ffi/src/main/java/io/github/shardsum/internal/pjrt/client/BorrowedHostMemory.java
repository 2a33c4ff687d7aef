package io.github.shardsum.internal.pjrt.client;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.CompletableFuture;

/**
 * Host memory that a plugin uses, and the event after which it does no more.
 *
 * <p>A CPU uses memory as long as the buffer lives, and the event comes with the buffer's end, on
 * the thread that closes it. To be called back for it costs more than the transfer: so the plugin
 * is only asked to once somebody wants to know, or if the event has not come when the buffer is
 * gone.
 */
public final class BorrowedHostMemory {
  private final ClientState client;
  private final MemorySegment event;
  private final Object owner;
  private final CompletableFuture<Void> released = new CompletableFuture<>();

  /** Whether the event is somebody's already, who destroys it; guarded by this. */
  private boolean watched;

  /**
   * A lease that is watched from the beginning, or not yet.
   *
   * @param client whose the event is; the caller is inside
   * @param event when the plugin lets go
   * @param owner what must be reachable until then
   */
  public BorrowedHostMemory(ClientState client, MemorySegment event, Object owner) {
    this.client = client;
    this.event = event;
    this.owner = owner;
    if (!client.isCpu() || client.api().events().isReady(event)) {
      watch();
    }
  }

  /** Done when the plugin has let go; the buffer may be gone. */
  public CompletableFuture<Void> released() {
    watch();
    return released.copy();
  }

  /**
   * Has the event seen to. To be called when the buffer is gone, while its client is not: the
   * caller that comes first holds the client before the other may go on.
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
