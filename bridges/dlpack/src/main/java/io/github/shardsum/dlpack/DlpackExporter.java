package io.github.shardsum.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.shardsum.internal.dlpack.DlpackStructs;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Gives tensors to other libraries as DLPack structs. A tensor stays reachable, and the struct's
 * memory allocated, until the consumer calls the struct's deleter, from any thread. An arena that
 * the caller can close must stay open until then; {@link Arena#ofAuto()} and {@link Arena#global()}
 * always do. Thread-safe.
 *
 * <p>The process has one native function that consumers call. It is never freed, since a consumer's
 * thread may still return through it while the exporter is closed.
 */
public final class DlpackExporter implements AutoCloseable {
  private static final int CLOSED = -1;

  /** The number of tensors that consumers hold, or {@link #CLOSED}. */
  private final AtomicInteger count = new AtomicInteger();

  /** Makes an exporter without exported tensors. */
  public DlpackExporter() {}

  /** An exported tensor with the memory of its struct. */
  private record Given(Tensor tensor, Arena struct, Runnable released, AtomicInteger count) {}

  /** The deleter of all structs. */
  private static final class Deleter {
    /** The exported tensors by the address of their struct. */
    static final ConcurrentMap<Long, Given> GIVEN = new ConcurrentHashMap<>();

    static final MemorySegment STUB = stub();

    private Deleter() {}

    @SuppressWarnings("restricted")
    private static MemorySegment stub() {
      try {
        var back =
            MethodHandles.lookup()
                .findStatic(
                    Deleter.class,
                    "giveBack",
                    MethodType.methodType(void.class, MemorySegment.class));
        return Linker.nativeLinker().upcallStub(back, DlpackStructs.DELETER, Arena.global());
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }

    /** An exception here would end the process. */
    @SuppressWarnings("unused")
    private static void giveBack(MemorySegment struct) {
      Given back = GIVEN.remove(struct.address());
      if (back != null) {
        back.struct().close();
        back.count().decrementAndGet();
        back.released().run();
      }
    }
  }

  /**
   * A {@code DLManagedTensor*} over a tensor's memory, for one consumer.
   *
   * @param tensor native or mapped, writable, of any strides; the consumer's writes change it
   * @param released called on the consumer's thread when the consumer gives the struct back; must
   *     not throw
   * @return the address of the struct
   * @throws IllegalArgumentException if the tensor is read-only, or on the heap, where the garbage
   *     collector moves memory
   * @throws IllegalStateException if this exporter is closed, or the tensor's memory was freed
   * @throws WrongThreadException if the memory is confined to another thread
   */
  public MemorySegment give(Tensor tensor, Runnable released) {
    return give(tensor, released, DlpackStructs.MANAGED);
  }

  /**
   * A {@code DLManagedTensorVersioned*} over a tensor's memory, for one consumer; its flags say
   * whether the memory may be written.
   *
   * @param tensor native or mapped, of any strides
   * @param released called on the consumer's thread when the consumer gives the struct back; must
   *     not throw
   * @return the address of the struct
   * @throws IllegalArgumentException if the tensor is on the heap, where the garbage collector
   *     moves memory
   * @throws IllegalStateException if this exporter is closed, or the tensor's memory was freed
   * @throws WrongThreadException if the memory is confined to another thread
   */
  public MemorySegment giveVersioned(Tensor tensor, Runnable released) {
    return give(tensor, released, DlpackStructs.VERSIONED);
  }

  /**
   * The number of tensors that consumers hold.
   *
   * @return the tensors whose deleter was not called yet
   */
  public int outstanding() {
    return Math.max(0, count.get());
  }

  /**
   * Closes the exporter, which then exports no more tensors. Every exported tensor must have been
   * given back.
   *
   * @throws IllegalStateException if a consumer still has a tensor, or this is closed already
   */
  @Override
  public void close() {
    int outstanding = count.compareAndExchange(0, CLOSED);
    if (outstanding != 0) {
      throw outstanding == CLOSED
          ? closed()
          : new IllegalStateException(
              "dlpack: consumers must give back all tensors first, got "
                  + outstanding
                  + " not given back");
    }
  }

  private static IllegalStateException closed() {
    return new IllegalStateException("dlpack: the exporter must be open, got a closed one");
  }

  private MemorySegment give(Tensor tensor, Runnable released, StructLayout layout) {
    Objects.requireNonNull(released, "released");
    checkGivable(tensor, layout);
    if (count.getAndUpdate(n -> n == CLOSED ? CLOSED : n + 1) == CLOSED) {
      throw closed();
    }
    try {
      return struct(tensor, released, layout);
    } catch (RuntimeException | Error e) {
      count.decrementAndGet();
      throw e;
    }
  }

  private static void checkGivable(Tensor tensor, StructLayout layout) {
    tensor.checkAccessible("dlpack");
    MemorySegment memory = tensor.segment();
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          "dlpack: must be native or mapped, got "
              + tensor.description()
              + " on the heap; copy it into a tensor of Tensor.allocate");
    }
    if (layout.equals(DlpackStructs.MANAGED) && memory.isReadOnly()) {
      throw new IllegalArgumentException(
          "dlpack: must be writable, got read-only memory; use giveVersioned");
    }
  }

  @SuppressWarnings({"restricted", "MustBeClosedChecker"})
  private MemorySegment struct(Tensor tensor, Runnable released, StructLayout layout) {
    Arena own = Arena.ofShared();
    try {
      MemorySegment struct = own.allocate(layout);
      fill(tensor, own, struct, layout);
      // The caller's segment does not belong to the arena. A native call keeps the arena of its
      // segment open, so the deleter could not close it.
      MemorySegment bare = MemorySegment.ofAddress(struct.address()).reinterpret(layout.byteSize());
      Deleter.GIVEN.put(struct.address(), new Given(tensor, own, released, count));
      return bare;
    } catch (RuntimeException | Error e) {
      own.close();
      throw e;
    }
  }

  private static void fill(Tensor tensor, Arena own, MemorySegment struct, StructLayout layout) {
    struct.set(ADDRESS, DlpackStructs.at(layout, "deleter"), Deleter.STUB);
    if (layout.equals(DlpackStructs.VERSIONED)) {
      struct.set(JAVA_INT, DlpackStructs.at(layout, "major"), DlpackStructs.MAJOR);
      struct.set(JAVA_INT, DlpackStructs.at(layout, "minor"), DlpackStructs.MINOR);
      long flags = tensor.segment().isReadOnly() ? DlpackStructs.READ_ONLY : 0;
      struct.set(JAVA_LONG, DlpackStructs.at(layout, "flags"), flags);
    }
    describe(tensor, own, struct.asSlice(layout.byteOffset(PathElement.groupElement("dl_tensor"))));
  }

  private static void describe(Tensor tensor, Arena own, MemorySegment at) {
    long[] sizes = tensor.shape().toArray();
    at.set(ADDRESS, DlpackStructs.at("data"), tensor.segment());
    at.set(JAVA_INT, DlpackStructs.at("device_type"), DlpackStructs.CPU);
    at.set(JAVA_INT, DlpackStructs.at("ndim"), sizes.length);
    at.set(JAVA_BYTE, DlpackStructs.at("code"), DlpackStructs.code(tensor.dtype()));
    at.set(JAVA_BYTE, DlpackStructs.at("bits"), DlpackStructs.bits(tensor.dtype()));
    at.set(JAVA_SHORT, DlpackStructs.at("lanes"), (short) 1);
    at.set(ADDRESS, DlpackStructs.at("shape"), own.allocateFrom(JAVA_LONG, sizes));
    at.set(ADDRESS, DlpackStructs.at("strides"), own.allocateFrom(JAVA_LONG, tensor.strides()));
    at.set(
        JAVA_LONG,
        DlpackStructs.at("byte_offset"),
        tensor.offset() * (long) tensor.dtype().byteSize());
  }
}
