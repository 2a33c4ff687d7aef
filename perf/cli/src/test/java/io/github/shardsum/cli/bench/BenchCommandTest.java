package io.github.shardsum.cli.bench;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.bench.peer.BenchCase;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.measure.Interval;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTest {
  @TempDir Path folder;

  private record Ended(int status, String out, String err) {}

  private static Ended run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        new CommandLine(new BenchCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Ended(status, out.toString(), err.toString());
  }

  private static Ended quick(String... arguments) {
    return run(
        Stream.concat(
                Stream.of(arguments), Stream.of("--quick", "--threads", "1", "--peers", "none"))
            .toArray(String[]::new));
  }

  /** A bad equation is a bad input, not a wrong command line. */
  private static void assertBad(String why, String... arguments) {
    Ended ended = run(arguments);
    assertEquals(1, ended.status());
    assertTrue(ended.err().contains(why), ended.err());
  }

  private static void assertRefused(String why, String... arguments) {
    Ended ended = run(arguments);
    assertEquals(2, ended.status());
    assertTrue(ended.err().contains(why), ended.err());
  }

  @Test
  void aSizeGivenTwiceIsAnError() {
    assertRefused("got i=64 and i=32", "ij->j", "--sizes", "i=64,j=3", "--sizes", "i=32");
    assertRefused("got i=64 and i=32", "ij->j", "--sizes", "i=64,j=3,i=32");
  }

  @Test
  void anEquationOfTheUsersIsMeasuredAndWritten() {
    Ended ended = quick("ij,jk->ik", "--sizes", "i=64,j=32,k=48", "--json");
    assertEquals(0, ended.status(), ended.err());
    assertTrue(ended.err().contains("load average"), ended.err());
    JsonNode root = new JsonMapper().readTree(ended.out());
    assertEquals(Set.of("equation", "results"), names(root));
    assertEquals("ij,jk->ik", root.get("equation").stringValue());
    assertEquals(1, root.get("results").size());
    JsonNode result = root.get("results").get(0);
    assertEquals(
        Set.of("threads", "seconds", "lower", "upper", "limit", "share", "peers"), names(result));
    assertEquals(1, result.get("threads").intValue());
    // Which of the two it is, a machine busy with other tests may see differently.
    String limit = result.get("limit").stringValue();
    assertTrue(Set.of("flops", "bytes").contains(limit), limit);
    assertTrue(ended.err().contains("% of " + limit), ended.err());
    assertTrue(result.get("seconds").doubleValue() > 0);
    assertTrue(result.get("share").doubleValue() > 0);
    assertTrue(result.get("peers").isArray());
  }

  @Test
  void aPeersEntryHasItsRatioAndInterval() {
    BenchMeasurement measured =
        new BenchMeasurement(
            BenchCases.listed().getFirst(),
            2,
            0.5,
            0.3,
            0.4,
            0.6,
            BenchMeasurement.Limit.BYTES,
            0.25,
            List.of(new BenchMeasurement.Peer("numpy", 1, new Interval(2, 1.5, 2.5))));
    JsonNode peer =
        new JsonMapper()
            .readTree(BenchJson.ofEquation("i->", List.of(measured)))
            .get("results")
            .get(0)
            .get("peers")
            .get(0);
    assertEquals(Set.of("name", "seconds", "ratio", "low", "high"), names(peer));
    assertEquals(2, peer.get("ratio").doubleValue());
    assertEquals(1.5, peer.get("low").doubleValue());
    assertEquals(2.5, peer.get("high").doubleValue());
  }

  @Test
  void casesOfTheListAreFilteredAndWrittenWithTheirGroups() {
    Ended ended = quick("--filter", "tiny/tiny-(mm4|dot8)", "--json");
    assertEquals(0, ended.status(), ended.err());
    JsonNode root = new JsonMapper().readTree(ended.out());
    assertEquals(2, root.get("cases").size());
    assertEquals("tiny-mm4", root.get("cases").get(0).get("id").stringValue());
    assertEquals(1, root.get("cases").get(0).get("results").size());
    assertEquals(0, root.get("groups").size());
  }

  @Tag("deep")
  @Test
  void batchesOfIntegersAreMeasured() {
    Ended ended = quick("--filter", "^integers/", "--json");
    assertEquals(0, ended.status(), ended.err());
    JsonNode cases = new JsonMapper().readTree(ended.out()).get("cases");
    assertEquals("i32", cases.get(0).get("dtype").stringValue());
    assertEquals("i64", cases.get(1).get("dtype").stringValue());
    assertTrue(cases.get(0).get("results").get(0).get("seconds").doubleValue() > 0);
  }

  @Test
  void aKernelsOwnCaseIsMeasuredAndWritten() {
    Ended ended = quick("--filter", "^kernel/compiled-dot8$", "--json");
    assertEquals(0, ended.status(), ended.err());
    assertTrue(ended.err().contains("ns a call, target at most 40"), ended.err());
    JsonNode root = new JsonMapper().readTree(ended.out());
    assertEquals(0, root.get("cases").size());
    JsonNode kernel = root.get("kernels").get(0);
    assertEquals("compiled-dot8", kernel.get("id").stringValue());
    assertTrue(kernel.get("value").doubleValue() > 0);
    assertEquals(40, kernel.get("atMost").doubleValue());
  }

  @Test
  void wrongArgumentsAreRefusedBeforeAnyWork() {
    assertRefused("leave them out", "--limits", "--filter", "tiny");
    assertRefused("must be 6 to 1000, got 2", "--filter", "tiny", "--rounds", "2");
    assertRefused("leave one of them out", "--filter", "tiny", "--rounds", "9", "--quick");
    assertRefused("got none for k", "ij,jk->ik", "--sizes", "i=64,j=32");
    assertRefused("got x", "ij,jk->ik", "--sizes", "i=64,j=32,k=4,x=3");
    assertRefused("at least 1, got i=0", "ij,jk->ik", "--sizes", "i=0,j=32,k=4");
    assertBad("ellipsis", "...j,jk->...k", "--sizes", "j=32,k=4");
    assertRefused("MiB", "ij,jk->ik", "--sizes", "i=1000000,j=1000000,k=1000000");
    assertRefused(
        "f32, f64, i32 or i64, got bf16", "ij->i", "--sizes", "i=2,j=2", "--dtype", "bf16");
    assertRefused("got 0", "ij->i", "--sizes", "i=2,j=2", "--threads", "0");
    assertRefused("got 100000", "--filter", "tiny", "--threads", "100000");
    assertRefused("the groups are gemm", "--filter", "nothing-has-this-name");
    assertRefused("got no equation", "--sizes", "i=2");
    assertRefused("leave one of them out", "ij->i", "--sizes", "i=2,j=2", "--filter", "tiny");
    assertRefused("got atlas", "--filter", "tiny", "--peers", "numpy,atlas");
    assertBad("ij,jk-", "ij,jk-", "--sizes", "i=2,j=2,k=2");
  }

  @Test
  void theTablesAreWrittenAsMarkdown() throws IOException {
    Path markdown = folder.resolve("results.md");
    Ended ended = quick("--filter", "tiny-dot8|kernel/sum-1e7", "--markdown", markdown.toString());
    assertEquals(0, ended.status(), ended.err());
    String text = Files.readString(markdown);
    assertTrue(text.contains("| tiny-dot8 | "), text);
    assertTrue(text.contains("| kernel/sum-1e7-error | 1 | "), text);
    assertTrue(text.contains("Load average"), text);
    assertTrue(text.lines().filter(l -> l.startsWith("|")).allMatch(l -> l.endsWith("|")), text);
  }

  @Test
  void aFileThatCannotBeWrittenIsRefusedBeforeAnyWork() {
    Ended ended = quick("i->", "--sizes", "i=8", "--markdown", folder.toString());
    assertFalse(ended.status() == 0);
    assertFalse(ended.out().contains("thread"), ended.out());
  }

  @Test
  void theListHasTheCasesOfEveryGroup() {
    Set<String> groups = BenchCases.listed().stream().map(BenchCase::group).collect(toSet());
    assertEquals(
        Set.of(
            "gemm",
            "batched",
            "tensor",
            "tccg",
            "nary",
            "bandwidth",
            "tiny",
            "gshard",
            "product-f32",
            "product-f64",
            "more",
            "search",
            "integers"),
        groups);
    assertEquals(
        BenchCases.listed().size(),
        BenchCases.listed().stream().map(BenchCase::id).distinct().count());
  }

  /** All but the four that are in the group {@code tensor}; FLOPs and bytes by their definition. */
  @Test
  void theContractionsOfTccgAreAllThere() {
    List<BenchCase> all =
        BenchCases.listed().stream().filter(subject -> subject.id().startsWith("tccg")).toList();
    assertEquals(24, all.size());
    assertEquals(24, all.stream().map(BenchCase::equation).distinct().count());
    for (BenchCase subject : all) {
      BoundEquation bound = subject.bound();
      double points = 2;
      for (int label = 0; label < bound.labelCount(); label++) {
        points *= bound.labelSize(label);
      }
      assertEquals(points, subject.flops(), subject.id());
      long elements = bound.outputShape().elementCount();
      for (int operand = 0; operand < bound.operandCount(); operand++) {
        elements += bound.operandShape(operand).elementCount();
      }
      assertEquals(4.0 * elements, subject.bytes(), subject.id());
    }
  }

  @Test
  void aDiagonalsBytesAreThoseOnIt() {
    BenchCase listed =
        BenchCases.listed().stream()
            .filter(subject -> subject.id().equals("trace-batch"))
            .findFirst()
            .orElseThrow();
    BenchCase own = BenchCases.of("bii->b", Map.of("b", 4096L, "i", 128L), listed.dtype());
    assertEquals(listed.bytes(), own.bytes());
  }

  private static Set<String> names(JsonNode node) {
    return Set.copyOf(node.propertyNames());
  }
}
