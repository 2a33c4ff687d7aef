package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.abi.HandleLeaks;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;

/** The end of an operation of a plugin. Safe for use by many threads at once. */
public final class PjrtEvent implements AutoCloseable {
  private final PjrtClient client;
  private final Handle handle;

  private PjrtEvent(PjrtClient client, Handle handle) {
    this.client = client;
    this.handle = handle;
    HandleLeaks.watch(this, handle, client.onLeak());
  }

  static PjrtEvent of(PjrtClient client, MemorySegment event) {
    return new PjrtEvent(
        client, client.handle().child("PjrtEvent", event, client.api().events()::destroy));
  }

  /**
   * Whether the operation is done.
   *
   * @return true if the operation is done, with or without an error
   * @throws IllegalStateException if the event was closed
   */
  public boolean isReady() {
    MemorySegment event = handle.enter();
    try (CallArena scratch = client.api().scratch()) {
      return client
          .api()
          .prepare(scratch, PjrtFunction.EVENT_IS_READY)
          .set("event", event)
          .invoke()
          .flag("is_ready");
    } finally {
      handle.exit();
    }
  }

  /**
   * Waits on this thread until the operation is done, and spins for the first 20 microseconds. A
   * virtual thread should wait for {@link #toFuture} instead, since this method would block the
   * thread's carrier.
   *
   * @throws PjrtException if the operation ended with an error
   * @throws IllegalStateException if the event was closed
   */
  public void await() {
    MemorySegment event = handle.enter();
    try {
      client.api().events().join(event);
    } finally {
      handle.exit();
    }
  }

  /**
   * A future of the event, which outlives this object.
   *
   * @return a future that is done when the operation is done; its failure is a {@link
   *     PjrtException}
   * @throws IllegalStateException if the event was closed
   */
  public CompletableFuture<Void> toFuture() {
    CompletableFuture<Void> future = new CompletableFuture<>();
    MemorySegment event = handle.enter();
    client
        .api()
        .events()
        .whenReady(
            event,
            failure -> {
              handle.exit();
              failure.ifPresentOrElse(future::completeExceptionally, () -> future.complete(null));
            });
    return future;
  }

  @Override
  public String toString() {
    return handle.what() + (handle.isClosed() ? ", closed" : "");
  }

  /** Releases the event; the operation continues. Does nothing if the event is closed. */
  @Override
  public void close() {
    handle.close();
  }
}
