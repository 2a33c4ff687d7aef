package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.NamedValues;
import io.github.shardsum.pjrt.PjrtException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * A serialized program with a header: a mark, a checksum and the writer. Plugins end the process on
 * damaged bytes, and may accept bytes of another build.
 */
public final class SerializedProgram {
  private static final byte[] MARK = "shardsum-pjrt-1\n".getBytes(StandardCharsets.US_ASCII);
  private static final int CHECKED_FROM = MARK.length + Integer.BYTES;

  private SerializedProgram() {}

  /** The versions of a plugin, as far as the plugin reports them. */
  public static String maker(Api api) {
    String attributes;
    try {
      attributes = new TreeMap<>(NamedValues.attributes(api)).toString();
    } catch (PjrtException e) {
      attributes = "";
    }
    return "PJRT API 0." + api.minor() + " " + attributes;
  }

  public static byte[] around(byte[] program, String maker) {
    byte[] name = maker.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all =
        ByteBuffer.allocate(CHECKED_FROM + Integer.BYTES + name.length + program.length);
    all.put(MARK).putInt(0).putInt(name.length).put(name).put(program);
    return all.putInt(MARK.length, checksum(all.array())).array();
  }

  private static int checksum(byte[] all) {
    CRC32C sum = new CRC32C();
    sum.update(all, CHECKED_FROM, all.length - CHECKED_FROM);
    return (int) sum.getValue();
  }

  /**
   * Reads the program without the header.
   *
   * @throws IllegalArgumentException if the bytes are damaged, or another plugin wrote them
   */
  public static byte[] open(byte[] all, String reader) {
    int head = CHECKED_FROM + Integer.BYTES;
    if (Objects.requireNonNull(all, "serialized").length < head
        || !Arrays.equals(all, 0, MARK.length, MARK, 0, MARK.length)) {
      throw refused("expected bytes of PjrtExecutable.serialize, got %d other bytes", all.length);
    }
    ByteBuffer buffer = ByteBuffer.wrap(all);
    int length = buffer.getInt(CHECKED_FROM);
    if (buffer.getInt(MARK.length) != checksum(all) || length < 0 || length > all.length - head) {
      throw refused("its checksum is wrong: the bytes are damaged or cut short; write it anew");
    }
    String maker = new String(all, head, length, StandardCharsets.UTF_8);
    if (!maker.equals(reader)) {
      throw refused("%s wrote it, this plugin is %s; compile it again", maker, reader);
    }
    return Arrays.copyOfRange(all, head + length, all.length);
  }

  private static IllegalArgumentException refused(String why, Object... arguments) {
    return new IllegalArgumentException(
        "serialized program: " + String.format(Locale.ROOT, why, arguments));
  }
}
