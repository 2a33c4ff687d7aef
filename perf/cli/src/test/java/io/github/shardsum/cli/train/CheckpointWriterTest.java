package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Box;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of several processes, which are threads here: whole or not there. */
class CheckpointWriterTest {
  private static final int PROCESSES = 2;
  private static final Map<String, Shape> SHAPES = Map.of("w", Shape.of(4, 3), "b", Shape.of());

  @TempDir Path path;

  /** The answers of all processes, or'ed, when each of them has asked. */
  private static final class Barrier implements Trainer.Agreement {
    private final AtomicInteger yes = new AtomicInteger();
    private final CyclicBarrier barrier = new CyclicBarrier(PROCESSES);

    @Override
    public boolean any(boolean own) {
      try {
        yes.addAndGet(own ? 1 : 0);
        barrier.await();
        boolean any = yes.get() > 0;
        barrier.await();
        return any;
      } catch (InterruptedException | BrokenBarrierException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static Tensor whole() {
    float[] values = new float[12];
    for (int i = 0; i < values.length; i++) {
      values[i] = i + 0.5f;
    }
    return Tensor.of(values, 4, 3);
  }

  /** Process 0 has the first row and the scalar, process 1 the other rows in two parts. */
  private static List<Training.Part> parts(int process) {
    List<Box> boxes =
        process == 0
            ? List.of(new Box(List.of(0L, 0L), List.of(1L, 3L)))
            : List.of(
                new Box(List.of(1L, 0L), List.of(4L, 2L)),
                new Box(List.of(1L, 2L), List.of(4L, 3L)));
    List<Training.Part> parts = new ArrayList<>();
    for (Box box : boxes) {
      parts.add(new Training.Part("w", Shape.of(4, 3), box, box.of(whole())));
    }
    if (process == 0) {
      parts.add(
          new Training.Part(
              "b", Shape.of(), new Box(List.of(), List.of()), Tensor.full(whole().dtype(), 7)));
    }
    return parts;
  }

  private static List<Training.Part> none(int process) {
    if (process == 1) {
      throw new UncheckedIOException(new IOException("no room"));
    }
    return parts(process);
  }

  /** Saves from all processes at once; what each of them threw. */
  private List<Optional<Throwable>> save(
      CheckpointFolder folder, long step, IntFunction<List<Training.Part>> parts)
      throws InterruptedException {
    Trainer.Agreement agreement = new Barrier();
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(PROCESSES)) {
      for (int i = 0; i < PROCESSES; i++) {
        int process = i;
        running.add(
            threads.submit(
                () -> {
                  Optional<CheckpointFolder> own =
                      process == 0 ? Optional.of(folder) : Optional.empty();
                  new CheckpointWriter(path, own, process, PROCESSES, agreement)
                      .save(
                          new CheckpointWriter.State(
                              step, SHAPES, Map::of, () -> parts.apply(process)),
                          Map.of("history.curve.loss", Tensor.of(new double[] {1, 2}, 1, 2)),
                          Map.of("step", Long.toString(step)));
                  return process;
                }));
      }
      List<Optional<Throwable>> failures = new ArrayList<>();
      for (Future<?> each : running) {
        try {
          each.get();
          failures.add(Optional.empty());
        } catch (ExecutionException failed) {
          failures.add(Optional.ofNullable(failed.getCause()));
        }
      }
      return failures;
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static Tensor tensor(CheckpointFolder.Checkpoint read, String name) {
    return Objects.requireNonNull(read.tensors().get(name));
  }

  private static void assertState(CheckpointFolder.Checkpoint read) {
    assertEquals(Set.of("w", "b", "history.curve.loss"), read.tensors().keySet());
    assertArrayEquals(whole().toFloatArray(), tensor(read, "w").toFloatArray());
    assertEquals(7, tensor(read, "b").getDouble());
    assertEquals(2, tensor(read, "history.curve.loss").getDouble(0, 1));
  }

  @Test
  void partsOfAllProcessesAreOneCheckpointAndTheLastTwoAreKept() throws Exception {
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      for (long step = 1; step <= 3; step++) {
        assertEquals(
            List.of(Optional.empty(), Optional.empty()),
            save(folder, step, CheckpointWriterTest::parts));
      }
      assertEquals(List.of("checkpoint-000000002", "checkpoint-000000003", "lock"), names());
      CheckpointFolder.Checkpoint read = CheckpointFolder.last(path, _ -> {});
      assertEquals(3, read.step());
      assertEquals(Map.of("step", "3"), read.metadata());
      assertState(read);
    }
  }

  @Test
  void aProcessThatCannotWriteItsPartLeavesNothingAndAllSaySo() throws Exception {
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      save(folder, 1, CheckpointWriterTest::parts);
      List<Optional<Throwable>> failures = save(folder, 2, CheckpointWriterTest::none);
      String first = String.valueOf(failures.getFirst().orElseThrow().getMessage());
      assertTrue(first.contains("another process"), first);
      String second = String.valueOf(failures.getLast().orElseThrow().getMessage());
      assertTrue(second.contains("no room"), second);
      assertEquals(List.of("checkpoint-000000001", "lock"), names());
    }
  }

  @Test
  void aCheckpointOfTheSameStepTakesThePlaceOfTheOneBefore() throws Exception {
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      save(folder, 1, CheckpointWriterTest::parts);
      assertEquals(
          List.of(Optional.empty(), Optional.empty()),
          save(folder, 1, CheckpointWriterTest::parts));
      assertEquals(List.of("checkpoint-000000001", "lock"), names());
      assertState(CheckpointFolder.newest(path));
    }
  }

  /** Without the folder that is to take its place. */
  @Test
  void aCheckpointWhosePlaceCannotBeTakenStays() throws Exception {
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      save(folder, 1, CheckpointWriterTest::parts);
      assertThrows(IOException.class, () -> folder.end(1));
      assertEquals(List.of("checkpoint-000000001", "lock"), names());
      assertState(CheckpointFolder.newest(path));
    }
  }

  /** Killed while a checkpoint takes the place of another, before it has it and after. */
  @Test
  void aCheckpointThatWasSetAsideIsRestored() throws Exception {
    Path aside = path.resolve(".checkpoint-000000001.old");
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      save(folder, 1, CheckpointWriterTest::parts);
    }
    Files.move(path.resolve("checkpoint-000000001"), aside);
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      assertEquals(List.of("checkpoint-000000001", "lock"), names());
      assertState(folder.last(_ -> {}).orElseThrow());
    }
    Files.createDirectory(aside);
    CheckpointFolder.open(path).close();
    assertEquals(List.of("checkpoint-000000001", "lock"), names());
    assertState(CheckpointFolder.newest(path));
  }

  /** Killed before the index, and between the index and the name: neither is a checkpoint. */
  @Test
  void whatKilledProcessesBeganIsNoCheckpointAndIsCleared() throws Exception {
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      save(folder, 1, CheckpointWriterTest::parts);
      folder.begin(2);
      CheckpointParts.write(CheckpointFolder.begun(path, 2), 0, parts(0));
      folder.begin(3);
      for (int process = 0; process < PROCESSES; process++) {
        CheckpointParts.write(CheckpointFolder.begun(path, 3), process, parts(process));
      }
      CheckpointParts.writeIndex(
          CheckpointFolder.begun(path, 3), PROCESSES, SHAPES, Map.of(), Map.of("step", "3"));
      assertEquals(1, CheckpointFolder.last(path, _ -> {}).step());
    }
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      assertEquals(List.of("checkpoint-000000001", "lock"), names());
      assertState(folder.last(_ -> {}).orElseThrow());
    }
  }

  @Test
  void aDamagedPartIsNamedAndTheCheckpointBeforeIsUsed() throws Exception {
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      save(folder, 1, CheckpointWriterTest::parts);
      save(folder, 2, CheckpointWriterTest::parts);
      Path part = CheckpointParts.file(path.resolve("checkpoint-000000002"), 1);
      byte[] bytes = Files.readAllBytes(part);
      bytes[bytes.length - 1] ^= 1;
      Files.write(part, bytes);
      String message =
          String.valueOf(
              assertThrows(IOException.class, () -> CheckpointFolder.newest(path)).getMessage());
      assertTrue(message.contains("part-00001.safetensors"), message);
      List<String> warnings = new ArrayList<>();
      assertEquals(1, folder.last(warnings::add).orElseThrow().step());
      assertTrue(warnings.getFirst().contains("part-00001.safetensors"), warnings::toString);
      assertTrue(warnings.getFirst().contains("w@1:4,"), warnings::toString);
      assertState(CheckpointFolder.newest(path));
      assertEquals(
          List.of("checkpoint-000000001", "checkpoint-000000002.damaged", "lock"), names());
    }
  }

  /** An index of some bytes that lists a tensor of 24 TB. */
  @Test
  void noMemoryIsTakenForATensorWhosePartsAreNotThere() throws Exception {
    Path whole = Files.createDirectory(path.resolve("checkpoint-000000001"));
    CheckpointParts.write(whole, 0, parts(0));
    CheckpointParts.write(whole, 1, parts(1));
    Map<String, Shape> shapes = Map.of("w", Shape.of(2_000_000_000_000L, 3), "b", Shape.of());
    CheckpointParts.writeIndex(whole, PROCESSES, shapes, Map.of(), Map.of("step", "1"));
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> CheckpointParts.read(whole))
                .getMessage());
    assertTrue(message.contains("w must have its 6000000000000 elements, got 12"), message);
  }

  @Test
  void aPartThatIsMissingIsADamage() throws Exception {
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      save(folder, 1, CheckpointWriterTest::parts);
      Files.delete(CheckpointParts.file(path.resolve("checkpoint-000000001"), 1));
      String message =
          String.valueOf(
              assertThrows(IOException.class, () -> CheckpointFolder.last(path, _ -> {}))
                  .getMessage());
      assertTrue(message.contains("part-00001.safetensors: must be in its folder"), message);
    }
  }
}
