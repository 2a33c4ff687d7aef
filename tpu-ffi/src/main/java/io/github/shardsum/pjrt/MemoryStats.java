package io.github.shardsum.pjrt;

import java.util.OptionalLong;

/**
 * How the memory of a device is used, in bytes.
 *
 * @param inUse in use now
 * @param peakInUse the most bytes in use so far
 * @param limit the bytes of the memory
 * @param reserved set aside
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
