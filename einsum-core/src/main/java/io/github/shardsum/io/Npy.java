package io.github.shardsum.io;

import io.github.shardsum.internal.io.AtomicFile;
import io.github.shardsum.internal.io.ByteSource;
import io.github.shardsum.internal.io.FileRange;
import io.github.shardsum.internal.io.NpyHeader;
import io.github.shardsum.internal.io.StoredArray;
import io.github.shardsum.internal.io.TensorBytes;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * NumPy's {@code .npy} files, one array each.
 *
 * <p><b>Reading</b> accepts versions 1.0, 2.0 and 3.0, C and Fortran order, both byte orders, and
 * these dtypes:
 *
 * <table>
 * <caption>dtypes of .npy files</caption>
 * <tr><th>NumPy</th><th>here</th><th></th></tr>
 * <tr><td>f4, f8, i4, i8, b1</td><td>f32, f64, i32, i64, bool</td><td>as they are</td></tr>
 * <tr><td>V2 (written by numpy.save for ml_dtypes' bfloat16), bfloat16</td><td>bf16</td><td>as they
 *     are</td></tr>
 * <tr><td>f2</td><td>f32</td><td>widened, a copy</td></tr>
 * <tr><td>i1, i2, u1, u2</td><td>i32</td><td>widened, a copy</td></tr>
 * <tr><td>u4</td><td>i64</td><td>widened, a copy</td></tr>
 * </table>
 *
 * Everything else (u8, complex, strings, times, structures, Python objects) is an error; pickles
 * are never read. Bytes behind the array are ignored, as by numpy.load.
 *
 * <p><b>Writing</b> produces version 1.0 (2.0 if the header has more than 65535 bytes), C order,
 * little-endian, with the data aligned to 64 bytes. bf16 is written as {@code '<V2'}, as numpy.save
 * does; {@code numpy.load(f).view(ml_dtypes.bfloat16)} restores it.
 *
 * <p>Stateless and thread-safe.
 */
public final class Npy {
  private Npy() {}

  /**
   * The array of a file. It is mapped if the machine can use its bytes as they are, and otherwise
   * converted into memory of the arena. An array in Fortran order is a view with its strides.
   *
   * <p>A mapped tensor is read-only and shows later changes of the file. If the file is truncated
   * while it is mapped, reading it throws an {@link InternalError}. If it is replaced by a rename,
   * as {@link #write} does, the mapped array keeps the old contents.
   *
   * @param path the file
   * @param arena owns the memory; the tensor must not be used after the arena is closed
   * @return the tensor
   * @throws TensorFileException if the file breaks a rule of the format or has a dtype that is not
   *     read; nothing is then mapped or allocated
   * @throws IOException if the file cannot be read, or is a folder, a pipe or a device
   */
  public static Tensor map(Path path, Arena arena) throws IOException {
    try (FileChannel channel = FileRange.open(path)) {
      return map(FileRange.whole(path, channel), arena);
    }
  }

  /** The array that a region of a file starts with. */
  static Tensor map(FileRange region, Arena arena) throws IOException {
    ByteSource source = region.from(0);
    NpyHeader header = NpyHeader.read(region.place(), source, region.size());
    StoredArray array = header.array();
    return array.isMappable()
        ? array.over(region.map(header.dataOffset(), array.byteSize(), arena))
        : array.toArena(source, arena);
  }

  /**
   * The array of a file, copied to the heap. An array in Fortran order is a view with its strides.
   *
   * @param path the file
   * @return a fresh tensor
   * @throws TensorFileException as {@link #map}
   * @throws IllegalArgumentException if the elements do not fit in one Java array
   * @throws IOException as {@link #map}
   */
  public static Tensor read(Path path) throws IOException {
    try (FileChannel channel = FileRange.open(path)) {
      FileRange region = FileRange.whole(path, channel);
      ByteSource source = region.from(0);
      return NpyHeader.read(region.place(), source, region.size())
          .array()
          .toHeap(source, region.place());
    }
  }

  /**
   * Writes a tensor, whole or not at all: an existing file is replaced in one step at the end, or
   * stays unchanged. The bytes are forced to the device before the replacement, so a power cut
   * leaves the old file or the new one. Until the end they are in a hidden file of the same folder,
   * {@code .shardsum-*.part}, which is deleted when the write fails or the JVM ends; only a JVM
   * that is killed leaves it.
   *
   * @param path the file; its folder exists
   * @param tensor any tensor; its elements are written in C order
   * @throws IOException if the file cannot be written
   */
  public static void write(Path path, Tensor tensor) throws IOException {
    AtomicFile.write(
        path,
        channel -> {
          byte[] header = NpyHeader.format(tensor.dtype(), tensor.shape());
          AtomicFile.append(channel, ByteBuffer.wrap(header));
          try (TensorBytes bytes = new TensorBytes(block -> AtomicFile.append(channel, block))) {
            bytes.write(tensor);
          }
        });
  }
}
