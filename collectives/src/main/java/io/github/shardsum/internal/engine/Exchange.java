package io.github.shardsum.internal.engine;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One all-to-all of byte ranges among processes. The i-th entry of each array belongs to the i-th
 * of the peers. Ranges to be sent may overlap (the same bytes for all peers); ranges received do
 * not. The entry of this process itself is always of 0 bytes.
 *
 * @param what for messages: the collective and the phase
 * @param peers the processes that take part, ascending, this one among them; every one of them
 *     calls with the same peers
 * @param send native memory, aligned to 64 bytes
 * @param sendAt where each peer's bytes begin
 * @param sendBytes how many bytes each peer is sent; may exceed 2^31
 * @param receive native memory, aligned to 64 bytes, apart from send
 * @param receiveAt where each peer's bytes go
 * @param receiveBytes how many bytes each peer sends: what it has as sendBytes for this process
 */
public record Exchange(
    String what,
    List<Integer> peers,
    MemorySegment send,
    long[] sendAt,
    long[] sendBytes,
    MemorySegment receive,
    long[] receiveAt,
    long[] receiveBytes) {}
