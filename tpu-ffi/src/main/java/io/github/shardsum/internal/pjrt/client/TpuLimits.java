package io.github.shardsum.internal.pjrt.client;

import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtDeviceDescription;
import io.github.shardsum.pjrt.PjrtOptions;
import io.github.shardsum.pjrt.PjrtValue;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Inputs on which libtpu's compiler would end the process. */
public final class TpuLimits {
  private static final String TPU = "TPU ";
  private static final String V5E = "TPU v5 lite";

  /** libtpu 0.0.52: "Check failed: Topology()->chip_bounds().y <= 16", only for v5e. */
  private static final long V5E_CHIPS = 16;

  /**
   * libtpu 0.0.52: "Check failed: *device_id < MultiSliceDeviceId::kSliceIdOffset". With several
   * slices the ids of the first slice begin here.
   */
  private static final int MOST_IDS = 100_000;

  private static final Pattern NO_CHIPS = Pattern.compile("[:=_x]0+(?![0-9])");

  private TpuLimits() {}

  /**
   * The most chips of a topology. For more chips libtpu needs minutes and gigabytes, and no such
   * slices exist.
   */
  private static final long MOST_CHIPS = 1 << 18;

  private static final Pattern SIZES = Pattern.compile("[:=_]([0-9]+(?:x[0-9]+)*)");

  /**
   * Refuses topology names for which libtpu divides by zero or never returns. Without a name libtpu
   * would choose one.
   *
   * @param name as {@code v5e:4x8}
   * @param options options, which may contain the number of slices
   */
  public static void check(String name, PjrtOptions options) {
    if (name.isBlank() || NO_CHIPS.matcher(name).find()) {
      throw new IllegalArgumentException(
          "topology: expected a name with sizes of at least 1, such as v5e:4x8, got \""
              + name
              + "\"");
    }
    double chips =
        options.values().get("num_slices") instanceof PjrtValue.Int64(long slices) ? slices : 1;
    Matcher sizes = SIZES.matcher(name);
    if (sizes.find()) {
      for (String size : sizes.group(1).split("x", -1)) {
        chips *= Double.parseDouble(size);
      }
    }
    if (chips > MOST_CHIPS) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "topology: expected at most %d chips in all slices, got %.0f of \"%s\"",
              MOST_CHIPS,
              chips,
              name));
    }
  }

  /**
   * Refuses topologies that libtpu can describe, but for which its compiler would end the process.
   *
   * @param options the options, from which the number of used devices follows
   */
  public static void check(
      Supplier<List<PjrtDeviceDescription>> topology, PjrtCompileOptions options) {
    List<PjrtDeviceDescription> devices = topology.get();
    if (devices.isEmpty() || !devices.getFirst().kind().startsWith(TPU)) {
      return;
    }
    if (devices.getFirst().kind().equals(V5E)) {
      checkChips(devices);
    }
    if (devices.getFirst().id() < MOST_IDS) {
      checkIds(options);
    }
  }

  private static void checkChips(List<PjrtDeviceDescription> devices) {
    for (PjrtDeviceDescription device : devices) {
      if (device.attributes().get("coords") instanceof PjrtValue.Int64List(List<Long> coords)
          && coords.stream().anyMatch(place -> place >= V5E_CHIPS)) {
        throw new IllegalArgumentException(
            "topology: expected at most 16x16 chips of a v5e, got one at "
                + coords
                + "; libtpu would end the process");
      }
    }
  }

  /** Checks the devices; by default a program runs on the devices from 0 on. */
  private static void checkIds(PjrtCompileOptions options) {
    int largest =
        options.assignment().stream()
            .flatMap(List::stream)
            .flatMap(List::stream)
            .max(Integer::compare)
            .orElse(options.replicas() * options.partitions() - 1);
    if (largest >= MOST_IDS) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "replicas x partitions: expected devices of ids below %d, got %d; libtpu"
                  + " would end the process",
              MOST_IDS,
              largest));
    }
  }
}
