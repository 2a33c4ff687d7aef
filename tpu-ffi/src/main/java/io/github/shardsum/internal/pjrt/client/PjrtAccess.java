package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtDevice;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Plugin objects behind devices and buffers. The public classes do not expose them; their package
 * implements this.
 */
public interface PjrtAccess {
  /** The plugin's pointer to a device. */
  MemorySegment address(PjrtDevice device);

  /** The handle of a buffer. */
  Handle handle(PjrtBuffer buffer);

  /** The device as it was when the buffer was made, without a query of the plugin. */
  PjrtDevice place(PjrtBuffer buffer);

  /** The type as it was when the buffer was made, without a query of the plugin. */
  Optional<ArrayType> type(PjrtBuffer buffer);

  /** A buffer that the plugin made. */
  PjrtBuffer of(PjrtDevice place, MemorySegment buffer, Optional<ArrayType> type);

  /** A buffer of host memory that the plugin continues to use. */
  PjrtBuffer of(PjrtDevice place, MemorySegment buffer, ArrayType type, BorrowedHostMemory lease);

  /** A buffer with an action to run when the plugin has released it. */
  PjrtBuffer of(PjrtDevice place, MemorySegment buffer, ArrayType type, Runnable afterwards);

  /** Destroys a buffer that no object holds. */
  void destroy(Api api, MemorySegment buffer);
}
