package io.github.shardsum.cli.train;

import io.github.shardsum.io.Safetensors;
import io.github.shardsum.layout.Box;
import io.github.shardsum.mesh.Cut;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A process of {@link KilledCheckpointTest}: writes one checkpoint after the other, and does
 * nothing else, until it is killed. It meets the other processes through its standard streams.
 */
final class KilledCheckpointWriter {
  private KilledCheckpointWriter() {}

  /** The file of the state after a step. */
  static Path state(Path folder, long step) {
    return folder.resolve("states").resolve(String.format(Locale.ROOT, "%d.safetensors", step));
  }

  /** The folder that is written. */
  static Path checkpoints(Path folder) {
    return folder.resolve("checkpoints");
  }

  private static Map<String, Tensor> read(Path file) throws IOException {
    try (Safetensors open = Safetensors.open(file)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : open.names()) {
        tensors.put(name, open.read(name));
      }
      return tensors;
    }
  }

  /** A process's chunk of each tensor along its first label; the first has the scalars. */
  private static List<Training.Part> parts(Map<String, Tensor> state, int process, int processes) {
    List<Training.Part> parts = new ArrayList<>();
    state.forEach(
        (name, values) -> {
          Shape shape = values.shape();
          if (shape.rank() > 0) {
            List<Long> starts = new ArrayList<>();
            List<Long> ends = new ArrayList<>();
            for (int dim = 0; dim < shape.rank(); dim++) {
              Cut cut = Cut.chunks(shape.size(dim), dim == 0 ? processes : 1);
              starts.add(cut.start(dim == 0 ? process : 0));
              ends.add(cut.end(dim == 0 ? process : 0));
            }
            Box box = new Box(starts, ends);
            parts.add(new Training.Part(name, shape, box, box.of(values)));
          } else if (process == 0) {
            parts.add(new Training.Part(name, shape, new Box(List.of(), List.of()), values));
          }
        });
    return parts;
  }

  /** Arguments: the folder, which process of how many, the first and the last step. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int process = Integer.parseInt(arguments[1]);
    int processes = Integer.parseInt(arguments[2]);
    long from = Long.parseLong(arguments[3]);
    long until = Long.parseLong(arguments[4]);
    Path checkpoints = checkpoints(folder);
    Optional<CheckpointFolder> open =
        process == 0 ? Optional.of(CheckpointFolder.open(checkpoints)) : Optional.empty();
    long[] written = {from - 1};
    BufferedReader answers =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Trainer.Agreement agreement =
        own -> {
          System.out.println(own + " " + written[0]);
          System.out.flush();
          try {
            return Boolean.parseBoolean(Objects.requireNonNull(answers.readLine()));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    CheckpointWriter writer =
        new CheckpointWriter(checkpoints, open, process, processes, agreement);
    for (long step = from; step <= until; step++) {
      Map<String, Tensor> state = read(state(folder, step));
      Map<String, Shape> shapes = new LinkedHashMap<>();
      state.forEach((name, values) -> shapes.put(name, values.shape()));
      writer.save(
          new CheckpointWriter.State(step, shapes, Map::of, () -> parts(state, process, processes)),
          Map.of(),
          Map.of("step", Long.toString(step)));
      written[0] = step;
    }
    // The first process that ends would end the others.
    answers.readLine();
  }
}
