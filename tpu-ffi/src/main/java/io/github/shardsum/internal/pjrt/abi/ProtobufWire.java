package io.github.shardsum.internal.pjrt.abi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The parts of the wire format of protocol buffers that compile options and shardings need. */
public final class ProtobufWire {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private ProtobufWire() {}

  /** Writes a message, with fields in any order. */
  public static final class Writer {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** An int32, int64, bool or enum field. */
    public Writer number(int field, long value) {
      varint(tag(field, VARINT));
      varint(value);
      return this;
    }

    /** A bool field; false, the default, is not written. */
    public Writer flag(int field, boolean value) {
      return value ? number(field, 1) : this;
    }

    /** A double field. */
    public Writer real(int field, double value) {
      varint(tag(field, FIXED64));
      long bits = Double.doubleToRawLongBits(value);
      for (int i = 0; i < Long.BYTES; i++) {
        out.write((int) (bits >>> (8 * i)));
      }
      return this;
    }

    /** A bytes, string or message field. */
    public Writer bytes(int field, byte[] value) {
      varint(tag(field, BYTES));
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    /** A string field. */
    public Writer text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A packed repeated integer field. */
    public Writer packed(int field, long[] values) {
      Writer inner = new Writer();
      for (long value : values) {
        inner.varint(value);
      }
      return bytes(field, inner.toBytes());
    }

    /** The message. */
    public byte[] toBytes() {
      return out.toByteArray();
    }

    private static long tag(int field, int wire) {
      return ((long) field << 3) | wire;
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        out.write((int) ((rest & 0x7F) | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }

  /**
   * One field of a message.
   *
   * @param field its number
   * @param number its value, if it is a number
   * @param bytes its value, if it is a string, message or packed list
   */
  public record Field(int field, long number, byte[] bytes) {
    /** The numbers of a repeated field, packed or not. */
    public long[] numbers() {
      if (bytes.length == 0) {
        return new long[] {number};
      }
      Reader reader = new Reader(bytes);
      List<Long> values = new ArrayList<>();
      while (reader.position < bytes.length) {
        values.add(reader.varint());
      }
      return values.stream().mapToLong(Long::longValue).toArray();
    }
  }

  /** The fields of a message in their order. */
  public static List<Field> read(byte[] message) {
    Reader reader = new Reader(message);
    List<Field> fields = new ArrayList<>();
    while (reader.position < message.length) {
      long tag = reader.varint();
      int field = (int) (tag >>> 3);
      fields.add(
          switch ((int) (tag & 7)) {
            case VARINT -> new Field(field, reader.varint(), new byte[0]);
            case FIXED64 -> new Field(field, reader.fixed(8), new byte[0]);
            case FIXED32 -> new Field(field, reader.fixed(4), new byte[0]);
            case BYTES -> new Field(field, 0, reader.bytes());
            default -> throw malformed();
          });
    }
    return fields;
  }

  private static IllegalArgumentException malformed() {
    return new IllegalArgumentException("protocol buffer: the message is malformed");
  }

  private static final class Reader {
    private final byte[] message;
    private int position;

    Reader(byte[] message) {
      this.message = message;
    }

    long varint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        byte next = next();
        value |= (long) (next & 0x7F) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw malformed();
    }

    long fixed(int size) {
      long value = 0;
      for (int i = 0; i < size; i++) {
        value |= (next() & 0xFFL) << (8 * i);
      }
      return value;
    }

    byte[] bytes() {
      long length = varint();
      if (length < 0 || length > message.length - position) {
        throw malformed();
      }
      byte[] bytes = Arrays.copyOfRange(message, position, position + (int) length);
      position += (int) length;
      return bytes;
    }

    private byte next() {
      if (position == message.length) {
        throw malformed();
      }
      return message[position++];
    }
  }
}
