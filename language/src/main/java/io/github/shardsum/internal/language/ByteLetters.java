package io.github.shardsum.internal.language;

import java.util.Arrays;

/**
 * The letters that stand for bytes in the vocabularies of byte-level BPE (GPT-2): a printable byte
 * of Latin-1 stands for itself, the others in order for U+0100, U+0101 and so on.
 */
final class ByteLetters {
  private static final char[] LETTERS = letters();
  private static final int[] BYTES = bytes();

  private ByteLetters() {}

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xa1 && value <= 0xff && value != 0xad);
  }

  private static char[] letters() {
    char[] letters = new char[256];
    char next = 0x100;
    for (int value = 0; value < 256; value++) {
      letters[value] = isPrintable(value) ? (char) value : next++;
    }
    return letters;
  }

  private static int[] bytes() {
    int[] bytes = new int[0x200];
    Arrays.fill(bytes, -1);
    for (int value = 0; value < 256; value++) {
      bytes[LETTERS[value]] = value;
    }
    return bytes;
  }

  /** The letters of bytes. */
  static String of(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (byte each : bytes) {
      text.append(LETTERS[each & 0xff]);
    }
    return text.toString();
  }

  /** The bytes of letters; characters that stand for no byte are left out. */
  static byte[] toBytes(String text) {
    byte[] bytes = new byte[text.length()];
    int count = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < BYTES.length && BYTES[c] >= 0) {
        bytes[count++] = (byte) BYTES[c];
      }
    }
    return Arrays.copyOf(bytes, count);
  }
}
