package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.abi.HandleLeaks;
import io.github.shardsum.internal.pjrt.abi.NamedValues;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.Upcalls;
import io.github.shardsum.internal.pjrt.client.CompileCall;
import io.github.shardsum.internal.pjrt.client.ProgramDevices;
import io.github.shardsum.internal.pjrt.client.TpuLimits;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Devices and their connections; this machine need not have the devices. Thread-safe. Closing a
 * topology closes the programs that were compiled for it.
 */
public final class PjrtTopology implements AutoCloseable {
  private final Api api;
  private final Handle handle;
  private final Consumer<String> onLeak;

  private PjrtTopology(Api api, Handle handle, Consumer<String> onLeak) {
    this.api = api;
    this.handle = handle;
    this.onLeak = onLeak;
    HandleLeaks.watch(this, handle, onLeak);
  }

  static PjrtTopology owned(PjrtPlugin plugin, String name, MemorySegment topology) {
    Api api = plugin.api();
    return new PjrtTopology(
        api,
        Handle.root("PjrtTopology " + name, topology, dying -> destroy(api, dying)),
        Upcalls::warn);
  }

  /** The topology of a client; the client destroys it. */
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
   * The platform, such as {@code tpu}.
   *
   * @return its name
   * @throws IllegalStateException if the topology was closed
   */
  public String platformName() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_PLATFORM_NAME, answer -> answer.text("platform_name"));
  }

  /**
   * The version of the platform.
   *
   * @return the plugin's words
   * @throws IllegalStateException if the topology was closed
   */
  public String platformVersion() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_PLATFORM_VERSION,
        answer -> answer.text("platform_version"));
  }

  /**
   * The devices.
   *
   * @return the devices' descriptions in the plugin's order
   * @throws IllegalStateException if the topology was closed
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
   * The number of devices, without a description of each.
   *
   * @return the number
   * @throws IllegalStateException if the topology was closed
   * @throws PjrtException if the plugin refuses
   */
  public int deviceCount() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_GET_DEVICE_DESCRIPTIONS,
        answer -> Math.toIntExact(answer.number("num_descriptions")));
  }

  /**
   * Further attributes of the topology.
   *
   * @return attributes by name
   * @throws IllegalStateException if the topology was closed
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
   * A number that is the same for two topologies only if they are the same.
   *
   * @return 64 bits
   * @throws IllegalStateException if the topology was closed
   * @throws PjrtException if the plugin makes no fingerprint (before API 0.101)
   */
  public long fingerprint() {
    return query(
        PjrtFunction.TOPOLOGY_DESCRIPTION_FINGERPRINT, answer -> answer.number("fingerprint"));
  }

  /**
   * The topology as bytes for {@link PjrtPlugin#loadTopology}.
   *
   * @return the bytes
   * @throws IllegalStateException if the topology was closed
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
   * Compiles StableHLO text for these devices.
   *
   * @param mlir a module with a public function {@code main}
   * @param options partitions and partitioner
   * @return the program, to be closed; it can be queried, or serialized and loaded on a machine
   *     with the devices
   * @throws IllegalArgumentException if the options name more devices than there are, or than
   *     libtpu can compile for (docs/tpu.md has the limits)
   * @throws PjrtException if the compiler refuses the program, for example because the devices have
   *     too little memory
   * @throws IllegalStateException if the topology was closed
   */
  public PjrtExecutable compile(String mlir, PjrtCompileOptions options) {
    return compile(CompileCall.of(mlir, options), options);
  }

  /**
   * Compiles a program in any form for these devices. Damaged bytecode may end the process, since
   * its parser trusts it; truncated bytecode is refused.
   *
   * @param program text or bytes
   * @param format its form
   * @param options partitions and partitioner
   * @return the program; to be closed
   * @throws IllegalArgumentException if the options name more devices than there are, or than
   *     libtpu can compile for (docs/tpu.md has the limits)
   * @throws PjrtException if the compiler refuses the program, for example because the devices have
   *     too little memory
   * @throws IllegalStateException if the topology was closed
   */
  public PjrtExecutable compile(
      byte[] program, PjrtProgramFormat format, PjrtCompileOptions options) {
    return compile(CompileCall.of(program, format, options), options);
  }

  private PjrtExecutable compile(CompileCall call, PjrtCompileOptions options) {
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
    ProgramDevices.check(() -> devices().stream().map(PjrtDeviceDescription::id).toList(), options);
    TpuLimits.check(this::devices, options);
    MemorySegment topology = handle.enter();
    try {
      return PjrtExecutable.of(api, handle, call.ahead(api, topology), onLeak);
    } finally {
      handle.exit();
    }
  }

  /** Releases the topology; does nothing if the topology is already closed. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return handle.what() + (handle.isClosed() ? ", closed" : "");
  }
}
