package io.github.shardsum.cli.differ;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.cli.Main;
import io.github.shardsum.cli.common.OwnJvm;
import io.github.shardsum.cli.differ.DifferReport.DifferJson;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.Differ;
import io.github.shardsum.testkit.Disagreement;
import io.github.shardsum.testkit.Tensors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class DifferCommandTest {
  private static final Path ROOT = Path.of(System.getProperty("basedir", "")).resolve("../..");

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  @Test
  void ourEngineAgreesWithTheReference() {
    assertEquals(
        0,
        run("differ", "--against", "reference", "--programs", "8", "--mesh", "p=2,q=3"),
        err::toString);
    assertEquals("", out.toString());
    assertTrue(
        err.toString().contains("8 programs on mesh p=2,q=3 from seed 1, 0 disagreements"),
        err::toString);
  }

  @Test
  void theSummaryIsJsonOnRequest() {
    String line = "differ --against reference --programs 2 --mesh p=2 --seed 5 --json";
    assertEquals(0, run(line.split(" ")), err::toString);
    assertEquals(
        "{\"programs\":2,\"skipped\":0,\"mesh\":\"p=2\",\"seed\":5,\"disagreements\":0,\"kinds\":[]}",
        out.toString().strip());
    assertEquals("", err.toString());
  }

  /**
   * Without a terminal a long search says how far it is, and a signal does not lose its summary.
   */
  @Tag("deep")
  @Test
  void aSearchThatIsEndedSaysWhatItHasTried() throws Exception {
    List<String> command = new ArrayList<>(List.of(OwnJvm.java()));
    command.addAll(OwnJvm.main(Main.class.getName()));
    command.addAll(
        List.of("differ", "--against", "reference", "--programs", "100000000", "--json"));
    Process search = new ProcessBuilder(command).start();
    try (BufferedReader lines = search.errorReader()) {
      String line = lines.readLine();
      while (line != null && !line.matches("shardsum differ: [1-9]\\d* of 100000000 steps, .*")) {
        line = lines.readLine();
      }
      // Process.destroy would close the streams.
      search.toHandle().destroy();
      JsonNode summary = JsonMapper.shared().readTree(search.inputReader().readLine());
      assertTrue(summary.get("programs").asLong() > 0, summary::toString);
      assertEquals(0, summary.get("disagreements").asLong());
    } finally {
      search.destroyForcibly();
    }
  }

  /** The same fault twice, then another one, whose seeds the summary keeps apart. */
  @Test
  void aFaultIsReportedOnceWithTheSeedsOfAllItsPrograms() {
    List<Disagreement> negated = new ArrayList<>();
    Differ.Summary _ = Differ.of(DifferCommandTest::negated).programs(12).run(negated::add);
    Disagreement refused =
        Differ.of(
                (_, _) -> {
                  throw new IOException("no answer");
                })
            .find()
            .orElseThrow();
    Map<String, List<Long>> kinds = new LinkedHashMap<>();
    DifferReport report =
        new DifferReport(
            new PrintWriter(out, true), new PrintWriter(err, true), Mesh.parse("x=4 y=2"), 1, true);
    for (Disagreement found : negated) {
      kinds.computeIfAbsent(found.kind(), _ -> new ArrayList<>()).add(found.seed());
      report.add(found, "expected");
    }
    report.add(refused, "expected");
    kinds.put("refused", List.of(refused.seed()));
    report.close();
    report.close();
    List<String> lines = out.toString().lines().toList();
    assertTrue(kinds.size() < negated.size(), kinds::toString);
    assertEquals(kinds.size() + 1, lines.size());
    JsonNode summary = JsonMapper.shared().readTree(lines.getLast());
    assertEquals(negated.size() + 1, summary.get("disagreements").asInt());
    assertEquals(kinds.values().toString().replace(" ", ""), summary.get("kinds").toString());
    assertEquals("", err.toString());
  }

  /** Of a time beyond 2^63 ns too. */
  @Test
  void aTimeLimitMayBeOfAnyLength() {
    String line = "differ --against reference --programs 1 --mesh p=2 --time-limit 999999999h";
    assertEquals(0, run(line.split(" ")), err::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "--programs 0,must be at least 1",
    "--time-limit soon,'must be like 90s, 10m or 2h, got soon'",
    "--mesh x=,--mesh:",
    "--mesh x=1000000,at most 65536 devices",
    "--against nobody,'must be one of engine, reference'",
    "--plugin some.so --runner cat,must be given without --plugin",
    "--against-plugin some.so --against-runner cat,must be given without --against-plugin",
    "--even --mesh x=128,must have at most 64 devices",
    "--runner false,runner: the process ended with status 1",
    "--runner /no/such/runner,runner: the process ended with status 127",
  })
  void aWrongCommandLineIsStatusTwo(String options, String message) {
    String[] args = ("differ --against reference " + options).split(" ");
    assertEquals(2, run(args));
    assertTrue(err.toString().contains(message), err::toString);
  }

  @Test
  void aPluginThatDoesNotLoadIsAnErrorThatNamesIt() {
    assertEquals(2, run("differ", "--plugin", "/no/such/plugin.so", "--programs", "1"));
    assertTrue(err.toString().contains("/no/such/plugin.so: no such file"), err::toString);
  }

  /** The command of a runner that is a script of the shell. */
  private String script(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("runner.sh"), text);
    return "sh " + file;
  }

  private String answering(String answer) throws IOException {
    return script("echo '{\"runner\":\"test\"}'; while read line; do " + answer + "; done");
  }

  /** Seconds, of which a runner that answers needs few and one that sleeps takes all. */
  private static String deadline(String answer) {
    return answer.startsWith("sleep") ? "1" : "5";
  }

  @ParameterizedTest
  @CsvSource({
    "echo hello,the process ended with status 0",
    "echo {1,its first line must be a JSON object",
    "echo {},its first line must have",
    "sleep 600,no line in 1 s",
  })
  void aRunnerThatDoesNotSayWhatItIsIsStatusTwo(String text, String message) throws IOException {
    assertEquals(2, run("differ", "--runner", script(text), "--deadline", deadline(text)));
    assertTrue(err.toString().contains("runner: " + message), err::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "exit 3,Ended: the process ended with status 3",
    "sleep 600,Ended: no answer in 1 s",
    "echo {1,Failed: its answer: must be a JSON object",
    "echo {},Failed: its answer: must have id ",
  })
  void whatARunnerDoesWrongIsItsFailure(String answer, String failure) throws IOException {
    String line =
        "differ --against reference --programs 1 --time-limit 1s --deadline "
            + deadline(answer)
            + " --runner "
            + answering(answer).replace(' ', '\t');
    assertEquals(1, run(line.split(" ")), err::toString);
    JsonNode found = JsonMapper.shared().readTree(out.toString().lines().toList().getFirst());
    assertEquals("expected", found.get("right").stringValue());
    assertTrue(found.get("got").get("failure").stringValue().startsWith(failure), out::toString);
  }

  /** Regions have integers. */
  @Test
  void aRunnerThatCanRunNoProgramIsStatusTwo() throws IOException {
    String runner = script("echo '{\"runner\":\"test\",\"dtypes\":[\"f32\"]}'; cat");
    assertEquals(2, run("differ", "--runner", runner, "--regions"));
    assertTrue(err.toString().contains("dtypes must have one of [i32, i64]"), err::toString);
  }

  /** A program that a runner does not support is no disagreement. */
  @Test
  void aRunnerMayLackOperations() throws IOException {
    String runner = answering("id=${line#*:}; echo '{\"id\":'${id%%,*}',\"unsupported\":\"sum\"}'");
    assertEquals(
        0,
        run("differ", "--runner", runner, "--programs", "5", "--json"),
        () -> err.toString() + out);
    assertEquals(5, JsonMapper.shared().readTree(out.toString()).get("skipped").asInt());
  }

  /** Against our engine, and a runner of this command against the reference. */
  @Test
  void ourEngineIsARunner() {
    List<String> command = new ArrayList<>(List.of(OwnJvm.java()));
    command.addAll(OwnJvm.main(Main.class.getName()));
    command.addAll(List.of("differ", "--serve", "--mesh", "x=2"));
    String runner = "'" + String.join("' '", command) + "'";
    assertEquals(
        0,
        run(
            "differ",
            "--runner",
            runner,
            "--against",
            "reference",
            "--mesh",
            "x=2",
            "--programs",
            "10"),
        () -> err.toString() + out);
    assertTrue(err.toString().contains(" 10 programs on mesh x=2"), err::toString);
  }

  /** NumPy evaluates the text of a program, written by another reader in another language. */
  @Test
  void numPyAgreesWithTheReference() {
    String python = System.getenv("SHARDSUM_PYTHON");
    assumeTrue(python != null, "SHARDSUM_PYTHON names a Python with NumPy");
    String runner = python + " " + ROOT.resolve("perf/runners/with_numpy.py");
    assertEquals(
        0,
        run("differ", "--runner", runner, "--against", "reference", "--programs", "150", "--json"),
        () -> err.toString() + out);
    JsonNode summary = JsonMapper.shared().readTree(out.toString());
    assertTrue(summary.get("skipped").asInt() < 30, summary::toString);
  }

  /** Computes the negative of each output. */
  private static List<Tensor> negated(Program program, List<Tensor> inputs) {
    try (Executable reference = new ReferenceBackend().compile(program)) {
      return reference.run(inputs).stream()
          .map(
              x -> {
                double[] elements = x.toDoubleArray();
                for (int i = 0; i < elements.length; i++) {
                  elements[i] = -elements[i];
                }
                return Tensor.of(elements, x.shape().toArray()).convert(x.dtype());
              })
          .toList();
    }
  }

  @Test
  void aDisagreementIsOneLineWithTheProgramItsStableHloAndBothResults() {
    Disagreement found = Differ.of(DifferCommandTest::negated).find().orElseThrow();
    String line = DifferJson.of(found, Mesh.parse("x=4 y=2"), "expected");
    assertEquals(1, line.lines().count());
    JsonNode json = JsonMapper.shared().readTree(line);
    Program program = Program.parse(json.get("program").stringValue());
    assertEquals(found.smallest().program(), program);
    assertEquals("x=4 y=2", json.get("mesh").stringValue());
    assertTrue(json.get("stablehlo").stringValue().contains("sdy.mesh @mesh"), line);
    for (Value input : program.inputs()) {
      JsonNode tensor = json.get("inputs").get(input.name());
      assertEquals(input.type(), ValueType.parse(tensor.get("type").stringValue()));
      assertEquals(input.type().shape().elementCount(), tensor.get("elements").size());
    }
    String output = program.outputs().getFirst().name();
    double expected = json.get("expected").get(output).get("elements").get(0).asDouble();
    double got = json.get("got").get(output).get("elements").get(0).asDouble();
    assertEquals(-expected, got);
  }

  @ParameterizedTest
  @EnumSource
  void tensorsPassBetweenProcesses(DType dtype) {
    ValueType type = ValueType.of(dtype, List.of("a", "b"), List.of(3L, 5L));
    List<Value> values = List.of(new Value("x", type));
    Tensor sent = Tensors.reals(dtype, type.shape()).of(7);
    ObjectNode line = JsonMapper.shared().createObjectNode();
    RunnerLines.put(line, values, List.of(sent));
    Tensor received = RunnerLines.tensors(line, values).getFirst();
    assertEquals(dtype, received.dtype());
    assertArrayEquals(sent.toDoubleArray(), received.toDoubleArray());
  }
}
