package io.github.shardsum.cli.common;

import io.github.shardsum.pjrt.ClientOptions;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtOptions;
import io.github.shardsum.pjrt.PjrtPlugin;
import io.github.shardsum.pjrt.PjrtSearch;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options of a command that choose its plugin. */
public final class PluginChoice {
  @Option(
      names = "--plugin",
      paramLabel = "PATH",
      description =
          "The plugin's library (default: TPU_LIBRARY_PATH, otherwise the first of"
              + " PJRT_NAMES_AND_LIBRARY_PATHS).")
  private Optional<String> path = Optional.empty();

  /** Whether the command line names the plugin. */
  public boolean isNamed() {
    return path.isPresent();
  }

  /**
   * Finds the plugin's library.
   *
   * @param environment the variables that name one
   */
  public PjrtSearch.Found find(Map<String, String> environment) {
    return PjrtSearch.one(path.orElse(""), environment);
  }

  /**
   * A client of this number of devices, or of all that exist. A CPU plugin has any number of
   * devices; other plugins may refuse the option.
   */
  public static PjrtClient client(PjrtPlugin plugin, int devices) {
    PjrtClient client = plugin.createClient();
    if (client.addressableDevices().size() >= devices || !client.platformName().equals("cpu")) {
      return client;
    }
    client.close();
    PjrtOptions options = PjrtOptions.none().with("cpu_device_count", devices);
    return plugin.createClient(ClientOptions.defaults().withOptions(options));
  }
}
