package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.host.StagingPool;
import io.github.shardsum.pjrt.PjrtException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * State that the buffers and programs of a client share.
 *
 * @param api the plugin's functions
 * @param handle the client
 * @param staging host memory for transfers
 * @param isCpu whether the devices' memory is the host's
 * @param objects access to the native objects of devices and buffers
 */
public record ClientState(
    Api api, Handle handle, StagingPool staging, boolean isCpu, PjrtAccess objects) {
  /**
   * Calls back when an event is done, and destroys the event; the client is not destroyed before.
   * The caller must be inside the client or one of its objects.
   */
  public void consume(MemorySegment event, Consumer<Optional<PjrtException>> then) {
    handle.hold();
    api.events()
        .whenReady(
            event,
            failure -> {
              try {
                api.events().destroy(event);
              } finally {
                handle.exit();
              }
              then.accept(failure);
            });
  }
}
