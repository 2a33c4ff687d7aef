package io.github.shardsum.cli.tpu;

import static io.github.shardsum.cli.common.UsageErrors.usageError;
import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.PluginChoice;
import io.github.shardsum.pjrt.PjrtCode;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtProbe;
import io.github.shardsum.pjrt.PjrtProbe.Result;
import io.github.shardsum.pjrt.PjrtSearch;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code shardsum tpu devices}: the devices that a plugin finds, in a child process, since a plugin
 * may hang or crash.
 */
@Command(
    name = "devices",
    description = "List a plugin's devices; the exit status is 1 if there are none.")
final class TpuDevices implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private PluginChoice plugin;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Longest time to wait for the plugin (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(names = "--json", description = "Print the devices as JSON.")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    if (seconds < 1) {
      throw usageError(spec, "--timeout: must be at least 1, got " + seconds);
    }
    PjrtSearch.Found found = plugin.find(System.getenv());
    if (!Files.isRegularFile(found.library())) {
      throw new PjrtException(
          PjrtCode.NOT_FOUND,
          "dlopen",
          found.library()
              + (Files.exists(found.library()) ? ": is no file" : ": no such file")
              + " (named by "
              + found.origin()
              + "); install the plugin,"
              + " e.g. `pip install libtpu`, or correct the path");
    }
    Result result = PjrtProbe.probe(found.library(), Map.of(), Duration.ofSeconds(seconds));
    return report(found, result);
  }

  private int report(PjrtSearch.Found found, Result result) {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    String name = spec.qualifiedName() + ": ";
    switch (result) {
      case Result.Devices(String platform, String api, var devices) -> {
        if (json) {
          ObjectNode answer =
              JsonAnswer.object()
                  .put("platform", platform)
                  .put("api", api)
                  .put("library", found.library().toString());
          ArrayNode list = answer.putArray("devices");
          devices.forEach(device -> list.add(device.toString()));
          out.println(JsonAnswer.text(answer));
        } else {
          out.print(format("%s, PJRT API %s, %s%n", platform, api, found.library()));
          devices.forEach(out::println);
        }
        out.flush();
        return devices.isEmpty() ? 1 : 0;
      }
      case Result.Refused(String message) -> err.println(name + message);
      case Result.Died(int status, String output) ->
          err.print(
              format(
                  "%sthe plugin ended its process with status %d: check LIBTPU_INIT_ARGS and"
                      + " XLA_FLAGS, or use another build; its last output:%n%s%n",
                  name, status, output.strip()));
      case Result.Silent(Duration deadline) ->
          err.print(
              format(
                  "%sno answer within %d s: another process may hold the devices, or the plugin"
                      + " waits for a cloud's metadata server (TPU_SKIP_MDS_QUERY=1 stops that) or for"
                      + " the"
                      + " other hosts of a slice%n",
                  name, deadline.toSeconds()));
    }
    err.flush();
    return 1;
  }
}
