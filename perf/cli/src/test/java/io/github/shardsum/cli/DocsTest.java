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
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
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

  @TempDir static Path folder;

  @TestFactory
  Stream<DynamicContainer> everyBlockRuns() throws Exception {
    List<DynamicContainer> pages = new ArrayList<>();
    for (Page page : Documentation.pages()) {
      Path home = Files.createDirectories(folder.resolve(page.name().replace('/', '-')));
      pages.add(dynamicContainer(page.name(), tests(page, home)));
    }
    return pages.stream();
  }

  @Test
  void everyExampleRuns() throws Exception {
    List<Path> examples = Documentation.examples();
    assertTrue(examples.size() >= 7, () -> "expected at least seven, got " + examples);
    for (Path example : examples) {
      long lines = Files.readString(example).lines().filter(line -> !line.isBlank()).count();
      assertTrue(lines <= 40, () -> example + ": expected at most 40 lines, got " + lines);
      String said = Documentation.runJava(example, folder);
      assertFalse(said.isBlank(), () -> example + " printed nothing");
    }
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
  static void tell() {
    System.out.printf(Locale.ROOT, "documentation: %d blocks run, %d by hand%n", run, byHand);
  }

  private static List<DynamicTest> tests(Page page, Path home) throws Exception {
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
      tests.add(dynamicTest("line " + block.line(), () -> check(imports, block, shown, home)));
    }
    return tests;
  }

  private static void check(String imports, Block block, String shown, Path home) throws Exception {
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
          case "java" -> Documentation.runJava(imports, block, home);
          case "sh" -> Documentation.runShell(block, home);
          case "program" -> Documentation.writeProgram(Program.parse(block.text()), block, home);
          default -> "";
        };
    run += List.of("java", "sh", "program").contains(block.language()) ? 1 : 0;
    if (!shown.isEmpty()) {
      assertEquals(shown.strip(), said.strip());
    }
  }

  private static void checkCommand(List<String> arguments) {
    try {
      Main.commandLine().parseArgs(arguments.toArray(String[]::new));
    } catch (ParameterException e) {
      throw new AssertionError(arguments + ": " + e.getMessage(), e);
    }
  }
}
