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
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MainTest {
  /** {@code java} hands to the JVM all that it is given. */
  private static final Set<String> TAKE_ANY = Set.of("help", "java");

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
    assertTrue(err.toString().contains("command: must be one of doctor, "), err.toString());
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
  void aDefectIsASentenceAndItsStackTraceAFile() throws IOException {
    assertEquals(1, runFailing(() -> fail(new IllegalStateException("broken"))));
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(err.toString().contains("a defect of shardsum"), err.toString());
    String file = err.toString().replaceFirst("(?s).*its trace is in (.*), please.*", "$1");
    Path trace = Path.of(file);
    assertTrue(Files.readString(trace).contains("at io.github.shardsum.cli"), file);
    Files.delete(trace);
  }

  @Test
  void everyCommandStandsInOneGroupOfTheHelp() {
    List<String> grouped =
        CommandGroups.ALL.stream().flatMap(group -> group.commands().stream()).sorted().toList();
    assertEquals(Main.commandLine().getSubcommands().keySet().stream().sorted().toList(), grouped);
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("Meshes of devices:"), out.toString());
    assertTrue(out.toString().lines().allMatch(line -> line.length() <= 100), out.toString());
  }

  @Test
  void picoclisMessagesAreInTheVoiceOfOurs() {
    assertSays(
        "--experts: must be a whole number below 2^31, got many", "moe", "--experts", "many");
    assertSays(
        "--activation: must be one of relu, gelu, silu, swiglu, got", "moe", "--activation", "x");
    assertSays("--mesh AXES: must be given, got none", "propagate", "a.program");
    assertSays("FILE.program: must be given, got none", "propagate", "--mesh", "x=2");
    assertSays("--threads N: must be given, got none", "moe", "--threads");
    assertSays("option: must be a known one, got --nothing", "topology", "--nothing");
    assertSays(
        "argument: must be one that moe takes, got y=4; commas separate the axes of --mesh",
        "moe",
        "--mesh",
        "x=2",
        "y=4");
    assertSays("command: must be a known one, got docter", "docter");
    assertSays("command: must be a known one, got docter", "help", "docter");
    assertSays("--seed: must be given once, got it again", "moe", "--seed", "1", "--seed", "2");
    assertSays("--capacity-factor: must be a number, got x", "moe", "--capacity-factor", "x");
    assertSays(
        "--memory-limit: must be a number such as 4096, 8MB or 1.5GiB below 2^63, got \"x\"",
        "plan",
        "--memory-limit",
        "x",
        "i->i");
    assertSays("--sizes SIZES: must be given, got none", "plan", "--mesh", "x=2", "i@x->i");
    assertSays("--sizes SIZES: must be given, got none", "reshard", "--mesh", "x=2", "i@x", "i");
  }

  /** Although a parameter is missing too. */
  @Test
  void everyCommandNamesAnUnknownOption() {
    assertTrue(namesAnUnknownOption(Main.commandLine(), new ArrayList<>()) > 20);
  }

  private int namesAnUnknownOption(CommandLine command, List<String> path) {
    int count = 0;
    for (Map.Entry<String, CommandLine> each : command.getSubcommands().entrySet()) {
      path.addLast(each.getKey());
      if (each.getValue().getSubcommands().isEmpty() && !TAKE_ANY.contains(each.getKey())) {
        path.addLast("--nope");
        assertSays("option: must be a known one, got --nope", path.toArray(String[]::new));
        path.removeLast();
        count++;
      }
      count += namesAnUnknownOption(each.getValue(), path);
      path.removeLast();
    }
    return count;
  }

  @Test
  void onlyWordsThatAreNearAreSimilar() {
    assertEquals(2, run("docter"));
    assertTrue(err.toString().contains("similar: doctor"), err::toString);
    assertEquals(2, run("plan", "--memory", "8MB", "i->i"));
    assertTrue(err.toString().contains("similar: --memory-limit"), err::toString);
    err.getBuffer().setLength(0);
    assertEquals(2, run("nosuch"));
    assertEquals(List.of(), err.toString().lines().filter(l -> l.startsWith("similar")).toList());
  }

  @Test
  void aFullStandardOutputIsSaidOnce(@TempDir Path folder) throws IOException {
    Path array = folder.resolve("a.npy");
    assertEquals(0, run("sample", array.toString(), "2,3"), err::toString);
    PrintStream closed = new PrintStream(new ClosedPipe(), true, UTF_8);
    PrintStream before = System.out;
    try {
      System.setOut(closed);
      String[] line = {"einsum", "ij->ji", array.toString(), "-o", "-"};
      assertEquals(1, Main.run(Main.commandLine(), closed, printer(), line));
    } finally {
      System.setOut(before);
    }
    assertEquals("shardsum: standard output: not all of it could be written", printed());
  }

  @Test
  void anErrorWithoutAMessageIsADefect() throws IOException {
    assertEquals(1, runFailing(() -> fail(new IllegalArgumentException())));
    assertTrue(err.toString().contains("a defect of shardsum"), err::toString);
    assertFalse(err.toString().contains("null"), err::toString);
    Files.delete(
        Path.of(err.toString().replaceFirst("(?s).*its trace is in (.*), please.*", "$1")));
  }

  private void assertSays(String expected, String... line) {
    err.getBuffer().setLength(0);
    assertEquals(2, run(line), () -> String.join(" ", line) + "\n" + out + err);
    assertTrue(err.toString().contains(": " + expected), err::toString);
  }

  @Test
  void theScriptOfCompletionCompletes() throws Exception {
    assertEquals(0, run("completion"));
    Process bash =
        new ProcessBuilder(
                "bash",
                "-c",
                "source /dev/stdin; COMP_WORDS=(shardsum resh); COMP_CWORD=1;"
                    + " _complete_shardsum; printf '%s ' \"${COMPREPLY[@]}\"")
            .redirectErrorStream(true)
            .start();
    try (OutputStream script = bash.getOutputStream()) {
      script.write(out.toString().getBytes(UTF_8));
    }
    assertEquals("reshard ", new String(bash.getInputStream().readAllBytes(), UTF_8));
  }

  @Test
  void everyCommandHasAManualPage(@TempDir Path folder) throws IOException {
    assertEquals(0, run("man", "--out", folder.toString()), err::toString);
    String plan = Files.readString(folder.resolve("shardsum-plan.1"));
    assertTrue(plan.startsWith(".TH \"SHARDSUM-PLAN\" \"1\""), plan);
    assertTrue(plan.contains("\n.TP\n\\fB\\-\\-memory\\-limit SIZE\\fR\n"), plan);
    assertTrue(plan.contains("\n.SH EXIT STATUS\n"), plan);
    assertTrue(plan.contains("[\\-\\-diff=OLD.json]"), plan);
    assertTrue(plan.contains("[EQUATION|FILE.program]\n"), plan);
    assertTrue(Files.exists(folder.resolve("shardsum-tpu-run.1")));
    assertEquals(0, run("man", "tpu-run"));
    assertEquals(2, run("man", "nothing"));
  }

  @Test
  void theDoctorAnswersInJson() {
    assertEquals(0, run("doctor", "--json"));
    JsonNode answer = new JsonMapper().readTree(out.toString());
    assertEquals("JDK", answer.get("machine").get(0).get("name").stringValue());
    assertTrue(answer.get("engines").size() > 3, out::toString);
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
