package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ResolvedModule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The statements of the README are true. */
class ReadmeTest {
  private static final Path ROOT = Path.of(System.getProperty("basedir", "")).resolve("../..");
  private static final int LONGEST_EXAMPLE = 15;
  private static final Pattern DESCRIPTOR =
      Pattern.compile("^module (io\\.github\\.shardsum\\.\\w+) \\{", Pattern.MULTILINE);

  private final String readme = Files.readString(ROOT.resolve("README.md"));

  @TempDir Path folder;

  ReadmeTest() throws IOException {}

  @Test
  void theJavaExamplePrintsWhatTheReadmeShows() throws Exception {
    Path source = Files.writeString(folder.resolve("Example.java"), block("java"));
    assertEquals(block("text").strip(), run(source).strip());
  }

  @Test
  void theJavaExampleIsShort() {
    assertTrue(block("java").lines().filter(line -> !line.isBlank()).count() <= LONGEST_EXAMPLE);
  }

  @Test
  void theCoordinatesNameThisVersion() {
    assertTrue(block("xml").contains("<version>" + Version.ofThisJar() + "</version>"));
  }

  @Test
  void theModulesAreThoseOfTheHouse() throws IOException {
    Set<String> said =
        Pattern.compile("^\\| `(io\\.github\\.shardsum\\.\\w+)`", Pattern.MULTILINE)
            .matcher(readme)
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toSet());
    Set<String> libraries = libraries();
    assertTrue(libraries.containsAll(house()), libraries::toString);
    assertEquals(libraries, said);
  }

  @Test
  void theCommandsAreThere() {
    Set<String> known = Main.commandLine().getSubcommands().keySet();
    Set<String> said =
        Pattern.compile("\\./shardsum (\\w+)")
            .matcher(readme)
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toSet());
    assertTrue(known.containsAll(said), () -> "expected " + said + ", got " + known);
  }

  private String block(String language) {
    var block =
        Pattern.compile("^```" + language + "\\R(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE)
            .matcher(readme);
    assertTrue(block.find(), () -> "README.md has no " + language + " block");
    return block.group(1);
  }

  /** As a reader would, by {@code shardsum java}. */
  private String run(Path source) throws IOException, InterruptedException {
    Path errors = folder.resolve("errors");
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                Documentation.path(),
                Main.class.getName(),
                "java",
                source.toString())
            .redirectError(errors.toFile())
            .start();
    String output = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = java.waitFor();
    String said = Files.readString(errors);
    assertEquals(0, status, said);
    return output;
  }

  /** Modules that {@code perf} does not hold, by their descriptors in the tree. */
  private static Set<String> libraries() throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(ROOT)) {
      for (Path file :
          files.filter(path -> path.endsWith("src/main/java/module-info.java")).toList()) {
        var name = DESCRIPTOR.matcher(Files.readString(file));
        String place = ROOT.relativize(file).toString();
        if (!place.startsWith("perf") && !place.startsWith("build") && !place.contains("target")) {
          assertTrue(name.find(), file::toString);
          names.add(name.group(1));
        }
      }
    }
    return names;
  }

  /** Libraries that the command runs with. */
  private static Set<String> house() {
    return ModuleLayer.boot().configuration().modules().stream()
        .map(ResolvedModule::name)
        .filter(name -> name.matches("io\\.github\\.shardsum\\.(?!cli$|measure$)\\w+"))
        .collect(Collectors.toSet());
  }
}
