package io.github.shardsum.internal.language;

import io.github.shardsum.io.Gguf;
import io.github.shardsum.io.Safetensors;
import io.github.shardsum.tensor.BlockFormat;
import io.github.shardsum.tensor.Blocks;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.LongStream;

/**
 * The tensors of a model's files by name: one safetensors file, several with an index, or a GGUF
 * file. Not thread-safe.
 */
final class Checkpoint implements AutoCloseable {
  /** Maps a tensor of a file. */
  @FunctionalInterface
  private interface Source {
    Tensor map(String name, Arena arena) throws IOException;
  }

  private final Path place;
  private final Map<String, Source> sources = new HashMap<>();
  private final List<AutoCloseable> files = new ArrayList<>();
  private final Set<String> unread = new HashSet<>();

  private Checkpoint(Path place) {
    this.place = place;
  }

  /** The safetensors files of a folder. */
  static Checkpoint ofFolder(Path folder) throws IOException {
    Checkpoint all = new Checkpoint(folder);
    try {
      Path index = folder.resolve("model.safetensors.index.json");
      Set<String> names = new TreeSet<>(Set.of("model.safetensors"));
      if (Files.exists(index)) {
        Settings map =
            Settings.of(index)
                .group("weight_map")
                .orElseThrow(
                    () -> new IllegalArgumentException(index + ": weight_map must be there"));
        names = new TreeSet<>();
        for (String tensor : map.values().keySet()) {
          names.add(map.needText(tensor));
        }
      }
      for (String name : names) {
        if (!Path.of(name).equals(Path.of(name).getFileName())) {
          throw new IllegalArgumentException(
              index + ": a file must be in the same folder, got " + name);
        }
        all.add(Safetensors.open(folder.resolve(name)));
      }
      return all;
    } catch (Throwable failed) {
      all.close();
      throw failed;
    }
  }

  /** The tensors of an open GGUF file, which is closed with this object. */
  static Checkpoint of(Path place, Gguf file) {
    Checkpoint all = new Checkpoint(place);
    all.files.add(file);
    file.names().forEach(name -> all.sources.put(name, file::map));
    all.unread.addAll(file.names());
    return all;
  }

  /**
   * Tensors with the shapes of a GGUF file's and no data, so that all is checked before any work.
   * Asking for one whose format is not read is an error.
   */
  static Checkpoint shapesOf(Path place, Gguf file) {
    Checkpoint all = new Checkpoint(place);
    for (String name : file.names()) {
      all.sources.put(
          name,
          (tensor, _) -> {
            file.checkFormat(tensor);
            return Tensor.scalar(DType.F32, 0).broadcastTo(file.shape(tensor));
          });
    }
    all.unread.addAll(file.names());
    return all;
  }

  private void add(Safetensors file) {
    files.add(file);
    for (String name : file.names()) {
      if (sources.put(name, file::mapF32) != null) {
        throw new IllegalArgumentException(place + ": tensor " + name + " must be in one file");
      }
      unread.add(name);
    }
  }

  boolean has(String name) {
    return sources.containsKey(name);
  }

  /**
   * A tensor in f32, mapped in the format that the file has.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  Tensor tensor(String name, Arena arena) throws IOException {
    Source source = sources.get(name);
    if (source == null) {
      throw new IllegalArgumentException(place + ": expected a tensor " + name + ", got none");
    }
    unread.remove(name);
    return source.map(name, arena);
  }

  /**
   * A tensor in f32 of a shape, of which the file may have neighbouring axes merged.
   *
   * @throws IllegalArgumentException if there is none of this name, or it has another shape
   */
  Tensor tensor(String name, Shape shape, Arena arena) throws IOException {
    Tensor tensor = tensor(name, arena);
    if (!merges(shape, tensor.shape())) {
      throw new IllegalArgumentException(
          place + ": tensor " + name + " must be " + shape + ", got " + tensor.shape());
    }
    return tensor.reshape(shape.toArray());
  }

  /**
   * A copy of several tensors of a shape as one, in the format that the files have.
   *
   * @throws IllegalArgumentException if there is none of a name, or one has another shape or format
   */
  Tensor stacked(List<String> names, Shape shape, Arena arena) throws IOException {
    Optional<MemorySegment> all = Optional.empty();
    Optional<BlockFormat> format = Optional.empty();
    for (int i = 0; i < names.size(); i++) {
      try (Arena own = Arena.ofConfined()) {
        Tensor one = tensor(names.get(i), shape, own);
        Optional<BlockFormat> found = one.blocks().map(Blocks::format);
        MemorySegment bytes = one.blocks().map(Blocks::bytes).orElseGet(one::segment);
        if (i == 0) {
          format = found;
          all = Optional.of(arena.allocate(bytes.byteSize() * names.size(), 64));
        } else if (!found.equals(format)) {
          throw new IllegalArgumentException(
              place
                  + ": tensors of all experts must have one format, got another: "
                  + names.get(i));
        }
        all.orElseThrow().asSlice(i * bytes.byteSize(), bytes.byteSize()).copyFrom(bytes);
      }
    }
    long[] sizes =
        LongStream.concat(LongStream.of(names.size()), LongStream.of(shape.toArray())).toArray();
    MemorySegment memory = all.orElseThrow();
    return format
        .map(of -> Tensor.of(new Blocks(of, memory), sizes))
        .orElseGet(() -> Tensor.of(DType.F32, memory, sizes));
  }

  /** Whether a file's shape is a shape with some neighbouring axes merged. */
  private static boolean merges(Shape shape, Shape file) {
    int axis = 0;
    for (long size : file.toArray()) {
      long merged = 1;
      while (merged < size && axis < shape.rank()) {
        merged *= shape.size(axis++);
      }
      if (merged != size) {
        return false;
      }
    }
    return shape.elementCount() == file.elementCount();
  }

  /**
   * Refuses tensors that nothing has read.
   *
   * @param family the model's family
   * @param harmless whether a name is one of those that the model does not need
   */
  void checkRead(String family, Predicate<String> harmless) {
    Set<String> rest = new TreeSet<>(unread);
    rest.removeIf(harmless);
    if (!rest.isEmpty()) {
      throw new IllegalArgumentException(
          place + ": tensors must belong to " + family + ", got " + rest.iterator().next());
    }
  }

  @Override
  public String toString() {
    return Objects.toString(place);
  }

  @Override
  public void close() throws IOException {
    for (AutoCloseable file : files) {
      try {
        file.close();
      } catch (IOException | RuntimeException failed) {
        throw failed;
      } catch (Exception other) {
        throw new IllegalStateException(other);
      }
    }
  }
}
