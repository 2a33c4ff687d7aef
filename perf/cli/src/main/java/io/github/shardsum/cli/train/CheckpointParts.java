package io.github.shardsum.cli.train;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.io.Safetensors;
import io.github.shardsum.layout.Box;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A checkpoint of several processes: a folder with an index, and with a file for each process that
 * holds its parts. A part is named {@code TENSOR@start:end,start:end}; the index has everything
 * else. The folder gets its name when all files are on the disk, so that a checkpoint is complete
 * or absent.
 */
final class CheckpointParts {
  private static final String INDEX = "index.safetensors";

  /** Key in the index: the number of part files. */
  private static final String FILES = "files";

  /** Prefix of a tensor's name in the index: its sizes. */
  private static final String SIZES = "sizes.";

  private static final Pattern PART = Pattern.compile("(.+)@((?:\\d+:\\d+(?:,\\d+:\\d+)*)?)");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  private CheckpointParts() {}

  /** The file of a process. */
  static Path file(Path folder, int process) {
    return folder.resolve(format("part-%05d.safetensors", process));
  }

  /** Writes the parts of a process; they are on the disk when this returns. */
  static void write(Path folder, int process, List<Training.Part> parts) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Training.Part part : parts) {
      tensors.put(part.name() + "@" + notation(part.box()), part.values());
    }
    Safetensors.write(file(folder, process), tensors, CheckpointFolder.checksums(tensors));
  }

  /**
   * Writes the index, when the files of all processes are there.
   *
   * @param shapes the shapes of all tensors that have parts
   * @param others tensors without parts
   * @throws IOException if a file is missing
   */
  static void writeIndex(
      Path folder,
      int processes,
      Map<String, Shape> shapes,
      Map<String, Tensor> others,
      Map<String, String> metadata)
      throws IOException {
    for (int process = 0; process < processes; process++) {
      if (!Files.isRegularFile(file(folder, process))) {
        throw new IOException(
            folder
                + ": the file of process "
                + process
                + " must be in the folder, got none; the processes of a job need one file system");
      }
    }
    Map<String, String> all = new LinkedHashMap<>(metadata);
    all.putAll(CheckpointFolder.checksums(others));
    all.put(FILES, Integer.toString(processes));
    shapes.forEach(
        (name, shape) ->
            all.put(
                SIZES + name,
                Arrays.stream(shape.toArray())
                    .mapToObj(Long::toString)
                    .collect(Collectors.joining(","))));
    Safetensors.write(folder.resolve(INDEX), others, all);
  }

  private static String notation(Box box) {
    List<String> intervals = new ArrayList<>();
    for (int dim = 0; dim < box.rank(); dim++) {
      intervals.add(box.start(dim) + ":" + box.end(dim));
    }
    return String.join(",", intervals);
  }

  /**
   * Reads a checkpoint.
   *
   * @throws IOException if a file is missing or cannot be read
   * @throws IllegalArgumentException if something is damaged; the message names file and tensor
   */
  static CheckpointFolder.Checkpoint read(Path folder) throws IOException {
    CheckpointFolder.Checkpoint index = file(folder.resolve(INDEX));
    Map<String, String> metadata = new LinkedHashMap<>(index.metadata());
    String files = index.text(FILES);
    if (!NUMBER.matcher(files).matches()) {
      throw new IllegalArgumentException(
          index.file() + ": its number of files must be a whole number, got " + files);
    }
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (String key : index.metadata().keySet()) {
      if (key.startsWith(SIZES)) {
        shapes.put(key.substring(SIZES.length()), shape(index, key));
        metadata.remove(key);
      }
    }
    metadata.remove(FILES);
    Map<String, Tensor> tensors = parts(folder, Integer.parseInt(files), shapes);
    tensors.putAll(index.tensors());
    return new CheckpointFolder.Checkpoint(folder, tensors, Map.copyOf(metadata));
  }

  /** A missing file means that the folder is damaged. */
  private static CheckpointFolder.Checkpoint file(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + ": must be in its folder, got none");
    }
    return CheckpointFolder.readFile(file);
  }

  private static Shape shape(CheckpointFolder.Checkpoint index, String key) {
    String sizes = index.text(key);
    if (!sizes.matches("(\\d{1,18}(,\\d{1,18})*)?")) {
      throw new IllegalArgumentException(
          index.file() + ": " + key + " must be sizes with commas between them, got " + sizes);
    }
    return Shape.of(
        Arrays.stream(sizes.split(",", -1))
            .filter(size -> !size.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray());
  }

  /** The parts are whole before their tensors are made: the index alone takes no memory. */
  private static Map<String, Tensor> parts(Path folder, int files, Map<String, Shape> shapes)
      throws IOException {
    Map<String, Map<Box, Tensor>> parts = new LinkedHashMap<>();
    shapes.keySet().forEach(name -> parts.put(name, new LinkedHashMap<>()));
    for (int process = 0; process < files; process++) {
      CheckpointFolder.Checkpoint part = file(file(folder, process));
      for (Map.Entry<String, Tensor> each : part.tensors().entrySet()) {
        Matcher matcher = PART.matcher(each.getKey());
        Shape shape = matcher.matches() ? shapes.get(matcher.group(1)) : null;
        if (shape == null) {
          throw new IllegalArgumentException(
              part.file()
                  + ": must have parts of the tensors that the index lists, got "
                  + each.getKey());
        }
        Box box = box(part.file(), each.getKey(), matcher.group(2), shape);
        Tensor values = each.getValue();
        if (!values.shape().equals(box.shape())) {
          throw new IllegalArgumentException(
              part.file()
                  + ": "
                  + each.getKey()
                  + " must have the shape of its intervals, got "
                  + values.shape());
        }
        Objects.requireNonNull(parts.get(matcher.group(1))).put(box, values);
      }
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> {
          Map<Box, Tensor> all = Objects.requireNonNull(parts.get(name));
          checkWhole(folder, name, shape, all.keySet());
          if (!all.isEmpty()) {
            tensors.put(name, joined(shape, all));
          }
        });
    return tensors;
  }

  private static Tensor joined(Shape shape, Map<Box, Tensor> parts) {
    Tensor whole = Tensor.zeros(parts.values().iterator().next().dtype(), shape);
    parts.forEach((box, values) -> box.of(whole).assign(values));
    return whole;
  }

  private static Box box(Path file, String name, String notation, Shape shape) {
    List<long[]> intervals = new ArrayList<>();
    for (String interval : notation.split(",", -1)) {
      if (!interval.isEmpty()) {
        intervals.add(Arrays.stream(interval.split(":", -1)).mapToLong(Long::parseLong).toArray());
      }
    }
    boolean fits = intervals.size() == shape.rank();
    for (int dim = 0; fits && dim < shape.rank(); dim++) {
      fits =
          intervals.get(dim)[0] <= intervals.get(dim)[1]
              && intervals.get(dim)[1] <= shape.size(dim);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          file + ": " + name + " must be a part of " + shape + ", got other intervals");
    }
    return new Box(
        intervals.stream().map(interval -> interval[0]).toList(),
        intervals.stream().map(interval -> interval[1]).toList());
  }

  /** Disjoint boxes cover the tensor if they have as many elements as the tensor. */
  private static void checkWhole(Path folder, String name, Shape shape, Set<Box> boxes) {
    List<Box> all = List.copyOf(boxes);
    long found = all.stream().mapToLong(Box::elementCount).sum();
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (all.get(i).intersect(all.get(j)).elementCount() > 0) {
          throw new IllegalArgumentException(
              folder
                  + ": parts of "
                  + name
                  + " must not overlap, got "
                  + all.get(j)
                  + " and "
                  + all.get(i));
        }
      }
    }
    if (found != shape.elementCount()) {
      throw new IllegalArgumentException(
          folder
              + ": parts of "
              + name
              + " must have its "
              + shape.elementCount()
              + " elements, got "
              + found);
    }
  }

  /** Deletes a folder, the index first, so that a half-deleted folder is not a checkpoint. */
  static void delete(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    Files.deleteIfExists(folder.resolve(INDEX));
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (UncheckedIOException failed) {
      throw Objects.requireNonNull(failed.getCause());
    }
  }
}
