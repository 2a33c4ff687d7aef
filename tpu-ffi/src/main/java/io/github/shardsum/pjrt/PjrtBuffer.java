package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.github.shardsum.internal.pjrt.abi.Api;
import io.github.shardsum.internal.pjrt.abi.ApiMemoryLayout;
import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.Handle;
import io.github.shardsum.internal.pjrt.abi.HandleLeaks;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.client.BorrowedHostMemory;
import io.github.shardsum.internal.pjrt.client.HostBuffers;
import io.github.shardsum.internal.pjrt.client.PjrtAccess;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * An array on a device. The contents may still be in transfer; methods that need the contents wait.
 * A buffer may be closed while a program reads it. Safe for use by many threads at once.
 */
public final class PjrtBuffer implements AutoCloseable {
  /**
   * The future of all buffers whose host memory is already free; callers get copies of the future.
   */
  static final CompletableFuture<Void> RELEASED = CompletableFuture.completedFuture(null);

  /** The access of internal packages to devices and buffers. */
  static final PjrtAccess ACCESS = new Access();

  private final PjrtClient client;
  private final PjrtDevice place;
  private final Handle handle;
  private final Optional<BorrowedHostMemory> lease;
  private final Optional<ArrayType> arrayType;

  private PjrtBuffer(
      PjrtDevice place,
      Handle handle,
      Optional<ArrayType> arrayType,
      Optional<BorrowedHostMemory> lease) {
    this.client = place.client();
    this.place = place;
    this.handle = handle;
    this.arrayType = arrayType;
    this.lease = lease;
    HandleLeaks.watch(this, handle, client.onLeak());
  }

  static PjrtBuffer of(PjrtDevice place, MemorySegment buffer, Optional<ArrayType> arrayType) {
    PjrtClient client = place.client();
    Api api = client.api();
    Handle handle = client.handle().child("PjrtBuffer", buffer, dying -> destroy(api, dying));
    return new PjrtBuffer(place, handle, arrayType, Optional.empty());
  }

  /** A buffer of host memory that the plugin continues to use. */
  static PjrtBuffer of(
      PjrtDevice place, MemorySegment buffer, ArrayType arrayType, BorrowedHostMemory lease) {
    return new PjrtBuffer(
        place,
        destroyedBefore(place.client(), buffer, lease::watch),
        Optional.of(arrayType),
        Optional.of(lease));
  }

  /** A buffer, with an action that runs once the plugin has released it. */
  static PjrtBuffer of(
      PjrtDevice place, MemorySegment buffer, ArrayType arrayType, Runnable afterwards) {
    return new PjrtBuffer(
        place,
        destroyedBefore(place.client(), buffer, afterwards),
        Optional.of(arrayType),
        Optional.empty());
  }

  private static Handle destroyedBefore(
      PjrtClient client, MemorySegment buffer, Runnable afterwards) {
    Api api = client.api();
    Consumer<MemorySegment> end =
        dying -> {
          try {
            destroy(api, dying);
          } finally {
            afterwards.run();
          }
        };
    return client.handle().child("PjrtBuffer", buffer, end);
  }

  static void destroy(Api api, MemorySegment buffer) {
    try (CallArena scratch = api.scratch()) {
      query(api, scratch, PjrtFunction.BUFFER_DESTROY, buffer);
    }
  }

  private static Call query(
      Api api, CallArena scratch, PjrtFunction function, MemorySegment buffer) {
    return api.prepare(scratch, function).set("buffer", buffer).invoke();
  }

  private Call query(CallArena scratch, PjrtFunction function, MemorySegment buffer) {
    return query(client.api(), scratch, function, buffer);
  }

  private <T> T query(PjrtFunction function, Function<Call, T> read) {
    MemorySegment buffer = handle.enter();
    try (CallArena scratch = client.api().scratch()) {
      return read.apply(query(scratch, function, buffer));
    } finally {
      handle.exit();
    }
  }

  /**
   * The type of the elements.
   *
   * @return the type
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the plugin refuses
   */
  public PjrtType type() {
    return query(PjrtFunction.BUFFER_ELEMENT_TYPE, call -> PjrtType.of(call.integer("type")));
  }

  /**
   * The shape.
   *
   * @return the sizes of the axes
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the plugin refuses
   */
  public Shape shape() {
    return Shape.of(sizes());
  }

  private long[] sizes() {
    MemorySegment buffer = handle.enter();
    try (CallArena scratch = client.api().scratch()) {
      Call call = query(scratch, PjrtFunction.BUFFER_DIMENSIONS, buffer);
      return NativeMemory.longs(call.pointer("dims"), call.number("num_dims"));
    } finally {
      handle.exit();
    }
  }

  /**
   * The memory that the buffer takes on its device, with padding.
   *
   * @return bytes
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the plugin refuses, as some plugins do for a buffer that was donated
   *     or deleted
   */
  public long onDeviceBytes() {
    return query(
        PjrtFunction.BUFFER_ON_DEVICE_SIZE_IN_BYTES,
        call -> call.number("on_device_size_in_bytes"));
  }

  /**
   * The device of the buffer.
   *
   * @return the device
   * @throws IllegalStateException if the buffer was closed
   */
  public PjrtDevice device() {
    return query(PjrtFunction.BUFFER_DEVICE, call -> client.device(call.pointer("device")));
  }

  /**
   * The memory that contains the buffer.
   *
   * @return the memory
   * @throws IllegalStateException if the buffer was closed
   */
  public PjrtMemory memory() {
    return query(
        PjrtFunction.BUFFER_MEMORY, call -> new PjrtMemory(client, call.pointer("memory")));
  }

  /**
   * Whether a program took the buffer's contents (donation), or {@link #delete} was called.
   *
   * @return true if the buffer can only be closed
   * @throws IllegalStateException if the buffer was closed
   */
  public boolean isDeleted() {
    return query(PjrtFunction.BUFFER_IS_DELETED, call -> call.flag("is_deleted"));
  }

  /**
   * Whether the buffer's memory is the host's.
   *
   * @return true on a CPU
   * @throws IllegalStateException if the buffer was closed
   */
  public boolean isOnCpu() {
    return query(PjrtFunction.BUFFER_IS_ON_CPU, call -> call.flag("is_on_cpu"));
  }

  /**
   * Frees the device's memory now; programs that already read it continue. The buffer itself must
   * still be closed.
   *
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the plugin refuses
   */
  public void delete() {
    client.launches().alone(this::deleteNow);
  }

  private Call deleteNow() {
    return query(PjrtFunction.BUFFER_DELETE, call -> call);
  }

  /**
   * An event that is done when the contents are ready.
   *
   * @return the event, to be closed; it ends with an error if the computation of the contents
   *     failed
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the buffer was donated or deleted
   */
  public PjrtEvent ready() {
    live("is awaited");
    return query(
        PjrtFunction.BUFFER_READY_EVENT, call -> PjrtEvent.of(client, call.pointer("event")));
  }

  /**
   * An event that is done when the plugin no longer uses the host memory from which the buffer was
   * made.
   *
   * @return the event; it is done immediately for a buffer that was not made from host memory, with
   *     {@link HostTransfer#COPY}, and if the tensor was copied first
   */
  public CompletableFuture<Void> hostReleased() {
    return lease.map(BorrowedHostMemory::released).orElseGet(RELEASED::copy);
  }

  /**
   * The contents as a tensor in new native memory, after they are computed.
   *
   * @return the tensor, row-major for any layout of the device
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the buffer was donated or deleted, if the computation of the contents
   *     failed, or if tensors do not have its type
   */
  public Tensor toTensor() {
    handle.enter();
    try {
      return await(startReading()).toTensor();
    } finally {
      handle.exit();
    }
  }

  /**
   * The contents as a tensor in new native memory, without waiting.
   *
   * @return the tensor, row-major; the future's failure is a {@link PjrtException}
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the buffer was donated or deleted, or if tensors do not have its type
   */
  public CompletableFuture<Tensor> toTensorAsync() {
    CompletableFuture<Tensor> tensor = new CompletableFuture<>();
    handle.enter();
    try {
      Readback read = startReading();
      client.consume(
          read.event(),
          failure ->
              failure.ifPresentOrElse(
                  tensor::completeExceptionally, () -> tensor.complete(read.toTensor())));
    } finally {
      handle.exit();
    }
    return tensor;
  }

  /**
   * The contents as bytes, for types that tensors do not have.
   *
   * @return the elements in row-major order
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the buffer was donated or deleted, if the computation of the contents
   *     failed, or if its type has less than a byte
   */
  public byte[] toBytes() {
    handle.enter();
    try {
      return await(startReading(type())).bytes().toArray(JAVA_BYTE);
    } finally {
      handle.exit();
    }
  }

  private Readback await(Readback read) {
    try {
      client.api().events().await(read.event());
      return read;
    } finally {
      Reference.reachabilityFence(read);
    }
  }

  private record Readback(MemorySegment event, MemorySegment bytes, PjrtType type, long[] sizes) {
    Tensor toTensor() {
      return Tensor.of(type.dtype().orElseThrow(), bytes, sizes);
    }
  }

  private Readback startReading() {
    PjrtType type = type();
    if (type.dtype().isEmpty() && type.isBytewise()) {
      throw new PjrtException(
          PjrtCode.UNIMPLEMENTED,
          PjrtFunction.BUFFER_TO_HOST_BUFFER.symbol(),
          "tensors have no " + type + "; read it with toBytes()");
    }
    return startReading(type);
  }

  private Readback startReading(PjrtType type) {
    live("is read");
    if (!type.isBytewise()) {
      throw new PjrtException(
          PjrtCode.UNIMPLEMENTED,
          PjrtFunction.BUFFER_TO_HOST_BUFFER.symbol(),
          "expected a type of whole bytes to be read, got "
              + type
              + "; convert it in the program, as to i8");
    }
    long[] sizes = sizes();
    MemorySegment bytes = Arena.ofAuto().allocate(HostBuffers.byteSize(type, sizes), 64);
    Api api = client.api();
    MemorySegment buffer = handle.enter();
    try (CallArena scratch = client.api().scratch()) {
      Call call =
          api.prepare(scratch, PjrtFunction.BUFFER_TO_HOST_BUFFER)
              .set("src", buffer)
              .set("host_layout", ApiMemoryLayout.rowMajor(api, scratch, sizes.length))
              .set("dst", bytes)
              .set("dst_size", bytes.byteSize());
      try {
        call.invoke();
      } catch (PjrtException e) {
        // A failed call may nevertheless have made an event.
        api.events().destroy(call.pointer("event"));
        throw e;
      }
      return new Readback(call.pointer("event"), bytes, type, sizes);
    } finally {
      handle.exit();
    }
  }

  /** Asks the plugin first, since some plugins end the process when a deleted buffer is used. */
  private void live(String use) {
    if (isDeleted()) {
      throw new PjrtException(
          PjrtCode.FAILED_PRECONDITION,
          PjrtFunction.BUFFER_IS_DELETED.symbol(),
          "the buffer was donated or deleted before it "
              + use
              + "; name it in ExecuteOptions.keep, or copy it first");
    }
  }

  /**
   * A copy on another device.
   *
   * @param device a device of the same client
   * @return the copy, to be closed; the transfer may still be running
   * @throws IllegalArgumentException if the device belongs to another client
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the buffer was donated or deleted, or the plugin refuses
   */
  public PjrtBuffer copyTo(PjrtDevice device) {
    client.checkMine(device);
    return copy(
        PjrtFunction.BUFFER_COPY_TO_DEVICE,
        "dst_device",
        device.address(),
        copied -> of(device, copied, arrayType));
  }

  /**
   * A copy in another memory.
   *
   * @param memory a memory of the same client
   * @return the copy, to be closed; the transfer may still be running
   * @throws IllegalArgumentException if the memory belongs to another client
   * @throws IllegalStateException if the buffer was closed
   * @throws PjrtException if the buffer was donated or deleted, or the plugin refuses
   */
  public PjrtBuffer copyTo(PjrtMemory memory) {
    if (memory.client() != client) {
      throw new IllegalArgumentException("memory: expected one of this client, got " + memory);
    }
    return copy(
        PjrtFunction.BUFFER_COPY_TO_MEMORY,
        "dst_memory",
        memory.address(),
        copied -> of(deviceOf(copied), copied, arrayType));
  }

  /** The device of a copy; if several devices can use the memory, the plugin chooses. */
  private PjrtDevice deviceOf(MemorySegment copied) {
    try (CallArena scratch = client.api().scratch()) {
      return client.device(query(scratch, PjrtFunction.BUFFER_DEVICE, copied).pointer("device"));
    } catch (RuntimeException e) {
      destroy(client.api(), copied);
      throw e;
    }
  }

  private PjrtBuffer copy(
      PjrtFunction function,
      String field,
      MemorySegment target,
      Function<MemorySegment, PjrtBuffer> made) {
    live("is copied");
    MemorySegment buffer = handle.enter();
    try (CallArena scratch = client.api().scratch()) {
      Call call =
          client.api().prepare(scratch, function).set("buffer", buffer).set(field, target).invoke();
      return made.apply(call.pointer("dst_buffer"));
    } finally {
      handle.exit();
    }
  }

  /** Releases the buffer; does nothing if the buffer is already closed. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return handle.isClosed()
        ? "PjrtBuffer, closed"
        : type().dtype().map(DType::toString).orElse(type().toString()) + shape();
  }

  private static final class Access implements PjrtAccess {
    @Override
    public MemorySegment address(PjrtDevice device) {
      return device.address();
    }

    @Override
    public Handle handle(PjrtBuffer buffer) {
      return buffer.handle;
    }

    @Override
    public PjrtDevice place(PjrtBuffer buffer) {
      return buffer.place;
    }

    @Override
    public Optional<ArrayType> type(PjrtBuffer buffer) {
      return buffer.arrayType;
    }

    @Override
    public PjrtBuffer of(PjrtDevice place, MemorySegment buffer, Optional<ArrayType> type) {
      return PjrtBuffer.of(place, buffer, type);
    }

    @Override
    public PjrtBuffer of(
        PjrtDevice place, MemorySegment buffer, ArrayType type, BorrowedHostMemory lease) {
      return PjrtBuffer.of(place, buffer, type, lease);
    }

    @Override
    public PjrtBuffer of(
        PjrtDevice place, MemorySegment buffer, ArrayType type, Runnable afterwards) {
      return PjrtBuffer.of(place, buffer, type, afterwards);
    }

    @Override
    public void destroy(Api api, MemorySegment buffer) {
      PjrtBuffer.destroy(api, buffer);
    }
  }
}
