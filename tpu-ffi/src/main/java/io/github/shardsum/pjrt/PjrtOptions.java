package io.github.shardsum.pjrt;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Options of a client or a topology, by name. Immutable.
 *
 * <p>CUDA, libtpu and newer CPU plugins refuse an unknown name; older CPU plugins ignore it. With a
 * value of the wrong type some plugins end the process, so the types of known names are checked
 * here.
 */
public final class PjrtOptions {
  private static final PjrtOptions NONE = new PjrtOptions(Map.of());

  /** Names whose type is known, from the sources of XLA's plugins and from libtpu's messages. */
  private static final Map<String, Class<? extends PjrtValue>> TYPES =
      Map.ofEntries(
          Map.entry("cpu_device_count", PjrtValue.Int64.class),
          Map.entry("platform_name", PjrtValue.Text.class),
          Map.entry("allocator", PjrtValue.Text.class),
          Map.entry("memory_fraction", PjrtValue.Real.class),
          Map.entry("preallocate", PjrtValue.Flag.class),
          Map.entry("collective_memory_size", PjrtValue.Int64.class),
          Map.entry("visible_devices", PjrtValue.Int64List.class),
          Map.entry("node_id", PjrtValue.Int64.class),
          Map.entry("num_nodes", PjrtValue.Int64.class),
          Map.entry("should_stage_host_to_device_transfers", PjrtValue.Flag.class),
          Map.entry("abort_collectives_on_failure", PjrtValue.Flag.class),
          Map.entry("use_tfrt_gpu_client", PjrtValue.Flag.class),
          Map.entry("enable_mock_nccl", PjrtValue.Flag.class),
          Map.entry("mock_gpu_topology", PjrtValue.Text.class),
          Map.entry("partition_index", PjrtValue.Int64.class),
          Map.entry("ml_framework_name", PjrtValue.Text.class),
          Map.entry("ml_framework_version", PjrtValue.Text.class),
          Map.entry("chips_per_host_bounds", PjrtValue.Int64List.class),
          Map.entry("wrap", PjrtValue.Int64List.class),
          Map.entry("num_slices", PjrtValue.Int64.class));

  /** The largest number of CPU devices; more devices would only exhaust this machine. */
  private static final long MOST_CPU_DEVICES = 4096;

  private final Map<String, PjrtValue> values;

  private PjrtOptions(Map<String, PjrtValue> values) {
    this.values = values;
  }

  /**
   * No options.
   *
   * @return the empty set
   */
  public static PjrtOptions none() {
    return NONE;
  }

  /**
   * These options and one more.
   *
   * @param name the option
   * @param value its value
   * @return the new options; these are unchanged
   * @throws IllegalArgumentException if the name is empty, or is known to need another type or
   *     range
   */
  public PjrtOptions with(String name, PjrtValue value) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(value, "value");
    Class<? extends PjrtValue> type = TYPES.getOrDefault(name, value.getClass());
    if (name.isEmpty()) {
      throw new IllegalArgumentException(
          "option: expected a name such as cpu_device_count, got none for " + value);
    }
    if (!type.isInstance(value)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "option \"%s\": expected PjrtValue.%s, got PjrtValue.%s %s",
              name,
              type.getSimpleName(),
              value.getClass().getSimpleName(),
              value));
    }
    checkRange(name, value);
    Map<String, PjrtValue> more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new PjrtOptions(Collections.unmodifiableMap(more));
  }

  /**
   * These options and a number.
   *
   * @param name the option
   * @param value its value
   * @return the new options; these are unchanged
   * @throws IllegalArgumentException if the name is empty, or is known to need another type or
   *     range
   */
  public PjrtOptions with(String name, long value) {
    return with(name, PjrtValue.of(value));
  }

  private static void checkRange(String name, PjrtValue value) {
    switch (value) {
      case PjrtValue.Int64(long count)
          when name.equals("cpu_device_count") && (count < 1 || count > MOST_CPU_DEVICES) ->
          throw new IllegalArgumentException(
              "option \"cpu_device_count\": expected 1 to " + MOST_CPU_DEVICES + ", got " + count);
      case PjrtValue.Int64(long count) when name.equals("num_slices") && count < 1 ->
          throw new IllegalArgumentException(
              "option \"num_slices\": expected at least 1, got " + count);
      case PjrtValue.Int64List(List<Long> three)
          when (name.equals("chips_per_host_bounds") || name.equals("wrap")) && three.size() != 3 ->
          throw new IllegalArgumentException(
              "option \"" + name + "\": expected three numbers, got " + three);
      case PjrtValue.Int64List(List<Long> bounds)
          when name.equals("chips_per_host_bounds")
              && bounds.stream().anyMatch(bound -> bound < 1) ->
          throw new IllegalArgumentException(
              "option \"chips_per_host_bounds\": expected numbers of at least 1, got " + bounds);
      default -> {}
    }
  }

  /**
   * The options in the order in which they were given.
   *
   * @return an unmodifiable map
   */
  public Map<String, PjrtValue> values() {
    return values;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PjrtOptions that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
