package io.github.shardsum.io;

import io.github.shardsum.internal.io.ArrayNames;
import io.github.shardsum.internal.io.AtomicFile;
import io.github.shardsum.internal.io.ByteSource;
import io.github.shardsum.internal.io.ChecksummedSource;
import io.github.shardsum.internal.io.FileLocation;
import io.github.shardsum.internal.io.FileRange;
import io.github.shardsum.internal.io.InflatedSource;
import io.github.shardsum.internal.io.NpyHeader;
import io.github.shardsum.internal.io.StoredArray;
import io.github.shardsum.internal.io.ZipDirectory;
import io.github.shardsum.internal.io.ZipEntry;
import io.github.shardsum.internal.io.ZipFormat;
import io.github.shardsum.internal.io.ZipWriter;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An open NumPy {@code .npz} archive: a zip (zip64 included) of {@code .npy} arrays. An array is
 * read when it is requested.
 *
 * <p>Entries are stored (numpy.savez) or deflated (numpy.savez_compressed). Headers and dtypes are
 * those that {@link Npy} reads. An entry is inflated once through a small buffer, and its size and
 * checksum checked, before memory for it is allocated; so an archive with wrong sizes allocates
 * nothing. An archive with right sizes may still be a zip bomb, so an entry that inflates to more
 * than the limit and more than 100 times its own size is refused.
 *
 * <p>Thread-safe. Tensors do not need the archive to stay open; mapped ones live as long as their
 * arena.
 */
public final class Npz implements AutoCloseable {
  private static final long DEFAULT_LIMIT = 1L << 30;

  /** Largest ratio of inflated to deflated size; only nearly constant arrays exceed it. */
  private static final long RATIO = 100;

  private static final String SUFFIX = ".npy";

  private final FileChannel channel;
  private final FileRange file;
  private final Map<String, ZipEntry> entries;
  private final long limit;

  private Npz(FileChannel channel, FileRange file, Map<String, ZipEntry> entries, long limit) {
    this.channel = channel;
    this.file = file;
    this.entries = entries;
    this.limit = limit;
  }

  /**
   * Opens an archive and reads its directory. Later, an entry is refused if it inflates to more
   * than 1 GiB and to more than 100 times its deflated size.
   *
   * @param path the file
   * @return the archive, to be closed
   * @throws TensorFileException if the directory breaks a rule of the format
   * @throws IOException if the file cannot be read, or is a folder, a pipe or a device
   */
  public static Npz open(Path path) throws IOException {
    return open(path, DEFAULT_LIMIT);
  }

  /**
   * As {@link #open(Path)}, with another limit than 1 GiB.
   *
   * @param path the file
   * @param limit the most bytes to which an entry may be inflated
   * @return the archive, to be closed
   * @throws TensorFileException if the directory breaks a rule of the format
   * @throws IOException if the file cannot be read, or is a folder, a pipe or a device
   */
  public static Npz open(Path path, long limit) throws IOException {
    FileChannel channel = FileRange.open(path);
    try {
      FileRange file = FileRange.whole(path, channel);
      return new Npz(channel, file, ZipDirectory.read(file), limit);
    } catch (Throwable failed) {
      channel.close();
      throw failed;
    }
  }

  /**
   * The names of the arrays, without the suffix {@code .npy}, in the archive's order. Other entries
   * are left out.
   *
   * @return a fresh list
   */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (String name : entries.keySet()) {
      if (name.endsWith(SUFFIX)) {
        names.add(name.substring(0, name.length() - SUFFIX.length()));
      }
    }
    return names;
  }

  /**
   * One array. A stored entry is mapped as by {@link Npy#map}; a deflated entry is inflated into
   * memory of the arena. The checksum of a mapped entry is not verified, because this would read
   * the whole entry.
   *
   * @param name its name, with or without {@code .npy}
   * @param arena owns the memory
   * @return the tensor
   * @throws IllegalArgumentException if there is no such array
   * @throws TensorFileException if the entry breaks a rule; nothing is then mapped or allocated
   * @throws IOException if the file cannot be read
   */
  public Tensor map(String name, Arena arena) throws IOException {
    ZipEntry entry = entry(name);
    FileRange data = ZipDirectory.data(file, entry);
    return entry.deflated()
        ? inflate(entry, data, (array, source, place) -> array.toArena(source, arena))
        : Npy.map(data, arena);
  }

  /**
   * One array, copied to the heap; its checksum is verified.
   *
   * @param name its name, with or without {@code .npy}
   * @return a fresh tensor
   * @throws IllegalArgumentException if there is no such array, or it does not fit in a Java array
   * @throws TensorFileException if the entry breaks a rule
   * @throws IOException if the file cannot be read
   */
  public Tensor read(String name) throws IOException {
    ZipEntry entry = entry(name);
    FileRange data = ZipDirectory.data(file, entry);
    if (entry.deflated()) {
      return inflate(entry, data, StoredArray::toHeap);
    }
    ChecksummedSource source = new ChecksummedSource(data);
    StoredArray array = NpyHeader.read(data.place(), source, data.size()).array();
    Tensor tensor = array.toHeap(source, data.place());
    source.drain(entry.crc());
    return tensor;
  }

  /** Makes a tensor of the next bytes of a source. */
  private interface Decoder {
    Tensor decode(StoredArray array, ByteSource source, FileLocation place) throws IOException;
  }

  private Tensor inflate(ZipEntry entry, FileRange data, Decoder decoder) throws IOException {
    if (entry.size() < 0 || (entry.size() > limit && entry.size() / RATIO > entry.compressed())) {
      throw data.place()
          .broken(
              "expected an entry that inflates to at most "
                  + limit
                  + " bytes or "
                  + RATIO
                  + " times its size (open with a higher limit to read it)",
              0,
              entry.compressed() + " bytes for " + entry.size());
    }
    // Two passes: the first checks the entry, so that the second may allocate.
    try (InflatedSource source = new InflatedSource(data)) {
      NpyHeader.read(source.place(), source, entry.size());
      source.drain(entry.size(), entry.crc());
    }
    try (InflatedSource source = new InflatedSource(data)) {
      NpyHeader header = NpyHeader.read(source.place(), source, entry.size());
      return decoder.decode(header.array(), source, source.place());
    }
  }

  private ZipEntry entry(String name) {
    ZipEntry entry = entries.get(name + SUFFIX);
    if (entry == null && name.endsWith(SUFFIX)) {
      entry = entries.get(name);
    }
    if (entry == null) {
      throw ArrayNames.missing(file.place(), names(), name);
    }
    return entry;
  }

  /**
   * Writes an archive of stored entries, whole or not at all, as {@link Npy#write} does. Each
   * array's data is aligned to 64 bytes in the file, and the bytes depend only on the arrays.
   *
   * @param path the file; its folder exists
   * @param tensors the arrays by name, in the order of the file; {@code .npy} is added to each name
   * @throws IllegalArgumentException if a name is empty or longer than 65531 bytes in UTF-8
   * @throws IOException if the file cannot be written
   */
  public static void write(Path path, Map<String, Tensor> tensors) throws IOException {
    Map<String, Tensor> named =
        ArrayNames.checked(tensors, "npz", ZipFormat.MAX16 - SUFFIX.length());
    AtomicFile.write(path, channel -> write(channel, named, ZipFormat.MAX32));
  }

  /** As {@link #write(Path, Map)}, with zip64 records for all numbers from {@code zip64From} on. */
  static void write(FileChannel channel, Map<String, Tensor> tensors, long zip64From)
      throws IOException {
    ZipWriter zip = new ZipWriter(channel, zip64From);
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      byte[] header = NpyHeader.format(tensor.dtype(), tensor.shape());
      zip.store(entry.getKey() + SUFFIX, header, tensor);
    }
    zip.finish();
  }

  /** Closes the file; tensors that were read or mapped stay. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** The file and its arrays' names. */
  @Override
  public String toString() {
    return file.place() + " " + ArrayNames.list(names());
  }
}
