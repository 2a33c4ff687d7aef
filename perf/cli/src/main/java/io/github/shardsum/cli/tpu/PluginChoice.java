package io.github.shardsum.cli.tpu;

import io.github.shardsum.pjrt.PjrtSearch;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which plugin a command uses. */
final class PluginChoice {
  @Option(
      names = "--plugin",
      paramLabel = "PATH",
      description =
          "The plugin's library (default: TPU_LIBRARY_PATH, else the first of"
              + " PJRT_NAMES_AND_LIBRARY_PATHS).")
  private Optional<String> path = Optional.empty();

  PjrtSearch.Found find(Map<String, String> environment) {
    return PjrtSearch.one(path.orElse(""), environment);
  }
}
