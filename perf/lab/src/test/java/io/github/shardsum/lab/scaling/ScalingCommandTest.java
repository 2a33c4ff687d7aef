package io.github.shardsum.lab.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.lab.Lab;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ScalingCommandTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void realAndPredictedTimesOfBothProgramsAreDrawn() throws IOException {
    Path page = folder.resolve("scaling.html");
    assertEquals(
        0,
        run(
            "--devices",
            "1,2,4",
            "--runs",
            "1",
            "--warm-up",
            "0",
            "--json",
            "--html",
            page.toString()),
        err::toString);
    JsonNode points = new JsonMapper().readTree(out.toString()).path("points");
    assertEquals(6, points.size());
    for (int i = 0; i < points.size(); i++) {
      JsonNode point = points.get(i);
      assertEquals(i < 3 ? "layer" : "step", point.path("program").stringValue());
      assertEquals(1 << (i % 3), point.path("devices").intValue());
      double real = point.path("seconds").doubleValue();
      double predicted = point.path("predictedSeconds").doubleValue();
      assertTrue(real > 0 && predicted > 0);
      assertEquals(predicted / real - 1, point.path("error").doubleValue(), 1e-9);
      boolean alone = point.path("devices").intValue() == 1;
      assertEquals(alone, point.path("collectiveSeconds").doubleValue() == 0);
      assertTrue(predicted > point.path("collectiveSeconds").doubleValue(), point::toString);
      assertTrue(alone == (predicted == real), point::toString);
      // Each core has its devices one after the other, each with the work of one device at least.
      int devices = point.path("devices").intValue();
      int threads = Math.min(devices, Runtime.getRuntime().availableProcessors());
      double one = point.path("oneDeviceSeconds").doubleValue();
      double work = predicted - point.path("collectiveSeconds").doubleValue();
      assertTrue(work >= Math.ceilDiv(devices, threads) * one * 0.99, point::toString);
      assertTrue(point.path("bytes").isMissingNode());
    }
    String html = Files.readString(page);
    assertFalse(html.contains("<script"));
    assertEquals(2, html.split("<svg", -1).length - 1);
  }

  /** Large values, beside which what the JVM holds of its own is small. */
  @Test
  void aRunHoldsTheBytesOfThePlan() {
    assertEquals(
        0,
        run(
            "--devices 2 --programs product-gathered,loss --runs 1 --warm-up 0 --memory"
                .split(" ")),
        err::toString);
    List<String> lines = out.toString().lines().toList();
    assertTrue(lines.getFirst().contains("predicted MB"), out::toString);
    // Two inputs and an output; the table and two times 512 x 4096 logits a device.
    Map<String, Double> least = Map.of("product-gathered", 8.3 + 4.1 + 8.3, "loss", 8.3 + 4 * 8.3);
    least.forEach(
        (program, bytes) -> {
          String line =
              lines.stream()
                  .filter(each -> each.startsWith(program + " "))
                  .findFirst()
                  .orElseThrow();
          String[] cells = line.replace(" %", "").split(" +", -1);
          double held = Double.parseDouble(cells[cells.length - 3]);
          double predicted = Double.parseDouble(cells[cells.length - 2]);
          assertTrue(held > bytes, line);
          assertTrue(predicted > bytes, line);
          assertEquals(1, predicted / held, 0.3, line);
        });
    assertTrue(out.toString().contains("memory of 2 points: mean absolute error "), out::toString);
    assertTrue(out.toString().contains("time of 2 points: mean absolute error "), out::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--devices 0 | --devices: must be 1 to 256, got 0",
        "--devices 999 | --devices: must be 1 to 256, got 999",
        "--processes 0 | --processes: must be 1 to 64, got 0",
        "--programs all,layer | must be all, or some of [layer, layer-forward,",
        "--programs gran | got \"gran\"",
        "--warm-up -1 | --warm-up: must be 0 to 600 seconds, got -1.0",
        "--runs 0 | --runs: must be 1 to 1000, got 0",
      })
  void aWrongCommandLineIsAnError(String line, String message) {
    assertTrue(run(line.split(" ")) != 0);
    assertTrue(err.toString().contains(message), err::toString);
  }

  private int run(String... args) {
    String[] whole = new String[args.length + 1];
    whole[0] = "scaling";
    System.arraycopy(args, 0, whole, 1, args.length);
    return Lab.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(whole);
  }
}
