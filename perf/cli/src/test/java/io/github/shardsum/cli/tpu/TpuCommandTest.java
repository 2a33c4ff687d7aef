package io.github.shardsum.cli.tpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.cli.Main;
import io.github.shardsum.io.Npz;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code shardsum tpu} where there is no plugin; .ci/pjrt runs it where there are some. */
class TpuCommandTest {
  /** A library that is no plugin, on every machine. */
  private static final Path NO_PLUGIN =
      Path.of(System.getProperty("java.home"), "lib", "libjava.so");

  @TempDir Path folder;

  private final StringWriter errors = new StringWriter();

  private int shardsum(String... arguments) {
    CommandLine line = Main.commandLine();
    line.setErr(new PrintWriter(errors, true));
    line.setOut(new PrintWriter(new StringWriter(), true));
    return line.execute(arguments);
  }

  @Test
  void aSubcommandIsWanted() {
    assertEquals(2, shardsum("tpu"));
    assertTrue(errors.toString().contains("must be one of devices, run, compile"));
  }

  @Test
  void aPluginThatIsNotThereIsSaidInASentence() {
    Path missing = folder.resolve("libtpu.so");
    assertEquals(1, shardsum("tpu", "devices", "--plugin", missing.toString()));
    assertTrue(
        errors.toString().contains("no such file (named by the given path)"), errors.toString());
    assertFalse(errors.toString().contains("\tat "), errors.toString());
  }

  @Test
  void whatIsNoPluginIsSaidByTheProcessThatTried() {
    assertEquals(1, shardsum("tpu", "devices", "--plugin", NO_PLUGIN.toString()));
    assertTrue(errors.toString().contains("no symbol GetPjrtApi"), errors.toString());
  }

  @Test
  void aProgramOnWhatIsNoPluginIsAnErrorInASentence() throws IOException {
    Path program = Files.writeString(folder.resolve("m.mlir"), "module {}");
    String plugin = NO_PLUGIN.toString();
    assertEquals(1, shardsum("tpu", "run", program.toString(), "--plugin", plugin));
    assertTrue(errors.toString().contains("no symbol GetPjrtApi"), errors.toString());
    assertEquals(
        1,
        shardsum(
            "tpu", "compile", program.toString(), "--topology", "v5e:2x2", "--plugin", plugin));
    assertFalse(errors.toString().contains("\tat "), errors.toString());
  }

  @Test
  void aMissingProgramIsSaidBeforeAnyPluginIsLoaded() {
    assertEquals(
        1,
        shardsum("tpu", "run", folder.resolve("none.mlir").toString(), "--plugin", "nowhere.so"));
    assertTrue(errors.toString().contains("no such file: "), errors.toString());
    assertFalse(errors.toString().contains("nowhere"), errors.toString());
  }

  @Test
  void argumentsAreWhatEinsumTakes() throws IOException {
    Path program = Files.writeString(folder.resolve("m.mlir"), "module {}");
    Path archive = folder.resolve("z.npz");
    Npz.write(archive, Map.of("a", Tensor.zeros(DType.F32, Shape.of(2))));
    String there = archive + ":a";
    String missing = archive + ":b";
    assertEquals(
        1, shardsum("tpu", "run", program.toString(), there, missing, "--plugin", "nowhere.so"));
    assertTrue(errors.toString().contains("\"b\""), errors.toString());
    assertFalse(errors.toString().contains("nowhere"), errors.toString());
    assertEquals(1, shardsum("tpu", "run", program.toString(), there, "--plugin", "nowhere.so"));
    assertTrue(errors.toString().contains("nowhere"), errors.toString());
  }

  @Test
  void aFolderIsNeitherAPluginNorAProgram() {
    assertEquals(1, shardsum("tpu", "devices", "--plugin", folder.toString()));
    assertTrue(errors.toString().contains(": is no file (named by the"), errors.toString());
    for (String command : new String[] {"run", "compile"}) {
      String[] topology =
          command.equals("run") ? new String[0] : new String[] {"--topology", "v5e:2x2"};
      List<String> line = new ArrayList<>(List.of("tpu", command, folder.toString()));
      line.addAll(List.of(topology));
      assertEquals(1, shardsum(line.toArray(String[]::new)));
      assertTrue(
          errors.toString().contains("shardsum tpu " + command + ": program: must be a file"),
          errors.toString());
    }
  }

  @Test
  void noResultTakesThePlaceOfTheProgramOrOfAnotherResult() throws IOException {
    Path program = Files.writeString(folder.resolve("m.mlir"), "module {}");
    Path sameProgram = folder.resolve(".").resolve("m.mlir");
    assertEquals(2, shardsum("tpu", "run", program.toString(), "-o", sameProgram.toString()));
    String out = folder.resolve("out.npy").toString();
    assertEquals(2, shardsum("tpu", "run", program.toString(), "-o", out, "-o", out));
    assertEquals(
        2,
        shardsum(
            "tpu",
            "compile",
            program.toString(),
            "--topology",
            "v5e:2x2",
            "-o",
            program.toString()));
    assertEquals(3, errors.toString().split("must be a file of its own", -1).length - 1);
    assertEquals("module {}", Files.readString(program));
  }

  @Test
  void aProgramOfOursTakesAMeshAndAModuleDoesNot() throws IOException {
    String module = Files.writeString(folder.resolve("m.mlir"), "module {}").toString();
    String ours =
        Files.writeString(
                folder.resolve("p.program"), "program p {\n input a: f32[n=8]\n output a\n}")
            .toString();
    String topology = "--topology=v5e:2x2";
    assertEquals(2, shardsum("tpu", "compile", module, topology, "--mesh", "x=4"));
    assertEquals(2, shardsum("tpu", "compile", ours, topology, "--partitions", "4"));
    assertEquals(2, shardsum("tpu", "compile", ours, topology, "--model", "moe"));
    assertEquals(2, shardsum("tpu", "compile", topology, "--model", "no-such-model"));
    assertTrue(errors.toString().contains("gshard-600b-block"), errors.toString());
    String plugin = NO_PLUGIN.toString();
    assertEquals(1, shardsum("tpu", "compile", ours, topology, "--plugin", plugin));
    assertTrue(errors.toString().contains("no symbol GetPjrtApi"), errors.toString());
  }

  @Test
  void wrongNumbersAreRefused() throws IOException {
    Path program = Files.writeString(folder.resolve("m.mlir"), "module {}");
    assertEquals(2, shardsum("tpu", "run", program.toString(), "--partitions", "0"));
    assertTrue(errors.toString().contains("at least 1"), errors.toString());
    assertEquals(2, shardsum("tpu", "devices", "--timeout", "0"));
    assertEquals(2, shardsum("tpu", "compile", program.toString()));
  }
}
