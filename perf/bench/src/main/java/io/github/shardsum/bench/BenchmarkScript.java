package io.github.shardsum.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Sources of other languages among the resources of a package. */
public final class BenchmarkScript {
  private BenchmarkScript() {}

  /**
   * Opens a source.
   *
   * @param owner a class of its package
   * @param file its name
   */
  public static InputStream open(Class<?> owner, String file) {
    return Objects.requireNonNull(owner.getResourceAsStream(file), file);
  }

  /**
   * Reads a source.
   *
   * @param owner a class of its package
   * @param file its name
   */
  public static String text(Class<?> owner, String file) throws IOException {
    try (InputStream in = open(owner, file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
