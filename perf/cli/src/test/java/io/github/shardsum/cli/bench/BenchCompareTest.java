package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.bench.BenchCompare.Change;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCompareTest {
  @TempDir Path folder;

  /** A run of one case with its quartiles, and of one kernel with its interval. */
  private static JsonNode run(double seconds, double lower, double upper, double value) {
    String text =
        String.format(
            Locale.ROOT,
            """
            {"machine": "m", "cases": [{"id": "a", "group": "g", "results":
              [{"threads": 1, "seconds": %s, "lower": %s, "upper": %s}]}],
             "kernels": [{"group": "kernel", "id": "k", "threads": 2, "value": %s, "low": %s,
              "high": %s, "atLeast": 1}]}
            """,
            seconds,
            lower,
            upper,
            value,
            0.95 * value,
            1.05 * value);
    return new JsonMapper().readTree(text);
  }

  @ParameterizedTest
  @CsvSource({
    // The intervals overlap, however far the medians are.
    "1.5, 0.9, 1.6, NONE",
    "1.5, 1.4, 1.6, LOSS",
    "0.5, 0.4, 0.6, GAIN",
    // Narrow intervals of a change that is none.
    "1.015, 1.0149, 1.0151, NONE",
    "1, 0.9, 1.1, NONE",
  })
  void aCaseMovesWhenItsQuartilesDoNotOverlap(
      double seconds, double lower, double upper, Change change) {
    JsonNode old = run(1, 0.999, 1.001, 2);
    BenchCompare moved = BenchCompare.of(old, run(seconds, lower, upper, 2));
    assertEquals("g/a, 1 thread", moved.moves().getFirst().name());
    assertEquals(change, moved.moves().getFirst().change());
    assertEquals(change == Change.LOSS, moved.lost());
    assertEquals(Change.NONE, moved.moves().getLast().change());
  }

  @Test
  void aKernelThatIsToBeLargeLosesWhenItShrinks() {
    JsonNode old = run(1, 0.9, 1.1, 2);
    assertEquals(Change.LOSS, BenchCompare.of(old, run(1, 0.9, 1.1, 1)).moves().getLast().change());
    assertEquals(Change.GAIN, BenchCompare.of(old, run(1, 0.9, 1.1, 4)).moves().getLast().change());
  }

  @Test
  void casesOfOneRunAloneAreNamedAndOtherMachinesToo() {
    JsonNode old = run(1, 0.9, 1.1, 2);
    JsonNode none = new JsonMapper().readTree("{\"machine\": \"other\", \"cases\": []}");
    StringWriter out = new StringWriter();
    BenchCompare.of(old, none).print(new PrintWriter(out));
    assertTrue(out.toString().contains("only in the older run: g/a, 1 thread"), out::toString);
    assertTrue(out.toString().contains("the machines differ"), out::toString);
    assertThrows(
        IllegalArgumentException.class,
        () -> BenchCompare.of(new JsonMapper().readTree("{}"), old));
  }

  @Test
  void aLossIsTheStatusOfTheCommand() throws IOException {
    Path old = folder.resolve("old.json");
    StringWriter json = new StringWriter();
    assertEquals(0, bench(json, "--json"));
    JsonNode now = new JsonMapper().readTree(json.toString());
    JsonNode result = now.path("cases").get(0).path("results").get(0);
    double seconds = result.path("seconds").doubleValue();
    // The same case, a thousand times faster before and a thousand times slower.
    for (double factor : new double[] {1e-3, 1e3}) {
      String text =
          json.toString()
              .replaceAll("\"seconds\" : [^,]*", "\"seconds\" : " + seconds * factor)
              .replaceAll("\"lower\" : [^,]*", "\"lower\" : " + seconds * factor * 0.99)
              .replaceAll("\"upper\" : [^,]*", "\"upper\" : " + seconds * factor * 1.01);
      Files.writeString(old, text);
      StringWriter out = new StringWriter();
      assertEquals(factor < 1 ? 1 : 0, bench(out, "--compare", old.toString()), out::toString);
      assertTrue(out.toString().contains(factor < 1 ? "LOSS" : "gain"), out::toString);
    }
    Files.writeString(old, "{");
    assertTrue(bench(new StringWriter(), "--compare", old.toString()) != 0);
  }

  @Tag("deep")
  @Test
  void thePageHasItsPicturesWithoutAScript() throws IOException {
    Path page = folder.resolve("bench.html");
    assertEquals(0, bench(new StringWriter(), "--html", page.toString()));
    String html = Files.readString(page);
    assertFalse(html.contains("<script"));
    for (String part :
        List.of(
            "Roofline, one thread", "Collectives of virtual devices against size", "tiny-mm4")) {
      assertTrue(html.contains(part), part);
    }
    assertEquals(html.split("<svg", -1).length, html.split("</svg>", -1).length);
  }

  private static int bench(StringWriter out, String... more) {
    String[] line = {"--filter", "tiny/tiny-mm4$", "--quick", "--threads", "1", "--peers", "none"};
    String[] all = Arrays.copyOf(line, line.length + more.length);
    System.arraycopy(more, 0, all, line.length, more.length);
    return new CommandLine(new BenchCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(new StringWriter()))
        .execute(all);
  }
}
