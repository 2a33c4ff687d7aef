package io.github.shardsum.internal.pjrt.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Checks a library as the loader of Linux does not. With the loader alone a truncated file, for
 * example of an interrupted download, ends the process with a bus error, and a file for another
 * processor is reported as missing.
 */
final class ElfFile {
  private static final int MAGIC = 0x464c457f;
  private static final int HEADER = 64;
  private static final int CLASS = 4;
  private static final byte BITS_64 = 2;
  private static final int DATA = 5;
  private static final byte LITTLE_ENDIAN = 1;
  private static final int MACHINE = 18;
  private static final int SEGMENTS_AT = 32;
  private static final int SEGMENT_SIZE = 54;
  private static final int SEGMENT_COUNT = 56;
  private static final int SEGMENT = 56;
  private static final int OFFSET = 8;
  private static final int FILE_SIZE = 32;

  /** ELF's numbers of the processors for which JDKs are built, by their names in Java. */
  private static final Map<Integer, String> MACHINES =
      Map.of(62, "amd64", 183, "aarch64", 243, "riscv64", 22, "s390x", 21, "ppc64le");

  private ElfFile() {}

  /**
   * The reason why a library must not be given to the loader.
   *
   * @param file any file; a file that is not ELF of 64 bits is left to the loader
   * @param processor the processor, as {@code os.arch} names it
   * @return the reason; empty if the loader may have the file
   */
  static Optional<String> reasonAgainst(Path file, String processor) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer head = read(channel, 0, HEADER);
      if (head.remaining() < HEADER
          || head.getInt(0) != MAGIC
          || head.get(CLASS) != BITS_64
          || head.get(DATA) != LITTLE_ENDIAN) {
        return Optional.empty();
      }
      int machine = Short.toUnsignedInt(head.getShort(MACHINE));
      if (MACHINES.containsValue(processor) && !processor.equals(MACHINES.get(machine))) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "it is for %s, this machine is %s",
                MACHINES.getOrDefault(machine, "processor " + machine),
                processor));
      }
      return cut(channel, head);
    }
  }

  private static Optional<String> cut(FileChannel channel, ByteBuffer head) throws IOException {
    int count = Short.toUnsignedInt(head.getShort(SEGMENT_COUNT));
    long begin = head.getLong(SEGMENTS_AT);
    if (head.getShort(SEGMENT_SIZE) != SEGMENT || begin < 0) {
      return Optional.empty();
    }
    long there = channel.size();
    long end = begin + (long) count * SEGMENT;
    if (end <= there) {
      ByteBuffer segments = read(channel, begin, count * SEGMENT);
      for (int at = 0; at < segments.limit(); at += SEGMENT) {
        end = Math.max(end, segments.getLong(at + OFFSET) + segments.getLong(at + FILE_SIZE));
      }
    }
    return end <= there
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT, "it is cut short: %d bytes are there, it wants %d", there, end));
  }

  private static ByteBuffer read(FileChannel channel, long from, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining() && channel.read(buffer, from + buffer.position()) > 0) {
      // A read may return fewer bytes than requested.
    }
    return buffer.flip();
  }
}
