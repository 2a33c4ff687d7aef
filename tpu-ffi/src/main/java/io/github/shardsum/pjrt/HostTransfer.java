package io.github.shardsum.pjrt;

/** Ways in which a plugin may use a tensor's memory while it makes a buffer of it. */
public enum HostTransfer {
  /**
   * Reads it during the call only: the caller may change or free it when the call returns. The copy
   * runs at memory's speed from 2 MiB on; for smaller ones the call dominates, a few microseconds.
   */
  COPY,
  /**
   * Reads it until the transfer is done: the caller must neither change nor free it before {@link
   * PjrtBuffer#hostReleased} is done.
   */
  UNTIL_TRANSFERRED,
  /**
   * Keeps it as the buffer's own memory if the device can, without a copy on a CPU: the caller must
   * neither change nor free it before {@link PjrtBuffer#hostReleased} is done, which comes after
   * the buffer was closed.
   */
  BORROW
}
