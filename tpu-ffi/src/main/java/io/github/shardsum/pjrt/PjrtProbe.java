package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.host.NativeCallDeadline;
import io.github.shardsum.internal.pjrt.host.PluginProbeMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Looks for a plugin's devices in a separate process, which may hang or die without harm. libtpu
 * hangs while it waits for a metadata server that does not exist, and ends the process if it
 * refuses a flag.
 */
public final class PjrtProbe {
  private static final int TAIL = 2000;

  private PjrtProbe() {}

  /** The result of a probe. */
  public sealed interface Result {
    /**
     * The plugin has devices.
     *
     * @param platform name and version of the platform
     * @param api the version of the C API
     * @param devices the plugin's description of each
     */
    record Devices(String platform, String api, List<String> devices) implements Result {
      /** Copies the list. */
      public Devices {
        devices = List.copyOf(devices);
      }
    }

    /**
     * The plugin refused.
     *
     * @param message the reason and the remedy
     */
    record Refused(String message) implements Result {}

    /**
     * The process ended without an answer.
     *
     * @param status its exit status; 128 and more for a signal
     * @param output the last lines that it printed
     */
    record Died(int status, String output) implements Result {}

    /**
     * There was no answer in time, so the process was killed.
     *
     * @param deadline the time that was waited
     */
    record Silent(Duration deadline) implements Result {}
  }

  /**
   * Starts a JVM that opens the plugin's devices and then ends.
   *
   * @param library the plugin
   * @param environment variables to add to the child's environment
   * @param deadline the time after which the child is killed
   * @return the result
   * @throws IllegalArgumentException if the deadline is zero or negative
   * @throws UncheckedIOException if no process can be started
   * @throws InterruptedException if the waiting thread is interrupted; the child is killed
   */
  public static Result probe(Path library, Map<String, String> environment, Duration deadline)
      throws InterruptedException {
    NativeCallDeadline.checked(deadline);
    Path output = temporary();
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command(library))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      return outcome(builder.start(), output, deadline);
    } catch (IOException e) {
      throw new UncheckedIOException("probe of " + library + ": " + e.getMessage(), e);
    } finally {
      delete(output);
    }
  }

  private static Result outcome(Process child, Path output, Duration deadline)
      throws IOException, InterruptedException {
    try {
      if (!child.waitFor(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
        return new Result.Silent(deadline);
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
    String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
    return parse(child.exitValue(), text);
  }

  static Result parse(int status, String text) {
    String platform = "";
    String api = "";
    List<String> devices = new ArrayList<>();
    for (String line :
        text.lines().filter(line -> line.startsWith(PluginProbeMain.MARK)).toList()) {
      String[] columns = line.substring(PluginProbeMain.MARK.length()).split("\t", 2);
      switch (columns[0]) {
        case "platform" -> platform = columns[1];
        case "api" -> api = columns[1];
        case "device" -> devices.add(columns[1].replace("\t", "  "));
        case "error" -> {
          return new Result.Refused(columns[1]);
        }
        default -> {}
      }
    }
    return status == 0 && !platform.isEmpty()
        ? new Result.Devices(platform, api, devices)
        : new Result.Died(status, text.substring(Math.max(0, text.length() - TAIL)));
  }

  private static List<String> command(Path library) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    // A crashing JVM reports to its output, so that it leaves no file in the user's folder.
    command.add("-XX:ErrorFile=/dev/null");
    Module module = PluginProbeMain.class.getModule();
    String modules = System.getProperty("jdk.module.path", "");
    if (module.isNamed() && !modules.isEmpty()) {
      command.addAll(
          List.of(
              "--enable-native-access=" + module.getName(),
              "--module-path",
              modules,
              "--module",
              module.getName() + "/" + PluginProbeMain.class.getName()));
    } else {
      command.addAll(
          List.of(
              "--enable-native-access=ALL-UNNAMED",
              "--class-path",
              System.getProperty("java.class.path"),
              PluginProbeMain.class.getName()));
    }
    command.add(library.toAbsolutePath().toString());
    return command;
  }

  private static Path temporary() {
    try {
      return Files.createTempFile("shardsum-probe", ".txt");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
