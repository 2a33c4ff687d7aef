package io.github.shardsum.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    assertEquals(
        "{\"steps\":[{\"op\":\"all-gather\",\"operand\":1,\"label\":\"n\",\"axes\":[\"x\"],"
            + "\"elementsReceived\":800},{\"op\":\"einsum\",\"equation\":\"mk,nk->mn\"},"
            + "{\"op\":\"reduce-scatter\",\"operand\":\"result\",\"label\":\"n\",\"axes\":[\"y\"],"
            + "\"elementsReceived\":384}],\"localShapes\":{\"operands\":[[24,50],[32,50]],"
            + "\"result\":[24,16]},\"elementsReceived\":1184,\"flops\":76800,"
            + "\"peakElements\":4368,\"equal\":true}",
        out.toString().strip());
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

  @Test
  void everyJobIsAnswered() throws IOException {
    Path jobs = folder.resolve("jobs.jsonl");
    Files.write(
        jobs,
        List.of(
            "{\"id\":1,\"mesh\":\"x=2,y=2\",\"deviceOrder\":[0,2,1,3],"
                + "\"sizes\":{\"m\":5,\"k\":7},\"equation\":\"m@x k@y -> m\",\"run\":true}",
            "{\"id\":\"two\",\"mesh\":\"x=2\",\"sizes\":{\"m\":4},\"equation\":\"m@z ->\"}",
            "no job"));
    assertEquals(0, run("plan", "--jobs", jobs.toString()), err.toString());
    List<String> answers = out.toString().lines().toList();
    assertEquals(3, answers.size());
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
