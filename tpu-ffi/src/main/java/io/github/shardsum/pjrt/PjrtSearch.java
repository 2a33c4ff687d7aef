package io.github.shardsum.pjrt;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Finds plugins by the variables that other frameworks read.
 *
 * <p>{@code TPU_LIBRARY_PATH} has the path of libtpu. {@code PJRT_NAMES_AND_LIBRARY_PATHS} is a
 * list {@code name:path,name:path}.
 */
public final class PjrtSearch {
  private static final String TPU = "TPU_LIBRARY_PATH";
  private static final String NAMED = "PJRT_NAMES_AND_LIBRARY_PATHS";

  private PjrtSearch() {}

  /**
   * A plugin that an option or a variable names.
   *
   * @param name its platform, such as {@code tpu}
   * @param library its file, which need not exist
   * @param origin the option or variable that named it
   */
  public record Found(String name, Path library, String origin) {}

  /**
   * The plugins that an environment names.
   *
   * @param environment the variables, such as {@code System.getenv()}
   * @return the plugins of both variables, the TPU's first
   * @throws IllegalArgumentException if the list has an entry without a name or a path
   */
  public static List<Found> in(Map<String, String> environment) {
    List<Found> found = new ArrayList<>();
    String tpu = environment.getOrDefault(TPU, "");
    if (!tpu.isBlank()) {
      found.add(new Found("tpu", Path.of(tpu.strip()), TPU));
    }
    for (String entry : environment.getOrDefault(NAMED, "").split(",", -1)) {
      if (!entry.isBlank()) {
        found.add(named(entry.strip()));
      }
    }
    return List.copyOf(found);
  }

  private static Found named(String entry) {
    int colon = entry.indexOf(':');
    if (colon <= 0 || colon == entry.length() - 1) {
      throw new IllegalArgumentException(
          NAMED + ": expected name:path,name:path, got \"" + entry + "\"");
    }
    return new Found(
        entry.substring(0, colon).strip(), Path.of(entry.substring(colon + 1).strip()), NAMED);
  }

  /**
   * The plugin at a path, or the first plugin that an environment names.
   *
   * @param path the explicit choice; blank for none
   * @param environment the variables, such as {@code System.getenv()}
   * @return the plugin
   * @throws IllegalArgumentException if there is none; the message says what to install and set
   */
  public static Found one(String path, Map<String, String> environment) {
    if (!path.isBlank()) {
      return new Found("plugin", Path.of(path), "the given path");
    }
    List<Found> found = in(environment);
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "PJRT plugin: none is named; give its path, or set TPU_LIBRARY_PATH to"
              + " libtpu.so (`pip install"
              + " libtpu`), or PJRT_NAMES_AND_LIBRARY_PATHS to cpu:PATH (docs/tpu.md)");
    }
    return found.getFirst();
  }
}
