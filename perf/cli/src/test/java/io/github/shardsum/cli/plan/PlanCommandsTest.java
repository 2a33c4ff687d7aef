package io.github.shardsum.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    String start =
        "{\"steps\":[{\"op\":\"all-gather\",\"operand\":1,\"label\":\"n\",\"axes\":[\"x\"],"
            + "\"elementsReceived\":800},{\"op\":\"einsum\",\"equation\":\"mk,nk->mn\"},"
            + "{\"op\":\"reduce-scatter\",\"operand\":\"result\",\"label\":\"n\",\"axes\":[\"y\"],"
            + "\"elementsReceived\":384}],\"localShapes\":{\"operands\":[[24,50],[32,50]],"
            + "\"result\":[24,16]},\"elementsReceived\":1184,\"flops\":76800,"
            + "\"peakElements\":4368,\"explained\":[{\"step\":\"all-gather n over x\",";
    assertEquals(start, json.substring(0, Math.min(json.length(), start.length())));
    assertTrue(json.endsWith("\"equal\":true}"), json);
  }

  @Test
  void whatIsBeyondAllCountsIsASentence() {
    for (String[] line :
        new String[][] {
          {"plan", "--sizes", "i=1,j=999999999999999999", "--mesh", "x=2", "i@x j->j"},
          {"plan", "--sizes", "i=2147483648", "--mesh", "x=2", "i@x->i", "--run"},
          {"reshard", "--sizes", "i=1,j=999999999999999999", "--mesh", "x=1024", "i@x j", "i j@x"},
        }) {
      err.getBuffer().setLength(0);
      assertEquals(1, run(line));
      assertTrue(err.toString().contains("elements and bytes must be below 2^63"), err.toString());
      assertEquals(1, err.toString().lines().count(), err.toString());
    }
  }

  @Test
  void aPlanIsForAnyNumberOfDevicesAndARunForFew() {
    String[] line = {"plan", "--mesh", "x=1000,y=1000", "--sizes", "i=4,j=4", "i@x j->j"};
    assertEquals(0, run(line), err.toString());
    String[] toRun = Arrays.copyOf(line, line.length + 1);
    toRun[line.length] = "--run";
    assertEquals(1, run(toRun));
    assertTrue(err.toString().contains("at most 65536 devices, got 1000000"), err.toString());
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
    assertEquals(1, run("plan", file, "--mesh", "x=8", "--annotate", "h=E@q"));
    assertEquals(1, run("plan", file, "--mesh", "x=8", "--annotate", "nobody=E@x"));
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
    assertTrue(out.toString().contains(" seconds "), out.toString());
    assertEquals(1, run(with(plan, "--topology", "tpu-v9")));
    assertTrue(err.toString().contains("tpu-v9"), err.toString());
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
            "--device-order",
            "5,0,3,1,2,4",
            "--annotate",
            "h=E@x G@y");
    assertEquals(0, status, err.toString());
    assertEquals(-1, Files.mismatch(folder.resolve("one/h.npy"), folder.resolve("mesh/h.npy")));
    assertEquals(2, run("run", file, "--in", in, "--annotate", "h=E@x"));
    assertEquals(1, run("run", file, "--in", in, "--mesh", "x=2", "--device-order", "0,0"));
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
            "{\"mesh\":\"x=2\",\"deviceOrder\":[0,1099511627776],\"sizes\":{\"m\":4},\"equation\":\"m ->\"}"));
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
    assertEquals(1, run("plan", "--mesh", "x=2", "--device-order", "0,0", "--sizes", "a=8", "a->"));
    assertEquals(2, run("plan"));
  }
}
