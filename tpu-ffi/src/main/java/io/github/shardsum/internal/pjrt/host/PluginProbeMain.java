package io.github.shardsum.internal.pjrt.host;

import io.github.shardsum.pjrt.ClientOptions;
import io.github.shardsum.pjrt.PjrtClient;
import io.github.shardsum.pjrt.PjrtDevice;
import io.github.shardsum.pjrt.PjrtException;
import io.github.shardsum.pjrt.PjrtPlugin;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The child process of a probe: opens a plugin, prints the plugin's devices, and ends. */
public final class PluginProbeMain {
  /** The prefix of each line for the parent, since plugins print to standard output too. */
  public static final String MARK = "shardsum-probe\t";

  private PluginProbeMain() {}

  /**
   * Prints the platform and a line for each device, or a line for the error.
   *
   * @param arguments the plugin's file
   */
  public static void main(String[] arguments) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    int status = 0;
    try (PjrtClient client =
        PjrtPlugin.open(Path.of(arguments[0])).createClient(ClientOptions.defaults())) {
      say(out, "platform", client.platformName() + " " + client.platformVersion());
      say(out, "api", client.plugin().apiVersion().toString());
      for (PjrtDevice device : client.devices()) {
        say(out, "device", device.id() + "\t" + device.description().kind() + "\t" + device);
      }
    } catch (PjrtException e) {
      say(out, "error", e.call() + ": " + e.code() + ": " + e.detail());
      status = 1;
    }
    out.flush();
    // Threads of a plugin may still run; the process ends without waiting for them.
    Runtime.getRuntime().halt(status);
  }

  private static void say(PrintStream out, String what, String text) {
    out.println(MARK + what + "\t" + text.replaceAll("\\R", " "));
  }
}
