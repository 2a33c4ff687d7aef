package io.github.shardsum.lab.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That every part runs and finds the results that it compares equal; no time is looked at. */
class MoeLayerComparisonTest {
  @TempDir private Path folder;

  private List<String> compare(String... arguments) throws Exception {
    Path file = folder.resolve("tables.md");
    List<String> all = new ArrayList<>(List.of("--markdown", file.toString(), "smoke"));
    all.addAll(List.of(arguments));
    assertTrue(MoeLayerComparison.compare(Optional.empty(), all));
    return Files.readAllLines(file);
  }

  private static boolean has(String program) {
    return List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)).stream()
        .anyMatch(each -> Files.isExecutable(Path.of(each, program)));
  }

  @Test
  void comparesLayersAndLoads() throws Exception {
    List<String> tables =
        compare(
            "1,64,16,32,4:backward",
            "1,64,16,32,4:swiglu:backward",
            "skew",
            "1,64,16,32,4",
            "zipf",
            "1,64,16,32,4");
    assertTrue(tables.contains("| layer | 1, 64, 16, 32, 4 | 1, 64, 16, 32, 4 swiglu |"));
    assertTrue(tables.contains("| skew | 1, 64, 16, 32, 4 |"));
    assertEquals(8, tables.stream().filter(line -> line.startsWith("| W")).count());
  }

  @Test
  void comparesWithC() throws Exception {
    assumeTrue(has("cc"), "no C compiler");
    List<String> tables = compare("rows", "2,32,24,32,4", "decode", "1,8,16,32,8");
    assertEquals(2, tables.stream().filter(line -> line.matches("\\| C \\w+ / .*")).count());
    assertEquals(1, tables.stream().filter(line -> line.startsWith("| reading / layer")).count());
  }

  @Test
  void refusesAnUnknownPart() {
    assertThrows(
        IllegalArgumentException.class,
        () -> MoeLayerComparison.compare(Optional.empty(), List.of("heat", "1,64,16,32,4")));
  }
}
