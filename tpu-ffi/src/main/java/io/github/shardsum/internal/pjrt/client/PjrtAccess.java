package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtDevice;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Access to the plugin's objects behind devices and buffers, which public classes do not expose.
 * The package of these classes implements this interface.
 */
public interface PjrtAccess {
  /** The plugin's pointer to a device. */
  MemorySegment address(PjrtDevice device);

  /** The handle of a buffer. */
  Handle handle(PjrtBuffer buffer);

  /** The device on which the buffer was made, without a query of the plugin. */
  PjrtDevice place(PjrtBuffer buffer);

  /** The type with which the buffer was made, without a query of the plugin. */
  Optional<ArrayType> type(PjrtBuffer buffer);

  /** The object of a buffer that the plugin made. */
  PjrtBuffer of(PjrtDevice place, MemorySegment buffer, Optional<ArrayType> type);

  /** The object of a buffer in host memory that the plugin continues to use. */
  PjrtBuffer of(PjrtDevice place, MemorySegment buffer, ArrayType type, BorrowedHostMemory lease);

  /** The object of a buffer, with an action to run when the plugin has released the buffer. */
  PjrtBuffer of(PjrtDevice place, MemorySegment buffer, ArrayType type, Runnable afterwards);

  /** Destroys a buffer that no object holds. */
  void destroy(Api api, MemorySegment buffer);
}
