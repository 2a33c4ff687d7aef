package io.github.shardsum.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npy;
import io.github.shardsum.partition.PlanFigures;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PlanCommandsTest {
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
  void aPlanIsPrintedAsJsonAndItsRunIsEqual() {
    String equation = "m@x k@y, n@x k@y -> m@x n@y";
    int status =
        run("plan", "--mesh", "x=2,y=2", "--sizes", "m=48,k=100,n=32", equation, "--json", "--run");
    assertEquals(0, status, err.toString());
    String json = out.toString().strip();
    JsonNode answer = new JsonMapper().readTree(json);
    List<String> starts =
        List.of(
            "{\"op\":\"all-gather\",\"operand\":1,\"label\":\"n\",\"axes\":[\"x\"],"
                + "\"elementsReceived\":800,\"step\":\"all-gather n over x\",",
            "{\"op\":\"einsum\",\"equation\":\"mk,nk->mn\",\"step\":\"einsum mk,nk->mn\",",
            "{\"op\":\"reduce-scatter\",\"operand\":\"result\",\"label\":\"n\",\"axes\":[\"y\"],"
                + "\"elementsReceived\":384,\"step\":\"reduce-scatter n over y\",");
    assertEquals(starts.size(), answer.path("steps").size(), json);
    double price = 0;
    List<PlanFigures.Step> counted = SpmdPlan.parse(json).figures(PlanOptions.defaults()).steps();
    for (int i = 0; i < starts.size(); i++) {
      JsonNode step = answer.path("steps").path(i);
      assertEquals(counted.get(i).text(), step.path("step").stringValue());
      assertEquals(counted.get(i).bytesReceived(), step.path("bytesReceived").longValue());
      assertEquals(counted.get(i).heldBytes(), step.path("liveBytes").longValue());
      assertEquals(counted.get(i).price(), step.path("price").doubleValue());
      assertTrue(step.toString().startsWith(starts.get(i)), step::toString);
      assertFalse(step.path("because").asString("").isEmpty(), step::toString);
      price += step.path("price").doubleValue();
    }
    assertEquals(price, answer.path("price").doubleValue(), 1e-9 * price);
    String figures =
        "\"localShapes\":{\"operands\":[[24,50],[32,50]],\"result\":[24,16]},"
            + "\"elementsReceived\":1184,\"flops\":76800,\"peakElements\":4368,"
            + "\"peakBytes\":17472,";
    assertTrue(json.contains(figures), json);
    assertTrue(json.endsWith("\"equal\":true}"), json);
  }

  /** No operand has m split, and the result has it whole. */
  @Test
  void anAxisSplitsALabelThatNothingHasSplit() {
    String equation = "m k@y.x, k n -> m n@y.x";
    int status = run("plan", "--mesh", "x=2,y=3", "--sizes", "m=24,k=48,n=96", equation, "--json");
    assertEquals(0, status, err.toString());
    String steps = "{\"steps\":[{\"op\":\"all-to-all\",\"operand\":0,\"from\":\"k\",\"to\":\"m\",";
    assertTrue(out.toString().startsWith(steps), out.toString());
    assertTrue(out.toString().contains("\"elementsReceived\":480,\"flops\""), out.toString());
  }

  @Test
  void anEinsumMayBeInWindows() {
    String[] sizes = {"--mesh", "x=2", "--sizes", "m=4,k=4,n=4", "--windows", "always"};
    List<String> line = new ArrayList<>(List.of("plan", "m@x k, k n@x -> m@x n", "--run"));
    line.addAll(List.of("--certify", "--overlap"));
    line.addAll(List.of(sizes));
    assertEquals(0, run(line.toArray(String[]::new)), err::toString);
    assertTrue(
        out.toString().contains("gathering n of operand 1 over x in 2 rounds"), out::toString);
    assertTrue(out.toString().contains("certified"), out::toString);
    List<String> reshard = new ArrayList<>(List.of("reshard", "m@x k", "m k@x"));
    reshard.addAll(List.of(sizes));
    assertEquals(2, run(reshard.toArray(String[]::new)));
    assertTrue(
        err.toString().contains("must be given with a program or an equation"), err::toString);
  }

  private static final String WIDE =
      """
      program wide {
        input x: f32[s@x=1024 m=256]
        input w: f32[m=256 h@x=1024]
        y = einsum(x, w) {equation="s m, m h -> s h"}
        out = annotate(y) {layout="s@x h"}
        output out
      }
      """;

  /** The words of the table, which wraps lines. */
  private String planned(String... more) throws IOException {
    return plannedOf(WIDE, more);
  }

  private String plannedOf(String program, String... more) throws IOException {
    Path file = Files.writeString(folder.resolve("wide.program"), program);
    List<String> line = new ArrayList<>(List.of("plan", file.toString(), "--mesh", "x=4"));
    line.addAll(List.of(more));
    out.getBuffer().setLength(0);
    assertEquals(0, run(line.toArray(String[]::new)), err::toString);
    return out.toString().replaceAll("\\s+", " ");
  }

  @Test
  void windowsAreWhereTheyAreAskedForOrCheaper() throws IOException {
    String windows = "windows sm,mh->sh, gathering h of operand 1 over x in 4 rounds";
    assertFalse(planned().contains("windows"), out::toString);
    assertTrue(planned("--windows", "always", "--certify").contains(windows), out::toString);
    assertTrue(out.toString().contains("certified"), out::toString);
    String cheaper = planned("--windows", "by-price", "--topology", "tpu-v5e");
    assertTrue(cheaper.contains(windows), cheaper);
    String why = "cheaper in windows; instead all-gather, then einsum at ";
    assertTrue(cheaper.contains(why), cheaper);
    // Without a topology a chunk must be large, whatever the price.
    String small = planned("--windows", "by-price");
    assertFalse(small.contains("windows"), small);
    assertTrue(small.contains("all-gather h over x"), small);
  }

  /** Rounds that add to a large sum take longer than the gather of the small operand. */
  @Test
  void windowsThatArePricedAndLoseAreNamed() throws IOException {
    String program =
        WIDE.replace("s@x=1024", "s@x=16384").replace("m=256 h@x=1024", "m@x=256 h=1024");
    String[] timed = {"--windows", "by-price", "--topology", "tpu-v5e"};
    Matcher loser =
        Pattern.compile(
                "einsum sm,mh->sh .*; instead all-gather and einsum in windows at (\\d+) us")
            .matcher(plannedOf(program, timed));
    assertTrue(loser.find(), out::toString);
    Matcher whole = Pattern.compile("in all: .*, in (\\d+) us").matcher(out.toString());
    assertTrue(whole.find(), out::toString);
    assertTrue(Long.parseLong(loser.group(1)) > Long.parseLong(whole.group(1)), out::toString);
    assertFalse(plannedOf(program, "--windows", "by-price").contains("in windows"), out::toString);
  }

  @Test
  void aReshardHasNoOrderOfSums() {
    assertEquals(
        2,
        run("reshard", "--mesh", "x=2", "--sizes", "m=4,k=4", "m@x k", "m k@x", "--reproducible"));
    assertTrue(err.toString().contains("got a reshard; leave it out"), err::toString);
  }

  @Test
  void whatIsBeyondAllCountsIsASentence() {
    for (String[] line :
        new String[][] {
          {"plan", "--sizes", "i=1,j=999999999999999999", "--mesh", "x=2", "i@x j->j"},
          {"plan", "--sizes", "i=2147483648", "--mesh", "x=2", "i@x->i", "--run"},
          {"reshard", "--sizes", "i=4,j=999999999999999999", "--mesh", "x=2", "i@x j", "i j@x"},
        }) {
      err.getBuffer().setLength(0);
      assertEquals(1, run(line));
      assertTrue(err.toString().contains("bytes must be"), err.toString());
      assertEquals(1, err.toString().lines().count(), err.toString());
    }
    assertEquals(2, run("plan", "--mesh", "x=2", "--sizes", "i=9223372036854775807", "i@x->i"));
    assertTrue(err.toString().contains("sizes: each must be below 10^18"), err.toString());
  }

  @Test
  void tooManyDevicesAreRefusedBeforeAnythingIsPlanned() throws IOException {
    Path jobs = folder.resolve("jobs.jsonl");
    Files.writeString(
        jobs,
        """
        {"id":1,"mesh":"x=1000,y=1000","sizes":{"i":4},"equation":"i@x->i"}
        {"id":2,"mesh":"x=2","sizes":{"i":4},"equation":"i@x->i"}
        """);
    for (String[] line :
        new String[][] {
          {"plan", "--mesh", "x=1000,y=1000", "--sizes", "i=4,j=4", "i@x j->j"},
          {"reshard", "--mesh", "x=1000000", "--sizes", "i=4", "i@x", "i"},
        }) {
      err.getBuffer().setLength(0);
      assertEquals(2, run(line));
      assertTrue(err.toString().contains("at most 65536 devices, got 1000000"), err.toString());
    }
    assertEquals(0, run("plan", "--jobs", jobs.toString()), err.toString());
    List<String> answers = out.toString().lines().toList();
    assertTrue(answers.getFirst().contains("at most 65536 devices"), answers.toString());
    assertTrue(answers.getLast().startsWith("{\"id\":2,\"steps\""), answers.toString());
  }

  @Test
  void everyWordOfALayoutIsOneLabel() {
    String[] ends = {"batch@x", "batch"};
    for (int first = 0; first < 2; first++) {
      out.getBuffer().setLength(0);
      String[] line = {
        "reshard", "--mesh", "x=4", "--sizes", "batch=8", ends[first], ends[1 - first], "--run"
      };
      assertEquals(0, run(line), err.toString());
      assertTrue(out.toString().startsWith(ends[first] + " to " + ends[1 - first]), out::toString);
      assertTrue(out.toString().contains("equal to the unsharded: true"), out::toString);
    }
    assertEquals(2, run("reshard", "--mesh", "x=4", "--sizes", "a=8,b=4", "a b", "ab"));
    assertTrue(err.toString().contains("none for ab of \"ab\", where every word is one label"));
  }

  @Test
  void aReshardIsExplainedCertifiedAndPictured() throws IOException {
    Path picture = folder.resolve("layouts.svg");
    int status =
        run(
            "reshard",
            "--mesh",
            "x=2,y=2",
            "--sizes",
            "a=8,b=8",
            "a@x b",
            "a b@x",
            "--certify",
            "--run",
            "--picture",
            picture.toString());
    assertEquals(0, status, err.toString());
    assertTrue(out.toString().contains("all-to-all a to b over x"), out.toString());
    assertTrue(out.toString().contains("certified"), out.toString());
    assertTrue(out.toString().contains("equal to the unsharded: true"), out.toString());
    assertTrue(Files.readString(picture).startsWith("<svg"));
  }

  private static final String LAYER =
      """
      program layer {
        input dispatched: f32[E=8 G=8 C=4 M=16]
        input wi: f32[E=8 M=16 H=32]
        hidden = einsum(dispatched, wi) {equation="E G C M, E M H -> E G C H"}
        h = relu(hidden)
        output h
      }
      """;

  private Path layer() throws IOException {
    return Files.writeString(folder.resolve("layer.program"), LAYER);
  }

  @Test
  void aProgramIsPlannedCertifiedAndWrittenAsAPage() throws IOException {
    Path page = folder.resolve("plan.html");
    String file = layer().toString();
    int status =
        run(
            "plan",
            file,
            "--mesh",
            "x=8",
            "--annotate",
            "h=E G@x C H",
            "--annotate",
            "dispatched=E@x G C M",
            "--certify",
            "--html",
            page.toString());
    assertEquals(0, status, err.toString());
    assertTrue(out.toString().contains("all-to-all"), out.toString());
    assertTrue(out.toString().contains("certified"), out.toString());
    String html = Files.readString(page);
    assertTrue(html.startsWith("<!doctype html>") && html.endsWith("</html>\n"), html);
    assertTrue(!html.contains("<script") && html.contains("certified"), html);
    assertEquals(2, run("plan", "m->m", "--annotate", "h=E@x"));
    assertEquals(2, run("plan", file, "--mesh", "x=8", "--annotate", "h=E@q"));
    assertEquals(2, run("plan", file, "--mesh", "x=8", "--annotate", "nobody=E@x"));
  }

  @Test
  void aValueThatIsAnnotatedTwiceIsRefused() throws IOException {
    String file = layer().toString();
    for (String command : List.of("plan", "propagate", "lower")) {
      err.getBuffer().setLength(0);
      assertEquals(
          2, run(command, file, "--mesh", "x=8", "--annotate", "h=E", "--annotate", "h=G"));
      String told = "--annotate: must have one value for each name, got h=E and h=G";
      assertTrue(err.toString().contains(told), err.toString());
    }
  }

  @Test
  void aTopologyPricesAProgramInSeconds() throws IOException {
    String file = layer().toString();
    String[] plan = {
      "plan", file, "--mesh", "x=8", "--annotate", "h=E G@x C H", "--annotate", "dispatched=E@x"
    };
    assertEquals(0, run(with(plan, "--json")), err.toString());
    assertTrue(out.toString().contains("\"price\":"), out.toString());
    out.getBuffer().setLength(0);
    assertEquals(0, run(with(plan, "--topology", "tpu-v3", "--json")), err.toString());
    assertTrue(out.toString().contains("\"seconds\":"), out.toString());
    assertTrue(!out.toString().contains("\"price\":"), out.toString());
    out.getBuffer().setLength(0);
    assertEquals(0, run(with(plan, "--topology", "nvlink")), err.toString());
    assertTrue(out.toString().contains(" us "), out.toString());
    assertEquals(2, run(with(plan, "--topology", "tpu-v9")));
    assertTrue(err.toString().contains("tpu-v9"), err.toString());
  }

  /**
   * A plan that depended on the order of a hash table would differ, since each JVM has another
   * order.
   */
  @Test
  void aPlanIsTheSameTextInAnotherJvm() throws Exception {
    String[] line = {
      "plan",
      layer().toString(),
      "--mesh",
      "x=2,y=2,z=2",
      "--annotate",
      "h=E@x G@z",
      "--annotate",
      "dispatched=E@z.y"
    };
    assertEquals(0, run(line), err.toString());
    String classPath =
        System.getProperty("jdk.module.path", "")
            + File.pathSeparator
            + System.getProperty("java.class.path", "");
    String[] child = {
      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
      "-XX:TieredStopAtLevel=1",
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "-cp",
      classPath,
      "io.github.shardsum.cli.Main"
    };
    Process other =
        new ProcessBuilder(with(child, line))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String printed = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(out.toString(), printed);
    assertEquals(0, other.waitFor());
  }

  private static final Set<String> OPS =
      Set.of(
          "all-gather",
          "all-reduce",
          "reduce-scatter",
          "all-to-all",
          "collective-permute",
          "exchange",
          "slice",
          "einsum");

  private JsonNode answer(String... line) {
    out.getBuffer().setLength(0);
    assertEquals(0, run(with(line, "--json", "--run")), err.toString());
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertTrue(answer.path("equal").booleanValue(), out.toString());
    long sum = 0;
    for (JsonNode step : answer.path("steps")) {
      assertTrue(OPS.contains(step.path("op").stringValue()), step.toString());
      sum += step.path("elementsReceived").longValue(0);
    }
    assertEquals(sum, answer.path("elementsReceived").longValue(), out.toString());
    return answer;
  }

  private static JsonNode step(JsonNode answer, String op) {
    for (JsonNode step : answer.path("steps")) {
      if (step.path("op").stringValue().equals(op)) {
        return step;
      }
    }
    throw new AssertionError("no " + op + " in " + answer);
  }

  /** The members of a step before the figures that all steps have. */
  private static String ofOp(JsonNode step) {
    return step.toString().split(",\"step\":", -1)[0];
  }

  @Test
  void theStepsHaveTheMembersThatTheirOpsNeed() {
    JsonNode moved = answer("reshard", "--mesh", "x=3", "--sizes", "a=5,b=7", "a@x b", "a b@x");
    // A device with three of b's indices lacks three of a's.
    assertEquals(
        "{\"op\":\"all-to-all\",\"operand\":0,\"from\":\"a\",\"to\":\"b\",\"axes\":[\"x\"],"
            + "\"elementsReceived\":9",
        ofOp(step(moved, "all-to-all")));
    assertEquals("[[2,7]]", moved.path("localShapes").path("operands").toString());
    assertEquals("[5,3]", moved.path("localShapes").path("result").toString());
    JsonNode permuted =
        answer("reshard", "--mesh", "x=2,y=2", "--sizes", "a=8,b=8", "a@x.y b", "a@y.x b");
    assertEquals("a@y.x b", step(permuted, "collective-permute").path("layout").stringValue());
    JsonNode exchanged = answer("reshard", "--mesh", "x=2,y=3", "--sizes", "a=7", "a@x.y", "a@y.x");
    assertEquals("a", step(exchanged, "exchange").path("label").stringValue());
    JsonNode sliced = answer("reshard", "--mesh", "x=2", "--sizes", "a=8", "a", "a@x");
    assertEquals(
        "{\"op\":\"slice\",\"operand\":0,\"label\":\"a\",\"axes\":[\"x\"],"
            + "\"elementsReceived\":0",
        ofOp(step(sliced, "slice")));
    JsonNode summed = answer("reshard", "--mesh", "x=2", "--sizes", "a=8", "a | x", "a");
    assertEquals("[\"x\"]", step(summed, "all-reduce").path("axes").toString());
    JsonNode spaced =
        answer("plan", "--mesh", "x=2", "--sizes", "batch=4,k=6", "batch@x k, k -> batch@x");
    assertEquals("batch k, k -> batch", step(spaced, "einsum").path("equation").stringValue());
    assertEquals(2 * 2 * 6, spaced.path("flops").longValue());
  }

  @Test
  void ofThreeOperandsAStepsOutputMayBeOne() {
    String equation = "m@x k, k n, n p@x -> m p@x";
    JsonNode chain = answer("plan", "--mesh", "x=4", "--sizes", "m=64,k=64,n=2,p=64", equation);
    JsonNode steps = chain.path("steps");
    assertEquals("[0,1]", steps.get(0).path("operands").toString());
    assertEquals("all-gather", steps.get(1).path("op").stringValue());
    assertEquals("step:0", steps.get(1).path("operand").stringValue());
  }

  @Test
  void noAxesAreOneDevice() {
    JsonNode alone = answer("plan", "--mesh", "", "--sizes", "m=3,n=2", "m n -> n");
    assertEquals(0, alone.path("elementsReceived").longValue());
    assertEquals(1, alone.path("steps").size());
  }

  private static String[] with(String[] line, String... more) {
    return Stream.concat(Stream.of(line), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void aPlanFor2048DevicesIsThatForEight() throws IOException {
    String program = LAYER.replace("=8 ", "=2048 ");
    String file = Files.writeString(folder.resolve("large.program"), program).toString();
    assertEquals(0, run("plan", file, "--mesh", "x=8", "--annotate", "h=E@x", "--json"));
    long steps = out.toString().split("\"op\"", -1).length;
    assertEquals(0, run("plan", file, "--mesh", "x=2048", "--annotate", "h=E@x", "--json"));
    assertEquals(2 * steps - 1, out.toString().split("\"op\"", -1).length, out.toString());
  }

  @Test
  void aProgramRunOnAMeshGivesWhatOneDeviceGives() throws IOException {
    String file = layer().toString();
    Files.createDirectories(folder.resolve("in"));
    Npy.write(folder.resolve("in/dispatched.npy"), numbers(8, 8, 4, 16));
    Npy.write(folder.resolve("in/wi.npy"), numbers(8, 16, 32));
    String in = folder.resolve("in").toString();
    assertEquals(0, run("run", file, "--in", in, "-o", folder.resolve("one").toString()));
    int status =
        run(
            "run",
            file,
            "--in",
            in,
            "-o",
            folder.resolve("mesh").toString(),
            "--mesh",
            "x=3 y=2",
            "--annotate",
            "h=E@x G@y");
    assertEquals(0, status, err.toString());
    assertEquals(-1, Files.mismatch(folder.resolve("one/h.npy"), folder.resolve("mesh/h.npy")));
    assertEquals(2, run("run", file, "--in", in, "--annotate", "h=E@x"));
  }

  private static Tensor numbers(long... shape) {
    Tensor tensor = Tensor.zeros(DType.F32, shape);
    Tensor flat = tensor.reshape(tensor.shape().elementCount());
    for (long i = 0; i < flat.size(0); i++) {
      flat.set(i % 5 - 2, i);
    }
    return tensor;
  }

  @Test
  void everyJobIsAnswered() throws IOException {
    Path jobs = folder.resolve("jobs.jsonl");
    Files.write(
        jobs,
        List.of(
            "{\"id\":1,\"mesh\":\"x=2,y=2\",\"deviceOrder\":[0,2,1,3],"
                + "\"sizes\":{\"m\":5,\"k\":7},\"equation\":\"m@x k@y -> m\",\"run\":true}",
            "{\"id\":\"two\",\"mesh\":\"x=2\",\"sizes\":{\"m\":4},\"equation\":\"m@z ->\"}",
            "no job",
            "{\"mesh\":\"x=2\",\"deviceOrder\":[0,1099511627776],\"sizes\":{\"m\":4},\"equation\":\"m"
                + " ->\"}"));
    assertEquals(0, run("plan", "--jobs", jobs.toString()), err.toString());
    List<String> answers = out.toString().lines().toList();
    assertEquals(4, answers.size());
    assertTrue(
        answers.get(3).contains("must be a whole number of 0 to 2147483647, got 1099511627776"),
        answers.get(3));
    assertTrue(
        answers.get(0).startsWith("{\"id\":1,") && answers.get(0).contains("\"equal\":true"));
    assertTrue(answers.get(1).startsWith("{\"id\":\"two\",\"error\":"), answers.get(1));
    assertTrue(answers.get(2).startsWith("{\"id\":null,\"error\":"), answers.get(2));
  }

  @Test
  void badInputIsAnErrorBeforeAnyWork() {
    assertEquals(1, run("reshard", "--mesh", "x=2", "--sizes", "a=8", "a@x", "a@q"));
    assertTrue(err.toString().contains("got \"q\""), err.toString());
    assertEquals(2, run("plan"));
  }
}
