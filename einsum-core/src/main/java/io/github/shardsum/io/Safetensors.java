package io.github.shardsum.io;

import io.github.shardsum.internal.io.ArrayNames;
import io.github.shardsum.internal.io.AtomicFile;
import io.github.shardsum.internal.io.FileLocation;
import io.github.shardsum.internal.io.FileRange;
import io.github.shardsum.internal.io.SafetensorsHeader;
import io.github.shardsum.internal.io.SafetensorsInfo;
import io.github.shardsum.internal.io.StoredArray;
import io.github.shardsum.internal.io.StoredType;
import io.github.shardsum.internal.io.TensorBytes;
import io.github.shardsum.tensor.BlockFormat;
import io.github.shardsum.tensor.Blocks;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An open safetensors file: named tensors behind a JSON header, as Hugging Face's library reads and
 * writes them.
 *
 * <p>Opening checks the whole header. It must be at most 100 MB long, inside the file, and strict
 * JSON without duplicate or unknown keys. The tensors must follow one another up to the end of the
 * file, without gaps or overlap. Each must have exactly the bytes that its dtype and shape require.
 *
 * <p><b>Reading</b> F32, F64, BF16, I32, I64 and BOOL needs no conversion. A widened copy is made
 * of F16 (f32), of I8, I16, U8 and U16 (i32), and of U32 (i64). Tensors of other dtypes of the
 * format (U64, C64, F8 and narrower) are listed, but requesting one is an error.
 *
 * <p><b>Writing</b> uses the order of the reference implementation: widest dtypes first, then by
 * name. The header is padded to 8 bytes, so each tensor is aligned to its element size.
 *
 * <p>Thread-safe. Tensors do not need the file to stay open; mapped ones live as long as their
 * arena.
 */
public final class Safetensors implements AutoCloseable {
  /**
   * The reference implementation's order of dtypes, widest first, so that equal tensors give equal
   * files.
   */
  private static final List<DType> ORDER =
      List.of(DType.I64, DType.F64, DType.F32, DType.I32, DType.BF16, DType.BOOL);

  private final FileChannel channel;
  private final FileRange file;
  private final SafetensorsHeader header;

  private Safetensors(FileChannel channel, FileRange file, SafetensorsHeader header) {
    this.channel = channel;
    this.file = file;
    this.header = header;
  }

  /**
   * Opens a file and checks its header.
   *
   * @param path the file
   * @return the open file, to be closed
   * @throws TensorFileException if the header breaks a rule of the format
   * @throws IOException if the file cannot be read, or is a folder, a pipe or a device
   */
  public static Safetensors open(Path path) throws IOException {
    FileChannel channel = FileRange.open(path);
    try {
      FileRange file = FileRange.whole(path, channel);
      return new Safetensors(channel, file, SafetensorsHeader.read(file));
    } catch (Throwable failed) {
      channel.close();
      throw failed;
    }
  }

  /**
   * The names of the tensors, in the order of their bytes.
   *
   * @return a fresh list
   */
  public List<String> names() {
    return new ArrayList<>(header.tensors().keySet());
  }

  /**
   * The free text that came with the tensors ({@code __metadata__}).
   *
   * @return an unmodifiable map, empty if there is none
   */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  /**
   * The shape of a tensor.
   *
   * @param name its name
   * @return the shape
   * @throws IllegalArgumentException if there is no such tensor
   */
  public Shape shape(String name) {
    return info(name).shape();
  }

  /**
   * The dtype of a tensor after reading.
   *
   * @param name its name
   * @return the dtype
   * @throws IllegalArgumentException if there is no such tensor
   * @throws TensorFileException if the tensor has a dtype that cannot be read
   */
  public DType dtype(String name) {
    return array(info(name)).type().dtype();
  }

  /**
   * One tensor, mapped where the machine can use its bytes as they are, otherwise converted into
   * memory of the arena; with the cautions of {@link Npy#map}.
   *
   * @param name its name
   * @param arena owns the memory
   * @return the tensor, read-only if mapped
   * @throws IllegalArgumentException if there is no such tensor
   * @throws TensorFileException if the tensor has a dtype that cannot be read
   * @throws IOException if the file cannot be read
   */
  public Tensor map(String name, Arena arena) throws IOException {
    SafetensorsInfo info = info(name);
    StoredArray array = array(info);
    long offset = header.dataOffset() + info.start();
    return array.isMappable()
        ? array.over(file.map(offset, array.byteSize(), arena))
        : array.toArena(file.from(offset), arena);
  }

  /**
   * One tensor of F32, F16 or BF16 in f32, mapped: elements of F32, {@link Blocks} of the halves.
   *
   * @param name its name
   * @param arena owns the memory
   * @return the tensor, read-only if mapped
   * @throws IllegalArgumentException if there is no such tensor
   * @throws TensorFileException if the tensor has another dtype
   * @throws IOException if the file cannot be read
   */
  public Tensor mapF32(String name, Arena arena) throws IOException {
    SafetensorsInfo info = info(name);
    if (info.dtype().equals("F32")) {
      return map(name, arena);
    }
    if (!info.dtype().equals("F16") && !info.dtype().equals("BF16")) {
      throw file.place()
          .broken(
              "expected a dtype of F32, F16 or BF16 for tensor " + FileLocation.quote(name),
              info.offset(),
              info.dtype());
    }
    MemorySegment bytes =
        file.map(header.dataOffset() + info.start(), info.end() - info.start(), arena);
    Blocks blocks = new Blocks(BlockFormat.valueOf(info.dtype()), bytes);
    return Tensor.of(blocks, info.shape().toArray());
  }

  /**
   * One tensor, copied to the heap.
   *
   * @param name its name
   * @return a fresh tensor
   * @throws IllegalArgumentException if there is no such tensor, or it does not fit in a Java array
   * @throws TensorFileException if the tensor has a dtype that cannot be read
   * @throws IOException if the file cannot be read
   */
  public Tensor read(String name) throws IOException {
    SafetensorsInfo info = info(name);
    long offset = header.dataOffset() + info.start();
    return array(info).toHeap(file.from(offset), file.place());
  }

  private SafetensorsInfo info(String name) {
    SafetensorsInfo info = header.tensors().get(name);
    if (info == null) {
      throw ArrayNames.missing(file.place(), names(), name);
    }
    return info;
  }

  private StoredArray array(SafetensorsInfo info) {
    StoredType type =
        info.type()
            .orElseThrow(
                () ->
                    file.place()
                        .broken(
                            "expected a dtype of F64, F32, F16, BF16, I64, I32, I16, I8, U32, U16, U8 or"
                                + " BOOL for tensor "
                                + FileLocation.quote(info.name()),
                            info.offset(),
                            info.dtype()));
    return new StoredArray(type, ByteOrder.LITTLE_ENDIAN, info.shape(), false);
  }

  /**
   * Writes tensors to a file, whole or not at all, as {@link Npy#write} does.
   *
   * @param path the file; its folder exists
   * @param tensors the tensors by name; each is written in C order
   * @param metadata free text to go with them, empty for none
   * @throws IllegalArgumentException if a name is empty or {@code __metadata__}
   * @throws IOException if the file cannot be written
   */
  public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    Map<String, Tensor> named = ArrayNames.checked(tensors, "safetensors", Integer.MAX_VALUE);
    if (named.containsKey(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "safetensors: expected a name other than " + SafetensorsHeader.METADATA);
    }
    List<Map.Entry<String, Tensor>> ordered = new ArrayList<>(named.entrySet());
    ordered.sort(
        Comparator.<Map.Entry<String, Tensor>>comparingInt(
                entry -> ORDER.indexOf(entry.getValue().dtype()))
            .thenComparing((x, y) -> Arrays.compareUnsigned(utf8(x.getKey()), utf8(y.getKey()))));
    byte[] text = utf8(json(ordered, metadata));
    AtomicFile.write(
        path,
        channel -> {
          AtomicFile.append(channel, prefixed(text));
          try (TensorBytes bytes = new TensorBytes(block -> AtomicFile.append(channel, block))) {
            for (Map.Entry<String, Tensor> entry : ordered) {
              bytes.write(entry.getValue());
            }
          }
        });
  }

  private static byte[] utf8(String text) {
    return ArrayNames.utf8(text, "safetensors");
  }

  private static ByteBuffer prefixed(byte[] text) {
    byte[] padding = " ".repeat(Math.floorMod(-text.length, 8)).getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(8 + text.length + padding.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong((long) text.length + padding.length)
        .put(text)
        .put(padding)
        .flip();
  }

  private static String json(
      List<Map.Entry<String, Tensor>> tensors, Map<String, String> metadata) {
    List<String> members = new ArrayList<>();
    if (!metadata.isEmpty()) {
      List<String> texts = new ArrayList<>();
      metadata.forEach((key, value) -> texts.add(quoted(key) + ":" + quoted(value)));
      members.add(quoted(SafetensorsHeader.METADATA) + ":{" + String.join(",", texts) + "}");
    }
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors) {
      Tensor tensor = entry.getValue();
      long end = Math.addExact(offset, TensorBytes.byteSize(tensor));
      members.add(
          String.format(
              Locale.ROOT,
              "%s:{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
              quoted(entry.getKey()),
              tensor.dtype().name(),
              tensor.shape().toString().replace(" ", ""),
              offset,
              end));
      offset = end;
    }
    return "{" + String.join(",", members) + "}";
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\b' -> quoted.append("\\b");
        case '\f' -> quoted.append("\\f");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default ->
            quoted.append(
                c < ' ' ? String.format(Locale.ROOT, "\\u%04x", (int) c) : String.valueOf(c));
      }
    }
    return quoted.append('"').toString();
  }

  /** Closes the file; tensors that were read or mapped stay. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** The file and its tensors' names. */
  @Override
  public String toString() {
    return file.place() + " " + ArrayNames.list(names());
  }
}
