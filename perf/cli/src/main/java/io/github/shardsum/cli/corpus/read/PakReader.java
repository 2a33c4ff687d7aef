package io.github.shardsum.cli.corpus.read;

import static io.github.shardsum.measure.Texts.wrongArgument;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Chromium's packs of resources, versions 4 and 5: a header, entries of a number (16 bits) and an
 * offset (32 bits), one more of which ends the last text, then in version 5 aliases.
 */
record PakReader() implements TranslationReader.Keyed {
  private static final int ENTRY = 6;
  private static final int ALIAS = 4;

  private record Header(int count, int aliases, int entries, int encoding) {}

  @Override
  public Map<String, String> read(InputStream in) throws IOException {
    byte[] bytes = WholeText.bytes(in);
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    Header header = header(file);
    long end = header.entries() + ENTRY * (header.count() + 1L) + (long) ALIAS * header.aliases();
    if (header.count() < 0 || end > bytes.length) {
      throw wrongArgument(
          "entries must be within %d bytes, got %d entries and %d aliases",
          bytes.length, header.count(), header.aliases());
    }
    if (header.encoding() != 1 && header.encoding() != 2) {
      throw new IllegalArgumentException(
          "encoding must be 1 (UTF-8) or 2 (UTF-16), got " + header.encoding());
    }
    Map<String, String> texts = new HashMap<>();
    for (int i = 0; i < header.count(); i++) {
      int entry = header.entries() + ENTRY * i;
      texts.put(key(file, entry), text(file, entry, header.encoding()));
    }
    int aliases = header.entries() + ENTRY * (header.count() + 1);
    for (int i = 0; i < header.aliases(); i++) {
      int index = Short.toUnsignedInt(file.getShort(aliases + ALIAS * i + 2));
      if (index >= header.count()) {
        throw new IllegalArgumentException(
            "an alias must be of one of " + header.count() + " entries, got " + index);
      }
      texts.put(
          key(file, aliases + ALIAS * i),
          text(file, header.entries() + ENTRY * index, header.encoding()));
    }
    return texts;
  }

  private static Header header(ByteBuffer file) {
    int version = file.capacity() < 12 ? 0 : file.getInt(0);
    return switch (version) {
      case 4 -> new Header(file.getInt(4), 0, 9, file.get(8));
      case 5 ->
          new Header(
              Short.toUnsignedInt(file.getShort(8)),
              Short.toUnsignedInt(file.getShort(10)),
              12,
              file.get(4));
      default -> throw new IllegalArgumentException("version must be 4 or 5, got " + version);
    };
  }

  private static String key(ByteBuffer file, int entry) {
    return Integer.toString(Short.toUnsignedInt(file.getShort(entry)));
  }

  private static String text(ByteBuffer file, int entry, int encoding) {
    long from = Integer.toUnsignedLong(file.getInt(entry + 2));
    long to = Integer.toUnsignedLong(file.getInt(entry + ENTRY + 2));
    if (from > to || to > file.capacity()) {
      throw wrongArgument(
          "a text must be within %d bytes, got %d to %d", file.capacity(), from, to);
    }
    byte[] bytes = new byte[(int) (to - from)];
    file.get((int) from, bytes);
    // Images and scripts may be among the texts, and their bytes are no UTF-8.
    return new String(bytes, encoding == 1 ? StandardCharsets.UTF_8 : StandardCharsets.UTF_16LE);
  }
}
