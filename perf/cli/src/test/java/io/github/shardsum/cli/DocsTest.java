package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.github.shardsum.cli.Documentation.Block;
import io.github.shardsum.cli.Documentation.Page;
import io.github.shardsum.program.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.ParameterException;

/** Every block of code of README and docs is run; of those marked by-hand, commands are parsed. */
class DocsTest {
  private static final List<String> LANGUAGES =
      List.of("java", "sh", "program", "text", "json", "xml");
  private static final int LONGEST_LINE = 200;

  private static int run;
  private static int byHand;

  /** The working folder of all pages, which each finds empty. */
  @TempDir static Path home;

  @TempDir static Path classes;
  private static PageRunner runner;

  @BeforeAll
  static void start() throws Exception {
    runner = new PageRunner(home, classes);
  }

  @TestFactory
  Stream<DynamicContainer> everyBlockRuns() throws Exception {
    List<DynamicContainer> pages = new ArrayList<>();
    for (Page page : Documentation.pages()) {
      Stream<DynamicTest> start = Stream.of(dynamicTest("an empty folder", DocsTest::clear));
      pages.add(dynamicContainer(page.name(), Stream.concat(start, tests(page).stream())));
    }
    return pages.stream();
  }

  private static void clear() throws Exception {
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(home)) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void everyExampleRuns() throws Exception {
    List<Path> examples = Documentation.examples();
    assertTrue(examples.size() >= 7, () -> "expected at least seven, got " + examples);
    for (Path example : examples) {
      long lines = Files.readString(example).lines().filter(line -> !line.isBlank()).count();
      assertTrue(lines <= 40, () -> example + ": expected at most 40 lines, got " + lines);
      String said = runner.java(example);
      assertFalse(said.isBlank(), () -> example + " printed nothing");
    }
    Path first = examples.getFirst();
    assertEquals(Documentation.launchJava(first, home), runner.java(first));
  }

  @Test
  void noLineOfAPageIsTooLong() throws Exception {
    for (Page page : Documentation.pages()) {
      for (String line : page.prose()) {
        assertTrue(line.length() <= LONGEST_LINE, () -> page.name() + ": " + line);
      }
    }
  }

  @Test
  void everyClassOfTheArchitectureIsThere() throws Exception {
    Page page =
        Documentation.pages().stream()
            .filter(each -> each.name().equals("docs/architecture.md"))
            .findFirst()
            .orElseThrow();
    Set<String> missing = new TreeSet<>();
    Matcher name = Pattern.compile("`([A-Z]\\w+)`").matcher(page.text());
    while (name.find()) {
      missing.add(name.group(1));
    }
    missing.removeAll(Documentation.classes());
    assertEquals(Set.of(), missing);
  }

  @AfterAll
  static void end() throws Exception {
    runner.close();
    System.out.printf(Locale.ROOT, "documentation: %d blocks run, %d by hand%n", run, byHand);
  }

  private static List<DynamicTest> tests(Page page) throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    List<Block> blocks = page.blocks();
    String imports = Documentation.imports(page);
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      if (block.isImports()) {
        continue;
      }
      String shown =
          i + 1 < blocks.size() && block.isShownBy(blocks.get(i + 1))
              ? blocks.get(i + 1).text()
              : "";
      tests.add(dynamicTest("line " + block.line(), () -> check(imports, block, shown)));
    }
    return tests;
  }

  private static void check(String imports, Block block, String shown) throws Exception {
    assertTrue(
        LANGUAGES.contains(block.language()),
        () -> "a block's language must be one of " + LANGUAGES + ", got " + block.language());
    if (block.isByHand()) {
      byHand++;
      block.commands().forEach(DocsTest::checkCommand);
      return;
    }
    String said =
        switch (block.language()) {
          case "java" -> runner.java(Documentation.source(imports, block, home));
          case "sh" -> shell(block);
          case "program" -> Documentation.writeProgram(Program.parse(block.text()), block, home);
          default -> "";
        };
    run += List.of("java", "sh", "program").contains(block.language()) ? 1 : 0;
    if (!shown.isEmpty()) {
      assertEquals(shown.strip(), said.strip());
    }
  }

  private static String shell(Block block) throws Exception {
    if (!block.isPlain()) {
      return Documentation.runShell(block, home);
    }
    StringBuilder said = new StringBuilder();
    for (List<String> command : block.commands()) {
      said.append(runner.command(command));
    }
    return said.toString();
  }

  private static void checkCommand(List<String> arguments) {
    try {
      Main.commandLine().parseArgs(arguments.toArray(String[]::new));
    } catch (ParameterException e) {
      throw new AssertionError(arguments + ": " + e.getMessage(), e);
    }
  }
}
