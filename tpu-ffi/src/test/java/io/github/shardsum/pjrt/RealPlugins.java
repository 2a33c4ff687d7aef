package io.github.shardsum.pjrt;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Plugins of this machine that tests run on. Without them a test is skipped, in CI it fails. */
public final class RealPlugins {
  private static final String CPU = "SHARDSUM_PJRT_CPU";
  private static final String GPU = "SHARDSUM_PJRT_GPU";
  private static final String TPU = "SHARDSUM_LIBTPU";
  private static final String REQUIRED = "SHARDSUM_PJRT_REQUIRED";

  private RealPlugins() {}

  /** XLA CPU plugins, of several ages. */
  public static List<Path> cpu() {
    return Stream.of(named(CPU, "pip install lammps-jax-pjrt-cpu").split(File.pathSeparator))
        .map(RealPlugins::existing)
        .toList();
  }

  /** The CPU plugins, and that of a GPU where {@code SHARDSUM_PJRT_GPU} names one. */
  public static List<Path> all() {
    String gpu = System.getenv(GPU);
    return gpu == null || gpu.isBlank()
        ? cpu()
        : Stream.concat(cpu().stream(), Stream.of(existing(gpu))).toList();
  }

  public static Path newestCpu() {
    return cpu().getFirst();
  }

  static Path libtpu() {
    return existing(named(TPU, "pip install libtpu"));
  }

  private static String named(String variable, String install) {
    Optional<String> value =
        Optional.ofNullable(System.getenv(variable)).filter(text -> !text.isBlank());
    if (value.isPresent()) {
      return value.get();
    }
    String message =
        "no PJRT plugin to test: `"
            + install
            + "`, then set "
            + variable
            + " to the path of its .so (.ci/pjrt does both)";
    if (Optional.ofNullable(System.getenv(REQUIRED)).isPresent()) {
      fail(message);
    }
    return Assumptions.<String>abort(message);
  }

  private static Path existing(String file) {
    Path path = Path.of(file);
    assertTrue(Files.isRegularFile(path), "no such plugin: " + file);
    return path;
  }

  /** A client of so many devices; of a GPU's plugin, of those that there are. */
  public static PjrtClient client(Path plugin, int devices) {
    return PjrtPlugin.open(plugin)
        .createClient(
            cpu().contains(plugin)
                ? ClientOptions.defaults()
                    .withOptions(PjrtOptions.none().with("cpu_device_count", devices))
                : ClientOptions.defaults());
  }

  /** Goes on only if there are so many devices. */
  static void assumeDevices(PjrtClient client, int devices) {
    Assumptions.assumeTrue(
        client.devices().size() >= devices, "fewer than " + devices + " devices");
  }
}
