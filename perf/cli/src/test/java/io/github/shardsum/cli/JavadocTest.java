package io.github.shardsum.cli;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.lang.module.ResolvedModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The exported packages of sharded-einsum have complete javadoc, as the build demands of the other
 * modules: a comment, and a tag for each parameter, result and exception. In a catalogue of
 * shorthands, a comment of one line is enough.
 */
class JavadocTest {
  private static final Path SOURCES = Path.of("../../sharded-einsum/src/main/java");

  /** Classes of many short methods alike, whose own comment says what holds for all of them. */
  private static final Set<String> CATALOGUES = Set.of("ProgramBuilder.java");

  private static final Pattern MISSING =
      Pattern.compile("^(.*\\.java):([0-9]+): warning: (no .*)$", Pattern.MULTILINE);

  @TempDir Path folder;

  @Test
  void everyPublicElementIsDocumented() throws Exception {
    try (Stream<Path> all = Files.walk(SOURCES)) {
      List<Path> shown =
          all.filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.getFileName().toString().endsWith("-info.java"))
              .filter(file -> !SOURCES.relativize(file).toString().contains("internal"))
              .toList();
      assertEquals(List.of(), missing(shown));
    }
  }

  @Test
  void aMethodWithoutACommentIsSeen() throws Exception {
    assertEquals(
        List.of("no comment", "no comment"), missingIn("Sums", "", "  public int size() {"));
  }

  @Test
  void aShorthandOutsideOfACatalogueIsSeen() throws Exception {
    assertEquals(
        List.of("no @param for x", "no @return"),
        missingIn("Sums", "/** Sums. */", "  /** The sum. */\n  public int size(int x) {"));
  }

  @Test
  void aShorthandInACatalogueIsNone() throws Exception {
    assertEquals(
        List.of(),
        missingIn(
            "ProgramBuilder", "/** Sums. */", "  /** The sum. */\n  public int size(int x) {"));
  }

  @Test
  void aLongCommentInACatalogueNeedsItsTags() throws Exception {
    assertEquals(
        List.of("no @return"),
        missingIn(
            "ProgramBuilder",
            "/** Sums. */",
            "  /**\n   * The sum.\n   *\n   * @param x a number\n   */\n  public int size(int x) {"));
  }

  private List<String> missingIn(String name, String comment, String method) throws Exception {
    Path file = folder.resolve(name + ".java");
    String type =
        String.format(Locale.ROOT, "public final class %s {\n  private %s() {}\n", name, name);
    Files.writeString(
        file, "package example;\n" + comment + "\n" + type + method + "\n    return 1;\n  }\n}\n");
    return missing(List.of(file)).stream().map(line -> line.replaceFirst(".*: ", "")).toList();
  }

  /** Findings of doclint that no catalogue permits, as {@code File.java:line: what}. */
  private List<String> missing(List<Path> files) throws Exception {
    String printed = javac(files);
    List<String> missing = new ArrayList<>();
    Matcher line = MISSING.matcher(printed);
    while (line.find()) {
      Path file = Path.of(line.group(1));
      int number = Integer.parseInt(line.group(2));
      String name = file.getFileName().toString();
      if (!CATALOGUES.contains(name) || !hasCommentOfOneLine(file, number)) {
        missing.add(name + ":" + number + ": " + line.group(3));
      }
    }
    return missing;
  }

  /** Whether the lines above a declaration, but for annotations, are a comment of one line. */
  private static boolean hasCommentOfOneLine(Path file, int declaration) throws IOException {
    List<String> lines = Files.readAllLines(file);
    int above = declaration - 2;
    while (lines.get(above).strip().startsWith("@")) {
      above--;
    }
    String comment = lines.get(above).strip();
    return comment.startsWith("/**") && comment.endsWith("*/");
  }

  private String javac(List<Path> files) throws Exception {
    Path arguments = folder.resolve("arguments");
    Path printed = folder.resolve("printed");
    List<String> all =
        new ArrayList<>(
            List.of(
                "-proc:none",
                "-implicit:none",
                "-Xlint:none",
                "-Xmaxwarns",
                "10000",
                "-Xdoclint:all/protected",
                "-d",
                folder.resolve("classes").toString(),
                "-cp",
                ModuleLayer.boot().configuration().modules().stream()
                    .map(JavadocTest::location)
                    .filter(place -> !place.isEmpty())
                    .collect(joining(File.pathSeparator))));
    files.forEach(file -> all.add(file.toString()));
    Files.write(
        arguments, all.stream().map(each -> '"' + each.replace("\\", "\\\\") + '"').toList());
    int status =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
                "@" + arguments)
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start()
            .waitFor();
    String text = Files.readString(printed);
    assertEquals(0, status, text);
    return text;
  }

  private static String location(ResolvedModule module) {
    return module
        .reference()
        .location()
        .filter(place -> place.getScheme().equals("file"))
        .map(place -> Path.of(place).toString())
        .orElse("");
  }
}
