package io.github.shardsum.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Pictures of the pages, drawn by the code: a test compares each with the file that is shown. */
public final class Figures {
  private static final Path ROOT = Path.of(System.getProperty("basedir", "")).resolve("../..");
  private static final Path FOLDER = ROOT.resolve("docs/figures");

  private Figures() {}

  /** A file under the root of the house. */
  public static Path file(String name) {
    return ROOT.resolve(name);
  }

  /**
   * Compares a picture with the one in docs/figures; {@code build/figures} writes it there.
   *
   * @param name of the file
   * @param svg what the code draws
   */
  public static void check(String name, String svg) throws IOException {
    Path file = FOLDER.resolve(name);
    if (System.getenv("SHARDSUM_FIGURES") != null) {
      Files.writeString(file, svg);
    }
    assertEquals(
        svg, Files.exists(file) ? Files.readString(file) : "", "run build/figures: " + name);
  }
}
