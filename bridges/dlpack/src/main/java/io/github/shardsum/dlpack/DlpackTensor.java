package io.github.shardsum.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.shardsum.internal.dlpack.DlpackStructs;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory of another library as a tensor. Closing calls the library's deleter, once. Later use of
 * the tensor throws an {@link IllegalStateException}; freed memory is never read. Thread-safe;
 * closing does not wait, and fails while a kernel reads the tensor.
 */
public final class DlpackTensor implements AutoCloseable {
  private final Arena arena;
  private final Tensor tensor;

  private DlpackTensor(Arena arena, Tensor tensor) {
    this.arena = arena;
    this.tensor = tensor;
  }

  /**
   * Takes over a {@code DLManagedTensor*} as its consumer.
   *
   * @param managed its address; nobody else may call its deleter from now on, unless this throws
   * @return the tensor over its memory, writable
   * @throws IllegalArgumentException if no tensor has its dtype, or the processor cannot read its
   *     memory; the struct is then still the caller's
   */
  public static DlpackTensor take(MemorySegment managed) {
    return take(managed, DlpackStructs.MANAGED);
  }

  /**
   * Takes over a {@code DLManagedTensorVersioned*}.
   *
   * @param managed its address; nobody else may call its deleter from now on, unless this throws
   * @return the tensor over its memory, read-only if its flags say so
   * @throws IllegalArgumentException as {@link #take}, or if its major version is not 1
   */
  public static DlpackTensor takeVersioned(MemorySegment managed) {
    return take(managed, DlpackStructs.VERSIONED);
  }

  /**
   * The tensor.
   *
   * @return a tensor that aliases the library's memory, of its shape and strides
   */
  public Tensor tensor() {
    return tensor;
  }

  /**
   * Gives the memory back by the library's deleter; closing again, also by another thread at the
   * same time, does nothing.
   *
   * @throws IllegalStateException if the memory is being read
   */
  @Override
  public synchronized void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  @SuppressWarnings({"restricted", "MustBeClosedChecker"})
  private static DlpackTensor take(MemorySegment managed, StructLayout layout) {
    // The struct is held by its address alone: a segment of an arena could not be freed by the
    // deleter.
    MemorySegment struct =
        MemorySegment.ofAddress(managed.address()).reinterpret(layout.byteSize());
    boolean readOnly = false;
    if (layout.equals(DlpackStructs.VERSIONED)) {
      int major = struct.get(JAVA_INT, DlpackStructs.at(layout, "major"));
      if (major != DlpackStructs.MAJOR) {
        throw new IllegalArgumentException(
            "dlpack: major version must be " + DlpackStructs.MAJOR + ", got " + major);
      }
      readOnly =
          (struct.get(JAVA_LONG, DlpackStructs.at(layout, "flags")) & DlpackStructs.READ_ONLY) != 0;
    }
    View view = View.of(DlpackStructs.tensor(struct, layout));
    MemorySegment deleter = struct.get(ADDRESS, DlpackStructs.at(layout, "deleter"));
    Arena arena = Arena.ofShared();
    MemorySegment memory =
        view.first().reinterpret(view.bytes(), arena, _ -> delete(deleter, struct));
    return new DlpackTensor(arena, view.over(readOnly ? memory.asReadOnly() : memory));
  }

  @SuppressWarnings("restricted")
  private static void delete(MemorySegment deleter, MemorySegment struct) {
    if (deleter.equals(MemorySegment.NULL)) {
      return;
    }
    MethodHandle call = Linker.nativeLinker().downcallHandle(deleter, DlpackStructs.DELETER);
    try {
      call.invokeExact(struct);
    } catch (Throwable e) {
      throw new IllegalStateException("dlpack: the deleter failed", e);
    }
  }

  /**
   * The contents of a {@code DLTensor}, in elements.
   *
   * @param first the lowest address that an element has
   * @param offset the distance from there to the first element
   */
  private record View(
      DType dtype, Shape shape, long[] strides, MemorySegment first, long offset, long bytes) {
    @SuppressWarnings("restricted")
    static View of(MemorySegment tensor) {
      int device = tensor.get(JAVA_INT, DlpackStructs.at("device_type"));
      if (!DlpackStructs.isHost(device)) {
        throw new IllegalArgumentException(
            "dlpack: memory must be the processor's (device type 1, 3 or 11), got device type "
                + device);
      }
      DType dtype =
          DlpackStructs.dtype(
              tensor.get(JAVA_BYTE, DlpackStructs.at("code")),
              tensor.get(JAVA_BYTE, DlpackStructs.at("bits")) & 0xFF,
              tensor.get(JAVA_SHORT, DlpackStructs.at("lanes")));
      int rank = tensor.get(JAVA_INT, DlpackStructs.at("ndim"));
      long listed = (long) rank * Long.BYTES;
      Shape shape = Shape.of(longs(tensor.get(ADDRESS, DlpackStructs.at("shape")), listed));
      MemorySegment steps = tensor.get(ADDRESS, DlpackStructs.at("strides"));
      long[] strides =
          steps.equals(MemorySegment.NULL) ? shape.rowMajorStrides() : longs(steps, listed);
      long down = 0;
      long up = 0;
      for (int i = 0; i < rank && shape.elementCount() > 0; i++) {
        long last = strides[i] * (shape.size(i) - 1);
        down += Math.min(0, last);
        up += Math.max(0, last);
      }
      long start =
          tensor.get(ADDRESS, DlpackStructs.at("data")).address()
              + tensor.get(JAVA_LONG, DlpackStructs.at("byte_offset"));
      long elements = shape.elementCount() == 0 ? 0 : up - down + 1;
      MemorySegment first = MemorySegment.ofAddress(start + down * dtype.byteSize());
      return new View(dtype, shape, strides, first, -down, elements * dtype.byteSize());
    }

    @SuppressWarnings("restricted")
    private static long[] longs(MemorySegment at, long bytes) {
      return at.reinterpret(bytes).toArray(JAVA_LONG);
    }

    Tensor over(MemorySegment memory) {
      return Tensor.ofStrided(dtype, memory, offset, shape, strides);
    }
  }
}
