package io.github.shardsum.io;

import io.github.shardsum.internal.io.ArrayNames;
import io.github.shardsum.internal.io.FileLocation;
import io.github.shardsum.internal.io.FileRange;
import io.github.shardsum.internal.io.GgufHeader;
import io.github.shardsum.internal.io.StoredArray;
import io.github.shardsum.internal.io.StoredType;
import io.github.shardsum.tensor.BlockFormat;
import io.github.shardsum.tensor.Blocks;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An open GGUF file (version 2 or 3): typed keys and named tensors, as ggml's programs read and
 * write them.
 *
 * <p>Opening checks the whole header. Counts, lengths and offsets must fit in the file, a key or
 * tensor has its name for itself, and each tensor of a format that is read must lie inside the
 * file. Split files are opened one by one.
 *
 * <p>F32 and the formats of {@link BlockFormat} are mapped without conversion. Tensors of other
 * formats are listed, but requesting one is an error.
 *
 * <p>Thread-safe. Tensors do not need the file to stay open; they live as long as their arena.
 */
public final class Gguf implements AutoCloseable {
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
    return info(name).format();
  }

  /**
   * One tensor in f32, mapped, with the cautions of {@link Npy#map}: elements of F32, {@link
   * Blocks} of every other format. Only F32 on a big-endian machine is copied into memory of the
   * arena.
   *
   * @param name its name
   * @param arena owns the memory
   * @return the tensor, read-only if mapped
   * @throws IllegalArgumentException if there is no such tensor
   * @throws TensorFileException if the tensor has a format that is not read
   * @throws IOException if the file cannot be read
   */
  public Tensor map(String name, Arena arena) throws IOException {
    checkFormat(name);
    GgufHeader.TensorInfo info = info(name);
    Optional<BlockFormat> format = info.blocks();
    if (format.isPresent()) {
      long bytes = info.shape().elementCount() / format.get().elements() * format.get().bytes();
      return Tensor.of(
          new Blocks(format.get(), file.map(info.start(), bytes, arena)), info.shape().toArray());
    }
    StoredArray array =
        new StoredArray(StoredType.F32, ByteOrder.LITTLE_ENDIAN, info.shape(), false);
    return array.isMappable()
        ? array.over(file.map(info.start(), array.byteSize(), arena))
        : array.toArena(file.from(info.start()), arena);
  }

  /**
   * Checks that a tensor has a format that is read, without reading it.
   *
   * @param name its name
   * @throws IllegalArgumentException if there is no such tensor
   * @throws TensorFileException if {@link #map} would refuse its format
   */
  public void checkFormat(String name) {
    GgufHeader.TensorInfo info = info(name);
    if (!info.isF32() && info.blocks().isEmpty()) {
      throw file.place()
          .broken(
              "expected a format of F32 or "
                  + Arrays.toString(BlockFormat.values())
                  + " for tensor "
                  + FileLocation.quote(name),
              info.entry(),
              info.format());
    }
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
