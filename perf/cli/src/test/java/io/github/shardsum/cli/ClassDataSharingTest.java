package io.github.shardsum.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassDataSharingTest {
  @TempDir private Path folder;

  @Test
  void theHelpInFilesIsThatOfTheCommand() throws IOException {
    ClassDataSharing.help(folder.resolve("x.help").toString());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, UTF_8);
    assertEquals(0, Main.run(Main.commandLine(), stream, stream, "--help"));
    String plain = Files.readString(folder.resolve("x.help.plain"));
    assertEquals(out.toString(UTF_8), plain);
    String coloured = Files.readString(folder.resolve("x.help.coloured"));
    assertTrue(coloured.contains("\u001b["), coloured);
    assertEquals(plain, coloured.replaceAll("\u001b\\[[0-9;]*m", ""));
  }

  @Test
  void theHelpAndSmallEinsumsOfBothDtypesAreRun() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertEquals(
        0,
        ClassDataSharing.run(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8)));
    assertEquals("", err.toString(UTF_8));
    String said = out.toString(UTF_8);
    assertTrue(said.contains("Usage: shardsum"), said);
    for (String result : List.of("f32[3, 3]", "f32[3]", "f32[]", "f64[3, 3]", "f64[3]", "f64[]")) {
      assertTrue(said.contains(result), () -> result + " in: " + said);
    }
  }
}
