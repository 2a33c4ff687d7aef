package io.github.shardsum.cli.language;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npy;
import io.github.shardsum.io.Safetensors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tiny models are the module's of language models. */
class GenerateCommandTest {
  private static final Path FAMILIES =
      Path.of(System.getProperty("basedir", ""))
          .resolve("../../language/src/test/resources/io/github/shardsum/language/families");
  private static final int PROMPT = 40;

  private static String run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        Main.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(args);
    assertEquals(0, status, err::toString);
    return out.toString();
  }

  /** The tokens that Hugging Face's transformers generates are in the fixture. */
  @Test
  void tokensBehindAPromptOfTokens() throws IOException {
    Path folder = FAMILIES.resolve("qwen3");
    try (Safetensors expected = Safetensors.open(folder.resolve("expected.safetensors"))) {
      List<String> tokens =
          Arrays.stream(expected.read("tokens").toLongArray()).mapToObj(Long::toString).toList();
      String prompt = String.join(",", tokens.subList(0, PROMPT));
      List<String> rest = tokens.subList(PROMPT, PROMPT + 6);
      for (Path model : List.of(folder, folder.resolve("model.gguf"))) {
        String plain = run("generate", "--model", model.toString(), "--tokens", prompt, "-n", "6");
        assertEquals(String.join(" ", rest), plain.strip());
        JsonNode json =
            JsonMapper.shared()
                .readTree(
                    run(
                        "generate",
                        "--model",
                        model.toString(),
                        "--tokens",
                        prompt,
                        "-n",
                        "6",
                        "--threads",
                        "1",
                        "--json"));
        assertEquals(
            "[" + String.join(",", rest) + "]", json.get("tokens").toString(), json::toString);
        assertEquals("length", json.get("reason").asString());
        assertEquals(PROMPT, json.get("promptTokens").asInt());
      }
    }
  }

  @Test
  void theBenchmarkHasARowOfEachTest() {
    String model = FAMILIES.resolve("llama/model.gguf").toString();
    List<String> lines =
        run("generate", "--model", model, "--bench", "--threads", "1").lines().toList();
    assertEquals("| model | size | params | backend | threads | test | t/s |", lines.get(0));
    String number = "\\d+\\.\\d\\d";
    String head = "\\| model.gguf \\| 0.00 GiB \\| 0.00 B \\| JVM \\| 1 \\| ";
    // The model's context has 256 positions.
    assertTrue(
        lines.get(2).matches(head + "pp255 \\| " + number + " ± " + number + " \\|"),
        lines::toString);
    assertTrue(
        lines.get(3).matches(head + "tg128 \\| " + number + " ± " + number + " \\|"),
        lines::toString);
    assertEquals(4, lines.size());
    JsonNode json =
        JsonMapper.shared().readTree(run("generate", "--model", model, "--bench", "--json"));
    assertEquals(20_640, json.get("parameters").asLong(), json::toString);
    assertEquals(4 * 20_640, json.get("weightBytes").asLong());
    for (JsonNode test : json.get("tests")) {
      double mean =
          test.get("tokensPerSecond")
              .valueStream()
              .collect(Collectors.averagingDouble(JsonNode::asDouble));
      assertEquals(mean, test.get("mean").asDouble(), 1e-9 * mean);
      assertEquals(5, test.get("tokensPerSecond").size());
    }
  }

  @Test
  void vectorsOfLinesAndTheMostSimilarOnes(@TempDir Path folder) throws IOException {
    Path model = FAMILIES.resolve("bert");
    Path texts = model.resolve("texts.txt");
    Path file = folder.resolve("vectors.npy");
    List<String> lines = Files.readAllLines(texts);
    String query = lines.get(3);
    List<String> found =
        run(
                "embed",
                "--model",
                model.toString(),
                "--texts",
                texts.toString(),
                "--search",
                query,
                "-k",
                "4",
                "-o",
                file.toString())
            .lines()
            .toList();
    try (Safetensors oracle = Safetensors.open(model.resolve("expected.safetensors"))) {
      float[][] expected = oracle.read("vectors").toFloatMatrix();
      float[][] actual = Npy.read(file).toFloatMatrix();
      double[] similar = new double[expected.length];
      for (int i = 0; i < expected.length; i++) {
        assertArrayEquals(expected[i], actual[i], 2e-6f);
        for (int j = 0; j < expected[i].length; j++) {
          similar[i] += (double) expected[i][j] * expected[3][j];
        }
      }
      List<String> best =
          IntStream.range(0, lines.size())
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -similar[i]))
              .limit(4)
              .map(lines::get)
              .toList();
      assertEquals(best, found.stream().map(line -> line.substring(8)).toList());
      assertEquals("1.0000  " + query, found.getFirst());
    }
  }
}
