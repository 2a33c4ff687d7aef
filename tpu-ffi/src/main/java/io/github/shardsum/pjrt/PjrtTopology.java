package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.abi.Leaks;
import io.github.shardsum.internal.pjrt.abi.NamedValues;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.Upcalls;
import io.github.shardsum.internal.pjrt.client.Assignments;
import io.github.shardsum.internal.pjrt.client.Compilation;
import io.github.shardsum.internal.pjrt.client.TpuLimits;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Devices and how they are connected, there or not. Thread-safe; closing it closes the programs
 * that were compiled for it.
 */
public final class PjrtTopology implements AutoCloseable {
  private final Api api;
  private final Handle handle;
  private final Consumer<String> onLeak;

  private PjrtTopology(Api api, Handle handle, Consumer<String> onLeak) {
    this.api = api;
    this.handle = handle;
    this.onLeak = onLeak;
    Leaks.watch(this, handle, onLeak);
  }

  static PjrtTopology owned(PjrtPlugin plugin, String name, MemorySegment topology) {
    Api api = plugin.api();
    return new PjrtTopology(
        api,
        Handle.root("PjrtTopology " + name, topology, dying -> destroy(api, dying)),
        Upcalls::warn);
  }

  /** The topology of a client, which destroys it itself. */
  static PjrtTopology borrowed(PjrtClient client, MemorySegment topology) {
    return new PjrtTopology(
        client.api(), client.handle().child("PjrtTopology", topology, _ -> {}), client.onLeak());
  }

  private static void destroy(Api api, MemorySegment topology) {
    try (CallArena scratch = api.scratch()) {
      api.prepare(scratch, PjrtFunction.TOPOLOGY_DESCRIPTION_DESTROY)
          .set("topology", topology)
          .invoke();
    }
  }

  private interface Question<T> {
    T of(Call answer);
  }

  private <T> T query(PjrtFunction function, Question<T> question) {
    MemorySegment topology = handle.enter();
    try (CallArena scratch = api.scratch()) {
      return question.of(api.prepare(scratch, function).set("topology", topology).invoke());
    } finally {
      handle.exit();
    }
  }

  /**
   * The platform, as {@code tpu}.
   *
   * @return its name
   * @throws IllegalStateException if it was closed
   */
  public String platformName() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_PLATFORM_NAME, answer -> answer.text("platform_name"));
  }

  /**
   * The version of the platform.
   *
   * @return the plugin's words
   * @throws IllegalStateException if it was closed
   */
  public String platformVersion() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_PLATFORM_VERSION,
        answer -> answer.text("platform_version"));
  }

  /**
   * The devices.
   *
   * @return their descriptions in the plugin's order
   * @throws IllegalStateException if it was closed
   * @throws PjrtException if the plugin refuses
   */
  public List<PjrtDeviceDescription> devices() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_GET_DEVICE_DESCRIPTIONS,
        answer ->
            answer.pointers("descriptions", "num_descriptions").stream()
                .map(device -> PjrtDeviceDescription.read(api, device))
                .toList());
  }

  /**
   * How many devices there are, without describing each.
   *
   * @return the number
   * @throws IllegalStateException if it was closed
   * @throws PjrtException if the plugin refuses
   */
  public int deviceCount() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_GET_DEVICE_DESCRIPTIONS,
        answer -> Math.toIntExact(answer.number("num_descriptions")));
  }

  /**
   * Further attributes of the topology, as the plugin gives them.
   *
   * @return attributes by name
   * @throws IllegalStateException if it was closed
   * @throws PjrtException if the plugin refuses
   */
  public Map<String, PjrtValue> attributes() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_ATTRIBUTES,
        answer ->
            Collections.unmodifiableMap(
                NamedValues.read(answer.pointer("attributes"), answer.number("num_attributes"))));
  }

  /**
   * A number that two topologies share only if they are the same.
   *
   * @return 64 bits
   * @throws IllegalStateException if it was closed
   * @throws PjrtException if the plugin makes none (before API 0.101)
   */
  public long fingerprint() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_FINGERPRINT, answer -> answer.number("fingerprint"));
  }

  /**
   * The topology as bytes that {@link PjrtPlugin#loadTopology} takes.
   *
   * @return the bytes
   * @throws IllegalStateException if it was closed
   * @throws PjrtException if the plugin refuses
   */
  public byte[] serialize() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_SERIALIZE,
        answer ->
            PjrtExecutable.takeBytes(
                answer.pointer("serialized_bytes"),
                answer.number("serialized_bytes_size"),
                answer.pointer("serialized_topology_deleter"),
                answer.pointer("serialized_topology")));
  }

  /**
   * Compiles StableHLO text for these devices, which need not be there.
   *
   * @param mlir a module with a public function {@code main}
   * @param options partitions and partitioner
   * @return the program, to be queried, or serialized and loaded where the devices are; to be
   *     closed
   * @throws IllegalArgumentException if the options want more devices than there are, or libtpu
   *     compiles for (docs/tpu.md has its limits)
   * @throws PjrtException if the compiler refuses the program, for example because the devices have
   *     too little memory
   * @throws IllegalStateException if it was closed
   */
  public PjrtExecutable compile(String mlir, PjrtCompileOptions options) {
    return compile(Compilation.of(mlir, options), options);
  }

  /**
   * Compiles a program in any form for these devices, which need not be there. Bytecode with some
   * bits changed may end the process, since its parser trusts it; cut short, it is refused.
   *
   * @param program text or bytes
   * @param format its form
   * @param options partitions and partitioner
   * @return the program; to be closed
   * @throws IllegalArgumentException if the options want more devices than there are, or libtpu
   *     compiles for (docs/tpu.md has its limits)
   * @throws PjrtException if the compiler refuses the program, for example because the devices have
   *     too little memory
   * @throws IllegalStateException if it was closed
   */
  public PjrtExecutable compile(byte[] program, ProgramFormat format, PjrtCompileOptions options) {
    return compile(Compilation.of(program, format, options), options);
  }

  private PjrtExecutable compile(Compilation compilation, PjrtCompileOptions options) {
    int wanted = options.replicas() * options.partitions();
    int there = deviceCount();
    if (wanted > there) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "replicas x partitions: expected at most the topology's %d devices, got %d",
              there,
              wanted));
    }
    Assignments.check(() -> devices().stream().map(PjrtDeviceDescription::id).toList(), options);
    TpuLimits.check(this::devices, options);
    MemorySegment topology = handle.enter();
    try {
      return PjrtExecutable.of(api, handle, compilation.ahead(api, topology), onLeak);
    } finally {
      handle.exit();
    }
  }

  /** Releases it; does nothing if it is closed already. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return handle.what() + (handle.isClosed() ? ", closed" : "");
  }
}
