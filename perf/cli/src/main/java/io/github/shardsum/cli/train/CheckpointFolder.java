package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.Abbreviation;
import io.github.shardsum.cli.train.data.Tokenizer;
import io.github.shardsum.io.Safetensors;
import io.github.shardsum.io.WholeFile;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * A folder of checkpoints. Each is a file, or a folder if several processes write it. The last two
 * are kept. The operating system holds the lock of the folder as long as the process lives, so a
 * killed process leaves no lock.
 */
final class CheckpointFolder implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("checkpoint-\\d{9}(\\.safetensors)?");
  private static final Pattern BEGUN = Pattern.compile("\\.checkpoint-\\d{9}\\.part");
  private static final Pattern ASIDE = Pattern.compile("\\.checkpoint-\\d{9}\\.old");
  private static final Pattern STEP = Pattern.compile("\\d{1,18}");
  private static final int KEPT = 2;

  /** Prefix of a tensor's name in the metadata; the entry has the CRC-32 of its bytes. */
  private static final String CHECKSUM = "crc32.";

  /** The suffix of a file that is no longer a checkpoint. */
  private static final String DAMAGED = ".damaged";

  /** The suffix of a checkpoint while another one of the same step replaces it. */
  private static final String OLD = ".old";

  private static final String LOCK = "lock";
  private static final int CHUNK = 8192;

  private final Path folder;
  private final FileChannel lock;

  /**
   * A checkpoint.
   *
   * @param file its name, for errors
   * @param tensors the tensors by name
   * @param metadata texts by name
   */
  record Checkpoint(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    /**
     * A text that every checkpoint must have.
     *
     * @throws IllegalArgumentException if this checkpoint does not have the text
     */
    String text(String name) {
      String text = metadata.get(name);
      if (text == null) {
        throw new IllegalArgumentException(
            file + ": must have \"" + name + "\" in its metadata, got " + metadata.keySet());
      }
      return text;
    }

    /**
     * The number of steps that were made.
     *
     * @throws IllegalArgumentException if the checkpoint has none
     */
    long step() {
      String text = text("step");
      if (!STEP.matcher(text).matches()) {
        throw new IllegalArgumentException(
            file
                + ": its step must be a whole number of at most 18 digits, got "
                + Abbreviation.text(text));
      }
      return Long.parseLong(text);
    }

    /**
     * The seed of parameters and order.
     *
     * @throws IllegalArgumentException if the checkpoint has none
     */
    long seed() {
      String text = text("seed");
      try {
        return Long.parseLong(text);
      } catch (NumberFormatException other) {
        throw new IllegalArgumentException(
            file + ": its seed must be a whole number, got " + Abbreviation.text(text), other);
      }
    }

    /**
     * The model.
     *
     * @throws IllegalArgumentException if its text describes no model
     */
    TransformerSpec model() {
      try {
        return TransformerSpec.parse(text("model"));
      } catch (IllegalArgumentException broken) {
        throw new IllegalArgumentException(file + ": " + broken.getMessage(), broken);
      }
    }

    /**
     * The tokenizer, which has the model's number of tokens.
     *
     * @throws IllegalArgumentException if the text is not a tokenizer's, or belongs to another
     *     model
     */
    Tokenizer tokenizer() {
      Tokenizer tokenizer;
      try {
        tokenizer = Tokenizer.parse(text("tokenizer"));
      } catch (IllegalArgumentException broken) {
        throw new IllegalArgumentException(file + ": " + broken.getMessage(), broken);
      }
      if (tokenizer.size() != model().vocabulary()) {
        throw wrongArgument(
            "%s: its tokenizer must have the %d tokens of its model, got %d",
            file, model().vocabulary(), tokenizer.size());
      }
      return tokenizer;
    }
  }

  private CheckpointFolder(Path folder, FileChannel lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * Makes the folder, if there is none, and locks it.
   *
   * @throws IOException if another running process has locked it, or it cannot be written
   */
  static CheckpointFolder open(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock held = channel.tryLock();
      if (held != null) {
        // Removes the files of a process that was killed during a write. No other process writes
        // here now.
        WholeFile.deleteParts(folder);
        restore(folder);
        for (Path begun : matching(folder, BEGUN)) {
          CheckpointParts.delete(begun);
        }
        return new CheckpointFolder(folder, channel);
      }
    } catch (OverlappingFileLockException own) {
      // A lock held in this process is refused like another process's.
    } catch (IOException failed) {
      channel.close();
      throw failed;
    }
    channel.close();
    throw new FileSystemException(
        folder.toString(),
        null,
        "in use by another process; wait for it, or choose another folder");
  }

  /**
   * Restores a checkpoint that was set aside to be replaced, if its replacement was not finished.
   */
  private static void restore(Path folder) throws IOException {
    for (Path aside : matching(folder, ASIDE)) {
      String name = aside.getFileName().toString();
      Path whole = folder.resolve(name.substring(1, name.length() - OLD.length()));
      if (Files.exists(whole)) {
        CheckpointParts.delete(aside);
      } else {
        Files.move(aside, whole, StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  /** The checkpoints of a folder, the last first. */
  static List<Path> checkpoints(Path folder) throws IOException {
    return Files.isDirectory(folder) ? matching(folder, NAME) : List.of();
  }

  private static List<Path> matching(Path folder, Pattern pattern) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> pattern.matcher(file.getFileName().toString()).matches())
          .sorted(Comparator.<Path>naturalOrder().reversed())
          .toList();
    }
  }

  /**
   * Reads the last checkpoint of a folder that is whole.
   *
   * @param warn gets a sentence for each one that is damaged
   * @throws IOException if there is none, or none is whole
   */
  static Checkpoint last(Path folder, Consumer<String> warn) throws IOException {
    List<Path> files = checkpoints(folder);
    if (files.isEmpty()) {
      throw none(folder);
    }
    return whole(files, warn);
  }

  /**
   * Reads the newest checkpoint of a folder, and no other.
   *
   * @throws IOException if there is none, or it is damaged
   */
  static Checkpoint newest(Path folder) throws IOException {
    List<Path> files = checkpoints(folder);
    if (files.isEmpty()) {
      throw none(folder);
    }
    return whole(files.subList(0, 1), _ -> {});
  }

  private static IOException none(Path folder) {
    return new NoSuchFileException(
        folder.resolve("checkpoint-*.safetensors").toString(),
        null,
        "train writes one with --checkpoint");
  }

  /** The first whole checkpoint of these; if none is whole, the error of the first. */
  private static Checkpoint whole(List<Path> files, Consumer<String> warn) throws IOException {
    List<String> damages = new ArrayList<>();
    for (Path file : files) {
      try {
        Checkpoint found = read(file);
        damages.forEach(damage -> warn.accept(damage + "; using " + found.file().getFileName()));
        return found;
      } catch (NoSuchFileException gone) {
        throw gone;
      } catch (IOException | IllegalArgumentException damaged) {
        String why = String.valueOf(damaged.getMessage());
        String name = file.toString();
        damages.add("damaged checkpoint " + (why.contains(name) ? why : name + ": " + why));
      }
    }
    throw new FileSystemException(files.getFirst().toString(), null, String.join("; ", damages));
  }

  private static Checkpoint read(Path file) throws IOException {
    return Files.isDirectory(file) ? CheckpointParts.read(file) : readFile(file);
  }

  /** Reads a file, and checks each tensor's bytes. */
  static Checkpoint readFile(Path file) throws IOException {
    try (Safetensors open = Safetensors.open(file)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Map<String, String> metadata = new LinkedHashMap<>(open.metadata());
      for (String name : open.names()) {
        Tensor tensor = open.read(name);
        String expected = metadata.remove(CHECKSUM + name);
        String found = checksum(tensor);
        if (!found.equals(expected)) {
          throw new IllegalArgumentException(
              file
                  + ": the CRC-32 of "
                  + name
                  + " must be "
                  + (expected == null ? "in its metadata" : expected)
                  + ", got "
                  + found);
        }
        tensors.put(name, tensor);
      }
      return new Checkpoint(file, tensors, Map.copyOf(metadata));
    }
  }

  /** The CRC-32 of a tensor's elements in order, as f64 or i64, big-endian. */
  private static String checksum(Tensor tensor) {
    CRC32 checksum = new CRC32();
    long[] bits =
        tensor.dtype().isFloating()
            ? Arrays.stream(tensor.toDoubleArray()).mapToLong(Double::doubleToRawLongBits).toArray()
            : tensor.toLongArray();
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * CHUNK);
    for (int from = 0; from < bits.length; from += CHUNK) {
      bytes.clear();
      bytes.asLongBuffer().put(bits, from, Math.min(CHUNK, bits.length - from));
      bytes.limit(Long.BYTES * Math.min(CHUNK, bits.length - from));
      checksum.update(bytes);
    }
    return format("%08x", checksum.getValue());
  }

  /**
   * The last checkpoint that is whole, if there is one. Damaged ones after it are set aside under
   * another name.
   *
   * @param warn gets a sentence for each one that is damaged
   * @throws IOException if there are checkpoints, and none is whole
   */
  Optional<Checkpoint> last(Consumer<String> warn) throws IOException {
    List<Path> files = checkpoints(folder);
    if (files.isEmpty()) {
      return Optional.empty();
    }
    Checkpoint found = whole(files, warn);
    for (Path damaged : files.subList(0, files.indexOf(found.file()))) {
      Path aside = damaged.resolveSibling(damaged.getFileName() + DAMAGED);
      CheckpointParts.delete(aside);
      Files.move(damaged, aside, StandardCopyOption.REPLACE_EXISTING);
    }
    return Optional.of(found);
  }

  /** Writes a checkpoint, whole or not at all, and then deletes all but the last two. */
  void save(long step, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    Path file = folder.resolve(format("checkpoint-%09d.safetensors", step));
    Map<String, String> checked = new LinkedHashMap<>(metadata);
    checked.putAll(checksums(tensors));
    Safetensors.write(file, tensors, checked);
    deleteOld();
  }

  /** The checksums of tensors, as metadata of the file that holds the tensors. */
  static Map<String, String> checksums(Map<String, Tensor> tensors) {
    Map<String, String> checksums = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> checksums.put(CHECKSUM + name, checksum(tensor)));
    return checksums;
  }

  /** The folder that becomes a checkpoint of several processes when it is whole. */
  static Path begun(Path folder, long step) {
    return folder.resolve(format(".checkpoint-%09d.part", step));
  }

  /** Makes the folder of a checkpoint of several processes, for all of them to write into. */
  void begin(long step) throws IOException {
    CheckpointParts.delete(begun(folder, step));
    Files.createDirectory(begun(folder, step));
  }

  /**
   * Gives the complete folder its name, and then deletes all but the last two checkpoints. An older
   * checkpoint of the same step is kept under another name until then.
   */
  void end(long step) throws IOException {
    Path begun = begun(folder, step);
    Path whole = folder.resolve(format("checkpoint-%09d", step));
    force(begun);
    Path aside = folder.resolve("." + whole.getFileName() + OLD);
    if (Files.exists(whole)) {
      CheckpointParts.delete(aside);
      Files.move(whole, aside, StandardCopyOption.ATOMIC_MOVE);
    }
    try {
      Files.move(begun, whole, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failed) {
      restore(folder);
      throw failed;
    }
    force(folder);
    CheckpointParts.delete(aside);
    deleteOld();
  }

  /** Forces the names of files to the disk before anything relies on them. */
  private static void force(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException unsupported) {
      // Some file systems cannot open a folder. The files are in place even if this fails.
    }
  }

  private void deleteOld() throws IOException {
    List<Path> all = checkpoints(folder);
    for (Path old : all.subList(Math.min(KEPT, all.size()), all.size())) {
      if (Files.isDirectory(old)) {
        // The name is not that of a checkpoint, so that a checkpoint is never incomplete.
        Path begun = folder.resolve("." + old.getFileName() + ".part");
        Files.move(old, begun, StandardCopyOption.ATOMIC_MOVE);
        CheckpointParts.delete(begun);
      } else {
        Files.deleteIfExists(old);
      }
    }
  }

  /** The file of a name in the folder. */
  Path file(String name) {
    return folder.resolve(name);
  }

  /** Releases the folder. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
