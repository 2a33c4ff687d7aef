package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.io.Npy;
import io.github.shardsum.io.Npz;
import io.github.shardsum.io.Safetensors;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Arrays that a command line names: {@code FILE.npy}, {@code FILE.npz:NAME}, {@code
 * FILE.safetensors:NAME}, an archive of one array without the array's name, and {@code -} for a
 * .npy file on standard input. They are mapped if a tensor can use their bytes unchanged, and live
 * until this is closed.
 */
public final class InputArrays implements AutoCloseable {
  /** Computes a result from arrays and writes it. */
  @FunctionalInterface
  public interface Computation<T> {
    /** Gets the result. */
    T get() throws IOException;
  }

  /** The name of an array or a result on a standard stream. */
  public static final String STANDARD = "-";

  private static final String NPZ = ".npz";
  private static final String SAFETENSORS = ".safetensors";

  private final Arena arena = Arena.ofShared();
  private final InputStream standardInput;

  /** The size of each file when it was mapped. */
  private final Map<Path, Long> sizes = new LinkedHashMap<>();

  private boolean standardInputUsed;

  /**
   * Makes an object that has mapped nothing yet.
   *
   * @param standardInput the stream that {@code -} names
   */
  public InputArrays(InputStream standardInput) {
    this.standardInput = standardInput;
  }

  /** The arena that the arrays live in, which the workers' threads may read. */
  public Arena arena() {
    return arena;
  }

  /**
   * Maps an array.
   *
   * @param name the name, as it was typed
   * @throws IllegalArgumentException if the file breaks its format, or its archive has no such
   *     array; the message lists its arrays
   * @throws IOException if the file cannot be read
   */
  public Tensor map(String name) throws IOException {
    if (name.equals(STANDARD)) {
      return mapStandardInput();
    }
    for (String suffix : List.of(NPZ, SAFETENSORS)) {
      int colon = name.indexOf(suffix + ":");
      if (colon >= 0 && !Files.exists(Path.of(name))) {
        int end = colon + suffix.length();
        return mapEntry(Path.of(name.substring(0, end)), suffix, name.substring(end + 1));
      }
      if (name.endsWith(suffix)) {
        return mapEntry(Path.of(name), suffix, "");
      }
    }
    return mapFile(Path.of(name));
  }

  private Tensor mapFile(Path file) throws IOException {
    Tensor tensor = Npy.map(file, arena);
    sizes.put(file, Files.size(file));
    return tensor;
  }

  private Tensor mapEntry(Path file, String suffix, String entry) throws IOException {
    Tensor tensor = suffix.equals(NPZ) ? mapNpz(file, entry) : mapSafetensors(file, entry);
    sizes.put(file, Files.size(file));
    return tensor;
  }

  private Tensor mapNpz(Path file, String entry) throws IOException {
    try (Npz archive = Npz.open(file)) {
      return archive.map(entryOf(file, entry, archive.names()), arena);
    }
  }

  private Tensor mapSafetensors(Path file, String entry) throws IOException {
    try (Safetensors archive = Safetensors.open(file)) {
      return archive.map(entryOf(file, entry, archive.names()), arena);
    }
  }

  private static String entryOf(Path file, String entry, List<String> names) {
    if (!entry.isEmpty()) {
      return entry;
    }
    if (names.size() != 1) {
      throw wrongArgument(
          "%s: must be %s:NAME with one of its arrays, %s", file, file, Abbreviation.list(names));
    }
    return names.getFirst();
  }

  /**
   * Maps a copy of standard input, since a stream cannot be mapped. The name of the copy's file is
   * deleted at once.
   */
  private Tensor mapStandardInput() throws IOException {
    if (standardInputUsed) {
      throw new IllegalArgumentException("-: standard input can be read once, got it twice");
    }
    standardInputUsed = true;
    Path copy = Files.createTempFile("shardsum-input-", ".npy");
    // Without this a process that a signal ends would leave gigabytes behind.
    copy.toFile().deleteOnExit();
    try {
      Files.copy(standardInput, copy, StandardCopyOption.REPLACE_EXISTING);
      return Npy.map(copy, arena);
    } catch (IllegalArgumentException bad) {
      String reason = String.valueOf(bad.getMessage());
      throw new IllegalArgumentException(
          "standard input"
              + reason.substring(reason.startsWith(copy + ":") ? copy.toString().length() : 0),
          bad);
    } catch (FileSystemException failed) {
      throw failed;
    } catch (IOException failed) {
      throw new FileSystemException(
          copy.toString(), null, "a copy of standard input: " + failed.getMessage());
    } finally {
      Files.deleteIfExists(copy);
    }
  }

  /**
   * Computes with the arrays.
   *
   * @throws IllegalArgumentException if a file was truncated during the call, which the JVM reports
   *     as an {@link InternalError} without a name
   */
  public <T> T read(Computation<T> computation) throws IOException {
    try {
      return computation.get();
    } catch (InternalError fault) {
      throw sizes.entrySet().stream()
          .filter(mapped -> sizeOf(mapped.getKey()) < mapped.getValue())
          .map(
              cut ->
                  new IllegalArgumentException(
                      format(
                          "%s: must stay as it is while it is read, got %d bytes where"
                              + " there were %d",
                          cut.getKey(), sizeOf(cut.getKey()), cut.getValue()),
                      fault))
          .findFirst()
          .<RuntimeException>map(named -> named)
          .orElseThrow(() -> fault);
    }
  }

  private static long sizeOf(Path file) {
    try {
      return Files.size(file);
    } catch (IOException gone) {
      // The file is gone. Its bytes stay while it is mapped, so it did not cause the failure.
      return Long.MAX_VALUE;
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
