package io.github.shardsum.pjrt;

/** Ways in which a plugin may use a tensor's memory to make a buffer. */
public enum HostTransfer {
  /**
   * The plugin reads the memory only during the call: the caller may change or free the memory when
   * the call returns. From 2 MiB on the copy runs at the speed of memory. For smaller tensors most
   * of the time is that of the call itself, a few microseconds.
   */
  COPY,
  /**
   * The plugin reads the memory until the transfer is done: the caller must neither change nor free
   * the memory before {@link PjrtBuffer#hostReleased} is done.
   */
  UNTIL_TRANSFERRED,
  /**
   * The plugin uses the memory as the buffer's own if the device can access it. A CPU can, so
   * nothing is copied. The caller must neither change nor free the memory before {@link
   * PjrtBuffer#hostReleased} is done, and that is not done before the buffer is closed.
   */
  BORROW
}
