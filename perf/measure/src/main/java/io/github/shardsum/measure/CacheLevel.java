package io.github.shardsum.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A level of the memory hierarchy as one thread sees it.
 *
 * @param name {@code L1}, {@code L2}, {@code L3}, ... or {@code memory}
 * @param bytes its capacity; of memory, {@link Long#MAX_VALUE}
 * @param shared whether all threads share the capacity; otherwise each has its own
 */
public record CacheLevel(String name, long bytes, boolean shared) {
  private static final String FOLDER = "/sys/devices/system/cpu/cpu0/cache";

  /**
   * Used if the system reports nothing: the least that every processor of the last ten years has.
   */
  private static final List<CacheLevel> USUAL =
      List.of(
          new CacheLevel("L1", 32 << 10, false),
          new CacheLevel("L2", 256 << 10, false),
          new CacheLevel("L3", 8 << 20, true));

  /** Memory, behind the last cache. */
  private static final CacheLevel MEMORY = new CacheLevel("memory", Long.MAX_VALUE, true);

  /**
   * The levels of this machine's first processor, smallest first, memory last.
   *
   * @return at least one level
   */
  public static List<CacheLevel> ofThisMachine() {
    return in(Path.of(FOLDER));
  }

  static List<CacheLevel> in(Path folder) {
    List<CacheLevel> levels = new ArrayList<>();
    for (int index = 0; Files.isDirectory(folder.resolve("index" + index)); index++) {
      read(folder.resolve("index" + index)).ifPresent(levels::add);
    }
    if (levels.isEmpty()) {
      levels.addAll(USUAL);
    }
    levels.sort(Comparator.comparingLong(CacheLevel::bytes));
    levels.add(MEMORY);
    return List.copyOf(levels);
  }

  /**
   * Bytes of this level that a number of threads may use together.
   *
   * @param threads threads at work
   * @return bytes
   */
  public long capacity(int threads) {
    return shared || bytes > Long.MAX_VALUE / threads ? bytes : bytes * threads;
  }

  private static Optional<CacheLevel> read(Path index) {
    try {
      String type = Files.readString(index.resolve("type")).strip();
      int level = Integer.parseInt(Files.readString(index.resolve("level")).strip());
      String size = Files.readString(index.resolve("size")).strip();
      return type.equals("Instruction")
          ? Optional.empty()
          : Optional.of(new CacheLevel("L" + level, bytes(size), level > 2));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static long bytes(String size) {
    int digits = size.length() - 1;
    long unit =
        switch (size.charAt(Math.max(0, digits))) {
          case 'K' -> 1L << 10;
          case 'M' -> 1L << 20;
          case 'G' -> 1L << 30;
          default -> throw new NumberFormatException("size of a cache: " + size);
        };
    return Long.parseLong(size.substring(0, digits)) * unit;
  }
}
