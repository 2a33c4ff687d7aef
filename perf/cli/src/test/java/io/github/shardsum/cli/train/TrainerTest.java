package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.CompileOptions;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.cli.train.data.Pair;
import io.github.shardsum.cli.train.data.TokenizedPairs;
import io.github.shardsum.cli.train.data.Tokenizer;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.RouteOptions;
import io.github.shardsum.moe.model.Parameter;
import io.github.shardsum.moe.model.Transformer;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Time of a training, by a clock that goes on only where the test says so. */
class TrainerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Tokenizer TOKENIZER = Tokenizer.learn(List.of("a b", "a b"), 300, 2);

  @TempDir Path folder;

  private long now;

  /** The programs of losses that are measured take 1,000 seconds to compile. */
  private record Slow(TrainerTest test) implements Backend {
    @Override
    public String name() {
      return "slow";
    }

    @Override
    public Executable compile(Program program, CompileOptions options) {
      if (program.name().equals("transformer.loss")) {
        test.now += 1000 * SECOND;
      }
      return LocalBackend.of(Workers.sequential(), MoePrograms.kernels()).compile(program, options);
    }
  }

  private static TokenizedPairs examples() {
    List<Pair> pairs =
        IntStream.range(0, 40)
            .mapToObj(i -> new Pair(Pair.Kind.GIVEN, "de", "a" + i, "b" + i, "a" + i))
            .toList();
    return new TokenizedPairs(pairs, TOKENIZER, 1);
  }

  private static TransformerSpec spec() {
    return TransformerSpec.builder()
        .vocabulary(TOKENIZER.size())
        .model(4)
        .heads(1)
        .key(4)
        .hidden(4)
        .layers(2)
        .experts(2)
        .positions(TokenizedPairs.positions())
        .groups(1)
        .route(RouteOptions.parse("top2 second=all capacity=load"))
        .dtype(DType.F32)
        .build();
  }

  private Trainer trainer(Optional<CheckpointFolder> into) {
    return trainer(into, () -> now);
  }

  private Trainer trainer(Optional<CheckpointFolder> into, LongSupplier clock) {
    Map<String, List<Training.Batch>> measured = Map.of("held back", examples().batches());
    return new Trainer(
        new Trainer.Model(spec(), TOKENIZER, 1, "data", 1),
        examples(),
        measured,
        Trainer.SETTINGS,
        new Slow(this),
        Optional.empty(),
        into.map(_ -> new CheckpointWriter(folder, into, 0, 1, own -> own)),
        own -> own,
        clock);
  }

  /** Steps of 7 seconds: after 104 of them 728 seconds are gone, after 103 but 721. */
  @Test
  void timeIsThatOfStepsWithoutMeasurementsAndCheckpoints() throws IOException {
    try (Trainer trainer = trainer(Optional.empty())) {
      long trained =
          trainer.train(
              OptionalLong.empty(),
              OptionalLong.of(725 * SECOND),
              () -> false,
              _ -> now += 7 * SECOND);
      assertEquals(104, trainer.steps());
      assertEquals(728 * SECOND, trained);
    }
  }

  /** By hand: saved at step 1, and then when more than 30 seconds have gone by since. */
  @Test
  void aCheckpointIsWrittenEachHalfMinuteAndAtTheEnd() throws IOException {
    List<String> newest = new ArrayList<>();
    try (CheckpointFolder open = CheckpointFolder.open(folder);
        Trainer trainer = trainer(Optional.of(open))) {
      trainer.train(
          OptionalLong.of(13),
          OptionalLong.empty(),
          () -> false,
          _ -> {
            now += 7 * SECOND;
            newest.add(newest());
          });
      assertEquals(List.of("13", "11"), names());
    }
    assertEquals(List.of("", "1", "1", "1", "1", "1", "6", "6", "6", "6", "6", "11", "11"), newest);
  }

  /** The clock, which is read after each checkpoint, takes it away. */
  @Test
  void aStepThatWasSavedIsNotSavedAgainAtTheEnd() throws IOException {
    try (CheckpointFolder open = CheckpointFolder.open(folder);
        Trainer trainer = trainer(Optional.of(open), this::deleteCheckpoints)) {
      LongConsumer second = _ -> now += SECOND;
      trainer.train(OptionalLong.of(1), OptionalLong.empty(), () -> false, second);
      assertEquals(List.of(), names());
      trainer.train(OptionalLong.of(2), OptionalLong.empty(), () -> false, second);
      assertEquals(List.of("3"), names());
    }
  }

  private long deleteCheckpoints() {
    try {
      for (Path file : CheckpointFolder.checkpoints(folder)) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return now;
  }

  /** The page draws both on one axis: losses that training reduces would not be comparable. */
  @Test
  void curvesOfTrainingAndOfHeldBackPairsAreCrossEntropies() throws IOException {
    try (Trainer trainer = trainer(Optional.empty());
        Training other =
            new Training(
                spec(),
                Trainer.SETTINGS,
                LocalBackend.of(Workers.sequential(), MoePrograms.kernels()),
                1)) {
      trainer.train(OptionalLong.of(1), OptionalLong.empty(), () -> false, _ -> {});
      assertEquals(
          List.of("held back", "training batches"), List.copyOf(trainer.crossEntropies().keySet()));
      Training.Batch first = TokenizedPairs.tensors(examples().epoch(0).getFirst());
      double expected = other.crossEntropy(first, other.state());
      List<TrainHistory.Point> points =
          Objects.requireNonNull(trainer.crossEntropies().get("training batches"));
      assertEquals(1, points.size());
      assertEquals(expected, points.getFirst().value(), 1e-6 * expected);
    }
  }

  /** A legend gives colours in this order. */
  @Test
  void aResumedHistoryHasTheOrderOfTheFirst() {
    TrainHistory history = new TrainHistory();
    for (String curve : List.of("second", "third", "first")) {
      history.add(curve, 1, 2.5);
      history.addLoad(curve, 1, 3, 4);
    }
    TrainHistory resumed = TrainHistory.take(new HashMap<>(history.tensors()));
    assertEquals(List.copyOf(history.curves().keySet()), List.copyOf(resumed.curves().keySet()));
    assertEquals(List.copyOf(history.loads().keySet()), List.copyOf(resumed.loads().keySet()));
    assertEquals(history.curves(), resumed.curves());
    assertEquals(history.loads(), resumed.loads());
  }

  /** A process that does not translate takes part in the gathering and keeps nothing. */
  @Test
  void runningMeansAreOfEachParameterAndKeptWhereAsked() throws IOException {
    try (Trainer trainer = trainer(Optional.empty())) {
      trainer.train(OptionalLong.of(2), OptionalLong.empty(), () -> false, _ -> {});
      trainer.gatherAverages(true);
      Map<String, Tensor> kept = trainer.averages();
      assertSame(kept, trainer.averages());
      trainer.gatherAverages(false);
      Map<String, Tensor> again = trainer.averages();
      assertNotSame(kept, again);
      assertEquals(
          Transformer.parameters(spec()).stream().map(Parameter::name).toList(),
          List.copyOf(again.keySet()));
      kept.forEach(
          (name, mean) ->
              assertArrayEquals(
                  mean.toFloatArray(),
                  Objects.requireNonNull(again.get(name)).toFloatArray(),
                  name));
    }
  }

  private List<String> names() throws IOException {
    return CheckpointFolder.checkpoints(folder).stream()
        .map(file -> file.getFileName().toString().replaceAll("\\D", "").replaceAll("^0+", ""))
        .toList();
  }

  private String newest() {
    try {
      return names().stream().findFirst().orElse("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
