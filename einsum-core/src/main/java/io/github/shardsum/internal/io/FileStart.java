package io.github.shardsum.internal.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Recognises formats by the first eight bytes of a file, for errors. */
final class FileStart {
  private static final byte[] NPY = "\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] ZIP = "PK\3\4".getBytes(StandardCharsets.ISO_8859_1);

  private FileStart() {}

  /**
   * A remark for the end of an error that names the format with this beginning; empty if there is
   * none.
   *
   * @param start the first eight bytes
   * @param size the size of the file
   */
  static String remark(byte[] start, long size) {
    if (begins(start, NPY)) {
      return ", as a .npy file begins";
    }
    if (begins(start, ZIP)) {
      return ", as an .npz file begins";
    }
    long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return length > 0 && length <= size - start.length ? ", as a .safetensors file begins" : "";
  }

  private static boolean begins(byte[] start, byte... with) {
    return Arrays.equals(start, 0, with.length, with, 0, with.length);
  }
}
