package io.github.shardsum.internal.io;

import io.github.shardsum.tensor.BlockFormat;
import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The header of a GGUF file, checked against the size of the file: no count in it makes the reader
 * allocate for more than the bytes that follow.
 *
 * @param metadata the keys with their values, which are Boolean, Long, Double, String or a list of
 *     one of these
 * @param tensors the tensors by name, in the file's order
 */
public record GgufHeader(Map<String, Object> metadata, Map<String, TensorInfo> tensors) {
  private static final String MAGIC = "GGUF";
  private static final String ALIGNMENT = "general.alignment";
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** ggml's names of formats by number; "-" where there is none. */
  private static final List<String> FORMATS =
      List.of(
          ("F32 F16 Q4_0 Q4_1 - - Q5_0 Q5_1 Q8_0 Q8_1 Q2_K Q3_K Q4_K Q5_K Q6_K Q8_K IQ2_XXS IQ2_XS"
                  + " IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ2_S IQ4_XS I8 I16 I32 I64 F64 IQ1_M BF16 - - -"
                  + " TQ1_0 TQ2_0 - - - MXFP4 NVFP4")
              .split(" "));

  /** Bytes of the types of values, by number; a string and an array begin with their length. */
  private static final int[] SIZES = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

  /**
   * A tensor of the file.
   *
   * @param number ggml's number of its format
   * @param shape outermost size first
   * @param start its first byte in the file
   * @param entry the position of its entry in the header
   */
  public record TensorInfo(String name, long number, Shape shape, long start, long entry) {
    /** ggml's name of the format. */
    public String format() {
      return number >= 0 && number < FORMATS.size() && !FORMATS.get((int) number).equals("-")
          ? FORMATS.get((int) number)
          : "format " + Long.toUnsignedString(number);
    }

    /** Whether the elements are plain f32. */
    public boolean isF32() {
      return number == 0;
    }

    /** The format of blocks that are read; empty for others and for plain f32. */
    public Optional<BlockFormat> blocks() {
      String name = format();
      return Arrays.stream(BlockFormat.values())
          .filter(format -> format.name().equals(name))
          .findFirst();
    }
  }

  /** Reads and checks a header. */
  public static GgufHeader read(FileRange file) throws IOException {
    Reader reader = new Reader(file);
    byte[] magic = reader.bytes(4);
    if (!new String(magic, StandardCharsets.ISO_8859_1).equals(MAGIC)) {
      throw reader.broken("expected the letters GGUF", 0, hex(magic));
    }
    long version = reader.unsigned32();
    if (version != 2 && version != 3) {
      throw reader.broken("expected version 2 or 3 of GGUF", 4, version);
    }
    long tensorCount = reader.count("tensors", 24);
    long keyCount = reader.count("keys", 13);
    Map<String, Object> metadata = new LinkedHashMap<>();
    for (long i = 0; i < keyCount; i++) {
      long at = reader.position();
      String key = reader.string();
      Object value = reader.value((int) reader.unsigned32());
      if (metadata.put(key, value) != null) {
        throw reader.broken("expected each key once", at, FileLocation.quote(key));
      }
    }
    List<TensorInfo> relative = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      relative.add(reader.tensor());
    }
    long alignment = alignment(reader, metadata);
    long start = (reader.position() + alignment - 1) / alignment * alignment;
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (TensorInfo info : relative) {
      TensorInfo placed = placed(reader, info, start, alignment);
      if (tensors.put(info.name(), placed) != null) {
        throw reader.broken(
            "expected each tensor once", info.entry(), FileLocation.quote(info.name()));
      }
    }
    return new GgufHeader(
        Collections.unmodifiableMap(metadata), Collections.unmodifiableMap(tensors));
  }

  private static String hex(byte[] bytes) {
    return FileLocation.quote(new String(bytes, StandardCharsets.ISO_8859_1));
  }

  private static long alignment(Reader reader, Map<String, Object> metadata) {
    Object alignment = metadata.getOrDefault(ALIGNMENT, 32L);
    if (!(alignment instanceof Long bytes && Long.bitCount(bytes) == 1 && bytes <= 1 << 20)) {
      throw reader.broken(
          "expected a power of two up to 2^20 for " + ALIGNMENT, reader.position(), alignment);
    }
    return bytes;
  }

  /** The tensor with its place in the file, inside of which a tensor of a known format must be. */
  private static TensorInfo placed(Reader reader, TensorInfo info, long start, long alignment) {
    String name = FileLocation.quote(info.name());
    long offset = info.start();
    long size = reader.file.size();
    if (offset < 0 || offset % alignment != 0 || start > size || offset > size - start) {
      throw reader.broken(
          "expected an offset inside the file for tensor " + name + ", a multiple of " + alignment,
          info.entry(),
          Long.toUnsignedString(offset));
    }
    long left = size - start - offset;
    if (info.isF32()) {
      checkBlocks(reader, info, 1, Float.BYTES, left);
    }
    info.blocks().ifPresent(of -> checkBlocks(reader, info, of.elements(), of.bytes(), left));
    return new TensorInfo(info.name(), info.number(), info.shape(), start + offset, info.entry());
  }

  private static void checkBlocks(
      Reader reader, TensorInfo info, int elements, int bytes, long left) {
    Shape shape = info.shape();
    String name = FileLocation.quote(info.name());
    long row = shape.rank() == 0 ? 1 : shape.size(-1);
    if (row % elements != 0) {
      throw reader.broken(
          "expected rows of a multiple of " + elements + " elements for tensor " + name,
          info.entry(),
          shape);
    }
    long blocks = shape.elementCount() / elements;
    if (blocks > left / bytes) {
      throw reader.broken(
          "expected " + blocks + " blocks of " + info.format() + " for tensor " + name,
          info.entry(),
          left + " bytes");
    }
  }

  /** Values in sequence, through a buffer. */
  private static final class Reader {
    private final FileRange file;
    private final ByteBuffer buffer =
        ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN).limit(0);

    /** The byte of the file behind the buffer's. */
    private long end;

    Reader(FileRange file) {
      this.file = file;
    }

    long position() {
      return end - buffer.remaining();
    }

    RuntimeException broken(String rule, long at, Object found) {
      return file.place().broken(rule, at, found);
    }

    /** Makes the next bytes, at most as many as the buffer has, available. */
    private ByteBuffer next(int bytes) throws IOException {
      if (buffer.remaining() < bytes) {
        long left = file.size() - position();
        if (bytes > left) {
          throw broken("expected " + bytes + " more bytes", position(), left + " bytes");
        }
        buffer.compact();
        buffer.limit((int) Math.min(buffer.capacity(), left));
        int read = buffer.remaining();
        file.from(end).read(buffer);
        end += read;
        buffer.flip();
      }
      return buffer;
    }

    byte[] bytes(int length) throws IOException {
      if (length > buffer.capacity()) {
        byte[] bytes = file.bytes(position(), length);
        end = position() + length;
        buffer.limit(0);
        return bytes;
      }
      byte[] bytes = new byte[length];
      next(length).get(bytes);
      return bytes;
    }

    long unsigned32() throws IOException {
      return Integer.toUnsignedLong(next(4).getInt());
    }

    long signed64() throws IOException {
      return next(8).getLong();
    }

    /** A number of things that take some bytes each, which the rest of the file must hold. */
    long count(String things, int bytesOfEach) throws IOException {
      long at = position();
      long count = signed64();
      long most = (file.size() - position()) / bytesOfEach;
      if (count < 0 || count > most) {
        throw broken("expected at most " + most + " " + things, at, Long.toUnsignedString(count));
      }
      return count;
    }

    String string() throws IOException {
      long at = position();
      long length = count("bytes", 1);
      if (length > Shape.LONGEST_ARRAY) {
        throw broken("expected a string below 2 GiB", at, length + " bytes");
      }
      return new String(bytes((int) length), StandardCharsets.UTF_8);
    }

    Object value(int type) throws IOException {
      if (type != ARRAY) {
        return scalar(type);
      }
      long at = position();
      int of = (int) unsigned32();
      if (of < 0 || of >= SIZES.length || of == ARRAY) {
        throw broken("expected an array of numbers, truth values or strings", at, "type " + of);
      }
      long count = count("elements", SIZES[of]);
      List<Object> values = new ArrayList<>();
      for (long i = 0; i < count; i++) {
        values.add(scalar(of));
      }
      return Collections.unmodifiableList(values);
    }

    private Object scalar(int type) throws IOException {
      long at = position();
      return switch (type) {
        case 0 -> (long) (next(1).get() & 0xff);
        case 1 -> (long) next(1).get();
        case 2 -> (long) (next(2).getShort() & 0xffff);
        case 3 -> (long) next(2).getShort();
        case 4 -> unsigned32();
        case 5 -> (long) next(4).getInt();
        case 6 -> (double) next(4).getFloat();
        case 7 -> next(1).get() != 0;
        case STRING -> string();
        case 10 -> {
          long value = signed64();
          if (value < 0) {
            throw broken("expected an integer below 2^63", at, Long.toUnsignedString(value));
          }
          yield value;
        }
        case 11 -> signed64();
        case 12 -> next(8).getDouble();
        default ->
            throw broken(
                "expected a type of value from 0 to 12", at, Integer.toUnsignedString(type));
      };
    }

    /** A tensor's entry; its start counts from the start of the data. */
    TensorInfo tensor() throws IOException {
      long at = position();
      String name = string();
      long rank = unsigned32();
      if (rank > 4) {
        throw broken("expected at most 4 axes for " + FileLocation.quote(name), at, rank);
      }
      long[] sizes = new long[(int) rank];
      for (int axis = sizes.length - 1; axis >= 0; axis--) {
        sizes[axis] = signed64();
      }
      Shape shape;
      try {
        shape = Shape.of(sizes);
      } catch (IllegalArgumentException unusable) {
        throw broken(
            "expected a shape for " + FileLocation.quote(name),
            at,
            String.valueOf(unusable.getMessage()));
      }
      long number = unsigned32();
      return new TensorInfo(name, number, shape, signed64(), at);
    }
  }
}
