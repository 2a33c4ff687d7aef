package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.io.Npy;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    assertTrue(err.toString().contains("x: f32[b=2 m=3] is wanted"), err::toString);
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
    assertTrue(err.toString().contains("bytes"), err::toString);
  }
}
