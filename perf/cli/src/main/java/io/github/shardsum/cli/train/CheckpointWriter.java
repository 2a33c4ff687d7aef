package io.github.shardsum.cli.train;

import io.github.shardsum.moe.train.Training;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Writes the checkpoints of a job: a single process writes a file; several processes write a
 * folder, to which each adds the parts that it holds. All processes call in the same order.
 */
final class CheckpointWriter {
  private final Path path;
  private final Optional<CheckpointFolder> folder;
  private final int process;
  private final int processes;
  private final Trainer.Agreement agreement;

  /**
   * A writer.
   *
   * @param path the folder
   * @param folder the folder, open and locked; only the first process has it
   * @param process the place of this process in the job
   * @param processes the number of processes
   * @param agreement between them
   */
  CheckpointWriter(
      Path path,
      Optional<CheckpointFolder> folder,
      int process,
      int processes,
      Trainer.Agreement agreement) {
    this.path = path;
    this.folder = folder;
    this.process = process;
    this.processes = processes;
    this.agreement = agreement;
  }

  /**
   * The state of a training.
   *
   * @param step the number of steps made
   * @param shapes the shapes of all tensors of the state
   * @param whole gathers all tensors, if there is only one process
   * @param parts gives the parts that this process saves, if there are several processes
   */
  record State(
      long step,
      Map<String, Shape> shapes,
      Supplier<Map<String, Tensor>> whole,
      Supplier<List<Training.Part>> parts) {
    static State of(Training training) {
      return new State(training.steps(), training.shapes(), training::state, training::parts);
    }
  }

  /**
   * Writes a checkpoint, whole or not at all.
   *
   * @param others tensors that every process has in addition to the state
   * @throws IOException on all processes, if one of them cannot write
   */
  void save(State state, Map<String, Tensor> others, Map<String, String> metadata)
      throws IOException {
    long step = state.step();
    if (processes == 1) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(state.whole().get());
      tensors.putAll(others);
      folder.orElseThrow().save(step, tensors, metadata);
      return;
    }
    Path begun = CheckpointFolder.begun(path, step);
    together(step, first -> first.begin(step), () -> {});
    together(step, _ -> {}, () -> CheckpointParts.write(begun, process, state.parts().get()));
    together(
        step,
        first -> {
          CheckpointParts.writeIndex(begun, processes, state.shapes(), others, metadata);
          first.end(step);
        },
        () -> {});
  }

  @FunctionalInterface
  private interface First {
    void run(CheckpointFolder folder) throws IOException;
  }

  @FunctionalInterface
  private interface Each {
    void run() throws IOException;
  }

  /** Does the part of this process, and returns whether all processes have done theirs. */
  private void together(long step, First first, Each each) throws IOException {
    Optional<Exception> failed = Optional.empty();
    try {
      if (folder.isPresent()) {
        first.run(folder.get());
      }
      each.run();
    } catch (IOException | RuntimeException e) {
      failed = Optional.of(e);
    }
    if (!agreement.any(failed.isPresent())) {
      return;
    }
    if (folder.isPresent()) {
      CheckpointParts.delete(CheckpointFolder.begun(path, step));
    }
    if (failed.isPresent()) {
      throw failed.get() instanceof IOException own
          ? own
          : new IOException(String.valueOf(failed.get().getMessage()), failed.get());
    }
    throw new FileSystemException(
        path.toString(),
        null,
        "the checkpoint of step "
            + step
            + " was not written: another process could not do its part");
  }
}
