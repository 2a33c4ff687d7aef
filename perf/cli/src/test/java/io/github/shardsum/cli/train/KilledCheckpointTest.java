package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.io.Safetensors;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Optimizer;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Any process of a job is killed at any moment within a checkpoint, round after round in one
 * folder: each time the last checkpoint is whole and no older than the last one that all processes
 * had written, and training on another mesh goes on from it to the bits of one device that was
 * never stopped. SIGKILL ends a process, at a moment drawn without regard to what it does.
 */
class KilledCheckpointTest {
  private static final int ROUNDS = Integer.getInteger("shardsum.cases", TestDepth.cases(2, 4, 24));
  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(41));

  /** The most checkpoints that a round writes. */
  private static final int CHECKPOINTS = 3;

  /** Steps that are made on a mesh from a checkpoint on. */
  private static final int MORE = 2;

  private static final int LAST = ROUNDS * CHECKPOINTS + MORE;

  /** A process meets the others three times in a checkpoint. */
  private static final int MEETINGS = 3;

  /** Longer than what lies between two meetings. */
  private static final int MICROSECONDS = 8_000;

  private static final List<String> MESHES = List.of("d=2 x=2", "x=4", "d=2");

  private static final TransformerSpec SPEC =
      TransformerSpec.builder()
          .vocabulary(16)
          .model(8)
          .heads(2)
          .key(4)
          .hidden(8)
          .layers(2)
          .experts(4)
          .positions(4)
          .groups(4)
          .route(RouteOptions.parse("top2 second=all capacity=load aux=squared,real z=real"))
          .dtype(DType.F32)
          .build();

  private static final Training.Settings SETTINGS =
      new Training.Settings(
          new Transformer.Loss(0.1, 0.01, 0.001),
          new Optimizer.Averaged(new Optimizer.Adam(0.9, 0.98, 1e-9), 0.9),
          1);

  @TempDir Path folder;

  private static Training.Batch batch(long step) {
    Random random = new Random(step);
    return new Training.Batch(
        Tensor.of(random.ints(4 * 4, 0, 16).toArray(), 4, 4),
        Tensor.of(random.ints(4 * 3, 0, 16).toArray(), 4, 3),
        Tensor.of(random.ints(4 * 3, 0, 16).toArray(), 4, 3));
  }

  /** Sums in order on one device. */
  private record Reproducible(Backend backend) implements Backend {
    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      return backend.compile(program, options.withReproducible());
    }
  }

  /** The state after each step on one device, without a stop; the first is of step 1. */
  private List<Map<String, Tensor>> course() throws IOException {
    List<Map<String, Tensor>> states = new ArrayList<>();
    Backend one = new Reproducible(LocalBackend.of(Workers.sequential(), MoePrograms.kernels()));
    Files.createDirectories(folder.resolve("states"));
    try (Training training = new Training(SPEC, SETTINGS, one, 1)) {
      for (int step = 1; step <= LAST; step++) {
        training.step(batch(step), 0.01);
        Map<String, Tensor> state = new LinkedHashMap<>();
        training.state().forEach((name, tensor) -> state.put(name, tensor.copy()));
        Safetensors.write(KilledCheckpointWriter.state(folder, step), state, Map.of());
        states.add(state);
      }
    }
    return states;
  }

  /** The processes of a job that write checkpoints; this one brings their answers together. */
  private static final class Job implements AutoCloseable {
    private final List<Process> processes = new ArrayList<>();
    private final List<BufferedReader> said = new ArrayList<>();
    private final List<Writer> answers = new ArrayList<>();
    private final Path folder;

    /** The last step whose checkpoint all processes have written. */
    private long written;

    Job(Path folder, int count, long made) throws IOException {
      this.folder = folder;
      written = made;
      try {
        for (int process = 0; process < count; process++) {
          Process started = start(folder, process, count, made + 1);
          processes.add(started);
          said.add(started.inputReader());
          answers.add(started.outputWriter());
        }
      } catch (IOException | RuntimeException e) {
        kill();
        throw e;
      }
    }

    /** Standard error of a process. */
    private static Path log(Path folder, int process) {
      return folder.resolve("process-" + process + ".log");
    }

    private static Process start(Path folder, int process, int count, long from)
        throws IOException {
      String path =
          Stream.of("jdk.module.path", "java.class.path")
              .map(name -> System.getProperty(name, ""))
              .filter(paths -> !paths.isEmpty())
              .collect(Collectors.joining(File.pathSeparator));
      return new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:TieredStopAtLevel=1",
              "-XX:+UseSerialGC",
              "--add-modules",
              "jdk.incubator.vector",
              "-cp",
              path,
              KilledCheckpointWriter.class.getName(),
              folder.toString(),
              Integer.toString(process),
              Integer.toString(count),
              Long.toString(from),
              Long.toString(from + CHECKPOINTS - 1))
          .redirectError(log(folder, process).toFile())
          .start();
    }

    /** All processes meet: each says whether it failed, and hears whether any did. */
    void meet() throws IOException {
      boolean any = false;
      long least = Long.MAX_VALUE;
      for (int process = 0; process < said.size(); process++) {
        String line = said.get(process).readLine();
        if (line == null) {
          throw new AssertionError("process " + process + " ended: " + cause(process));
        }
        String[] words = line.split(" ", -1);
        any |= Boolean.parseBoolean(words[0]);
        least = Math.min(least, Long.parseLong(words[1]));
      }
      assertTrue(!any, "a process could not write");
      written = Math.max(written, least);
      for (Writer each : answers) {
        each.write(any + "\n");
        each.flush();
      }
    }

    /** The exit status of a process that ends by itself, and its standard error. */
    private String cause(int process) throws IOException {
      int status = processes.get(process).onExit().join().exitValue();
      return "status " + status + System.lineSeparator() + Files.readString(log(folder, process));
    }

    /** Returns when all have ended: until then one may still write to the folder. */
    void kill() {
      processes.forEach(Process::destroyForcibly);
      processes.forEach(each -> each.onExit().join());
    }

    @Override
    public void close() {
      kill();
    }
  }

  /**
   * Runs processes and kills one, then the others, as a launch does. In the first round it is the
   * one that writes the index; in the last one a checkpoint is written before. The last step
   * written.
   */
  private long killed(int round, int count, long made, Random random) throws Exception {
    try (Job job = new Job(folder, count, made)) {
      int least = round == ROUNDS - 1 ? MEETINGS : 1;
      int meetings = least + random.nextInt(CHECKPOINTS * MEETINGS - least + 1);
      for (int i = 0; i < meetings; i++) {
        job.meet();
      }
      TimeUnit.MICROSECONDS.sleep(random.nextInt(MICROSECONDS));
      int one = random.nextInt(count);
      job.processes.get(round == 0 ? 0 : one).destroyForcibly().waitFor();
      TimeUnit.MICROSECONDS.sleep(random.nextInt(MICROSECONDS));
      job.kill();
      return job.written;
    }
  }

  private static void equal(Map<String, Tensor> expected, Map<String, Tensor> given, String what) {
    assertEquals(expected.keySet(), given.keySet(), what);
    expected.forEach(
        (name, values) ->
            assertArrayEquals(
                values.toFloatArray(),
                Objects.requireNonNull(given.get(name)).toFloatArray(),
                name + " " + what));
  }

  private List<String> names(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** The last checkpoint, as a job that resumes reads it. */
  private long found(List<Map<String, Tensor>> course, long written, String what)
      throws IOException {
    Path checkpoints = KilledCheckpointWriter.checkpoints(folder);
    try (CheckpointFolder open = CheckpointFolder.open(checkpoints)) {
      List<String> warnings = new ArrayList<>();
      Optional<CheckpointFolder.Checkpoint> last = open.last(warnings::add);
      assertEquals(List.of(), warnings, what);
      long step = last.map(CheckpointFolder.Checkpoint::step).orElse(0L);
      assertTrue(step >= written, () -> what + ": step " + written + " was written, got " + step);
      last.ifPresent(
          one -> equal(course.get((int) step - 1), one.tensors(), "of step " + step + ", " + what));
      List<String> all = names(checkpoints);
      assertTrue(
          all.stream().allMatch(name -> name.matches("lock|checkpoint-\\d{9}")), all::toString);
      return step;
    }
  }

  @Test
  void eachKillLeavesACheckpointThatAnotherMeshGoesOnFrom() throws Exception {
    Random random = new Random(SEED);
    List<Map<String, Tensor>> course = course();
    Mesh mesh = Mesh.parse(MESHES.get(random.nextInt(MESHES.size())));
    PlanOptions options = PlanOptions.defaults().withSums(SumOrder.TREE);
    Optional<Training.Placement> placement =
        Optional.of(new Training.Placement(MeshAxes.of(mesh), true));
    try (Collectives collectives = Collectives.open(mesh);
        Training many =
            new Training(
                SPEC,
                SETTINGS,
                MeshBackend.of(collectives, MoePrograms.kernels(), options),
                placement,
                1)) {
      long made = 0;
      for (int round = 0; round < ROUNDS; round++) {
        String what = "round " + round + " of seed " + SEED;
        long written = killed(round, 2 + random.nextInt(2), made, random);
        made = found(course, written, what);
        if (made > 0) {
          many.restore(read(made), made);
          for (long step = made + 1; step <= made + MORE; step++) {
            many.step(batch(step), 0.01);
          }
          equal(course.get((int) made + MORE - 1), many.state(), "after more steps, " + what);
        }
      }
      assertTrue(made > 0, "no round left a checkpoint, seed " + SEED);
    }
  }

  private Map<String, Tensor> read(long step) throws IOException {
    CheckpointFolder.Checkpoint last =
        CheckpointFolder.newest(KilledCheckpointWriter.checkpoints(folder));
    assertEquals(step, last.step());
    return last.tensors();
  }
}
