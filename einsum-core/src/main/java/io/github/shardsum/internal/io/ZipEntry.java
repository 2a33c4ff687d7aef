package io.github.shardsum.internal.io;

/**
 * An entry of a zip's directory. Sizes and offsets are in bytes, and were checked to be inside the
 * file.
 *
 * @param size the size after inflation; equal to {@code compressed} for a stored entry
 * @param header position of its local header
 */
public record ZipEntry(
    String name, boolean deflated, int crc, long compressed, long size, long header) {}
