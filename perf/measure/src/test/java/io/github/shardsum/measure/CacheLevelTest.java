package io.github.shardsum.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheLevelTest {
  @TempDir Path folder;

  @Test
  void dataCachesAreReadAndMemoryFollows() throws IOException {
    cache(0, "Data", "1", "32K");
    cache(1, "Instruction", "1", "64K");
    cache(2, "Unified", "2", "1024K");
    cache(3, "Unified", "3", "32M");
    assertEquals(
        List.of(
            new CacheLevel("L1", 32 << 10, false),
            new CacheLevel("L2", 1 << 20, false),
            new CacheLevel("L3", 32 << 20, true),
            new CacheLevel("memory", Long.MAX_VALUE, true)),
        CacheLevel.in(folder));
  }

  @Test
  void whereTheSystemTellsNothingThereAreUsualSizes() {
    assertEquals(
        List.of("L1", "L2", "L3", "memory"),
        CacheLevel.in(folder.resolve("none")).stream().map(CacheLevel::name).toList());
  }

  @Test
  void aFileThatMakesNoSenseIsLeftOut() throws IOException {
    cache(0, "Data", "1", "32K");
    cache(1, "Unified", "2", "lots");
    assertEquals(
        List.of("L1", "memory"), CacheLevel.in(folder).stream().map(CacheLevel::name).toList());
  }

  @Test
  void aCacheOfEachThreadGrowsWithThem() {
    assertEquals(3 * 100, new CacheLevel("L2", 100, false).capacity(3));
    assertEquals(100, new CacheLevel("L3", 100, true).capacity(3));
  }

  private void cache(int index, String type, String level, String size) throws IOException {
    Path entry = Files.createDirectories(folder.resolve("index" + index));
    Files.writeString(entry.resolve("type"), type + "\n");
    Files.writeString(entry.resolve("level"), level + "\n");
    Files.writeString(entry.resolve("size"), size + "\n");
  }
}
