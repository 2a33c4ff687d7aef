package io.github.shardsum.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.shardsum.internal.dlpack.Structs;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Gives tensors to other libraries as DLPack structs. A tensor stays reachable, and the struct's
 * memory allocated, until the consumer calls the struct's deleter, from any thread. An arena that
 * the caller can close must stay open until then: memory of {@link Arena#ofAuto()} and {@link
 * Arena#global()} does by itself. Thread-safe.
 */
public final class DlpackExporter implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final ConcurrentMap<Long, Given> given = new ConcurrentHashMap<>();
  private final MemorySegment deleter;

  /** A tensor that a consumer has, with its struct's memory. */
  private record Given(Tensor tensor, Arena struct, Runnable released) {}

  /** Makes the native function that consumers call to give tensors back. */
  @SuppressWarnings("restricted")
  public DlpackExporter() {
    try {
      var back =
          MethodHandles.lookup()
              .bind(this, "giveBack", MethodType.methodType(void.class, MemorySegment.class));
      deleter = Linker.nativeLinker().upcallStub(back, Structs.DELETER, arena);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A {@code DLManagedTensor*} over a tensor's memory, for one consumer.
   *
   * @param tensor native or mapped, of any strides; what the consumer writes is seen by it
   * @param released run when the consumer gives it back, on the consumer's thread; must not throw
   * @return the address of the struct
   * @throws IllegalArgumentException if the tensor is on the heap, which moves
   * @throws IllegalStateException if this is closed
   */
  public MemorySegment give(Tensor tensor, Runnable released) {
    return give(tensor, released, Structs.MANAGED);
  }

  /**
   * A {@code DLManagedTensorVersioned*} over a tensor's memory, for one consumer; its flags say
   * whether the memory may be written.
   *
   * @param tensor native or mapped, of any strides
   * @param released run when the consumer gives it back, on the consumer's thread; must not throw
   * @return the address of the struct
   * @throws IllegalArgumentException if the tensor is on the heap, which moves
   * @throws IllegalStateException if this is closed
   */
  public MemorySegment giveVersioned(Tensor tensor, Runnable released) {
    return give(tensor, released, Structs.VERSIONED);
  }

  /**
   * How many tensors consumers have.
   *
   * @return those whose deleter was not called yet
   */
  public int outstanding() {
    return given.size();
  }

  /**
   * Frees the native function. Nothing that was given may be outstanding.
   *
   * @throws IllegalStateException if a consumer still has a tensor, or this is closed already
   */
  @Override
  public void close() {
    if (!given.isEmpty()) {
      throw new IllegalStateException(
          "dlpack: consumers must give back all tensors first, got "
              + given.size()
              + " that are not");
    }
    arena.close();
  }

  @SuppressWarnings({"restricted", "MustBeClosedChecker"})
  private MemorySegment give(Tensor tensor, Runnable released, StructLayout layout) {
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("dlpack: the exporter must be open, got a closed one");
    }
    MemorySegment memory = tensor.segment();
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          "dlpack: must be native or mapped, got "
              + tensor.description()
              + " on the heap; Tensor.allocate makes one to assign it to");
    }
    if (layout.equals(Structs.MANAGED) && memory.isReadOnly()) {
      throw new IllegalArgumentException(
          "dlpack: must be writable, got read-only memory; giveVersioned can say so");
    }
    Arena own = Arena.ofShared();
    MemorySegment struct = own.allocate(layout);
    struct.set(ADDRESS, Structs.at(layout, "deleter"), deleter);
    if (layout.equals(Structs.VERSIONED)) {
      struct.set(JAVA_INT, Structs.at(layout, "major"), Structs.MAJOR);
      struct.set(JAVA_INT, Structs.at(layout, "minor"), Structs.MINOR);
      struct.set(
          JAVA_LONG, Structs.at(layout, "flags"), memory.isReadOnly() ? Structs.READ_ONLY : 0);
    }
    describe(tensor, own, struct.asSlice(layout.byteOffset(PathElement.groupElement("dl_tensor"))));
    given.put(struct.address(), new Given(tensor, own, released));
    // By its address alone: a call that holds the struct's arena could not free it.
    return MemorySegment.ofAddress(struct.address()).reinterpret(layout.byteSize());
  }

  private static void describe(Tensor tensor, Arena own, MemorySegment at) {
    long[] sizes = tensor.shape().toArray();
    at.set(ADDRESS, Structs.at("data"), tensor.segment());
    at.set(JAVA_INT, Structs.at("device_type"), Structs.CPU);
    at.set(JAVA_INT, Structs.at("ndim"), sizes.length);
    at.set(JAVA_BYTE, Structs.at("code"), Structs.code(tensor.dtype()));
    at.set(JAVA_BYTE, Structs.at("bits"), Structs.bits(tensor.dtype()));
    at.set(JAVA_SHORT, Structs.at("lanes"), (short) 1);
    at.set(ADDRESS, Structs.at("shape"), own.allocateFrom(JAVA_LONG, sizes));
    at.set(ADDRESS, Structs.at("strides"), own.allocateFrom(JAVA_LONG, tensor.strides()));
    at.set(
        JAVA_LONG, Structs.at("byte_offset"), tensor.offset() * (long) tensor.dtype().byteSize());
  }

  /** The deleter; an exception here would end the process. */
  @SuppressWarnings("unused")
  private void giveBack(MemorySegment struct) {
    Given back = given.remove(struct.address());
    if (back != null) {
      back.struct().close();
      back.released().run();
    }
  }
}
