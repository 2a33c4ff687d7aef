package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.ProtobufWire;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Options of a compilation. */
public final class PjrtCompileOptions {
  // Field numbers of CompileOptionsProto, ExecutableBuildOptionsProto and DeviceAssignmentProto.
  private static final int BUILD_OPTIONS = 3;
  private static final int OVERRIDES = 7;
  private static final int DEVICE_ORDINAL = 1;
  private static final int REPLICAS = 4;
  private static final int PARTITIONS = 5;
  private static final int SPMD = 6;
  private static final int ASSIGNMENT = 9;
  private static final int SHARDY = 19;
  private static final int COMPUTATIONS = 2;
  private static final int COMPUTATION_DEVICES = 3;

  /** The most devices: more than any machine has, so that a larger count is a mistake. */
  private static final int MOST = 1 << 20;

  private final int replicas;
  private final int partitions;
  private final boolean shardy;
  private final Optional<List<List<Integer>>> assignment;
  private final Map<String, PjrtValue> flags;

  private PjrtCompileOptions(
      int replicas,
      int partitions,
      boolean shardy,
      Optional<List<List<Integer>>> assignment,
      Map<String, PjrtValue> flags) {
    if (replicas < 1 || partitions < 1 || (long) replicas * partitions > MOST) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "compile options: expected replicas and partitions of at least 1, %d in"
                  + " all at most, got %d and %d",
              MOST,
              replicas,
              partitions));
    }
    assignment = assignment.map(rows -> checked(rows, replicas, partitions));
    flags = Map.copyOf(flags);
    for (Map.Entry<String, PjrtValue> flag : flags.entrySet()) {
      if (flag.getValue() instanceof PjrtValue.Int64List) {
        throw new IllegalArgumentException(
            "flag " + flag.getKey() + ": expected text, a number, a real or a flag, got a list");
      }
    }
    this.replicas = replicas;
    this.partitions = partitions;
    this.shardy = shardy;
    this.assignment = assignment;
    this.flags = flags;
  }

  private static List<List<Integer>> checked(
      List<List<Integer>> rows, int replicas, int partitions) {
    List<List<Integer>> copy = rows.stream().map(List::copyOf).toList();
    boolean fits =
        copy.size() == replicas && copy.stream().allMatch(row -> row.size() == partitions);
    long distinct = copy.stream().flatMap(List::stream).distinct().count();
    if (!fits || distinct != (long) replicas * partitions) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "device assignment: expected %d rows of %d different ids, got %s",
              replicas,
              partitions,
              copy));
    }
    return copy;
  }

  /**
   * One device, no options.
   *
   * @return the defaults
   */
  public static PjrtCompileOptions defaults() {
    return new PjrtCompileOptions(1, 1, true, Optional.empty(), Map.of());
  }

  /**
   * One program split over devices.
   *
   * @param partitions the number of devices
   * @return the options
   */
  public static PjrtCompileOptions partitioned(int partitions) {
    return defaults().withPartitions(partitions);
  }

  /**
   * The same options for another number of devices.
   *
   * @param other the number of partitions
   * @return a copy
   */
  public PjrtCompileOptions withPartitions(int other) {
    return new PjrtCompileOptions(replicas, other, shardy, assignment, flags);
  }

  /**
   * The same options with another number of copies.
   *
   * @param other the number of replicas
   * @return a copy
   */
  public PjrtCompileOptions withReplicas(int other) {
    return new PjrtCompileOptions(other, partitions, shardy, assignment, flags);
  }

  /**
   * The same options with another form of shardings.
   *
   * @param other whether shardings are Shardy's
   * @return a copy
   */
  public PjrtCompileOptions withShardy(boolean other) {
    return new PjrtCompileOptions(replicas, partitions, other, assignment, flags);
  }

  /**
   * The same options on given devices.
   *
   * @param other device ids as {@code [replicas][partitions]}
   * @return a copy
   */
  public PjrtCompileOptions withAssignment(List<List<Integer>> other) {
    return new PjrtCompileOptions(replicas, partitions, shardy, Optional.of(other), flags);
  }

  /**
   * The same options with an XLA option.
   *
   * @param name the option
   * @param value its value
   * @return a copy
   */
  public PjrtCompileOptions withFlag(String name, PjrtValue value) {
    Map<String, PjrtValue> more = new LinkedHashMap<>(flags);
    more.put(name, value);
    return new PjrtCompileOptions(replicas, partitions, shardy, assignment, more);
  }

  /**
   * The options in the form of the C API.
   *
   * @return a serialized {@code xla.CompileOptionsProto}
   */
  public byte[] toBytes() {
    // Without an ordinal device 0 would be used. Partitioning is always by the SPMD partitioner,
    // since XLA no longer has another one.
    ProtobufWire.Writer build =
        new ProtobufWire.Writer()
            .number(DEVICE_ORDINAL, -1)
            .number(REPLICAS, replicas)
            .number(PARTITIONS, partitions)
            .number(SPMD, 1);
    assignment.ifPresent(rows -> build.bytes(ASSIGNMENT, assignment(rows)));
    build.flag(SHARDY, shardy);
    ProtobufWire.Writer options = new ProtobufWire.Writer().bytes(BUILD_OPTIONS, build.toBytes());
    flags.forEach((name, value) -> options.bytes(OVERRIDES, override(name, value)));
    return options.toBytes();
  }

  private byte[] assignment(List<List<Integer>> rows) {
    ProtobufWire.Writer writer =
        new ProtobufWire.Writer().number(1, replicas).number(COMPUTATIONS, partitions);
    for (int partition = 0; partition < partitions; partition++) {
      List<Long> ids = new ArrayList<>();
      for (List<Integer> row : rows) {
        ids.add((long) row.get(partition));
      }
      byte[] devices =
          new ProtobufWire.Writer()
              .packed(1, ids.stream().mapToLong(Long::longValue).toArray())
              .toBytes();
      writer.bytes(COMPUTATION_DEVICES, devices);
    }
    return writer.toBytes();
  }

  private static byte[] override(String name, PjrtValue value) {
    ProtobufWire.Writer writer = new ProtobufWire.Writer();
    switch (value) {
      case PjrtValue.Text text -> writer.text(1, text.value());
      case PjrtValue.Flag flag -> writer.number(2, flag.value() ? 1 : 0);
      case PjrtValue.Int64 number -> writer.number(3, number.value());
      case PjrtValue.Real real -> writer.real(4, real.value());
      case PjrtValue.Int64List list ->
          throw new IllegalArgumentException("flag " + name + ": no list is taken, got " + list);
    }
    return new ProtobufWire.Writer().text(1, name).bytes(2, writer.toBytes()).toBytes();
  }

  /** {@return the number of copies of the program that run on different data, at least 1} */
  public int replicas() {
    return replicas;
  }

  /** {@return the number of devices over which each copy is split, at least 1} */
  public int partitions() {
    return partitions;
  }

  /**
   * {@return whether the program's shardings are Shardy's ({@code sdy}); otherwise {@code
   * mhlo.sharding}}
   */
  public boolean shardy() {
    return shardy;
  }

  /** {@return device ids as {@code [replicas][partitions]}; empty for the client's default} */
  public Optional<List<List<Integer>>> assignment() {
    return assignment;
  }

  /** {@return XLA's options by name, such as {@code xla_cpu_enable_fast_math}} */
  public Map<String, PjrtValue> flags() {
    return flags;
  }

  private List<Object> values() {
    return List.of(replicas, partitions, shardy, assignment, flags);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PjrtCompileOptions that && values().equals(that.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  @Override
  public String toString() {
    return "PjrtCompileOptions" + values();
  }
}
