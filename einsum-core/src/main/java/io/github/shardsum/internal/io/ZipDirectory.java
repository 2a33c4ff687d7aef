package io.github.shardsum.internal.io;

import io.github.shardsum.io.TensorFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the central directory of a zip archive, with zip64, and trusts nothing in it. */
public final class ZipDirectory {
  /**
   * The largest number of bytes of a directory, for about half a million entries: a file must not
   * cause unlimited allocation.
   */
  private static final long LONGEST = 64 << 20;

  private static final int LONGEST_COMMENT = 0xffff;

  /** The position of the directory and the number of its entries. */
  private record Bounds(long count, long size, long offset, long endOffset) {}

  private final FileRange file;

  private ZipDirectory(FileRange file) {
    this.file = file;
  }

  /** The entries by name, in the order of the directory. */
  public static Map<String, ZipEntry> read(FileRange file) throws IOException {
    ZipDirectory directory = new ZipDirectory(file);
    return directory.entries(directory.bounds());
  }

  private ByteBuffer bytes(long offset, long length) throws IOException {
    return ByteBuffer.wrap(file.bytes(offset, Math.toIntExact(length)))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private TensorFileException broken(String rule, long offset, Object found) {
    return file.place().broken(rule, offset, found);
  }

  private Bounds bounds() throws IOException {
    long from = Math.max(0, file.size() - LONGEST_COMMENT - ZipFormat.END_SIZE);
    ByteBuffer tail = bytes(from, file.size() - from);
    for (int at = tail.limit() - ZipFormat.END_SIZE; at >= 0; at--) {
      if (tail.getInt(at) == ZipFormat.END_SIGNATURE
          && Short.toUnsignedInt(tail.getShort(at + 20))
              == tail.limit() - at - ZipFormat.END_SIZE) {
        return checked(bounds(tail, at, from + at));
      }
    }
    throw broken("expected a zip's end record within its last 64 KiB", from, "none");
  }

  private Bounds bounds(ByteBuffer tail, int at, long endOffset) throws IOException {
    int disks = tail.getShort(at + 4) | tail.getShort(at + 6);
    int count = Short.toUnsignedInt(tail.getShort(at + 10));
    long size = Integer.toUnsignedLong(tail.getInt(at + 12));
    long offset = Integer.toUnsignedLong(tail.getInt(at + 16));
    // Some writers put exactly 65535 entries into a plain directory.
    boolean full = count == ZipFormat.MAX16 && hasLocator(endOffset);
    if (full || size == ZipFormat.MAX32 || offset == ZipFormat.MAX32) {
      return bounds64(endOffset);
    }
    if (disks != 0 || count != Short.toUnsignedInt(tail.getShort(at + 8))) {
      throw broken("expected a zip of one part", endOffset + 4, "several");
    }
    return new Bounds(count, size, offset, endOffset);
  }

  private boolean hasLocator(long endOffset) throws IOException {
    long offset = endOffset - ZipFormat.LOCATOR64_SIZE;
    return offset >= 0 && bytes(offset, 4).getInt() == ZipFormat.LOCATOR64_SIGNATURE;
  }

  private Bounds bounds64(long endOffset) throws IOException {
    long locatorOffset = endOffset - ZipFormat.LOCATOR64_SIZE;
    if (!hasLocator(endOffset)) {
      throw broken("expected a zip64 locator before the end record", endOffset, "none");
    }
    long recordOffset = bytes(locatorOffset + 8, 8).getLong();
    if (recordOffset < 0 || recordOffset > locatorOffset - ZipFormat.END64_SIZE) {
      throw broken("expected a zip64 end record before its locator", locatorOffset, recordOffset);
    }
    ByteBuffer end = bytes(recordOffset, ZipFormat.END64_SIZE);
    if (end.getInt(0) != ZipFormat.END64_SIGNATURE) {
      throw broken("expected a zip64 end record", recordOffset, "other bytes");
    }
    if (end.getInt(16) != 0 || end.getInt(20) != 0 || end.getLong(24) != end.getLong(32)) {
      throw broken("expected a zip of one part", recordOffset + 16, "several");
    }
    return new Bounds(end.getLong(32), end.getLong(40), end.getLong(48), recordOffset);
  }

  private Bounds checked(Bounds bounds) {
    boolean inside =
        bounds.offset >= 0 && bounds.size >= 0 && bounds.size <= bounds.endOffset - bounds.offset;
    if (!inside || bounds.size > LONGEST) {
      throw broken(
          "expected a directory of at most " + LONGEST + " bytes before its end record",
          bounds.endOffset,
          bounds.size + " bytes at " + bounds.offset);
    }
    if (bounds.count < 0 || bounds.count > bounds.size / ZipFormat.CENTRAL_SIZE) {
      throw broken(
          "expected a directory that holds as many entries as it says",
          bounds.endOffset,
          bounds.count + " entries in " + bounds.size + " bytes");
    }
    return bounds;
  }

  private Map<String, ZipEntry> entries(Bounds bounds) throws IOException {
    ByteBuffer directory = bytes(bounds.offset, bounds.size);
    Map<String, ZipEntry> entries = new LinkedHashMap<>();
    for (long i = 0; i < bounds.count; i++) {
      long at = bounds.offset + directory.position();
      ZipEntry entry = entry(directory, at, bounds);
      if (entries.put(entry.name(), entry) != null) {
        throw broken("expected entries of different names", at, FileLocation.quote(entry.name()));
      }
    }
    return entries;
  }

  private ZipEntry entry(ByteBuffer directory, long at, Bounds bounds) {
    ByteBuffer fixed = next(directory, ZipFormat.CENTRAL_SIZE, at);
    if (fixed.getInt(0) != ZipFormat.CENTRAL_SIGNATURE) {
      throw broken("expected a directory entry", at, "other bytes");
    }
    String name = name(next(directory, unsigned(fixed, 28), at), at);
    ByteBuffer extra = next(directory, unsigned(fixed, 30), at);
    next(directory, unsigned(fixed, 32), at);
    int method = unsigned(fixed, 10);
    if ((fixed.getShort(8) & ZipFormat.ENCRYPTED_FLAG) != 0) {
      throw broken("expected entries without encryption", at + 8, FileLocation.quote(name));
    }
    if (method != ZipFormat.STORED && method != ZipFormat.DEFLATED) {
      throw broken("expected stored or deflated entries", at + 10, "method " + method);
    }
    ByteBuffer zip64 = zip64(extra, at);
    long size = wide(fixed, 24, zip64, at);
    long compressed = wide(fixed, 20, zip64, at);
    long header = wide(fixed, 42, zip64, at);
    checkSpan(header, compressed, at, bounds);
    if (method == ZipFormat.STORED && size != compressed) {
      throw broken(
          "expected a stored entry of one size", at + 20, compressed + " and " + size + " bytes");
    }
    return new ZipEntry(
        name, method == ZipFormat.DEFLATED, fixed.getInt(16), compressed, size, header);
  }

  private void checkSpan(long header, long compressed, long at, Bounds bounds) {
    long room = bounds.offset - ZipFormat.LOCAL_SIZE;
    if (header < 0 || header > room || compressed < 0 || compressed > room - header) {
      throw broken(
          "expected an entry before the directory", at, compressed + " bytes at " + header);
    }
  }

  private ByteBuffer next(ByteBuffer directory, int length, long at) {
    if (length > directory.remaining()) {
      throw broken("expected a directory entry inside the directory", at, "its end");
    }
    ByteBuffer part = directory.slice(directory.position(), length).order(directory.order());
    directory.position(directory.position() + length);
    return part;
  }

  private String name(ByteBuffer bytes, long at) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw broken("expected a name in UTF-8", at + ZipFormat.CENTRAL_SIZE, "other bytes");
    }
  }

  /** The wide values of an entry, empty if it has none. */
  private ByteBuffer zip64(ByteBuffer extra, long at) {
    while (extra.remaining() >= 4) {
      int id = Short.toUnsignedInt(extra.getShort());
      ByteBuffer field = next(extra, Short.toUnsignedInt(extra.getShort()), at);
      if (id == ZipFormat.EXTRA_ZIP64) {
        return field;
      }
    }
    return ByteBuffer.allocate(0);
  }

  private long wide(ByteBuffer fixed, int position, ByteBuffer zip64, long at) {
    long value = Integer.toUnsignedLong(fixed.getInt(position));
    if (value != ZipFormat.MAX32) {
      return value;
    }
    if (zip64.remaining() < 8) {
      throw broken("expected a zip64 record of this value", at + position, "none");
    }
    return zip64.getLong();
  }

  private static int unsigned(ByteBuffer bytes, int position) {
    return Short.toUnsignedInt(bytes.getShort(position));
  }

  /** The compressed bytes of an entry, found by its local header. */
  public static FileRange data(FileRange file, ZipEntry entry) throws IOException {
    long at = entry.header();
    ByteBuffer fixed =
        ByteBuffer.wrap(file.bytes(at, ZipFormat.LOCAL_SIZE)).order(ByteOrder.LITTLE_ENDIAN);
    int method = entry.deflated() ? ZipFormat.DEFLATED : ZipFormat.STORED;
    if (fixed.getInt(0) != ZipFormat.LOCAL_SIGNATURE || unsigned(fixed, 8) != method) {
      throw file.place()
          .broken(
              "expected the local header of entry " + FileLocation.quote(entry.name()),
              at,
              "another");
    }
    long start = at + ZipFormat.LOCAL_SIZE + unsigned(fixed, 26) + unsigned(fixed, 28);
    if (start > file.size() - entry.compressed()) {
      throw file.place()
          .broken("expected an entry inside the file", at, entry.compressed() + " bytes");
    }
    return file.part(entry.name(), start, entry.compressed());
  }
}
