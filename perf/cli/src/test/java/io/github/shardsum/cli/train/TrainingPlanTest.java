package io.github.shardsum.cli.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.mesh.MeshBackend;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.moe.MoePrograms;
import io.github.shardsum.moe.model.TransformerSpec;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Training;
import io.github.shardsum.moe.train.TrainingLayouts;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.program.Annotations;
import io.github.shardsum.program.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The plan of a step of the default model on meshes, held to the tables of docs/training.md. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrainingPlanTest {
  private static final int VOCABULARY = 2048;
  private static final int EXPERTS = 16;

  /** Collectives of so many bytes a device and fewer are in no table: scalars, biases and norms. */
  private static final long SHORT = 4096;

  /** Meshes that are planned for at the short depth: a plan takes seconds. */
  private static final TransformerSpec SPEC = TrainRun.spec(VOCABULARY, EXPERTS);

  private final Map<String, ProgramPlan> plans = new HashMap<>();

  private final Program step = step();

  private static Program step() {
    Backend local = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    try (Training training = new Training(SPEC, Trainer.SETTINGS, local, 1)) {
      return training.program(64, 16, 8);
    }
  }

  private ProgramPlan plan(String notation) {
    return plans.computeIfAbsent(notation, this::planned);
  }

  private ProgramPlan planned(String notation) {
    Mesh mesh = Mesh.parse(notation);
    try (Collectives collectives = Collectives.open(mesh)) {
      Program laid = Annotations.of(TrainingLayouts.of(step, MeshAxes.of(mesh))).apply(step);
      return MeshBackend.of(collectives, MoePrograms.kernels(), PlanOptions.defaults()).plan(laid);
    }
  }

  /** The rows of the table under a heading row, cell by cell. */
  private static List<List<String>> table(String heading) throws IOException {
    List<String> lines = Files.readAllLines(page());
    int from = lines.indexOf(heading);
    assertTrue(from >= 0, heading);
    return lines.stream()
        .skip(from + 2L)
        .takeWhile(line -> line.startsWith("|"))
        .map(line -> List.of(line.substring(2, line.length() - 2).split(" \\| ", -1)))
        .toList();
  }

  private static Path page() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isRegularFile(folder.resolve("docs/training.md"))) {
      folder = Objects.requireNonNull(folder.getParent(), "docs/training.md");
    }
    return folder.resolve("docs/training.md");
  }

  private static long bytes(ProgramPlan plan, int step) {
    return plan.plan().bytesReceived(step);
  }

  @Test
  void aStepHasTheCollectivesOfThePage() throws IOException {
    ProgramPlan plan = plan("d=2,x=2,m=2");
    plan.certify();
    Map<String, long[]> sums = new TreeMap<>();
    for (int i = 0; i < plan.plan().steps().size(); i++) {
      PlanStep step = plan.plan().steps().get(i);
      if (step.action().isCollective() && bytes(plan, i) > SHORT) {
        String of = step.action().op() + " | " + String.join(", ", step.action().groupAxes());
        long[] sum = sums.computeIfAbsent(of, _ -> new long[2]);
        sum[0]++;
        sum[1] += bytes(plan, i);
      }
    }
    List<String> expected = new ArrayList<>();
    sums.forEach(
        (of, sum) -> expected.add(String.format(Locale.ROOT, "%s | %d | %,d", of, sum[0], sum[1])));
    List<String> rows =
        table("| collective | over | how many | bytes a device receives |").stream()
            .map(cells -> String.join(" | ", cells))
            .toList();
    assertEquals(String.join("\n", expected), String.join("\n", rows));
  }

  /** Next weights of experts are gathered over d, where they were split for the optimizer alone. */
  @Test
  void noCollectiveOverExpertsOrHiddenMovesAWeightOfExperts() {
    for (String mesh : List.of("x=8", "d=2,x=2,m=2")) {
      ProgramPlan plan = plan(mesh);
      for (PlanStep step : plan.plan().steps()) {
        for (PlannedValue value : step.results()) {
          boolean isWeight =
              value.layout().rank() == 3
                  && value.layout().label(0).equals("E")
                  && (value.name().endsWith(".wi") || value.name().endsWith(".wo"));
          if (step.action().isCollective() && isWeight) {
            assertEquals(List.of("d"), step.action().groupAxes(), step::toString);
          }
        }
      }
    }
  }

  @Tag("deep")
  @Test
  void memoryADeviceFallsWithEveryDoubling() throws IOException {
    List<List<String>> rows = table("| mesh | bytes |");
    List<String> printed = new ArrayList<>();
    Map<String, Long> bytes = new TreeMap<>();
    for (List<String> row : rows) {
      long peak = plan(row.getFirst()).plan().peakBytes();
      bytes.put(row.getFirst(), peak);
      printed.add(String.format(Locale.ROOT, "%s | %,d", row.getFirst(), peak));
    }
    assertEquals(rows.stream().map(cells -> String.join(" | ", cells)).toList(), printed);
    for (List<String> doubled :
        List.of(
            List.of("x=1", "x=2", "x=4", "x=8"), List.of("x=1", "d=2", "d=2,x=2", "d=2,x=2,m=2"))) {
      List<String> falling = doubled.stream().filter(bytes::containsKey).toList();
      assertTrue(falling.size() > 1, bytes::toString);
      for (int i = 1; i < falling.size(); i++) {
        assertTrue(bytes.get(falling.get(i)) < bytes.get(falling.get(i - 1)), falling.toString());
      }
    }
    assertTrue(bytes.get("x=8") <= bytes.get("x=1") / 4, bytes.toString());
  }
}
