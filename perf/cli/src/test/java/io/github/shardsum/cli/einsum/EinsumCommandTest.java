package io.github.shardsum.cli.einsum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npy;
import io.github.shardsum.io.Npz;
import io.github.shardsum.io.Safetensors;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EinsumCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeOperands() throws IOException {
    Npy.write(folder.resolve("a.npy"), Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3));
    Npy.write(folder.resolve("b.npy"), Tensor.of(new double[] {1, 0, 2, 0, 0, 1}, 3, 2));
    Npy.write(folder.resolve("c.npy"), Tensor.of(new double[] {1, 2, 3, 3}, 2, 2));
    Npy.write(folder.resolve("s.npy"), Tensor.scalar(DType.F32, 3));
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private int run(String... args) {
    String[] all = Stream.concat(Stream.of("einsum"), Stream.of(args)).toArray(String[]::new);
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all);
  }

  @Test
  void sizesOfASampleHaveCommasBetween() throws IOException {
    for (String wrong : List.of("2x3", "2,x", "2,", "", "9223372036854775808")) {
      StringWriter said = new StringWriter();
      assertEquals(2, sample(said, wrong), wrong);
      assertTrue(
          said.toString()
              .contains("SIZE must be whole numbers with commas between, as 2,3, got " + wrong),
          said.toString());
    }
    StringWriter many = new StringWriter();
    assertEquals(2, sample(many, "4096,4097"));
    assertTrue(many.toString().contains("got 4096,4097"), many.toString());
    assertEquals(0, sample(new StringWriter(), "2,3"));
    assertArrayEquals(new long[] {2, 3}, Npy.read(folder.resolve("z.npy")).shape().toArray());
  }

  private int sample(StringWriter said, String sizes) {
    return Main.commandLine()
        .setErr(new PrintWriter(said, true))
        .execute("sample", file("z.npy"), sizes);
  }

  @Test
  void theResultIsWritten() throws IOException {
    assertEquals(0, run("ij,jk->ik", file("a.npy"), file("b.npy"), "-o", file("o.npy")));
    Tensor result = Npy.read(folder.resolve("o.npy"));
    assertArrayEquals(new double[] {5, 3, 14, 6}, result.toDoubleArray());
    assertEquals(DType.F64, result.dtype());
    assertEquals("", out.toString());
    assertEquals("", err.toString());
  }

  @Test
  void withoutAFileTheResultIsPrinted() {
    assertEquals(0, run("ij,jk->ik", file("a.npy"), file("b.npy")));
    assertEquals("f64[2, 2]\n[[ 5.0  3.0]\n [14.0  6.0]]\n", out.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "greedy", "optimal", "OPTIMAL"})
  void everyPathAndNumberOfThreadsGivesTheSame(String path) throws IOException {
    for (String threads : new String[] {"1", "3"}) {
      String[] files = {file("a.npy"), file("b.npy"), file("c.npy"), "-o", file("o.npy")};
      assertEquals(
          0,
          run(
              "ij,jk,ik->",
              files[0],
              files[1],
              files[2],
              files[3],
              files[4],
              "--path",
              path,
              "--threads",
              threads));
      assertEquals(71, Npy.read(folder.resolve("o.npy")).getDouble());
    }
  }

  @Test
  void thePlanComesBeforeTheResult() {
    assertEquals(0, run("ij,jk->ik", file("a.npy"), file("b.npy"), "--explain"));
    String text = out.toString();
    assertTrue(text.contains("most bytes of intermediates"), text);
    assertTrue(text.indexOf("most bytes of intermediates") < text.indexOf("f64[2, 2]"), text);
  }

  @Test
  void anEquationMayBeginWithItsArrow() {
    assertEquals(0, run("->", file("s.npy")), err.toString());
    assertEquals("f32[]\n3.0\n", out.toString());
  }

  @Test
  void theOutputMayReplaceAnOperand() throws IOException {
    assertEquals(0, run("ij->ji", file("a.npy"), "-o", file("a.npy")), err.toString());
    assertArrayEquals(
        new double[] {1, 4, 2, 5, 3, 6}, Npy.read(folder.resolve("a.npy")).toDoubleArray());
  }

  /** Only .npy is written, so a name of another format would lie. */
  @Test
  void aResultIsNotWrittenUnderANameOfAnotherFormat() {
    for (String name : List.of("o.npz", "o.safetensors", "O.NPZ")) {
      err.getBuffer().setLength(0);
      assertEquals(2, run("ij->ji", file("a.npy"), "-o", file(name)), err.toString());
      assertTrue(err.toString().contains("-o: must name a .npy file, got "), err.toString());
      assertTrue(Files.notExists(folder.resolve(name)), name);
    }
  }

  @Test
  void badInputIsOneErrorAndNoFile() throws IOException {
    Files.writeString(folder.resolve("bad.npy"), "no array");
    String[][] commands = {
      {"ij,jk->ik", file("a.npy"), file("none.npy"), "-o", file("o.npy")},
      {"ij,jk->ik", file("a.npy"), file("bad.npy"), "-o", file("o.npy")},
      {"ij,jk->ik", file("a.npy"), file("a.npy"), "-o", file("o.npy")},
      {"ij,jk->ik", file("a.npy"), "-o", file("o.npy")},
      {"ij->->", file("a.npy"), "-o", file("o.npy")},
      {"ij->", file("a.npy"), "-o", folder.resolve("none").resolve("o.npy").toString()},
    };
    for (String[] command : commands) {
      err.getBuffer().setLength(0);
      assertEquals(1, run(command), err.toString());
      assertTrue(err.toString().startsWith("shardsum einsum: "), err.toString());
      assertTrue(!err.toString().contains("\tat "), err.toString());
      assertEquals("", out.toString());
      try (Stream<Path> files = Files.list(folder)) {
        assertEquals(5, files.count(), "no new file");
      }
    }
  }

  @Test
  void aWrongCommandLineIsRefusedBeforeAnythingIsRead() {
    String[][] commands = {
      {},
      {"ij->ji"},
      {"ij->ji", file("a.npy"), "--path", "best"},
      {"ij->ji", file("a.npy"), "--threads", "0"},
      {"ij->ji", file("a.npy"), "--threds", "1"},
      {"--explian", "ij->ji", file("a.npy")},
      {"ij->ji", file("a.npy"), "--jobs", file("jobs")},
      {"--jobs", file("jobs"), "--explain"},
      {"--jobs", file("jobs"), "-o", file("o.npy")},
    };
    for (String[] command : commands) {
      assertEquals(2, run(command), String.join(" ", command) + err);
      assertEquals("", out.toString());
    }
  }

  @Test
  void arraysOfArchivesAreOperands() throws IOException {
    Map<String, Tensor> arrays =
        Map.of("a", Npy.read(folder.resolve("a.npy")), "b", Npy.read(folder.resolve("b.npy")));
    Npz.write(folder.resolve("z.npz"), arrays);
    Safetensors.write(folder.resolve("s.safetensors"), arrays, Map.of());
    for (String[] operands :
        new String[][] {
          {"z.npz:a", "z.npz:b"}, {"s.safetensors:a", "b.npy"}, {"a.npy", "s.safetensors:b"}
        }) {
      out.getBuffer().setLength(0);
      assertEquals(0, run("ij,jk->ik", file(operands[0]), file(operands[1])), err.toString());
      assertEquals("f64[2, 2]\n[[ 5.0  3.0]\n [14.0  6.0]]\n", out.toString());
    }
    assertEquals(1, run("ij->ji", file("z.npz")));
    assertTrue(err.toString().contains("z.npz:NAME with one of its arrays, ["), err.toString());
  }

  @Test
  void aWrongChoiceListsTheNamesAsHelpDoes() {
    assertEquals(2, run("ij->ji", file("a.npy"), "--path", "foo"));
    assertEquals(
        "shardsum einsum: --path: must be one of auto, greedy, optimal, got foo",
        err.toString().lines().findFirst().orElse(""));
  }

  @Test
  void anEquationWithALayoutIsSentToWhatPlansIt() {
    assertEquals(1, run("i j@x -> i j", file("a.npy")));
    assertTrue(
        err.toString().contains("shardsum plan --mesh ... --sizes ... \"i j@x -> i j\""),
        err.toString());
    assertTrue(err.toString().contains("here:          \"ij->ij\""), err.toString());
  }

  @Test
  void aPlanIsNotPrintedAmongTheBytesOfAResult() {
    assertEquals(2, run("ij->ji", file("a.npy"), "--explain", "-o", "-"));
    assertTrue(err.toString().contains("--explain: must be given without -o -"), err.toString());
  }

  @Test
  void helpShowsBothForms() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("shardsum einsum EQUATION A.npy"), out.toString());
    assertTrue(out.toString().contains("shardsum einsum --jobs FILE"), out.toString());
  }

  @Test
  void aResultThatCannotBeWrittenIsASentenceAboutTheFileThatWasAskedFor() {
    String long300 = file("x".repeat(300));
    assertEquals(1, run("ij->ji", file("a.npy"), "-o", folder.toString()));
    assertEquals(1, run("ij->ji", file("a.npy"), "-o", long300));
    List<String> lines = err.toString().lines().toList();
    assertEquals(2, lines.size(), err.toString());
    assertTrue(lines.get(0).startsWith("shardsum einsum: -o: "), lines.get(0));
    assertTrue(lines.get(0).endsWith("got " + folder), lines.get(0));
    assertTrue(lines.get(0).contains("a regular file or a name that is free"), lines.get(0));
    assertTrue(lines.get(1).startsWith("shardsum einsum: " + long300 + ": "), lines.get(1));
    assertTrue(!lines.get(1).contains(".part"), lines.get(1));
  }
}
