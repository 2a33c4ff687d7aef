package io.github.shardsum.internal.io;

import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/** Writes a zip of stored entries to an empty file. Confined to its thread. */
public final class ZipWriter {
  /** The identifier of an extra field that only pads, as in Android's zipalign. */
  private static final int EXTRA_ALIGNMENT = 0xd935;

  private static final int ALIGNMENT = 64;

  /** 1980-01-01, the first day of the format; entries have no date of their own. */
  private static final short DATE = 0x21;

  private static final short VERSION = 20;
  private static final short VERSION_ZIP64 = 45;

  /** Unix as the origin; with MS-DOS as the origin, names would be read in a code page. */
  private static final short MADE_BY = 3 << 8 | VERSION_ZIP64;

  /** The mode of a regular file that everybody may read; Unix keeps the mode in the upper half. */
  private static final int RIGHTS = 0100644 << 16;

  private static final int CRC_POSITION = 14;

  private final FileChannel channel;
  private final long zip64From;
  private final List<ByteBuffer> directory = new ArrayList<>();

  /** Numbers from zip64From on are written as zip64 records. */
  public ZipWriter(FileChannel channel, long zip64From) {
    this.channel = channel;
    this.zip64From = zip64From;
  }

  private static ByteBuffer record(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  public void store(String name, byte[] header, Tensor tensor) throws IOException {
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    long offset = channel.position();
    long size = header.length + TensorBytes.byteSize(tensor);
    AtomicFile.append(channel, local(nameBytes, size, offset));
    CRC32 crc = new CRC32();
    crc.update(header);
    AtomicFile.append(channel, ByteBuffer.wrap(header));
    try (TensorBytes bytes =
        new TensorBytes(
            block -> {
              crc.update(block.duplicate());
              AtomicFile.append(channel, block);
            })) {
      bytes.write(tensor);
    }
    int sum = (int) crc.getValue();
    ByteBuffer patch = record(4).putInt(sum).flip();
    while (patch.hasRemaining()) {
      channel.write(patch, offset + CRC_POSITION + patch.position());
    }
    directory.add(central(nameBytes, sum, size, offset));
  }

  private boolean isWide(long number) {
    return number >= zip64From;
  }

  private ByteBuffer local(byte[] name, long size, long offset) {
    boolean wide = isWide(size);
    int before = ZipFormat.LOCAL_SIZE + name.length + (wide ? 20 : 0);
    int padding = Math.floorMod(-(offset + before + 6), ALIGNMENT);
    ByteBuffer record = record(before + 6 + padding);
    record.putInt(ZipFormat.LOCAL_SIGNATURE);
    common(record, name, 0, size, wide);
    record
        .putShort((short) name.length)
        .putShort((short) (record.capacity() - before + (wide ? 20 : 0)));
    record.put(name);
    if (wide) {
      record.putShort((short) ZipFormat.EXTRA_ZIP64).putShort((short) 16);
      record.putLong(size).putLong(size);
    }
    record.putShort((short) EXTRA_ALIGNMENT).putShort((short) (2 + padding));
    return record.putShort((short) ALIGNMENT).rewind();
  }

  /** The fields from "version needed" to the sizes, which both headers have. */
  private static void common(ByteBuffer record, byte[] name, int crc, long size, boolean wide) {
    boolean ascii = true;
    for (byte b : name) {
      ascii &= b >= 0;
    }
    record.putShort(wide ? VERSION_ZIP64 : VERSION);
    record.putShort((short) (ascii ? 0 : ZipFormat.UTF8_FLAG)).putShort((short) ZipFormat.STORED);
    record.putShort((short) 0).putShort(DATE).putInt(crc);
    int narrow = wide ? (int) ZipFormat.MAX32 : (int) size;
    record.putInt(narrow).putInt(narrow);
  }

  private ByteBuffer central(byte[] name, int crc, long size, long offset) {
    boolean wideOffset = isWide(offset);
    boolean wide = isWide(size) || wideOffset;
    int extra = (wide ? 16 : 0) + (wideOffset ? 8 : 0);
    int extraSize = wide ? extra + 4 : 0;
    ByteBuffer record = record(ZipFormat.CENTRAL_SIZE + name.length + extraSize);
    record.putInt(ZipFormat.CENTRAL_SIGNATURE).putShort(MADE_BY);
    common(record, name, crc, size, wide);
    record.putShort((short) name.length).putShort((short) extraSize);
    // Comment length, disk and internal attributes.
    record.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(RIGHTS);
    record.putInt(wideOffset ? (int) ZipFormat.MAX32 : (int) offset);
    record.put(name);
    if (wide) {
      record.putShort((short) ZipFormat.EXTRA_ZIP64).putShort((short) extra);
      record.putLong(size).putLong(size);
    }
    if (wideOffset) {
      record.putLong(offset);
    }
    return record.rewind();
  }

  /** Writes the directory, the end of the file. */
  public void finish() throws IOException {
    long offset = channel.position();
    for (ByteBuffer record : directory) {
      AtomicFile.append(channel, record);
    }
    long size = channel.position() - offset;
    int count = directory.size();
    boolean wide = isWide(offset) || isWide(size) || count >= ZipFormat.MAX16;
    if (wide) {
      AtomicFile.append(channel, end64(count, size, offset));
    }
    ByteBuffer end = record(ZipFormat.END_SIZE).putInt(ZipFormat.END_SIGNATURE).putInt(0);
    short narrowCount = wide ? (short) ZipFormat.MAX16 : (short) count;
    end.putShort(narrowCount).putShort(narrowCount);
    end.putInt(wide ? (int) ZipFormat.MAX32 : (int) size);
    end.putInt(wide ? (int) ZipFormat.MAX32 : (int) offset);
    AtomicFile.append(channel, end.putShort((short) 0).flip());
  }

  private static ByteBuffer end64(long count, long size, long offset) {
    ByteBuffer record = record(ZipFormat.END64_SIZE + ZipFormat.LOCATOR64_SIZE);
    record.putInt(ZipFormat.END64_SIGNATURE).putLong(ZipFormat.END64_SIZE - 12);
    record.putShort(VERSION_ZIP64).putShort(VERSION_ZIP64).putInt(0).putInt(0);
    record.putLong(count).putLong(count).putLong(size).putLong(offset);
    record.putInt(ZipFormat.LOCATOR64_SIGNATURE).putInt(0);
    return record.putLong(offset + size).putInt(1).flip();
  }
}
