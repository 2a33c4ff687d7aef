package io.github.shardsum.internal.pjrt.client;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import io.github.shardsum.pjrt.PjrtDevice;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The devices on which a program runs. */
public final class ProgramDevices {
  private static final int MOST_SHOWN = 16;

  private ProgramDevices() {}

  public static List<List<Integer>> byDefault(
      Api api, MemorySegment client, int replicas, int partitions) {
    try (CallArena scratch = api.scratch()) {
      int count = replicas * partitions;
      MemorySegment ids = scratch.allocate(JAVA_INT, count);
      into(api, client, replicas, partitions, ids, count);
      List<List<Integer>> rows = new ArrayList<>();
      for (int r = 0; r < replicas; r++) {
        List<Integer> row = new ArrayList<>();
        for (int p = 0; p < partitions; p++) {
          row.add(ids.getAtIndex(JAVA_INT, (long) r * partitions + p));
        }
        rows.add(row);
      }
      return rows;
    }
  }

  /**
   * Writes an assignment with a given count, so that a test can see the plugin refuse a wrong
   * count.
   */
  public static void into(
      Api api, MemorySegment client, int replicas, int partitions, MemorySegment ids, long size) {
    try (CallArena scratch = api.scratch()) {
      api.prepare(scratch, PjrtFunction.CLIENT_DEFAULT_DEVICE_ASSIGNMENT)
          .set("client", client)
          .setInt("num_replicas", replicas)
          .setInt("num_partitions", partitions)
          .set("default_assignment_size", size)
          .set("default_assignment", ids)
          .invoke();
    }
  }

  public static void check(List<PjrtDevice> devices, int replicas, int partitions) {
    if (replicas < 1 || partitions < 1 || (long) replicas * partitions > devices.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "replicas x partitions: 1 to %d devices are there, got %d x %d; more CPU"
                  + " devices come with the option cpu_device_count",
              devices.size(),
              replicas,
              partitions));
    }
  }

  public static void check(List<PjrtDevice> devices, PjrtCompileOptions options) {
    check(devices, options.replicas(), options.partitions());
    check(() -> devices.stream().map(PjrtDevice::id).toList(), options);
  }

  /**
   * The ids are read only if there is an assignment, since a topology may have thousands of
   * devices.
   */
  public static void check(Supplier<List<Integer>> ids, PjrtCompileOptions options) {
    if (options.assignment().isEmpty()) {
      return;
    }
    Set<Integer> known = new TreeSet<>(ids.get());
    for (List<Integer> row : options.assignment().orElse(List.of())) {
      for (int id : row) {
        if (!known.contains(id)) {
          throw new IllegalArgumentException(
              "device assignment: expected ids of " + shown(known) + ", got " + id);
        }
      }
    }
  }

  private static String shown(Set<Integer> ids) {
    return ids.size() <= MOST_SHOWN ? ids.toString() : "one of " + ids.size() + " devices";
  }
}
