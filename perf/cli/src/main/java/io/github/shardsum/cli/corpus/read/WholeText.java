package io.github.shardsum.cli.corpus.read;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Files that are read as one piece, up to a size. */
final class WholeText {
  /** The largest file of translations that was found in a distribution has 20 MB. */
  private static final int MOST_BYTES = 256 << 20;

  private WholeText() {}

  static byte[] bytes(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) {
      throw new IllegalArgumentException("must have at most " + MOST_BYTES + " bytes, got more");
    }
    return bytes;
  }

  /** A file of UTF-8 without its byte-order mark. */
  static String utf8(InputStream in) throws IOException {
    String text = decode(bytes(in), StandardCharsets.UTF_8);
    return text.startsWith("\ufeff") ? text.substring(1) : text;
  }

  static String decode(byte[] bytes, Charset charset) {
    try {
      return charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException other) {
      throw new IllegalArgumentException("must be text in " + charset + ", got other bytes", other);
    }
  }
}
