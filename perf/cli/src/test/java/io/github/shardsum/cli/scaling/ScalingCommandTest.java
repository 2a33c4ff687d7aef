package io.github.shardsum.cli.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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
        run("--devices", "1,2,4", "--runs", "1", "--json", "--html", page.toString()),
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
      // Each device has the work of one at least, all on this machine.
      double one = points.get(i - i % 3).path("seconds").doubleValue();
      assertTrue(predicted >= point.path("devices").intValue() * one * 0.99);
    }
    String html = Files.readString(page);
    assertFalse(html.contains("<script"));
    assertEquals(2, html.split("<svg", -1).length - 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--devices 0 | --devices: must be 1 to 256, got 0",
        "--devices 999 | --devices: must be 1 to 256, got 999",
        "--processes 0 | --processes: must be 1 to 64, got 0",
        "--processes 2 --devices 2 | expected --devices with 1",
        "--programs all | expected some of [layer, step], got \"all\"",
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
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(whole);
  }
}
