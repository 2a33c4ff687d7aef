package io.github.shardsum.internal.engine.transfer;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One all-to-all of byte ranges among processes. The i-th entry of each array belongs to the i-th
 * of the peers. Each entry is native memory; the entry of this process itself has 0 bytes. Sent
 * ranges may overlap (the same bytes for all peers); received ranges overlap no other range.
 *
 * @param what the collective and the phase, for messages
 * @param peers the processes that take part, ascending, this one among them; every one of them
 *     calls with the same peers
 * @param send the bytes for each peer; may exceed 2^31 bytes
 * @param receive the target of each peer's bytes, of the size that the peer sends to this process
 * @param verified whether the library may transfer without checks: the participants were compared,
 *     so sizes agree, and the memory is the engine's, which outlives any failure. If not, a
 *     transport must not write beyond a range nor touch one after it has thrown, and different
 *     sizes are an error
 * @param meanwhile work of this process that can overlap with the exchange. The transport runs it
 *     once, on any thread, preferably after the transfer has begun, and passes on its exceptions
 */
public record ByteExchange(
    String what,
    List<Integer> peers,
    MemorySegment[] send,
    MemorySegment[] receive,
    boolean verified,
    Runnable meanwhile) {}
