package io.github.shardsum.internal.io;

import io.github.shardsum.io.TensorFileException;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The header of an .npy array: magic, version, length, and a Python dict. The format is NumPy's
 * (numpy.lib.format, versions 1.0, 2.0 and 3.0).
 */
public record NpyHeader(StoredArray array, long dataOffset) {
  private static final byte[] MAGIC = "\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1);

  /**
   * The largest number of bytes of a header; a header of a numeric dtype has a few hundred. A wrong
   * length must not cause a larger allocation.
   */
  private static final long LONGEST = 1 << 20;

  /** Largest header of version 1, whose length has 16 bits. */
  private static final int LONGEST_V1 = 0xffff;

  /** Data starts at a multiple of this, so that a mapped array is aligned for any vector. */
  private static final int ALIGNMENT = 64;

  /**
   * Reads a header and checks that the file has all the bytes of the array.
   *
   * @param place the location of the array, for errors
   * @param source the bytes of the array from the first on; afterwards the data comes next
   * @param size the number of bytes
   * @throws TensorFileException if the header breaks a rule or claims more data than the file has
   */
  public static NpyHeader read(FileLocation place, ByteSource source, long size)
      throws IOException {
    if (size < 10) {
      throw place.broken("expected the 10 bytes that a .npy starts with", 0, size + " bytes");
    }
    byte[] start = next(source, 8);
    checkMagic(place, start, size);
    int version = start[6];
    int lengthSize = version == 1 ? 2 : 4;
    long textOffset = 8L + lengthSize;
    if (size < textOffset) {
      throw place.broken("expected 4 bytes of header length", 8, size - 8 + " bytes");
    }
    ByteBuffer length = ByteBuffer.wrap(next(source, lengthSize)).order(ByteOrder.LITTLE_ENDIAN);
    long textLength =
        version == 1
            ? Short.toUnsignedLong(length.getShort())
            : Integer.toUnsignedLong(length.getInt());
    if (textLength > Math.min(LONGEST, size - textOffset)) {
      throw place.broken(
          "expected a header of at most " + Math.min(LONGEST, size - textOffset) + " bytes",
          8,
          "a length of " + textLength);
    }
    byte[] text = next(source, (int) textLength);
    StoredArray array = new NpyDict(place, text, textOffset).parse();
    NpyHeader header = new NpyHeader(array, textOffset + textLength);
    header.checkData(place, size);
    return header;
  }

  private static byte[] next(ByteSource source, int count) throws IOException {
    byte[] bytes = new byte[count];
    source.read(ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static void checkMagic(FileLocation place, byte[] start, long size) {
    for (int i = 0; i < MAGIC.length; i++) {
      if (start[i] != MAGIC[i]) {
        String found = new String(start, 0, MAGIC.length, StandardCharsets.ISO_8859_1);
        throw place.broken(
            "expected the magic \\x93NUMPY",
            0,
            FileLocation.quote(found) + FileStart.remark(start, size));
      }
    }
    if (start[6] < 1 || start[6] > 3 || start[7] != 0) {
      throw place.broken(
          "expected version 1.0, 2.0 or 3.0",
          6,
          Byte.toUnsignedInt(start[6]) + "." + Byte.toUnsignedInt(start[7]));
    }
  }

  private void checkData(FileLocation place, long size) {
    Optional<Long> wanted = StoredArray.byteSize(array.shape(), array.type().byteSize());
    if (wanted.isEmpty() || wanted.get() > size - dataOffset) {
      throw place.broken(
          "expected the data of shape "
              + array.shape()
              + " with "
              + array.type().byteSize()
              + " bytes an element",
          dataOffset,
          size - dataOffset + " bytes");
    }
  }

  /** The header of a tensor stored in C order, padded so that the data after it is aligned. */
  public static byte[] format(DType dtype, Shape shape) {
    StringBuilder sizes = new StringBuilder();
    for (long size : shape.toArray()) {
      sizes.append(size).append(", ");
    }
    // As Python prints tuples: a comma after a single element, none after the last of several.
    sizes.setLength(Math.max(0, sizes.length() - (shape.rank() == 1 ? 1 : 2)));
    byte[] dict =
        ("{'descr': '"
                + NpyType.descr(dtype)
                + "', 'fortran_order': False, 'shape': ("
                + sizes
                + "), }")
            .getBytes(StandardCharsets.US_ASCII);
    int total1 = Math.ceilDiv(10 + dict.length + 1, ALIGNMENT) * ALIGNMENT;
    boolean first = total1 - 10 <= LONGEST_V1;
    int prefix = first ? 10 : 12;
    int total = Math.ceilDiv(prefix + dict.length + 1, ALIGNMENT) * ALIGNMENT;
    ByteBuffer header = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).put((byte) (first ? 1 : 2)).put((byte) 0);
    if (first) {
      header.putShort((short) (total - prefix));
    } else {
      header.putInt(total - prefix);
    }
    header.put(dict);
    while (header.remaining() > 1) {
      header.put((byte) ' ');
    }
    return header.put((byte) '\n').array();
  }
}
