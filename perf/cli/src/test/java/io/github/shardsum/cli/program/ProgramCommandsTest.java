package io.github.shardsum.cli.program;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.shardsum.cli.ChildJvm;
import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npy;
import io.github.shardsum.io.Npz;
import io.github.shardsum.io.Safetensors;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ProgramCommandsTest {
  private static final String LAYER =
      """
      program layer {
        input x: f32[b=2 m=3]   # a comment
        input w: f32[m=3 h=2]
        h = relu(product)
        output h, loss
      }
      """
          .replace("  h = relu", "  product = einsum(x, w) {equation=\"bm,mh->bh\"}\n  h = relu")
          .replace("  output", "  loss = reduce_sum(h) {labels=[\"b\", \"h\"]}\n  output");

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeFiles() throws IOException {
    Files.writeString(folder.resolve("layer.program"), LAYER);
    Npy.write(folder.resolve("x.npy"), Tensor.of(new float[] {1, 2, 3, -1, -2, -3}, 2, 3));
    Npy.write(folder.resolve("w.npy"), Tensor.of(new float[] {1, 0, 0, 1, 1, -1}, 3, 2));
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private int run(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  @Test
  void lowerPrintsStableHloWithTheLayoutsOfAMesh() throws IOException {
    assertEquals(0, run("lower", file("layer.program")), err::toString);
    String plain = out.toString();
    assertTrue(
        plain.startsWith("module @layer {\n  func.func public @main(%0: tensor<2x3xf32>,"), plain);
    assertFalse(plain.contains("sdy"), plain);
    String to = file("layer.mlir");
    assertEquals(
        0,
        run("lower", file("layer.program"), "--mesh", "x=2", "--annotate", "h=b@x", "-o", to),
        err::toString);
    assertEquals(plain, out.toString());
    String laid = Files.readString(Path.of(to));
    assertTrue(laid.contains("sdy.mesh @mesh = <[\"x\"=2]>"), laid);
    assertTrue(laid.contains("<@mesh, [{\"x\"}, {?}]> : tensor<2x2xf32>"), laid);
  }

  /** The text of a program on a mesh is read back with its mesh and its layouts. */
  @Test
  void importReadsStableHlo() throws IOException {
    String to = file("layer.mlir");
    run("lower", file("layer.program"), "--mesh", "x=2", "--annotate", "h=b@x", "-o", to);
    assertEquals(0, run("import", to), err::toString);
    assertTrue(err.toString().contains("mesh: x=2"), err::toString);
    String text = out.toString();
    assertTrue(text.contains("einsum(v0, v1) {equation=\"ab,bc->ac\"}"), text);
    assertTrue(text.contains("annotate(") && text.contains("{layout=\"a@x\"}"), text);
    assertEquals(0, run("explain", to), err::toString);
    assertEquals(0, run("plan", to, "--mesh", "x=2"), err::toString);
    String wrong = Files.readString(Path.of(to)).replace("dot_general", "fft");
    Files.writeString(Path.of(to), wrong);
    long line = 1 + wrong.lines().takeWhile(each -> !each.contains("fft")).count();
    fails("line " + line + ": stablehlo.fft: this operation is not read", "import", to);
  }

  @Test
  void lowerWritesTilesForOldPlugins() {
    assertEquals(
        0,
        run(
            "lower",
            file("layer.program"),
            "--mesh",
            "x=2",
            "--annotate",
            "h=b@x",
            "--form",
            "gspmd"),
        err::toString);
    assertTrue(out.toString().contains("{devices=[2,1]<=[2]T(0)}"), out::toString);
  }

  @Test
  void aPluginIsForTheBackendThatHasOne() {
    String x = "x=" + file("x.npy");
    String w = "w=" + file("w.npy");
    String[] run = {"run", file("layer.program"), "--in", x, "--in", w};
    assertEquals(2, run(with(run, "--plugin", "p.so")));
    assertTrue(
        err.toString().contains("--plugin: must be given with --backend pjrt"), err::toString);
    assertEquals(2, run(with(run, "--backend", "pjrt", "--reference")));
    assertEquals(1, run(with(run, "--backend", "pjrt", "--plugin", file("none.so"))));
    assertTrue(err.toString().contains("none.so"), err::toString);
  }

  @Test
  void windowsAndOneOrderOfSumsChangeNoValueOnAMesh() throws IOException {
    String x = "x=" + file("x.npy");
    String w = "w=" + file("w.npy");
    String[] run = {"run", file("layer.program"), "--in", x, "--in", w};
    String[] mesh = {"--mesh", "x=2", "--annotate", "x=b m@x"};
    assertEquals(0, run(with(run, "--reproducible", "--out", file("one"))), err::toString);
    String[] more = with(mesh, "--reproducible", "--out", file("mesh"));
    assertEquals(0, run(with(run, more)), err::toString);
    String[] windows = with(mesh, "--windows", "always", "--overlap", "--out", file("windows"));
    assertEquals(0, run(with(run, windows)), err::toString);
    try (Stream<Path> written = Files.list(Path.of(file("one")))) {
      for (Path one : written.toList()) {
        String name = one.getFileName().toString();
        for (String other : List.of("mesh", "windows")) {
          assertArrayEquals(
              Files.readAllBytes(one), Files.readAllBytes(Path.of(file(other)).resolve(name)));
        }
      }
    }
    assertEquals(2, run(with(run, "--windows", "always")));
    assertTrue(
        err.toString().contains("--windows: must be given with --mesh and --backend local"),
        err::toString);
    assertEquals(2, run(with(run, with(mesh, "--windows", "sometimes"))));
    assertTrue(
        err.toString().contains("--windows: must be one of always, never, by-price, got sometimes"),
        err::toString);
  }

  /**
   * Term 16 is added to term 0, of which it is half a unit in the last place: the order's sum is 0,
   * whatever another order gives.
   */
  @Test
  void oneOrderOfSumsIsTheOneOfTheDefinition() throws IOException {
    String program =
        """
        program p {
          input t: f32[n=17]
          s = reduce_sum(t) {labels=["n"]}
          output s
        }
        """;
    Files.writeString(folder.resolve("sum.program"), program);
    float[] terms = new float[17];
    terms[0] = 0x1p24f;
    terms[1] = -0x1p24f;
    terms[16] = 1;
    Npy.write(folder.resolve("t.npy"), Tensor.of(terms, 17));
    String[] run = {"run", file("sum.program"), "--in", "t=" + file("t.npy"), "--reproducible"};
    assertEquals(0, run(with(run, "--out", file("alone"))), err::toString);
    String[] mesh = {"--mesh", "x=2", "--annotate", "t=n@x", "--out", file("together")};
    assertEquals(0, run(with(run, mesh)), err::toString);
    for (String to : List.of("alone", "together")) {
      assertEquals(0, Npy.read(folder.resolve(to).resolve("s.npy")).getDouble(), to);
    }
  }

  private static String[] with(String[] args, String... more) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void outputsAreWrittenUnderTheirNames() throws IOException {
    int status =
        run(
            "run",
            file("layer.program"),
            "--in",
            "x=" + file("x.npy"),
            "--in",
            "w=" + file("w.npy"),
            "--out",
            file("results"));
    assertEquals(0, status, err::toString);
    assertArrayEquals(
        new float[] {4, 0, 0, 1}, Npy.read(folder.resolve("results/h.npy")).toFloatArray());
    assertEquals(5, Npy.read(folder.resolve("results/loss.npy")).getDouble());
  }

  @Test
  void anInputGivenTwiceIsAnError() {
    String x = "x=" + file("x.npy");
    int status = run("run", file("layer.program"), "--in", x, "--in", "w=a=b", "--in", "w=c");
    assertEquals(2, status);
    assertTrue(
        err.toString().contains("--in: must have one value for each name, got w=a=b and w=c"),
        err::toString);
  }

  @Test
  void whatIsMissingOrUnknownIsNamed() {
    String x = "x=" + file("x.npy");
    assertSays("--in: must have each input of the program, missing are [w: f32[m=3 h=2]]", x);
    assertSays("each input of the program, unknown are [y]", x, "w=" + file("w.npy"), "y=a.npy");
    String expected = "--in: must be NAME=FILE, a folder, an .npz or a .safetensors file, got ";
    assertSays(expected + "=x.npy", x, "=x.npy");
    assertSays(expected + "w=", x, "w=");
    assertSays(expected + "w.npy", x, "w.npy");
    assertSays("-: standard input must be used once, got 2", "x=-", "w=-");
  }

  @Test
  void aFolderHasInputsUnderTheirNames() {
    assertEquals(0, run("run", file("layer.program"), "--in", folder.toString()), err::toString);
    String given = out.toString();
    assertTrue(given.contains("loss: f32[]\nf32[]\n5.0"), given);
  }

  /** A file that is named alone takes precedence over the files of a folder. */
  @Test
  void anArchiveHasInputsUnderTheirNames() throws IOException {
    Tensor zero = Tensor.zeros(DType.F32, 2, 3);
    Npz.write(folder.resolve("a.npz"), Map.of("x", zero, "w", Npy.read(folder.resolve("w.npy"))));
    Safetensors.write(folder.resolve("x.safetensors"), Map.of("x", zero), Map.of());
    List<List<String>> zeros =
        List.of(
            List.of(file("a.npz")),
            List.of(file("x.safetensors"), folder.toString()),
            List.of(folder.toString(), "x=" + file("a.npz") + ":x"),
            List.of(folder.toString(), "x=" + file("x.safetensors")));
    for (List<String> inputs : zeros) {
      out.getBuffer().setLength(0);
      List<String> args = new ArrayList<>(List.of("run", file("layer.program")));
      inputs.forEach(input -> args.addAll(List.of("--in", input)));
      assertEquals(0, run(args.toArray(String[]::new)), err::toString);
      assertTrue(out.toString().contains("loss: f32[]\nf32[]\n0.0"), inputs + out.toString());
    }
  }

  @Test
  void aByteOrderMarkIsNamed() throws IOException {
    Files.writeString(folder.resolve("bom.program"), "\uFEFF" + LAYER);
    Files.writeString(folder.resolve("wide.program"), LAYER, StandardCharsets.UTF_16);
    for (String name : List.of("bom.program", "wide.program")) {
      err.getBuffer().setLength(0);
      assertEquals(1, run("explain", file(name)));
      assertTrue(
          err.toString().contains(name + ": must be UTF-8 without a byte-order mark"),
          err::toString);
      assertEquals(1, err.toString().lines().count(), err::toString);
    }
  }

  @Test
  void outputsAreAFolderAndNoStream() {
    assertEquals(1, run("run", file("layer.program"), "--in", folder.toString(), "-o", "-"));
    assertTrue(err.toString().contains("-: --out must be a folder"), err::toString);
  }

  private void assertSays(String line, String... inputs) {
    err.getBuffer().setLength(0);
    List<String> args = new ArrayList<>(List.of("run", file("layer.program")));
    for (String input : inputs) {
      args.addAll(List.of("--in", input));
    }
    assertEquals(2, run(args.toArray(String[]::new)));
    assertTrue(err.toString().lines().findFirst().orElse("").endsWith(line), err::toString);
  }

  @Test
  void theReferenceGivesTheSame() {
    String[] inputs = {"--in", "x=" + file("x.npy"), "--in", "w=" + file("w.npy")};
    assertEquals(0, run("run", file("layer.program"), inputs[0], inputs[1], inputs[2], inputs[3]));
    String given = out.toString();
    out.getBuffer().setLength(0);
    int status =
        run(
            "run",
            "--reference",
            file("layer.program"),
            inputs[0],
            inputs[1],
            inputs[2],
            inputs[3]);
    assertEquals(0, status);
    assertEquals(given, out.toString());
  }

  @Test
  void theGradientIsAProgramThatRuns() throws IOException {
    assertEquals(0, run("gradient", file("layer.program"), "--of", "loss", "--by", "w"));
    Program gradient = Program.parse(out.toString());
    assertEquals(List.of("x", "w"), gradient.inputs().stream().map(v -> v.name()).toList());
    Files.writeString(folder.resolve("gradient.program"), out.toString());
    int status =
        run(
            "run",
            file("gradient.program"),
            "--in",
            "x=" + file("x.npy"),
            "--in",
            "w=" + file("w.npy"),
            "-o",
            file("."));
    assertEquals(0, status, err::toString);
    assertArrayEquals(
        new float[] {1, -1, 2, -2, 3, -3},
        Npy.read(folder.resolve("gradient.w.npy")).toFloatArray());
  }

  @Test
  void explainTellsStepsShapesAndMemory() {
    assertEquals(0, run("explain", file("layer.program")));
    String text = out.toString();
    assertTrue(text.contains("output h: f32[b=2 h=2]"), text);
    assertTrue(text.contains("bm,mh->bh, relu"), text);
    assertTrue(text.contains("live bytes"), text);
    assertTrue(text.contains("FLOPs"), text);
  }

  @Test
  void explainIsJsonOnDemand() {
    assertEquals(0, run("explain", file("layer.program"), "--json"), err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals("layer", answer.path("program").stringValue());
    assertEquals("f32[b=2 m=3]", answer.path("inputs").path(0).path("type").stringValue());
    assertEquals("h", answer.path("steps").path(0).path("results").path(0).stringValue());
    assertTrue(answer.path("steps").path(0).path("flops").doubleValue() >= 24, out::toString);
    double flops = 0;
    for (JsonNode step : answer.path("steps")) {
      flops += step.path("flops").doubleValue();
    }
    assertEquals(flops, answer.path("flops").doubleValue());
  }

  @Test
  void aMissingInputIsAnErrorThatNamesThemAll() {
    assertEquals(2, run("run", file("layer.program"), "--in", "x=" + file("x.npy")));
    assertTrue(err.toString().contains("w: f32[m=3 h=2]"), err::toString);
  }

  @Test
  void aWrongShapeIsAnErrorAndNothingIsWritten() {
    int status =
        run(
            "run",
            file("layer.program"),
            "--in",
            "x=" + file("w.npy"),
            "--in",
            "w=" + file("w.npy"),
            "-o",
            file("none"));
    assertEquals(1, status);
    assertTrue(err.toString().contains("f32[b=2 m=3]"), err::toString);
    assertFalse(Files.exists(folder.resolve("none")));
  }

  @Test
  void whatIsNoProgramIsAnErrorWithTheLine() throws IOException {
    Files.writeString(folder.resolve("bad.program"), "program p {\n  y = relu(x)\n}\n");
    assertEquals(1, run("explain", file("bad.program")));
    assertTrue(err.toString().contains("line 2"), err::toString);
    assertTrue(err.toString().contains("got x"), err::toString);
    Files.writeString(
        folder.resolve("huge.program"),
        "program p {\n  y = constant() {type=\"f64[a=1000000 b=1000000]\", value=1}\n output y }");
    assertEquals(1, run("run", file("huge.program")));
    assertTrue(err.toString().contains("MiB that the JVM may have, got 76"), err::toString);
  }

  private String[] layerInto(String to) {
    return new String[] {
      "run",
      file("layer.program"),
      "--in",
      "x=" + file("x.npy"),
      "--in",
      "w=" + file("w.npy"),
      "--out",
      file(to)
    };
  }

  private void fails(String reason, String... args) {
    ends(1, reason, args);
  }

  private void wrong(String reason, String... args) {
    ends(2, reason, args);
  }

  private void ends(int status, String reason, String... args) {
    err.getBuffer().setLength(0);
    assertEquals(status, run(args), err::toString);
    assertTrue(err.toString().contains(reason), err::toString);
    assertFalse(err.toString().contains("\tat "), err::toString);
    assertFalse(err.toString().contains("Exception"), err::toString);
    assertTrue(err.toString().length() < 12_000, () -> err.toString().length() + " characters");
  }

  @Test
  void whereNotAllOutputsCanBeWrittenNoneIs() throws IOException {
    fails("must be a folder or a name that is free", layerInto("layer.program"));
    fails("must be a folder or a name that is free", layerInto("layer.program/below"));
    Files.createDirectories(folder.resolve("taken/loss.npy"));
    fails("must be a regular file or a name that is free", layerInto("taken"));
    assertFalse(Files.exists(folder.resolve("taken/h.npy")));
    assertEquals(LAYER, Files.readString(folder.resolve("layer.program")));
  }

  @Test
  void anOutputMayHaveTheNameOfAnInputsFile() throws IOException {
    String text = "program p {\n input x: f32[b=2 m=3]\n y = negate(x)\n output y, x\n}";
    Files.writeString(folder.resolve("same.program"), text);
    String x = "x=" + file("x.npy");
    assertEquals(0, run("run", file("same.program"), "--in", x, "--out", file(".")));
    assertArrayEquals(
        new float[] {1, 2, 3, -1, -2, -3}, Npy.read(folder.resolve("x.npy")).toFloatArray());
    assertArrayEquals(
        new float[] {-1, -2, -3, 1, 2, 3}, Npy.read(folder.resolve("y.npy")).toFloatArray());
  }

  @Test
  void aRunSaysHowLongItsStepsTook() {
    String x = "x=" + file("x.npy");
    String w = "w=" + file("w.npy");
    assertEquals(
        0, run("run", file("layer.program"), "--in", x, "--in", w, "--profile"), err::toString);
    assertTrue(out.toString().contains("h: f32[b=2 h=2]"), out::toString);
    assertTrue(err.toString().contains("milliseconds"), err::toString);
    assertTrue(
        err.toString().lines().anyMatch(line -> line.matches(".* 1 +\\S+ .*loss.*")),
        err::toString);
    assertTrue(err.toString().contains("in all"), err::toString);
  }

  @Test
  void aRunsOutputsAndProfileAreJson() {
    String x = "x=" + file("x.npy");
    String w = "w=" + file("w.npy");
    String[] line = {"run", file("layer.program"), "--in", x, "--in", w, "--json", "--profile"};
    assertEquals(0, run(line), err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    JsonNode h = answer.get("outputs").get(0);
    assertEquals("h", h.get("name").stringValue());
    assertEquals("[2,2]", h.get("shape").toString());
    assertEquals(4, h.get("values").size());
    assertEquals(4.0, h.get("values").get(0).doubleValue());
    assertTrue(answer.get("profile").get(0).get("seconds").doubleValue() >= 0);
    assertEquals(1, answer.get("profile").get(0).get("calls").intValue());
  }

  @Test
  void anEinsumAnswersInJson() {
    assertEquals(0, run("einsum", "bm->b", file("x.npy"), "--json"), err::toString);
    assertEquals("{\"dtype\":\"f32\",\"shape\":[2],\"values\":[6.0,-6.0]}", out.toString().strip());
    out.getBuffer().setLength(0);
    assertEquals(0, run("einsum", "bm->b", file("x.npy"), "--json", "-o", file("y.npy")));
    assertEquals("{\"dtype\":\"f32\",\"shape\":[2]}", out.toString().strip());
    assertEquals(2, run("einsum", "bm->b", file("x.npy"), "--json", "-o", "-"));
  }

  @Test
  void layoutsAreJson() {
    assertEquals(
        0,
        run(
            "propagate",
            file("layer.program"),
            "--mesh",
            "x=2",
            "--annotate",
            "h=b@x",
            "--json",
            "--why",
            "x"),
        err::toString);
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals("b@x m", answer.get("layouts").get("x").stringValue());
    assertTrue(answer.get("why").get("x").stringValue().contains("h"), out::toString);
  }

  @Test
  void aTextOnAFullDiskIsToldWithItsFile() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    Path program = folder.resolve("p.program");
    Files.writeString(program, "program p { input x: f32[a=2] y = negate(x) output y }");
    fails("/dev/full: ", "lower", program.toString(), "-o", full.toString());
  }

  /** A limit on the size of files fails where a disk that is full does. */
  @Test
  void aTextThatHasNoRoomLeavesTheOldOne() throws IOException, InterruptedException {
    Path program = folder.resolve("p.program");
    StringBuilder text = new StringBuilder("program p { input x0: f32[a=2]");
    for (int i = 0; i < 200; i++) {
      text.append(" x").append(i + 1).append(" = negate(x").append(i).append(")");
    }
    Files.writeString(program, text + " output x200 }");
    String lowered = file("p.mlir");
    Files.writeString(Path.of(lowered), "old");
    List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -f 4; exec \"$@\"", "sh"));
    command.addAll(
        ChildJvm.of(List.of("-XX:-UsePerfData"), "lower", program.toString(), "-o", lowered)
            .command());
    Process limited = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(limited.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, limited.waitFor(), said);
    assertTrue(said.contains(lowered + ": File too large"), said);
    assertEquals("old", Files.readString(Path.of(lowered)));
    try (Stream<Path> left = Files.list(folder)) {
      assertFalse(left.anyMatch(each -> each.toString().endsWith(".part")), "a part is left");
    }
  }

  @Test
  void aLinkToNowhereIsNoFolderForOutputs() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
    Path program = folder.resolve("p.program");
    Files.writeString(program, "program p { x = constant {type=\"f32[]\", value=1} output x }");
    fails(
        "must be a folder or a name that is free",
        "run",
        program.toString(),
        "--out",
        link.toString());
    assertFalse(Files.exists(folder.resolve("nowhere")));
  }

  @Test
  void whatIsNoTextFileIsASentence() throws IOException {
    fails("must be a file, got a folder", "explain", file("."));
    fails("no such file", "gradient", file("none.program"));
    Path bytes = folder.resolve("bytes.program");
    Files.write(bytes, new byte[] {27, '[', '2', 'J', 0, -1, -2});
    fails("\\u001b[2J", "explain", bytes.toString());
    assertFalse(err.toString().contains("\u001b"), err::toString);
    Path zeros = Path.of("/dev/zero");
    if (Files.exists(zeros)) {
      fails("bytes, got more", "explain", zeros.toString());
    }
  }

  private void failsToParse(String reason, String text) throws IOException {
    Files.writeString(folder.resolve("hostile.program"), text);
    for (String command : List.of("explain", "gradient", "run")) {
      fails(reason, command, file("hostile.program"));
    }
  }

  @Test
  void hostileTextIsASentence() throws IOException {
    String begin = "program p {\n input x: f32[a=2]\n ";
    failsToParse("a value defined above", begin + "y = add(x, z)\n z = negate(y)\n}");
    failsToParse("a value defined above", begin + "y = add(y, y)\n}");
    failsToParse("got x again", begin + "x = negate(x)\n}");
    failsToParse("no operation of this name", begin + "y = frob(" + "x, ".repeat(99_999) + "x)\n}");
    failsToParse("", begin + "y = einsum(x) {equation=\"" + "(".repeat(99_999) + "\"}\n}");
    failsToParse("in each other", begin + "y = scan() {body=program p {".repeat(9_999));
    failsToParse("sizes of at least 0", "program p {\n input x: f32[a=-1]\n}");
    failsToParse("expected a size", "program p {\n input x: f32[a=99999999999999999999]\n}");
    failsToParse("2^62 elements", "program p {\n input x: f32[a=999999999999 b=999999999999]\n}");
    failsToParse(
        "priority must be below 2^31, got 3000000000",
        begin + "y = annotate(x) {layout=\"a\", priority=3000000000}\n}");
    StringBuilder labels = new StringBuilder("program p {\n input x: f32[");
    for (int i = 0; i < 100_000; i++) {
      labels.append("a").append(i).append("=1 ");
    }
    failsToParse("labels must be at most 64", labels + "]\n}");
  }

  /** As deep as may be: printing, differentiating and lowering recurse. */
  @Test
  void theDeepestNestingRuns() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      text.append(
          "program p { input x: f32[b=2 m=3]\n"
              + " y = composite(x) {name=c, splittable=[], decomposition=");
    }
    text.setLength(text.lastIndexOf(" y = composite"));
    text.append(" y = negate(x) output y }");
    text.append("} output y }".repeat(99));
    Files.writeString(folder.resolve("deep.program"), text);
    assertEquals(0, run("explain", file("deep.program")), err::toString);
    assertEquals(0, run("gradient", file("deep.program")), err::toString);
    String x = "x=" + file("x.npy");
    assertEquals(0, run("run", file("deep.program"), "--in", x), err::toString);
  }

  @Test
  void tensOfThousandsOfStatementsAreExplained() throws IOException {
    StringBuilder text = new StringBuilder("program p {\n input x: f32[a=2]\n v0 = relu(x)\n");
    int count = TestDepth.cases(10_000, 50_000, 50_000);
    for (int i = 1; i < count; i++) {
      text.append(
          String.format(Locale.ROOT, " v%d = cumulative_sum(v%d) {label=\"a\"}\n", i, i - 1));
    }
    Files.writeString(folder.resolve("long.program"), text + " output v" + (count - 1) + "\n}");
    assertEquals(0, run("explain", file("long.program")), err::toString);
    assertTrue(out.toString().lines().count() > count, () -> "lines");
  }

  @Test
  void whatCannotBeRematerializedIsASentence() {
    wrong("got the input x", "explain", file("layer.program"), "--rematerialize", "x");
    wrong("no value nothing", "explain", file("layer.program"), "--rematerialize", "nothing");
    wrong("--by: must be different names of", "gradient", file("layer.program"), "--by", "x,x");
  }

  @Test
  void emptyLabelsAndNanAreValues() throws IOException {
    Files.writeString(
        folder.resolve("none.program"),
        "program p {\n input x: f32[a=0 b=2]\n y = reduce_max(x) {labels=[\"a\"]}\n"
            + " z = subtract(y, y)\n s = softmax(x) {label=\"a\"}\n output y, z, s\n}");
    Npy.write(folder.resolve("none.npy"), Tensor.of(new float[0], 0, 2));
    int status =
        run("run", file("none.program"), "--in", "x=" + file("none.npy"), "--out", file("none"));
    assertEquals(0, status, err::toString);
    assertArrayEquals(
        new float[] {Float.NaN, Float.NaN}, Npy.read(folder.resolve("none/z.npy")).toFloatArray());
    assertEquals(List.of(0L, 2L), List.of(sizes("none/s.npy", 0), sizes("none/s.npy", 1)));
  }

  private long sizes(String name, int axis) throws IOException {
    return Npy.read(folder.resolve(name)).size(axis);
  }
}
