package io.github.shardsum.io;

import io.github.shardsum.internal.io.ArrayNames;
import io.github.shardsum.internal.io.FileLocation;
import io.github.shardsum.internal.io.FileRange;
import io.github.shardsum.internal.io.GgufHeader;
import io.github.shardsum.internal.io.GgufType;
import io.github.shardsum.internal.io.StoredArray;
import io.github.shardsum.internal.io.StoredType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * An open GGUF file (version 2 or 3): typed keys and named tensors, as ggml's programs read and
 * write them.
 *
 * <p>Opening checks the whole header. Counts, lengths and offsets must fit in the file, a key or
 * tensor has its name for itself, and each tensor of a format that is read must lie inside the
 * file. Split files are opened one by one.
 *
 * <p>F32 and BF16 are mapped without conversion. F16, Q4_0, Q5_0, Q8_0, Q4_K, Q6_K and MXFP4 are
 * converted to f32, with the values of ggml's dequantisation to the bit. Tensors of other formats
 * are listed, but requesting one is an error.
 *
 * <p>Thread-safe. Tensors do not need the file to stay open; they live as long as their arena.
 */
public final class Gguf implements AutoCloseable {
  /** Bytes of blocks that are decoded at once. */
  private static final int CHUNK = 1 << 16;

  private final FileChannel channel;
  private final FileRange file;
  private final GgufHeader header;

  private Gguf(FileChannel channel, FileRange file, GgufHeader header) {
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
  public static Gguf open(Path path) throws IOException {
    FileChannel channel = FileRange.open(path);
    try {
      FileRange file = FileRange.whole(path, channel);
      return new Gguf(channel, file, GgufHeader.read(file));
    } catch (Throwable failed) {
      channel.close();
      throw failed;
    }
  }

  /**
   * The names of the tensors, in the order of the header.
   *
   * @return a fresh list
   */
  public List<String> names() {
    return new ArrayList<>(header.tensors().keySet());
  }

  /**
   * The keys and their values. A value is a Boolean, Long, Double or String, or a list of one of
   * these.
   *
   * @return an unmodifiable map, in the order of the file
   */
  public Map<String, Object> metadata() {
    return header.metadata();
  }

  /**
   * The shape of a tensor.
   *
   * @param name its name
   * @return the shape, with the innermost axis last; the file has it first
   * @throws IllegalArgumentException if there is no such tensor
   */
  public Shape shape(String name) {
    return info(name).shape();
  }

  /**
   * The format of a tensor's elements in the file.
   *
   * @param name its name
   * @return ggml's name of the format, such as {@code Q8_0}
   * @throws IllegalArgumentException if there is no such tensor
   */
  public String format(String name) {
    return GgufType.nameOf(info(name).number());
  }

  /**
   * One tensor: F32 and BF16 mapped where the machine can use their bytes as they are, with the
   * cautions of {@link Npy#map}; other formats converted to f32 in memory of the arena.
   *
   * @param name its name
   * @param arena owns the memory
   * @return the tensor, f32 or bf16, read-only if mapped
   * @throws IllegalArgumentException if there is no such tensor
   * @throws TensorFileException if the tensor has a format that is not read
   * @throws IOException if the file cannot be read
   */
  public Tensor map(String name, Arena arena) throws IOException {
    GgufHeader.TensorInfo info = info(name);
    GgufType type = type(name);
    return switch (type) {
      case F32 -> plain(StoredType.F32, info, arena);
      case F16 -> plain(StoredType.F16, info, arena);
      case BF16 -> plain(StoredType.BF16, info, arena);
      case Q4_0, Q5_0, Q8_0, Q4_K, Q6_K, MXFP4 -> decoded(type, info, arena);
    };
  }

  /**
   * Checks that a tensor has a format that is read, without reading it.
   *
   * @param name its name
   * @throws IllegalArgumentException if there is no such tensor
   * @throws TensorFileException if {@link #map} would refuse its format
   */
  public void checkFormat(String name) {
    type(name);
  }

  private GgufType type(String name) {
    GgufHeader.TensorInfo info = info(name);
    return GgufType.of(info.number())
        .orElseThrow(
            () ->
                file.place()
                    .broken(
                        "expected a format of "
                            + Arrays.toString(GgufType.values())
                            + " for tensor "
                            + FileLocation.quote(name),
                        info.entry(),
                        format(name)));
  }

  private Tensor plain(StoredType type, GgufHeader.TensorInfo info, Arena arena)
      throws IOException {
    StoredArray array = new StoredArray(type, ByteOrder.LITTLE_ENDIAN, info.shape(), false);
    return array.isMappable()
        ? array.over(file.map(info.start(), array.byteSize(), arena))
        : array.toArena(file.from(info.start()), arena);
  }

  private Tensor decoded(GgufType type, GgufHeader.TensorInfo info, Arena arena)
      throws IOException {
    Tensor target = Tensor.allocate(arena, DType.F32, info.shape());
    MemorySegment to = target.segment();
    int most = CHUNK / type.bytes();
    ByteBuffer bytes = ByteBuffer.allocate(most * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[most * type.elements()];
    var source = file.from(info.start());
    long blocks = info.shape().elementCount() / type.elements();
    for (long done = 0; done < blocks; ) {
      int count = (int) Math.min(most, blocks - done);
      source.read(bytes.clear().limit(count * type.bytes()));
      for (int block = 0; block < count; block++) {
        type.decode(bytes, block * type.bytes(), values, block * type.elements());
      }
      MemorySegment.copy(
          values,
          0,
          to,
          ValueLayout.JAVA_FLOAT,
          done * type.elements() * Float.BYTES,
          count * type.elements());
      done += count;
    }
    return target;
  }

  private GgufHeader.TensorInfo info(String name) {
    GgufHeader.TensorInfo info = header.tensors().get(name);
    if (info == null) {
      throw ArrayNames.missing(file.place(), names(), name);
    }
    return info;
  }

  /** Closes the file; tensors that were mapped stay. */
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
