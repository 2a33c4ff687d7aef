package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each file with tests has a name that surefire's patterns take, or is named by {@code .ci/mpi},
 * which runs classes in several processes. A test under another name is never run, in silence.
 */
class EveryTestIsRunTest {
  private static final Pattern TEST =
      Pattern.compile(
          "^\\s*@(Test|Property|Example|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate"
              + "|FuzzTest)\\b",
          Pattern.MULTILINE);

  /** A class that inherits its tests. */
  private static final Pattern CONTRACT =
      Pattern.compile(
          "^(?:\\w+ )*class \\w+[^{]*\\s(?:extends|implements)\\s[^{]*Contract\\b",
          Pattern.MULTILINE);

  private static final Pattern INCLUDE = Pattern.compile("<include>\\*\\*/(\\*?\\w+)\\.java<");
  private static final Pattern EXCLUDE = Pattern.compile("<exclude>\\*\\*/(\\*?\\w+)\\.java<");
  private static final Pattern OVER_MPI =
      Pattern.compile("=io\\.github\\.shardsum\\.[\\w.]*?(\\w+)$", Pattern.MULTILINE);

  @TempDir Path folder;

  @Test
  void everyFileWithTestsIsTakenByAPattern() throws IOException {
    assertEquals(List.of(), leftOut(Documentation.ROOT));
  }

  @Test
  void filesWithTestsAreSeenInEveryModule() throws IOException {
    Set<String> modules = new HashSet<>();
    for (Path file : sources(Documentation.ROOT)) {
      if (hasTests(Files.readString(file))) {
        modules.add(module(file).toRealPath().getFileName().toString());
      }
    }
    Set<String> libraries =
        Set.of(
            "einsum-core",
            "collectives",
            "sharded-einsum",
            "testkit",
            "moe-ops",
            "language",
            "tpu-ffi");
    assertTrue(modules.containsAll(libraries), modules::toString);
    assertTrue(modules.containsAll(Set.of("measure", "cli", "bench")), modules::toString);
  }

  @Test
  void aTestUnderAnotherNameIsSeen() throws IOException {
    tree("<include>**/*Test.java</include>", "");
    write("SumTest.java", "class SumTest {\n  @Test\n  void sums() {}\n}\n");
    write("SumTests.java", "class SumTests {\n  @Test\n  void sums() {}\n}\n");
    write("SumLaws.java", "class SumLaws {\n  @Property\n  void sums() {}\n}\n");
    write("Sums.java", "/** What {@code @Test} methods need. */\nclass Sums {}\n");
    write("Run.java", "final class Run implements SumContract {}\n");
    assertEquals(List.of("Run.java", "SumLaws.java", "SumTests.java"), leftOut(folder));
  }

  @Test
  void whatOneRunExcludesMustBeInAnother() throws IOException {
    tree(
        "<include>**/*Test.java</include>",
        "<exclude>**/SlowTest.java</exclude>\n<exclude>**/HugeTest.java</exclude>\n"
            + "<include>**/SlowTest.java</include>");
    write("SlowTest.java", "class SlowTest {\n  @Test\n  void sums() {}\n}\n");
    write("HugeTest.java", "class HugeTest {\n  @Test\n  void sums() {}\n}\n");
    assertEquals(List.of("HugeTest.java"), leftOut(folder));
  }

  @Test
  void aClassThatRunsInSeveralProcessesIsTaken() throws IOException {
    tree("<include>**/*Test.java</include>", "");
    Files.writeString(
        Files.createDirectory(folder.resolve(".ci")).resolve("mpi"),
        "sums=io.github.shardsum.sums.SumContract\n");
    write("SumContract.java", "class SumContract {\n  @Test\n  void sums() {}\n}\n");
    assertEquals(List.of(), leftOut(folder));
  }

  private void tree(String parent, String module) throws IOException {
    Files.writeString(folder.resolve("pom.xml"), parent);
    Files.createDirectories(folder.resolve("sums/src/test/java"));
    Files.writeString(folder.resolve("sums/pom.xml"), module);
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve("sums/src/test/java").resolve(name), text);
  }

  private static List<String> leftOut(Path root) throws IOException {
    List<String> leftOut = new ArrayList<>();
    Path mpi = root.resolve(".ci/mpi");
    List<String> inProcesses =
        Files.exists(mpi) ? names(OVER_MPI, Files.readString(mpi)) : List.of();
    List<String> everywhere = names(INCLUDE, Files.readString(root.resolve("pom.xml")));
    for (Path file : sources(root)) {
      String name = file.getFileName().toString().replaceFirst("\\.java$", "");
      if (!hasTests(Files.readString(file)) || inProcesses.contains(name)) {
        continue;
      }
      String pom = Files.readString(module(file).resolve("pom.xml"));
      List<String> taken = names(INCLUDE, pom);
      boolean excluded = matches(name, names(EXCLUDE, pom));
      if (!matches(name, taken) && (excluded || !matches(name, everywhere))) {
        leftOut.add(file.getFileName().toString());
      }
    }
    return leftOut;
  }

  private static boolean hasTests(String text) {
    return TEST.matcher(text).find() || CONTRACT.matcher(text).find();
  }

  private static boolean matches(String name, List<String> patterns) {
    return patterns.stream()
        .anyMatch(
            pattern ->
                pattern.startsWith("*")
                    ? name.endsWith(pattern.substring(1))
                    : name.equals(pattern));
  }

  private static List<String> names(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.results().map(result -> result.group(1)).toList();
  }

  private static Path module(Path file) {
    Path folder = file;
    while (!folder.endsWith("src/test/java")) {
      folder = folder.getParent();
    }
    return folder.resolve("../../..").normalize();
  }

  /** Of all modules, sorted. */
  private static List<Path> sources(Path root) throws IOException {
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = folder.getFileName().toString();
            return Set.of("target", ".git", "main", "docs").contains(name)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().replace('\\', '/').contains("/src/test/java/")
                && file.toString().endsWith(".java")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    sources.sort(null);
    return sources;
  }
}
