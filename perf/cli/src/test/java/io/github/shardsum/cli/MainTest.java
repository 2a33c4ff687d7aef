package io.github.shardsum.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Test
  void theVersionIsTheOneThatMavenBuilt() {
    assertEquals(0, run("--version"));
    assertTrue(
        out.toString().matches("shardsum \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\\R"), out.toString());
  }

  @Test
  void helpListsTheCommands() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("doctor"), out.toString());
  }

  @Test
  void helpIsACommandToo() {
    assertEquals(0, run("--help"));
    String asked = out.toString();
    out.getBuffer().setLength(0);
    assertEquals(0, run("help"));
    assertEquals(asked, out.toString());
    out.getBuffer().setLength(0);
    assertEquals(0, run("help", "einsum"));
    assertTrue(out.toString().contains("shardsum einsum"), out.toString());
    assertEquals(2, run("help", "docter"));
    assertTrue(err.toString().contains("docter"), err.toString());
  }

  @Test
  void noCommandIsAWrongCommandLine() {
    assertEquals(2, run());
    assertTrue(err.toString().contains("command: expected one of doctor, "), err.toString());
  }

  @Test
  void anUnknownCommandIsAWrongCommandLine() {
    assertEquals(2, run("docter"));
    assertTrue(err.toString().contains("docter"), err.toString());
  }

  @Test
  void aWrongCommandLineIsToldInAtMostEightLines() {
    for (String[] wrong :
        new String[][] {
          {},
          {"docter"},
          {"moe", "--experts", "many"},
          {"einsum", "--path", "foo", "i->i", "a.npy"},
          {"bench", "ij,jk->ik", "--sizes", "i=2"},
          {"topology", "--nothing"},
          {"tpu"}
        }) {
      err.getBuffer().setLength(0);
      assertEquals(2, run(wrong), () -> String.join(" ", wrong));
      assertTrue(err.toString().lines().count() <= 8, err::toString);
      assertTrue(err.toString().contains("help: shardsum"), err::toString);
      assertTrue(err.toString().contains(" --help"), err::toString);
    }
  }

  @Test
  void badInputIsOneSentence() {
    assertEquals(1, runFailing(() -> fail(new IllegalArgumentException("rank: must be 2, got 3"))));
    assertEquals("shardsum failing: rank: must be 2, got 3", err.toString().strip());
  }

  @Test
  void aMissingFileIsNamed() {
    assertEquals(1, runFailing(() -> fail(new NoSuchFileException("a.npy"))));
    assertEquals("shardsum failing: no such file: a.npy", err.toString().strip());
  }

  @Test
  void aMissingFileIsNamedWhenItsExceptionIsWrapped() {
    assertEquals(
        1, runFailing(() -> fail(new UncheckedIOException(new NoSuchFileException("a.npy")))));
    assertEquals("shardsum failing: no such file: a.npy", err.toString().strip());
  }

  @Test
  void outputThatCannotBeWrittenIsAFailure() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    assertEquals(
        1,
        Main.run(Main.commandLine(), new PrintStream(full, true, UTF_8), printer(), "--version"));
    assertEquals("shardsum: standard output: not all of it could be written", printed());
  }

  @Test
  void outputThatIsWrittenIsNone() {
    assertEquals(0, Main.run(Main.commandLine(), printer(), System.err, "--version"));
    assertTrue(printed().startsWith("shardsum "), printed());
  }

  @Test
  void numbersLookTheSameInEveryLocale() {
    Locale before = Locale.getDefault(Locale.Category.FORMAT);
    try {
      Locale.setDefault(Locale.Category.FORMAT, Locale.GERMANY);
      assertEquals(0, Main.run(Main.commandLine(), printer(), System.err, "doctor"));
      assertTrue(printed().matches("(?s).*heap up to \\d+\\.\\d GiB.*"), printed());
    } finally {
      Locale.setDefault(Locale.Category.FORMAT, before);
    }
  }

  @Test
  void aHeapThatIsTooSmallIsOneSentence() {
    Failing greedy =
        new Failing(
            () -> {
              throw new OutOfMemoryError("Java heap space");
            });
    CommandLine line = Main.commandLine().addSubcommand(greedy);
    assertEquals(1, Main.run(line, System.out, printer(), "failing"));
    assertEquals(
        "shardsum: memory: not enough (Java heap space); for a larger heap set"
            + " SHARDSUM_JAVA_OPTS=-Xmx...",
        printed());
  }

  @Test
  void aDefectKeepsItsStackTrace() {
    assertEquals(1, runFailing(() -> fail(new IllegalStateException("broken"))));
    assertTrue(err.toString().contains("at io.github.shardsum.cli"), err.toString());
    assertFalse(err.toString().startsWith("shardsum failing: broken"), err.toString());
  }

  private static int fail(Exception failure) throws Exception {
    throw failure;
  }

  private PrintStream printer() {
    return new PrintStream(bytes, true, UTF_8);
  }

  private String printed() {
    return bytes.toString(UTF_8).strip();
  }

  private int run(String... args) {
    return execute(Main.commandLine(), args);
  }

  private int runFailing(Callable<Integer> action) {
    return execute(Main.commandLine().addSubcommand(new Failing(action)), "failing");
  }

  private int execute(CommandLine line, String... args) {
    return line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
  }

  @Command(name = "failing")
  private record Failing(Callable<Integer> action) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      return action.call();
    }
  }
}
