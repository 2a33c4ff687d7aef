package io.github.shardsum.lab.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.lab.Lab;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class IopddlCommandTest {
  private static final String PROBLEM =
      """
      {"problem": {
        "name": "ladder",
        "nodes": {
          "intervals": [[0, 4], [2, 6], [5, 9], [0, 0]],
          "costs": [[4, 1], [7, 3, 1], [2, 9], [0, 5]],
          "usages": [[2, 6], [1, 4, 5], [3, 1], [9, 9]]
        },
        "edges": {
          "nodes": [[0, 1], [1, 2], [2, 3], [0, 1]],
          "costs": [
            [0, 2, 8, 3, 0, 1],
            [5, 0, 1, 1000000000000000000, 2, 2],
            [1, 0, 0, 3],
            [0, 0, 1, 0, 1e0, 0]
          ]
        },
        "usage_limit": 7
      }}
      """;

  @TempDir private Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void printsTheCheapestChoiceWithinTheLimit() throws IOException {
    assertEquals(0, run(write("ladder.json", PROBLEM)), err::toString);
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    int[] best = cheapest(7);
    assertEquals(Arrays.toString(best), lines.getLast());
    assertEquals("cost   " + cost(best), lines.get(0));
    assertEquals("bound  " + cost(best) + " (the cost is optimal)", lines.get(1));
    assertEquals("gap    0.0000 %", lines.get(2));
    assertEquals("peak   " + peak(best) + " of 7 bytes", lines.get(3));
  }

  @Test
  void aRunThatTheWorkEndsIsTheSameByAnyClock() throws IOException {
    String file = write("ladder.json", PROBLEM).toString();
    List<String> answers = new ArrayList<>();
    for (String clock : List.of("100", "100000")) {
      out.reset();
      String[] arguments = {"iopddl", file, "--seconds", "0.5", "--clock", clock};
      assertEquals(0, runWith(arguments), err::toString);
      answers.add(out.toString(StandardCharsets.UTF_8));
    }
    assertTrue(answers.getFirst().startsWith("cost "), answers::toString);
    assertEquals(answers.getFirst(), answers.getLast());
  }

  @Test
  void readsGzipWhateverItsName() throws IOException {
    Path file = folder.resolve("ladder");
    try (GZIPOutputStream gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
      gzip.write(PROBLEM.getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(0, run(file), err::toString);
    assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("cost   "));
  }

  @Test
  void aTruncatedFileIsOneSentence() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(PROBLEM.getBytes(StandardCharsets.UTF_8));
    }
    byte[] whole = bytes.toByteArray();
    for (int length : new int[] {3, 12, whole.length / 2, whole.length - 9}) {
      assertFails(write("cut.json.gz", Arrays.copyOf(whole, length)), "cut.json.gz: ");
    }
    assertFails(write("cut.json", PROBLEM.substring(0, 90)), "cut.json: ");
    assertFails(write("empty.json", ""), "empty.json: the file: must be an object, got the end");
  }

  @Test
  void aGraphWithoutNodesCostsNothing() throws IOException {
    String empty =
        """
        {"problem": {"nodes": {"intervals": [], "costs": [], "usages": []},
         "edges": {"nodes": [], "costs": []}, "usage_limit": 0}}
        """;
    assertEquals(0, run(write("none.json", empty)), err::toString);
    assertEquals("[]", out.toString(StandardCharsets.UTF_8).lines().toList().getLast());
  }

  @Test
  void wherePeakExceedsTheLimitThatIsProven() throws IOException {
    String tight = PROBLEM.replace("\"usage_limit\": 7", "\"usage_limit\": 2");
    assertFails(
        write("tight.json", tight), "no choice is possible within the limit of 2 bytes (proven)");
  }

  @Test
  void whatIsNoProblemIsRefused() throws IOException {
    refuse("[[0, 4]", "[[4, 0]", "node 0: interval must be 0 <= from <= to, got [4, 0)");
    refuse("[[0, 4]", "[[-1, 4]", "got [-1, 4)");
    refuse("[[0, 4]", "[[0, 4, 5]", "nodes.intervals[0]: must have 2 numbers, got 3");
    refuse("[[0, 4], ", "[", "nodes.intervals: must have 4 as in nodes.costs, got 3");
    refuse("[[4, 1], ", "[[4, -1], ", "node 0: cost 1 must be 0 or more, got -1");
    refuse("[[4, 1], ", "[[4, 1.5], ", "nodes.costs[0][1]: must be a whole number below 2^63");
    refuse("[[4, 1], ", "[[4, 1e99], ", "nodes.costs[0][1]: must be a whole number below 2^63");
    refuse("[[4, 1], ", "[[4, 1e999999999], ", "nodes.costs[0][1]: must be");
    refuse("[[4, 1], ", "[[4, 99999999999999999999], ", "nodes.costs[0][1]: must be");
    refuse("[[4, 1], ", "[[4, null], ", "nodes.costs[0][1]: must be a number, got null");
    refuse("[[4, 1], ", "[[], ", "node 0: strategies must be 1 or more, got 0");
    refuse("[[2, 6], ", "[[2], ", "node 0: expected a usage for each of 2 costs, got 1");
    refuse("[[2, 6], ", "[[2, 1000000000000000], ", "node 0: usage 1 must be from 0 to 2^47");
    refuse("[0, 1]],", "[0, 4]],", "edges.nodes[3]: must be nodes below 4, got 4");
    refuse("[0, 1]],", "[0, -4]],", "edges.nodes[3]: must be nodes below 4, got -4");
    refuse("[1, 0, 0, 3],", "[1, 0, 0],", "edge 2: expected 2 x 2 costs, got 3");
    refuse("[1, 0, 0, 3],", "", "edges.costs: must have 4 as in edges.nodes, got 3");
    refuse("\"usage_limit\": 7", "\"usage_limit\": -7", "limit: must be 0 or more, got -7");
    refuse("\"usage_limit\": 7", "\"limit\": 7", "must have a member usage_limit, got none");
    refuse("\"usage_limit\"", "\"usage_limit\": 7, \"usage_limit\"", "once, got twice");
    refuse("{\"problem\"", "{\"problems\"", "must have a member problem, got none");
    refuse("}}", "}} []", "must be one object, got more after it");
    refuse("{\"problem\"", "[\"problem\"", "");
  }

  @Test
  void optionsOutOfRangeAreRefused() throws IOException {
    Path file = write("ladder.json", PROBLEM);
    assertEquals(2, runWith("iopddl", file.toString(), "--seconds", "0"));
    assertEquals(2, runWith("iopddl", file.toString(), "--clock", "0"));
    assertEquals(2, runWith("iopddl", file.toString(), "--threads", "3"));
    assertEquals(2, runWith("iopddl"));
    assertEquals(1, runWith("iopddl", folder.resolve("none").toString()));
    assertTrue(err.toString(StandardCharsets.UTF_8).contains("no such file"), err::toString);
  }

  @Test
  void theAnswerIsJsonOnRequest() throws IOException {
    String ladder = write("ladder.json", PROBLEM).toString();
    assertEquals(0, runWith("iopddl", ladder, "--json"), err::toString);
    JsonNode chosen = new JsonMapper().readTree(out.toString(StandardCharsets.UTF_8));
    int[] best = cheapest(7);
    assertEquals(cost(best), chosen.at("/cost").asLong());
    assertEquals(cost(best), chosen.at("/bound").asLong());
    assertEquals(peak(best), chosen.at("/peak").asLong());
    for (int i = 0; i < best.length; i++) {
      assertEquals(best[i], chosen.at("/choice/" + i).asInt());
    }
  }

  private void refuse(String part, String wrong, String message) throws IOException {
    assertTrue(PROBLEM.contains(part), part);
    int at = PROBLEM.lastIndexOf(part);
    String text = PROBLEM.substring(0, at) + wrong + PROBLEM.substring(at + part.length());
    assertFails(write("wrong.json", text), message);
  }

  private void assertFails(Path file, String message) {
    err.reset();
    assertEquals(1, run(file), message);
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains(message), () -> message + "\n" + said);
    assertEquals(1, said.lines().count(), said);
  }

  private Path write(String name, String text) throws IOException {
    return write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private int run(Path file) {
    return runWith("iopddl", file.toString(), "--seconds", "60");
  }

  private int runWith(String... arguments) {
    return Main.run(
        Lab.commandLine(), new PrintStream(out, true), new PrintStream(err, true), arguments);
  }

  /** The first of the cheapest, of all 24 choices. */
  private static int[] cheapest(long limit) {
    int[] best = {};
    for (int number = 0; number < 24; number++) {
      int[] choice = {number % 2, number / 2 % 3, number / 6 % 2, number / 12};
      if (peak(choice) <= limit && (best.length == 0 || cost(choice) < cost(best))) {
        best = choice;
      }
    }
    return best;
  }

  private static long cost(int[] choice) {
    long[][] first = {{0, 2, 8}, {3, 0, 1}};
    long[][] second = {{5, 0}, {1, 1_000_000_000_000_000_000L}, {2, 2}};
    long[][] third = {{1, 0}, {0, 3}};
    long[][] fourth = {{0, 0, 1}, {0, 1, 0}};
    return new long[] {4, 1}[choice[0]]
        + new long[] {7, 3, 1}[choice[1]]
        + new long[] {2, 9}[choice[2]]
        + new long[] {0, 5}[choice[3]]
        + first[choice[0]][choice[1]]
        + second[choice[1]][choice[2]]
        + third[choice[2]][choice[3]]
        + fourth[choice[0]][choice[1]];
  }

  private static long peak(int[] choice) {
    long one = new long[] {2, 6}[choice[0]];
    long two = new long[] {1, 4, 5}[choice[1]];
    long three = new long[] {3, 1}[choice[2]];
    return Math.max(one + two, two + three);
  }
}
