package io.github.shardsum.internal.engine;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;

/**
 * The way to the other processes, as the parts of an engine use it.
 *
 * @param transport what carries the bytes
 * @param buffers memory for them
 * @param placement which process this is
 * @param deadline how long to wait
 */
record Wire(Transport transport, Buffers buffers, Placement placement, Duration deadline) {
  boolean isAlone() {
    return transport.processes() == 1;
  }

  /** One exchange of blocks, from the send buffer into the receive buffer. */
  void exchange(
      String what,
      List<Integer> peers,
      Blocks send,
      MemorySegment from,
      Blocks receive,
      MemorySegment to) {
    transport.exchange(
        new Exchange(what, peers, from, send.at(), send.bytes(), to, receive.at(), receive.bytes()),
        deadline);
  }
}
