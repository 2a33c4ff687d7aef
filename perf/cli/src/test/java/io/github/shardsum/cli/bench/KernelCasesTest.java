package io.github.shardsum.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.measure.InterleavedTimer;
import io.github.shardsum.measure.Interval;
import io.github.shardsum.measure.MeasurementException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class KernelCasesTest {
  private static final InterleavedTimer SHORT = new InterleavedTimer(3, 0.01, 0.001, 0);

  @Test
  void theSizesOfGroupsAreUnequalAndSomeAreEmpty() {
    int[] sizes = KernelCases.zipf(64, 4096);
    assertEquals(4096, Arrays.stream(sizes).sum());
    assertTrue(Arrays.stream(sizes).filter(size -> size == 0).count() >= 8);
    assertTrue(Arrays.stream(sizes).max().orElseThrow() >= 4096 / 5);
  }

  @Tag("deep")
  @Test
  void everyCaseInThisJvmHasAValue() throws MeasurementException {
    List<KernelCase> own =
        KernelCases.all().stream()
            .filter(
                subject -> FreshJvm.cases().stream().noneMatch(f -> f.id().equals(subject.id())))
            .filter(subject -> !subject.id().startsWith("gather"))
            .toList();
    assertTrue(own.size() >= 10);
    // Their operands are as large as those of the report.
    for (KernelCase subject : own) {
      Interval value = subject.measure(Workers.sequential(), SHORT).value();
      assertTrue(value.low() >= 0 && value.low() <= value.median(), subject.id());
      assertTrue(value.median() <= value.high() && value.high() < 1e9, subject.id());
    }
  }

  /** The case in another JVM reads the JSON that this command line prints. */
  @Test
  void theCommandLineOfTheOtherJvmPrintsItsResult() {
    StringWriter out = new StringWriter();
    CommandLine bench =
        new CommandLine(new BenchCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(Writer.nullWriter()));
    List<String> arguments = FreshJvm.product(true);
    assertEquals("bench", arguments.getFirst());
    assertEquals(0, bench.execute(arguments.subList(1, arguments.size()).toArray(String[]::new)));
    JsonNode result =
        new JsonMapper().readTree(out.toString()).get("cases").get(0).get("results").get(0);
    assertTrue(result.get("seconds").doubleValue() > 0);
    assertTrue(result.get("share").doubleValue() > 0);
  }

  @Test
  void theMedianDecidesAndAnIntervalThatReachesIsNoise() {
    Interval value = new Interval(1, 0.8, 1.2);
    assertEquals(BenchVerdict.MET, result(true, 1, value).verdict());
    assertEquals(BenchVerdict.WITHIN_NOISE, result(true, 0.9, value).verdict());
    assertEquals(BenchVerdict.NOT_MET, result(true, 0.7, value).verdict());
    assertEquals(BenchVerdict.MET, result(false, 1, value).verdict());
    assertEquals(BenchVerdict.WITHIN_NOISE, result(false, 1.1, value).verdict());
    assertEquals(BenchVerdict.NOT_MET, result(false, 1.3, value).verdict());
  }

  private static KernelCase.Result result(boolean atMost, double wanted, Interval value) {
    return new KernelCase.Result(
        new KernelCase(KernelCase.KERNEL, "id", "unit", atMost, wanted, false, (_, _) -> value),
        1,
        value);
  }
}
