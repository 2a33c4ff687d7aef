package io.github.shardsum.lab.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.lab.Lab;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class HoldoutCommandTest {
  @TempDir Path folder;
  private Path table = Path.of("");
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeTheTable() throws IOException {
    table = folder.resolve("steps.tsv");
    try (InputStream in =
        Objects.requireNonNull(HoldoutCommandTest.class.getResourceAsStream("steps.tsv"))) {
      Files.write(table, in.readAllBytes());
    }
  }

  @Test
  void everyRowOfATableGetsANumberOrAReason() {
    assertEquals(0, run(table.toString(), "--json"));
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals(4, answer.path("rows").size(), out::toString);
    assertEquals(3, answer.path("refused").size(), out::toString);
    // A step time counts before a share of peak, whatever the share says.
    assertEquals(10.0, answer.path("rows").get(0).path("measuredSeconds").doubleValue(), 1e-12);
    assertEquals(10.4, answer.path("rows").get(1).path("measuredSeconds").doubleValue(), 1e-12);
    // 512 sequences of 2048 tokens on 256 devices, 300 tokens a second and device.
    assertEquals(
        512 * 2048 / 256 / 300.0,
        answer.path("rows").get(2).path("measuredSeconds").doubleValue(),
        1e-9);
    assertEquals("MoE, capacity form", answer.path("rows").get(3).path("kind").stringValue());
  }

  @Test
  void rowsAreScoredByTheirPlansToo() {
    assertEquals(0, run(table.toString(), "--plans", "--json"), err::toString);
    JsonNode plans = new JsonMapper().readTree(out.toString());
    out.getBuffer().setLength(0);
    assertEquals(0, run(table.toString(), "--json"));
    JsonNode formulas = new JsonMapper().readTree(out.toString());
    assertEquals(formulas.path("eta"), plans.path("eta"));
    for (int i = 0; i < 4; i++) {
      double plan = plans.path("rows").get(i).path("predictedSeconds").doubleValue();
      double formula = formulas.path("rows").get(i).path("predictedSeconds").doubleValue();
      assertTrue(plan != formula && Math.abs(plan / formula - 1) < 0.3, plan + " " + formula);
    }
  }

  @Test
  void thePageHasReasonsErrorsFitsAndAssumptions() {
    assertEquals(0, run(table.toString()));
    for (String text :
        new String[] {
          "no devices",
          "unknown model, and no layers, d_model and d_ff",
          "global_batch must be a positive number, got \"NaN\"",
          "v5e dense",
          "v5p MoE, capacity form",
          "median of others",
          "fitted on dense rows: 3",
          "of the table of devices",
          "dense-16b on v5e",
          "attention reaches 0.5 of peak; affects attention"
        }) {
      // Rank correlations need three rows of one model, which this table has not.
      assertEquals(
          !text.equals("dense-16b on v5e"), out.toString().contains(text), () -> text + out);
    }
  }

  private int run(String... args) {
    return Lab.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(Stream.concat(Stream.of("holdout"), Stream.of(args)).toArray(String[]::new));
  }
}
