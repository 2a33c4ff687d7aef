package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.abi.HandleLeaks;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.client.ClientState;
import io.github.shardsum.internal.pjrt.client.CompileCall;
import io.github.shardsum.internal.pjrt.client.HostBuffers;
import io.github.shardsum.internal.pjrt.client.ProgramDevices;
import io.github.shardsum.internal.pjrt.client.SerializedProgram;
import io.github.shardsum.internal.pjrt.client.XnnpackCapture;
import io.github.shardsum.internal.pjrt.host.LargeStackThread;
import io.github.shardsum.internal.pjrt.host.LaunchThrottle;
import io.github.shardsum.internal.pjrt.host.StagingPool;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A plugin's devices, held by this process. Programs that the client compiles and buffers that it
 * makes belong to the client.
 *
 * <p>Closing a client closes its buffers, executables and events. Running calls on other threads
 * end first, and the last of these calls destroys the client. Safe for use by many threads at once.
 */
public final class PjrtClient implements AutoCloseable {
  private final PjrtPlugin plugin;
  private final Handle handle;
  private final Consumer<String> onLeak;
  private final ClientState state;
  private final Map<Long, PjrtDevice> byAddress;
  private final List<PjrtDevice> devices;
  private final List<PjrtDevice> addressable;
  private final LaunchThrottle launches;

  private PjrtClient(PjrtPlugin plugin, ClientOptions options, Handle handle, StagingPool staging) {
    this.plugin = plugin;
    this.handle = handle;
    this.onLeak = options.onLeak();
    this.byAddress = new LinkedHashMap<>();
    boolean cpu;
    MemorySegment address = handle.enter();
    try (CallArena scratch = api().scratch()) {
      for (MemorySegment device :
          query(scratch, PjrtFunction.CLIENT_DEVICES, address).pointers("devices", "num_devices")) {
        byAddress.put(device.address(), new PjrtDevice(this, device));
      }
      this.devices = List.copyOf(byAddress.values());
      this.addressable =
          query(scratch, PjrtFunction.CLIENT_ADDRESSABLE_DEVICES, address)
              .pointers("addressable_devices", "num_addressable_devices")
              .stream()
              .map(this::device)
              .toList();
      cpu =
          query(scratch, PjrtFunction.CLIENT_PLATFORM_NAME, address)
              .text("platform_name")
              .equals("cpu");
    } finally {
      handle.exit();
    }
    this.state = new ClientState(api(), handle, staging, cpu, PjrtBuffer.ACCESS);
    this.launches = new LaunchThrottle(cpu);
    HandleLeaks.watch(this, handle, onLeak);
  }

  static PjrtClient of(
      PjrtPlugin plugin, ClientOptions options, MemorySegment client, Arena callbacks) {
    StagingPool staging = new StagingPool();
    Handle handle =
        Handle.root(
            "PjrtClient of " + plugin.origin(),
            client,
            dying -> destroy(plugin, dying, callbacks, staging));
    try {
      return new PjrtClient(plugin, options, handle, staging);
    } catch (RuntimeException e) {
      handle.close();
      throw e;
    }
  }

  /** Keeps the callbacks reachable as long as the plugin may call them. */
  private static void destroy(
      PjrtPlugin plugin, MemorySegment client, Arena callbacks, StagingPool staging) {
    try {
      destroy(plugin.api(), client);
    } finally {
      staging.close();
      Reference.reachabilityFence(callbacks);
    }
  }

  static void destroy(Api api, MemorySegment client) {
    try (CallArena scratch = api.scratch()) {
      query(api, scratch, PjrtFunction.CLIENT_DESTROY, client);
    }
  }

  private static Call query(
      Api api, CallArena scratch, PjrtFunction function, MemorySegment client) {
    return api.prepare(scratch, function).set("client", client).invoke();
  }

  private Call query(CallArena scratch, PjrtFunction function, MemorySegment client) {
    return query(api(), scratch, function, client);
  }

  private <T> T query(PjrtFunction function, Function<Call, T> read) {
    MemorySegment address = handle.enter();
    try (CallArena scratch = api().scratch()) {
      return read.apply(query(scratch, function, address));
    } finally {
      handle.exit();
    }
  }

  Api api() {
    return plugin.api();
  }

  Handle handle() {
    return handle;
  }

  ClientState state() {
    return state;
  }

  LaunchThrottle launches() {
    return launches;
  }

  Consumer<String> onLeak() {
    return onLeak;
  }

  /** Calls back when an event is done, as {@link ClientState#consume} does. */
  void consume(MemorySegment event, Consumer<Optional<PjrtException>> then) {
    state.consume(event, then);
  }

  /** Runs an action during which the client cannot be destroyed. */
  <T> T inside(Supplier<T> work) {
    handle.enter();
    try {
      return work.get();
    } finally {
      handle.exit();
    }
  }

  private String text(PjrtFunction function, String field) {
    return query(function, call -> call.text(field));
  }

  /**
   * The plugin that made the client.
   *
   * @return the plugin
   */
  public PjrtPlugin plugin() {
    return plugin;
  }

  /**
   * The name of the platform, such as {@code cpu}, {@code tpu} or {@code cuda}.
   *
   * @return the platform's name
   * @throws IllegalStateException if the client was closed
   */
  public String platformName() {
    return text(PjrtFunction.CLIENT_PLATFORM_NAME, "platform_name");
  }

  /**
   * The version of the platform, as text of the plugin.
   *
   * @return some text
   * @throws IllegalStateException if the client was closed
   */
  public String platformVersion() {
    return text(PjrtFunction.CLIENT_PLATFORM_VERSION, "platform_version");
  }

  /**
   * The number of this process among the processes of the job.
   *
   * @return 0 for the first
   * @throws IllegalStateException if the client was closed
   */
  public int processIndex() {
    return query(PjrtFunction.CLIENT_PROCESS_INDEX, call -> call.integer("process_index"));
  }

  /**
   * The devices of all processes.
   *
   * @return the devices in the plugin's order
   */
  public List<PjrtDevice> devices() {
    return devices;
  }

  /**
   * The devices of this process.
   *
   * @return the devices in the plugin's order
   */
  public List<PjrtDevice> addressableDevices() {
    return addressable;
  }

  /**
   * The device with an id.
   *
   * @param id the id, which is unique over all processes
   * @return the device
   * @throws PjrtException with the plugin's own code if no device has this id
   * @throws IllegalStateException if the client was closed
   */
  public PjrtDevice device(int id) {
    MemorySegment address = handle.enter();
    try (CallArena scratch = api().scratch()) {
      return device(
          api()
              .prepare(scratch, PjrtFunction.CLIENT_LOOKUP_DEVICE)
              .set("client", address)
              .setInt("id", id)
              .invoke()
              .pointer("device"));
    } finally {
      handle.exit();
    }
  }

  /**
   * The device with a number on this machine.
   *
   * @param localHardwareId the number, as in {@link PjrtDevice#localHardwareId}
   * @return the device
   * @throws PjrtException with the plugin's own code if no device has this number
   * @throws IllegalStateException if the client was closed
   */
  public PjrtDevice addressableDevice(int localHardwareId) {
    MemorySegment address = handle.enter();
    try (CallArena scratch = api().scratch()) {
      return device(
          api()
              .prepare(scratch, PjrtFunction.CLIENT_LOOKUP_ADDRESSABLE_DEVICE)
              .set("client", address)
              .setInt("local_hardware_id", localHardwareId)
              .invoke()
              .pointer("addressable_device"));
    } finally {
      handle.exit();
    }
  }

  PjrtDevice device(MemorySegment address) {
    PjrtDevice device = byAddress.get(address.address());
    if (device == null) {
      throw new PjrtException(
          PjrtCode.INTERNAL,
          PjrtFunction.CLIENT_DEVICES.symbol(),
          "the plugin names a device that it did not list; it is broken, use another build");
    }
    return device;
  }

  /**
   * The memories that this process can use.
   *
   * @return the memories
   * @throws IllegalStateException if the client was closed
   * @throws PjrtException if the plugin refuses
   */
  public List<PjrtMemory> memories() {
    return query(
        PjrtFunction.CLIENT_ADDRESSABLE_MEMORIES,
        call ->
            call.pointers("addressable_memories", "num_addressable_memories").stream()
                .map(memory -> new PjrtMemory(this, memory))
                .toList());
  }

  /**
   * The devices on which a program with these numbers of replicas and partitions runs by default.
   *
   * @param replicas at least 1
   * @param partitions at least 1
   * @return device ids {@code [replicas][partitions]}
   * @throws IllegalArgumentException if there are too few devices
   * @throws IllegalStateException if the client was closed
   */
  public List<List<Integer>> defaultAssignment(int replicas, int partitions) {
    ProgramDevices.check(devices, replicas, partitions);
    MemorySegment address = handle.enter();
    try {
      return ProgramDevices.byDefault(api(), address, replicas, partitions);
    } finally {
      handle.exit();
    }
  }

  /**
   * Compiles StableHLO text for this client's devices.
   *
   * @param mlir a module with a public function {@code main}
   * @param options devices and partitioner
   * @return the program, loaded; to be closed
   * @throws IllegalArgumentException if the options name devices that do not exist, or the text
   *     would end a compiler's process: arrays of 2^59 elements, unbounded sizes, brackets nested
   *     beyond 1000
   * @throws PjrtException if the compiler refuses; the message names the line
   * @throws IllegalStateException if the client was closed
   */
  public PjrtLoadedExecutable compile(String mlir, PjrtCompileOptions options) {
    return compile(mlir.getBytes(StandardCharsets.UTF_8), PjrtProgramFormat.MLIR, options);
  }

  /**
   * Compiles a program in any form for this client's devices. Damaged bytecode may end the process,
   * since its parser trusts it; truncated bytecode is refused.
   *
   * @param program text or bytes
   * @param format its form
   * @param options devices and partitioner
   * @return the program, loaded; to be closed
   * @throws IllegalArgumentException if the options name devices that do not exist
   * @throws PjrtException if the compiler refuses
   * @throws IllegalStateException if the client was closed
   */
  public PjrtLoadedExecutable compile(
      byte[] program, PjrtProgramFormat format, PjrtCompileOptions options) {
    ProgramDevices.check(devices, options);
    Optional<PjrtCompileOptions> avoiding =
        XnnpackCapture.avoiding(options, state.isCpu(), plugin.apiVersion());
    if (avoiding.isPresent()) {
      try {
        return compile(CompileCall.of(program, format, avoiding.get()));
      } catch (PjrtException e) {
        if (!XnnpackCapture.isUnknown(e)) {
          throw e;
        }
      }
    }
    return compile(CompileCall.of(program, format, options));
  }

  PjrtLoadedExecutable compile(CompileCall call) {
    MemorySegment address = handle.enter();
    try {
      return PjrtLoadedExecutable.of(this, call.loaded(api(), address));
    } finally {
      handle.exit();
    }
  }

  /**
   * Loads a program that {@link PjrtExecutable#serialize} wrote.
   *
   * @param serialized the program's bytes, from the same build of the plugin for the same kind of
   *     devices
   * @return the program, loaded; to be closed
   * @throws IllegalArgumentException if the bytes are damaged, or this build of the plugin did not
   *     write them: plugins end the process on such bytes
   * @throws PjrtException if the plugin refuses the program
   * @throws IllegalStateException if the client was closed
   */
  public PjrtLoadedExecutable load(byte[] serialized) {
    byte[] program = SerializedProgram.open(serialized, SerializedProgram.maker(api()));
    MemorySegment address = handle.enter();
    try {
      return PjrtLoadedExecutable.of(
          this, LargeStackThread.call("pjrt load", () -> load(address, program)));
    } finally {
      handle.exit();
    }
  }

  private MemorySegment load(MemorySegment client, byte[] program) {
    try (CallArena scratch = api().scratch()) {
      return api()
          .prepare(scratch, PjrtFunction.EXECUTABLE_DESERIALIZE_AND_LOAD)
          .set("client", client)
          .set("serialized_executable", NativeMemory.copy(scratch, program))
          .set("serialized_executable_size", program.length)
          .invoke()
          .pointer("loaded_executable");
    }
  }

  /**
   * A copy of a tensor on a device; the tensor may be changed as soon as this method returns.
   *
   * <p>A tensor over an array is copied into memory that the client keeps for later transfers. On a
   * CPU this is also true for any tensor of 2 MiB or more. The client keeps at most 256 MiB until
   * it is closed.
   *
   * @param tensor a tensor of any shape and strides; a view that is not row-major is first copied
   *     to a row-major tensor
   * @param device a device of this process
   * @return the buffer, to be closed; the transfer may still be running
   * @throws IllegalArgumentException if the device belongs to another client or another process
   * @throws PjrtException if the device has no room
   * @throws IllegalStateException if the client, or the tensor's arena, was closed
   * @throws WrongThreadException if the tensor's arena is confined to another thread
   */
  public PjrtBuffer bufferFrom(Tensor tensor, PjrtDevice device) {
    return bufferFrom(tensor, device, HostTransfer.COPY);
  }

  /**
   * A tensor on a device, with or without a copy.
   *
   * <p>A tensor is always copied, as by {@link #bufferFrom(Tensor, PjrtDevice)}, if it is over an
   * array, is not row-major, or has dtype bool. Otherwise the plugin reads the tensor's own memory
   * until {@link PjrtBuffer#hostReleased}. The tensor is kept reachable until then, which is enough
   * for memory of {@code Arena.ofAuto()}. The caller must not close another arena before then.
   *
   * @param tensor a tensor of any shape and strides
   * @param device a device of this process
   * @param transfer the way in which the plugin may use the tensor's memory
   * @return the buffer, to be closed; the transfer may still be running
   * @throws IllegalArgumentException if the device belongs to another client or another process
   * @throws PjrtException if the device has no room
   * @throws IllegalStateException if the client, or the tensor's arena, was closed
   * @throws WrongThreadException if the tensor's arena is confined to another thread
   */
  public PjrtBuffer bufferFrom(Tensor tensor, PjrtDevice device, HostTransfer transfer) {
    checkMine(device);
    return HostBuffers.from(state, tensor, device, transfer);
  }

  /**
   * Makes a buffer of elements of any type from bytes.
   *
   * @param data the elements in row-major order, with exactly the number of bytes for the type and
   *     the sizes
   * @param type a type of whole bytes
   * @param sizes the sizes of the axes, none negative
   * @param device a device of this process
   * @return the buffer, to be closed
   * @throws IllegalArgumentException if the bytes do not fit the type and sizes
   * @throws PjrtException if the device has no room
   * @throws IllegalStateException if the client was closed
   */
  public PjrtBuffer bufferFrom(byte[] data, PjrtType type, long[] sizes, PjrtDevice device) {
    checkMine(device);
    return HostBuffers.from(state, data, type, sizes, device);
  }

  void checkMine(PjrtDevice device) {
    if (device.client() != this || !device.isAddressable()) {
      throw new IllegalArgumentException(
          "device: expected one of " + addressable + " of this client, got " + device);
    }
  }

  /**
   * The topology of this client's devices.
   *
   * @return the topology; closing the topology has no effect on the client
   * @throws PjrtException if the plugin has none
   * @throws IllegalStateException if the client was closed
   */
  public PjrtTopology topology() {
    MemorySegment address = handle.enter();
    try (CallArena scratch = api().scratch()) {
      MemorySegment topology =
          query(scratch, PjrtFunction.CLIENT_TOPOLOGY_DESCRIPTION, address).pointer("topology");
      return PjrtTopology.borrowed(this, topology);
    } finally {
      handle.exit();
    }
  }

  /** Closes the client and all its objects; does nothing if the client is already closed. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return handle.what() + (handle.isClosed() ? ", closed" : "");
  }
}
