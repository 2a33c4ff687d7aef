package io.github.shardsum.pjrt;

import java.util.OptionalLong;

/**
 * How the memory of a device is used, in bytes.
 *
 * @param inUse in use now
 * @param peakInUse the most there was
 * @param limit what there is
 * @param reserved set aside
 * @param largestFreeBlock the largest allocation that would succeed
 * @param allocations how many there were
 */
public record MemoryStats(
    long inUse,
    OptionalLong peakInUse,
    OptionalLong limit,
    OptionalLong reserved,
    OptionalLong largestFreeBlock,
    OptionalLong allocations) {}
