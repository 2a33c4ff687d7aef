package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Whatever is read from outside has a line in docs/settings.md. */
class SettingsTest {
  private static final Path ROOT = Path.of(System.getProperty("basedir", "")).resolve("../..");

  private static final List<String> SOURCES =
      List.of(
          "einsum-core/src",
          "collectives/src",
          "sharded-einsum/src",
          "moe-ops/src",
          "language/src",
          "tpu-ffi/src",
          "perf/measure/src",
          "perf/cli/src",
          "perf/bench/src",
          "perf/lab/src");

  /** A reading of a setting by its name, or by a constant that holds it. */
  private static final Pattern READING =
      Pattern.compile(
          "(?:getenv|getProperty|getBoolean|nvironment(?:\\(\\))?\\.(?:get|getOrDefault|containsKey)"
              + "|set\\.apply)\\(\\s*(?:\"([\\w.]+)\"|([A-Z][A-Z_]*))");

  private static final Pattern OF_THE_LAUNCHER = Pattern.compile("\\$\\{?!?(SHARDSUM_\\w+)");

  /** Properties that every JVM has, and libraries' own text. */
  private static final Pattern NONE = Pattern.compile("(java|os|jdk|user)\\..*|version");

  @Test
  void everySettingThatIsReadIsDocumented() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/settings.md"));
    Set<String> read = read();
    assertTrue(
        read.containsAll(
            Set.of(
                "SHARDSUM_JAVA_OPTS",
                "SHARDSUM_MPI_THREAD",
                "LIBTPU_INIT_ARGS",
                "shardsum.kernels",
                "shardsum.terminal",
                "CC")),
        read.toString());
    Set<String> missing = new TreeSet<>(read);
    missing.removeIf(name -> Pattern.compile("[`D]" + name + "\\b").matcher(page).find());
    assertEquals(Set.of(), missing);
  }

  @Test
  void theReadmeLeadsThere() throws IOException {
    assertTrue(Files.readString(ROOT.resolve("README.md")).contains("(docs/settings.md)"));
  }

  @Test
  void launchTellsOfTheVariablesOfMpi() {
    String help = help("launch", "--help");
    for (String name : List.of("SHARDSUM_MPI_THREAD", "SHARDSUM_MPI_LIBRARY", "SHARDSUM_ENGINE")) {
      assertTrue(help.contains(name), help);
    }
    assertTrue(help.lines().allMatch(line -> line.length() <= 80), help);
  }

  @Test
  void theCommandTellsOfTheFlagsOfTheJvm() {
    assertTrue(help("--help").contains("SHARDSUM_JAVA_OPTS"));
  }

  @Test
  void theCommandsWithAnOptionAreNamed() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/settings.md"));
    Map<String, CommandLine> all = commands();
    String progress = row(page, "--progress");
    assertEquals(
        with(all, "--progress"),
        names(progress.substring(progress.indexOf(" For `")), all.keySet()));
    Set<String> without = new TreeSet<>(all.keySet());
    without.removeAll(with(all, "--json"));
    // A file, a process, a script or a page is no result.
    without.removeAll(Set.of("sample", "java", "launch", "completion", "man", "help"));
    assertEquals(without, names(row(page, "--json"), all.keySet()));
  }

  private static String row(String page, String option) {
    return page.lines()
        .filter(line -> line.startsWith("| `" + option + "` |"))
        .findFirst()
        .orElseThrow();
  }

  /** All commands that have no commands of their own, as {@code plan} and {@code tpu run}. */
  private static Map<String, CommandLine> commands() {
    Map<String, CommandLine> all = new TreeMap<>();
    Main.commandLine()
        .getSubcommands()
        .forEach(
            (name, line) -> {
              Map<String, CommandLine> parts = line.getSubcommands();
              if (parts.isEmpty()) {
                all.put(name, line);
              }
              parts.forEach((part, of) -> all.put(name + " " + part, of));
            });
    return all;
  }

  private static Set<String> with(Map<String, CommandLine> all, String option) {
    Set<String> names = new TreeSet<>(all.keySet());
    names.removeIf(name -> all.get(name).getCommandSpec().findOption(option) == null);
    return names;
  }

  /** The commands among the code of a text. */
  private static Set<String> names(String text, Set<String> known) {
    return Pattern.compile("`([a-z ]+)`")
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .filter(known::contains)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String help(String... arguments) {
    StringWriter out = new StringWriter();
    assertEquals(0, Main.commandLine().setOut(new PrintWriter(out)).execute(arguments));
    return out.toString();
  }

  private static Set<String> read() throws IOException {
    Set<String> names = new TreeSet<>();
    for (String folder : SOURCES) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
        for (Path file : (Iterable<Path>) files.filter(SettingsTest::isMain)::iterator) {
          addRead(Files.readString(file), names);
        }
      }
    }
    OF_THE_LAUNCHER
        .matcher(Files.readString(ROOT.resolve("shardsum")))
        .results()
        .forEach(match -> names.add(match.group(1)));
    return names;
  }

  private static boolean isMain(Path file) {
    String name = file.toString();
    return name.matches(".*\\.(java|template)") && !name.contains("/src/test/");
  }

  private static void addRead(String source, Set<String> names) {
    READING
        .matcher(source)
        .results()
        .map(match -> match.group(1) != null ? match.group(1) : constant(match.group(2), source))
        .filter(name -> !NONE.matcher(name).matches())
        .forEach(names::add);
  }

  /** The value of a constant of the same file. */
  private static String constant(String name, String source) {
    return Pattern.compile("static final String " + name + " =\\s+\"([\\w.]+)\"")
        .matcher(source)
        .results()
        .map(match -> match.group(1))
        .findFirst()
        .orElseThrow(() -> new AssertionError("what " + name + " is cannot be read"));
  }
}
