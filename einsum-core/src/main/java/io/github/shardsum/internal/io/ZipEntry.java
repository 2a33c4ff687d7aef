package io.github.shardsum.internal.io;

/**
 * What a zip's directory says of an entry; sizes and offsets in bytes, checked to be inside the
 * file.
 *
 * @param size of what it inflates to; equal to {@code compressed} if it is stored
 * @param header where its local header is
 */
public record ZipEntry(
    String name, boolean deflated, int crc, long compressed, long size, long header) {}
