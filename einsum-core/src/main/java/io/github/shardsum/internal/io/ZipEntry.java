package io.github.shardsum.internal.io;

/**
 * An entry as a zip's directory describes it; sizes and offsets in bytes, checked to be inside the
 * file.
 *
 * @param size after inflation; equal to {@code compressed} if it is stored
 * @param header position of its local header
 */
public record ZipEntry(
    String name, boolean deflated, int crc, long compressed, long size, long header) {}
