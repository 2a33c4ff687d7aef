package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * A device of a client; the client owns it. Thread-safe. Two objects are equal if they stand for
 * the same device of the same client.
 */
public final class PjrtDevice {
  private final PjrtClient client;
  private final MemorySegment address;
  private final PjrtDeviceDescription description;
  private final boolean addressable;
  private final int localHardwareId;

  PjrtDevice(PjrtClient client, MemorySegment address) {
    this.client = client;
    this.address = address;
    try (CallArena scratch = client.api().scratch()) {
      Call call = query(scratch, PjrtFunction.DEVICE_GET_DESCRIPTION);
      this.description =
          PjrtDeviceDescription.read(client.api(), call.pointer("device_description"));
      this.addressable = query(scratch, PjrtFunction.DEVICE_IS_ADDRESSABLE).flag("is_addressable");
      this.localHardwareId =
          addressable
              ? query(scratch, PjrtFunction.DEVICE_LOCAL_HARDWARE_ID).integer("local_hardware_id")
              : -1;
    }
  }

  private Call query(CallArena scratch, PjrtFunction function) {
    return client.api().prepare(scratch, function).set("device", address).invoke();
  }

  private <T> T query(PjrtFunction function, Function<Call, T> read) {
    return client.inside(
        () -> {
          try (CallArena scratch = client.api().scratch()) {
            return read.apply(query(scratch, function));
          }
        });
  }

  /**
   * The client to which the device belongs.
   *
   * @return the client
   */
  public PjrtClient client() {
    return client;
  }

  MemorySegment address() {
    return address;
  }

  /**
   * The number of the device over all processes.
   *
   * @return the id
   */
  public int id() {
    return description.id();
  }

  /**
   * The description of the device.
   *
   * @return the description
   */
  public PjrtDeviceDescription description() {
    return description;
  }

  /**
   * Whether this process may use the device.
   *
   * @return false for a device of another process
   */
  public boolean isAddressable() {
    return addressable;
  }

  /**
   * The number of the device on this machine.
   *
   * @return the number; -1 for a device of another process
   */
  public int localHardwareId() {
    return localHardwareId;
  }

  /**
   * The memories that the device can use.
   *
   * @return the memories
   * @throws IllegalStateException if the client was closed
   * @throws PjrtException if the plugin refuses
   */
  public List<PjrtMemory> memories() {
    return query(
        PjrtFunction.DEVICE_ADDRESSABLE_MEMORIES,
        call ->
            call.pointers("memories", "num_memories").stream()
                .map(memory -> new PjrtMemory(client, memory))
                .toList());
  }

  /**
   * The default memory of buffers.
   *
   * @return the memory
   * @throws IllegalStateException if the client was closed
   * @throws PjrtException if the plugin refuses
   */
  public PjrtMemory defaultMemory() {
    return query(
        PjrtFunction.DEVICE_DEFAULT_MEMORY, call -> new PjrtMemory(client, call.pointer("memory")));
  }

  /**
   * The present use of the device's memory.
   *
   * @return the statistics
   * @throws IllegalStateException if the client was closed
   * @throws PjrtException with {@link PjrtCode#UNIMPLEMENTED} if the plugin has no statistics, as
   *     on CPU
   */
  public MemoryStats memoryStats() {
    return client.inside(
        () -> {
          try (CallArena scratch = client.api().scratch()) {
            Call call = query(scratch, PjrtFunction.DEVICE_MEMORY_STATS);
            return new MemoryStats(
                call.number("bytes_in_use"),
                known(call, "peak_bytes_in_use"),
                known(call, "bytes_limit"),
                known(call, "bytes_reserved"),
                known(call, "largest_free_block_bytes"),
                known(call, "num_allocs"));
          }
        });
  }

  private static OptionalLong known(Call call, String field) {
    return call.flag(field + "_is_set")
        ? OptionalLong.of(call.number(field))
        : OptionalLong.empty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PjrtDevice that
        && client == that.client
        && address.address() == that.address.address();
  }

  @Override
  public int hashCode() {
    return Long.hashCode(address.address());
  }

  @Override
  public String toString() {
    return description.text();
  }
}
