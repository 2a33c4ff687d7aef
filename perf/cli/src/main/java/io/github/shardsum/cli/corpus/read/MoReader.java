package io.github.shardsum.cli.corpus.read;

import static io.github.shardsum.measure.Texts.wrongArgument;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Compiled messages of gettext, in either order of bytes. The key of a message is its English. */
record MoReader() implements TranslationReader.Aligned {
  private static final int MAGIC = 0x950412de;
  private static final int HEADER = 20;
  private static final int ENTRY = 8;

  @Override
  public void read(InputStream in, Consumer<Translation> sink) throws IOException {
    byte[] bytes = WholeText.bytes(in);
    if (bytes.length < HEADER) {
      throw new IllegalArgumentException(
          "must have a header of 20 bytes, got " + bytes.length + " bytes");
    }
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (file.getInt(0) != MAGIC) {
      file.order(ByteOrder.BIG_ENDIAN);
    }
    if (file.getInt(0) != MAGIC) {
      throw wrongArgument("must begin with 950412de, got %08x", file.getInt(0));
    }
    int count = file.getInt(8);
    int originals = file.getInt(12);
    int translations = file.getInt(16);
    checkTable(bytes.length, originals, count);
    checkTable(bytes.length, translations, count);
    String header = "";
    Charset charset = StandardCharsets.UTF_8;
    for (int i = 0; i < count; i++) {
      byte[] english = string(file, originals + ENTRY * i);
      byte[] other = string(file, translations + ENTRY * i);
      if (english.length == 0) {
        header = new String(other, StandardCharsets.ISO_8859_1);
        charset = charset(Gettext.field(header, "Content-Type"));
        continue;
      }
      String key = WholeText.decode(english, charset);
      Gettext.message(
          Gettext.field(header, "Language"),
          forms(key.substring(key.indexOf('\u0004') + 1)),
          forms(WholeText.decode(other, charset)),
          sink);
    }
  }

  private static List<String> forms(String text) {
    return Arrays.asList(text.split("\0", -1));
  }

  private static Charset charset(String contentType) {
    int at = contentType.indexOf("charset=");
    String name = at < 0 ? "" : contentType.substring(at + "charset=".length()).strip();
    return name.isEmpty() || name.equals("CHARSET")
        ? StandardCharsets.UTF_8
        : Charset.forName(name);
  }

  private static void checkTable(long length, long from, long count) {
    if (count < 0 || from < 0 || from + ENTRY * count > length) {
      throw wrongArgument(
          "a table must be within %d bytes, got %d entries at %d", length, count, from);
    }
  }

  private static byte[] string(ByteBuffer file, int entry) {
    long length = file.getInt(entry);
    long from = file.getInt(entry + 4);
    if (length < 0 || from < 0 || from + length > file.capacity()) {
      throw wrongArgument(
          "a text must be within %d bytes, got %d bytes at %d", file.capacity(), length, from);
    }
    byte[] bytes = new byte[(int) length];
    file.get((int) from, bytes);
    return bytes;
  }
}
