package io.github.shardsum.pjrt;

import java.util.OptionalLong;

/**
 * The use of a device's memory, in bytes.
 *
 * @param inUse bytes in use now
 * @param peakInUse the most bytes in use so far
 * @param limit all bytes of the memory
 * @param reserved bytes that are set aside
 * @param largestFreeBlock the largest allocation that would succeed
 * @param allocations the number of allocations so far
 */
public record MemoryStats(
    long inUse,
    OptionalLong peakInUse,
    OptionalLong limit,
    OptionalLong reserved,
    OptionalLong largestFreeBlock,
    OptionalLong allocations) {}
