package io.github.shardsum.partition;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** The layouts and plans of the XLA and Shardy projects' own tests, a case a line. */
public final class ExpertPlans {
  private ExpertPlans() {}

  /**
   * Reads one of the files beside this class.
   *
   * @param file its name
   * @return the fields of each line, but for comments: a name, the mesh, the labels' sizes, others
   */
  public static List<String[]> read(String file) {
    try (InputStream in = ExpertPlans.class.getResourceAsStream(file);
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in, file), StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("; ", -1))
          .toList();
    } catch (IOException failed) {
      throw new AssertionError(file, failed);
    }
  }
}
