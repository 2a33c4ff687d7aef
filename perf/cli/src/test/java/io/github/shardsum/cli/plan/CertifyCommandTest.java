package io.github.shardsum.cli.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plan from a file is certified, or refused with a sentence. */
class CertifyCommandTest {
  private static final String LAYER =
      """
      program layer {
        input dispatched: f32[E=8 G=8 C=4 M=16]
        input wi: f32[E=8 M=16 H=32]
        input wo: f32[E=8 H=32 M=16]
        hidden = einsum(dispatched, wi) {equation="E G C M, E M H -> E G C H"}
        h = relu(hidden)
        outputs = einsum(h, wo) {equation="E G C H, E H M -> G E C M"}
        chances = softmax(outputs) {label="M"}
        output chances
      }
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private String file(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, text);
    return file.toString();
  }

  private String planned(String program, String outputs) {
    int status =
        run(
            "plan",
            program,
            "--mesh",
            "x=8",
            "--annotate",
            "dispatched=E@x",
            "--annotate",
            outputs,
            "--json");
    assertEquals(0, status, err.toString());
    return out.toString();
  }

  private int certify(String plan, String program, String outputs) {
    return run("certify", plan, program, "--annotate", "dispatched=E@x", "--annotate", outputs);
  }

  @Test
  void aPlanFromAFileIsCertified() throws IOException {
    String program = file("layer.program", LAYER);
    for (String outputs : new String[] {"outputs=G@x", "outputs=M@x"}) {
      String plan = file("plan.json", planned(program, outputs));
      assertEquals(0, certify(plan, program, outputs), err.toString());
      assertTrue(out.toString().startsWith("certified: "), out.toString());
    }
  }

  @Test
  void aPlanOfAnotherProgramOrWithOtherFiguresIsRefused() throws IOException {
    String program = file("layer.program", LAYER);
    String json = planned(program, "outputs=G@x");
    int plan = json.indexOf("\"plan\":");
    for (String[] change :
        new String[][] {
          {"\"action\":\"all-to-all\",\"from\":\"E\"", "\"action\":\"all-to-all\",\"from\":\"C\""},
          {"GECM", "GEMC"},
          {"\"layout\":\"G@x E C M\"", "\"layout\":\"G E@x C M\""},
          {"\"dtype\":\"f32\"", "\"dtype\":\"f31\""},
          {"= relu(", "= exp("},
        }) {
      String mutant = json.substring(0, plan) + json.substring(plan).replace(change[0], change[1]);
      assertTrue(!mutant.equals(json), change[0]);
      String file = file("mutant.json", mutant);
      assertEquals(1, certify(file, program, "outputs=G@x"), change[0]);
      assertEquals(1, err.toString().lines().count(), err.toString());
    }
    String figures =
        json.replaceFirst("\"elementsReceived\":448,\"flops\"", "\"elementsReceived\":1,\"flops\"");
    assertEquals(1, certify(file("figures.json", figures), program, "outputs=G@x"));
    assertTrue(err.toString().contains("\"elementsReceived\" must be 448, got 1"), err.toString());
    String other = file("other.program", LAYER.replace("relu", "exp"));
    assertEquals(1, certify(file("plan.json", json), other, "outputs=G@x"));
    assertTrue(err.toString().contains("refused"), err.toString());
  }

  @Test
  void filesInTheWrongOrderAreNamed() throws IOException {
    String program = file("layer.program", LAYER);
    String plan = file("plan.json", planned(program, "outputs=G@x"));
    assertEquals(1, run("certify", program, plan));
    assertTrue(
        err.toString()
            .contains(program + ": must be a plan, as plan --json prints it, got a program"),
        err.toString());
    String torn = file("torn.json", "{\"plan\":");
    assertEquals(1, run("certify", torn, program));
    assertTrue(err.toString().contains(torn + ": json: expected"), err.toString());
  }

  @Test
  void hostileFilesAreRefusedInALine() throws IOException {
    String program = file("layer.program", LAYER);
    String json = planned(program, "outputs=G@x");
    for (String[] hostile :
        new String[][] {
          {"", "json: expected a value"},
          {"[".repeat(1_000_000), "at most 64 deep"},
          {"{}", "a member \"plan\""},
          {json.substring(0, json.length() / 2), "json: expected"},
          {json.replace("\"mesh\":\"x=8\"", "\"mesh\":\"x=1000000\""), "at most 65536 devices"},
          {json.replace("\"mesh\":\"x=8\"", "\"mesh\":\"x=8000000000\""), "plan"},
          {json.replace("\"operands\":[0,1]", "\"operands\":[0,7777]"), "got 7777"},
        }) {
      assertEquals(1, certify(file("hostile.json", hostile[0]), program, "outputs=G@x"));
      assertTrue(err.toString().contains(hostile[1]), err.toString());
      assertEquals(1, err.toString().lines().count(), err.toString());
    }
  }

  @Test
  void anEinsumAndAReshardAreCertifiedByTheirEquation() throws IOException {
    String einsum = "m@x k@y, n@x k@y -> m@x n@y";
    run("plan", "--mesh", "x=2,y=2", "--sizes", "m=48,k=100,n=32", einsum, "--json");
    String plan = file("einsum.json", out.toString());
    assertEquals(0, run("certify", plan, einsum, "--json"), err.toString());
    assertTrue(
        out.toString().startsWith("{\"certificate\":\"certified: 1 statements in 3 steps"),
        out.toString());
    assertEquals(1, run("certify", plan, "m@x k@y, n@x k@y -> m@y n@x"));
    run("reshard", "--mesh", "x=8", "--sizes", "a=8,b=1", "a@x b", "a b@x", "--json");
    String reshard = file("reshard.json", out.toString());
    assertEquals(0, run("certify", reshard, "a@x b -> a b@x"), err.toString());
    assertEquals(1, run("certify", reshard, "a@x b -> a@x b"));
  }
}
