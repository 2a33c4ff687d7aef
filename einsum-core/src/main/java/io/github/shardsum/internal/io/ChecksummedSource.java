package io.github.shardsum.internal.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.zip.CRC32;

/** A source that computes the checksum of the bytes that are read through it, for zip entries. */
public final class ChecksummedSource implements ByteSource {
  private static final int BLOCK = 1 << 16;

  private final FileRange region;
  private final ByteSource source;
  private final CRC32 crc = new CRC32();
  private long passed;

  public ChecksummedSource(FileRange region) {
    this.region = region;
    this.source = region.from(0);
  }

  @Override
  public void read(ByteBuffer into) throws IOException {
    ByteBuffer read = into.duplicate();
    source.read(into);
    passed += read.remaining();
    crc.update(read);
  }

  /** Reads the rest of the region and compares the checksum. */
  public void drain(int wanted) throws IOException {
    ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK, region.size() - passed));
    while (passed < region.size()) {
      read(block.clear().limit((int) Math.min(block.capacity(), region.size() - passed)));
    }
    check(region.place(), crc, wanted);
  }

  public static void check(FileLocation place, CRC32 crc, int wanted) {
    int found = (int) crc.getValue();
    if (found != wanted) {
      throw place.broken(
          String.format(Locale.ROOT, "expected bytes with checksum %08x", wanted),
          0,
          String.format(Locale.ROOT, "%08x", found));
    }
  }
}
