package io.github.shardsum.cli.moe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.ops.KernelInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MoeCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "moe";
    System.arraycopy(args, 0, all, 1, args.length);
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(all);
  }

  private String text() throws IOException {
    Path file = folder.resolve("text.txt");
    Files.writeString(file, "No man is an island, entire of itself. ".repeat(20));
    return file.toString();
  }

  private int runOnMesh(String mesh, String... more) throws IOException {
    List<String> args = new ArrayList<>(List.of("--text", text(), "--mesh", mesh));
    args.addAll(List.of("--experts", "8", "--group", "100", "--model", "16", "--hidden", "32"));
    args.addAll(List.of(more));
    return run(args.toArray(String[]::new));
  }

  @Test
  void onAMeshItShowsEachCollectiveAndTheBitsOfOneDevice() throws IOException {
    int status = runOnMesh("x=8");
    String report = out.toString();
    assertEquals(0, status, report + err);
    assertEquals(2, report.split("all-to-all x", -1).length - 1, report);
    assertTrue(report.contains("all-to-all x          dispatched     "), report);
    assertTrue(report.contains("all-to-all x          expert_outputs "), report);
    assertTrue(report.contains("all-reduce x          z_loss.sum "), report);
    assertTrue(report.contains("a device"), report);
    assertTrue(report.contains("outputs "), report);
  }

  @Test
  void onAMeshTheGradientHasFourAllToAllsAndTwoAllReduces() throws IOException {
    int status = runOnMesh("x=8", "--backward");
    String report = out.toString();
    assertEquals(0, status, report + err);
    assertEquals(4, report.split("all-to-all x", -1).length - 1, report);
    // Of the gates' weights, and of the z-loss' one number.
    assertEquals(2, report.split("all-reduce x", -1).length - 1, report);
    assertTrue(report.contains("gradient.wi"), report);
  }

  @Test
  void thePageShowsLoadsDropsAndTheFlowOfTokens() throws IOException {
    Path page = folder.resolve("moe.html");
    List<String> args = new ArrayList<>(List.of("--text", text(), "--html", page.toString()));
    args.addAll(List.of("--experts", "4", "--group", "100", "--model", "16", "--hidden", "32"));
    args.addAll(List.of("--route", "top1 capacity=factor:0.5", "--json"));
    assertEquals(0, run(args.toArray(String[]::new)), err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    String html = Files.readString(page);
    assertFalse(html.contains("<script"), html);
    long placed = 0;
    for (int expert = 0; expert < 4; expert++) {
      String title = html.substring(html.indexOf("expert " + expert + ": "));
      placed += Long.parseLong(title.substring(10, title.indexOf(" placed")).replace(",", ""));
    }
    long tokens = answer.path("tokens").longValue();
    assertEquals(tokens - answer.path("dropped").longValue(), placed, answer::toString);
    assertTrue(placed < tokens, answer::toString);
    assertEquals(2, run("--mesh", "x=2", "--html", page.toString()));
    assertTrue(err.toString().contains("must be given without --mesh"), err::toString);
  }

  /** A mesh that splits the hidden width adds it in another order, unless there is one. */
  @Test
  void oneOrderOfSumsGivesTheBitsOfOneDeviceOnEveryMesh() throws IOException {
    assertEquals(0, runOnMesh("m=2", "--backward", "--reproducible", "--json"), err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertTrue(answer.get("passed").booleanValue(), out::toString);
    assertFalse(answer.get("outputs").isEmpty(), out::toString);
    for (JsonNode output : answer.get("outputs")) {
      assertEquals(0, output.get("apart").doubleValue(), output::toString);
    }
  }

  @Test
  void rowsTravelInPiecesWhereWindowsAreAskedFor() throws IOException {
    List<String> results = new ArrayList<>();
    for (String windows : List.of("never", "always")) {
      out.getBuffer().setLength(0);
      assertEquals(0, runOnMesh("x=2", "--dropless", "--json", "--windows", windows));
      JsonNode answer = new JsonMapper().readTree(out.toString());
      assertTrue(answer.get("passed").booleanValue(), out::toString);
      JsonNode rows = answer.get("collectives").get(0);
      assertEquals("moe.experts", rows.get("op").stringValue());
      assertEquals(windows.equals("always"), rows.get("pieces").intValue() > 1, rows::toString);
      results.add(answer.get("outputs").toString());
    }
    assertEquals(results.get(0), results.get(1));
    assertEquals(2, run("--windows", "always"));
    assertTrue(err.toString().contains("--windows: must be given with --mesh and"), err::toString);
  }

  @Test
  void aMeshThatIsNoneIsAnError() throws IOException {
    assertEquals(2, runOnMesh("x=0"));
    assertTrue(err.toString().contains("--mesh"), err::toString);
  }

  @Test
  void withoutACapacityTokensAreGatheredToTheExpertsOfAMesh() throws IOException {
    List<String> args = new ArrayList<>(List.of("--text", text(), "--mesh", "d=2,x=2"));
    args.addAll(List.of("--experts", "8", "--group", "100", "--model", "16", "--hidden", "512"));
    args.addAll(List.of("--dropless", "--backward", "--json"));
    assertEquals(0, run(args.toArray(String[]::new)), err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertTrue(answer.get("passed").booleanValue(), out::toString);
    JsonNode first = answer.get("collectives").get(0);
    assertEquals("all-gather", first.get("op").stringValue());
    assertEquals("inputs", first.get("of").stringValue());
    assertEquals("x", first.get("axes").stringValue());
  }

  @Test
  void aMeshsReportIsJsonToo() throws IOException {
    assertEquals(0, runOnMesh("x=2", "--json"), err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals("x=2", answer.get("mesh").stringValue());
    JsonNode first = answer.get("collectives").get(0);
    assertEquals("all-to-all", first.get("op").stringValue());
    assertEquals("dispatched", first.get("of").stringValue());
    assertTrue(answer.get("outputs").get(0).get("near").booleanValue(), out::toString);
    assertTrue(answer.get("passed").booleanValue(), out::toString);
  }

  @Test
  void aPluginIsOfTheBackendPjrtAndOfALayerWithACapacity() throws IOException {
    assertEquals(2, runOnMesh("x=2", "--plugin", "none.so"));
    assertTrue(
        err.toString().contains("--plugin: must be given with --backend pjrt"), err::toString);
    String[] pjrt = {"--backend", "pjrt", "--plugin", "none.so"};
    assertEquals(2, runOnMesh("x=2", "--dropless", pjrt[0], pjrt[1], pjrt[2], pjrt[3]));
    assertTrue(
        err.toString().contains("--backend pjrt: must be given with a capacity"), err::toString);
    assertEquals(1, runOnMesh("x=2", pjrt));
    assertTrue(err.toString().contains("none.so"), err::toString);
  }

  @Test
  void aRunReportsEveryStepTheLoadsTheLossAndTheCheck() throws IOException {
    int status =
        run(
            "--text",
            text(),
            "--experts",
            "3",
            "--group",
            "100",
            "--model",
            "8",
            "--hidden",
            "12",
            "--threads",
            "2",
            "--seed",
            "5",
            "--capacity-factor",
            "1.25",
            "--progress");
    String report = out.toString();
    assertEquals(0, status, report + err);
    assertTrue(report.contains("780 bytes"), report);
    assertTrue(report.contains("8 groups in 1 pass of at most G=8, seed 5, 2 threads"), report);
    for (String row :
        new String[] {
          "GSM,ME->GSE      [8,100,8] [8,3]->[8,100,3]",
          "GSM,EMH,EHM->GSM [8,100,8] [3,8,12] [3,12,8]->[8,100,8]",
          "kernels  " + KernelInfo.current().name(),
          "together ",
          "auxiliary loss  0.",
          "check           passed: 260 tokens in 8 groups"
        }) {
      assertTrue(report.contains(row), row + " in\n" + report);
    }
    assertTrue(report.matches("(?s).*\\R {5}2 +[0-9,]+ #+-*\\R.*"), report);
    assertTrue(err.toString().contains("the layer ..."), err.toString());
    assertFalse(err.toString().contains("\r"), "no bar without a terminal");
  }

  private String report(String... args) throws IOException {
    out.getBuffer().setLength(0);
    List<String> all =
        new ArrayList<>(
            List.of("--text", text(), "--group", "60", "--model", "8", "--hidden", "12"));
    all.addAll(List.of("--experts", "4", "--threads", "2"));
    all.addAll(List.of(args));
    assertEquals(0, run(all.toArray(String[]::new)), () -> out.toString() + err);
    return out.toString();
  }

  @Tag("deep")
  @Test
  void everyRouterAndActivationPassesItsCheckForwardAndBackward() throws IOException {
    String switched = report("--route", "top1 aux=squared", "--activation", "gelu", "--backward");
    assertTrue(switched.contains("H=12, gelu, f32"), switched);
    assertTrue(switched.contains("route    top1 normalize=never"), switched);
    assertTrue(switched.contains("check           passed"), switched);
    assertTrue(switched.contains("forward and backward of 1 pass"), switched);
    assertTrue(switched.contains("cotangents>: holds"), switched);
    String deep =
        report("--route", "top3 gates=sigmoid limit=2/2 slots=gate", "--activation", "silu");
    assertTrue(deep.contains("check           passed"), deep);
    assertFalse(deep.contains("backward"), deep);
    for (String activation : List.of("swiglu", "relu", "gelu", "silu")) {
      String biased = report("--activation", activation, "--bias", "--backward");
      assertTrue(biased.contains("H=12, " + activation + " and biases, f32"), biased);
      assertTrue(biased.contains("check           passed"), biased);
      assertTrue(biased.contains("cotangents>: holds"), biased);
    }
    String experts = report("--route", "experts2", "--backward");
    assertTrue(experts.contains("check           passed"), experts);
    assertTrue(experts.contains("cotangents>: holds"), experts);
  }

  @Test
  void withoutALimitNothingIsDroppedAndExpertsHaveRows() throws IOException {
    String report = report("--dropless", "--route", "top2 second=all", "--backward");
    assertTrue(report.contains("E=4 experts, no limit,"), report);
    assertTrue(report.contains("1,560 rows go to experts"), report);
    assertTrue(report.contains("tokens dropped  0 of 780"), report);
    assertTrue(report.contains("0 choices found their expert full"), report);
    assertTrue(report.contains("check           passed"), report);
    assertTrue(report.contains("cotangents>: holds"), report);
  }

  @Test
  void jsonHasWhatTheReportHas() throws IOException {
    String[] sizes = {"--experts", "3", "--group", "100", "--model", "8", "--hidden", "12"};
    List<String> args = new ArrayList<>(List.of("--text", text(), "--json", "--threads", "1"));
    args.addAll(List.of(sizes));
    assertEquals(0, run(args.toArray(String[]::new)), err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals(780, answer.path("bytes").intValue());
    assertEquals(3, answer.path("load").size());
    assertEquals(MoeLayerStep.values().length, answer.path("steps").size());
    JsonNode experts = answer.path("steps").get(MoeLayerStep.EXPERTS.ordinal());
    assertTrue(experts.path("denseFlops").doubleValue() > experts.path("flops").doubleValue());
    assertTrue(answer.path("check").path("passed").booleanValue());
    assertEquals(780, answer.path("tokens").intValue());
  }

  @Test
  void badSizesAreWrongCommandLines() {
    wrong("--experts: must be at least 2", "--experts", "1");
    wrong("--experts: must be at least 3", "--route", "top3", "--experts", "2");
    wrong("or sample, got sometimes", "--route", "top2 second=sometimes");
    wrong("capacity: must be given once", "--dropless", "--capacity-factor", "2");
    wrong("capacity: must be given once", "--dropless", "--route", "top2 capacity=fixed:3");
    wrong("multiple of the groups of limit=1/3", "--route", "top2 limit=1/3");
    wrong("--activation: must be one of relu, gelu, silu, swiglu", "--activation", "tanh");
    wrong("--group: must be at least 1", "--group", "0");
    wrong("--model: must be at least 1", "--model", "-3");
    wrong("--hidden: must be at least 1", "--hidden", "0");
    wrong("--capacity-factor: must be a finite number above 0", "--capacity-factor", "0");
    wrong("--capacity-factor: must be a finite number above 0", "--capacity-factor", "NaN");
    wrong("--threads: must be at least 1", "--threads", "0");
    wrong("--passes: must be at least 1", "--passes", "0");
    wrong("--threads: must be at most 1024", "--threads", "100000");
    wrong("--seed: must be a whole number below 2^63, got one", "--seed", "one");
    wrong("2^31 - 9", "--hidden", "2000000000");
    wrong("2^31 - 9", "--group", "2000000000");
    wrong("capacity: slots must be at most 2^31 - 1", "--capacity-factor", "1e300");
  }

  private void wrong(String message, String... args) {
    err.getBuffer().setLength(0);
    assertEquals(2, run(args), String.join(" ", args));
    assertTrue(err.toString().contains(message), err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void aTextThatIsNotThereOrEmptyIsOneSentence() throws IOException {
    String missing = folder.resolve("missing").toString();
    assertEquals(1, run("--text", missing));
    assertEquals("shardsum moe: no such file: " + missing, err.toString().strip());
    err.getBuffer().setLength(0);
    Path empty = Files.createFile(folder.resolve("empty"));
    assertEquals(1, run("--text", empty.toString()));
    assertTrue(err.toString().contains("must have at least one byte"), err.toString());
    err.getBuffer().setLength(0);
    assertEquals(1, run("--text", folder.toString()));
    assertTrue(err.toString().contains("must be a regular file"), err.toString());
  }
}
