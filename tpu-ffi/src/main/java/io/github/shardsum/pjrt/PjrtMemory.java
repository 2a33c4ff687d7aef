package io.github.shardsum.pjrt;

import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Function;

/**
 * A memory of a client's devices, such as {@code device} or {@code pinned_host}; the client owns
 * it. Thread-safe. Two objects are equal if they stand for the same memory of the same client.
 */
public final class PjrtMemory {
  private final PjrtClient client;
  private final MemorySegment address;
  private final int id;
  private final String kind;
  private final String text;

  PjrtMemory(PjrtClient client, MemorySegment address) {
    this.client = client;
    this.address = address;
    try (CallArena scratch = client.api().scratch()) {
      this.id = query(scratch, PjrtFunction.MEMORY_ID).integer("id");
      this.kind = query(scratch, PjrtFunction.MEMORY_KIND).text("kind");
      this.text = query(scratch, PjrtFunction.MEMORY_TO_STRING).text("to_string");
    }
  }

  private Call query(CallArena scratch, PjrtFunction function) {
    return client.api().prepare(scratch, function).set("memory", address).invoke();
  }

  private <T> T query(PjrtFunction function, Function<Call, T> read) {
    return client.inside(
        () -> {
          try (CallArena scratch = client.api().scratch()) {
            return read.apply(query(scratch, function));
          }
        });
  }

  PjrtClient client() {
    return client;
  }

  MemorySegment address() {
    return address;
  }

  /**
   * The number of the memory.
   *
   * @return the id
   */
  public int id() {
    return id;
  }

  /**
   * The kind of the memory, such as {@code device}, {@code pinned_host}, {@code unpinned_host}.
   *
   * @return the plugin's name of the kind
   */
  public String kind() {
    return kind;
  }

  /**
   * The devices that can use the memory.
   *
   * @return the devices
   * @throws IllegalStateException if the client was closed
   * @throws PjrtException if the plugin refuses
   */
  public List<PjrtDevice> devices() {
    return query(
        PjrtFunction.MEMORY_ADDRESSABLE_BY_DEVICES,
        call -> call.pointers("devices", "num_devices").stream().map(client::device).toList());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PjrtMemory that
        && client == that.client
        && address.address() == that.address.address();
  }

  @Override
  public int hashCode() {
    return Long.hashCode(address.address());
  }

  @Override
  public String toString() {
    return text;
  }
}
