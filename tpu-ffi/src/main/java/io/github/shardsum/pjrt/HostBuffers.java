package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.github.shardsum.internal.pjrt.Api;
import io.github.shardsum.internal.pjrt.Call;
import io.github.shardsum.internal.pjrt.Memory;
import io.github.shardsum.internal.pjrt.Scratch;
import io.github.shardsum.internal.pjrt.Slot;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The way of host memory to a device. */
final class HostBuffers {
  /** What XLA's CPU client wants of memory that it uses in place. */
  private static final long ALIGNMENT = 64;

  private HostBuffers() {}

  static PjrtBuffer from(
      PjrtClient client, Tensor tensor, PjrtDevice device, HostTransfer transfer) {
    ArrayType type = new ArrayType(PjrtType.of(tensor.dtype()), tensor.shape());
    if (isPlain(tensor)) {
      MemorySegment data =
          slice(tensor.segment(), tensor.offset(), tensor.shape().elementCount(), tensor.dtype());
      return transfer(client, new Source(data, type, tensor), device, transfer);
    }
    Tensor copy = Tensor.allocate(Arena.ofAuto(), tensor.dtype(), tensor.shape());
    copy.assign(tensor);
    if (tensor.dtype() == DType.BOOL) {
      normalise(copy.segment());
    }
    return transfer(client, new Source(copy.segment(), type, copy), device, HostTransfer.BORROW);
  }

  /** Whether a plugin can read the tensor's own memory. */
  private static boolean isPlain(Tensor tensor) {
    return tensor.segment().isNative()
        && tensor.isContiguous()
        && tensor.dtype() != DType.BOOL
        && tensor.segment().isAccessibleBy(Thread.currentThread());
  }

  private static MemorySegment slice(MemorySegment segment, long offset, long count, DType dtype) {
    return segment.asSlice(offset * dtype.byteSize(), count * dtype.byteSize());
  }

  /** XLA takes a bool for 0 or 1; other bytes are undefined behaviour of compiled code. */
  private static void normalise(MemorySegment bytes) {
    for (long i = 0; i < bytes.byteSize(); i++) {
      if (bytes.get(JAVA_BYTE, i) != 0) {
        bytes.set(JAVA_BYTE, i, (byte) 1);
      }
    }
  }

  static PjrtBuffer from(
      PjrtClient client, byte[] data, PjrtType type, long[] sizes, PjrtDevice device) {
    long wanted = byteSize(type, sizes);
    if (data.length != wanted) {
      throw new IllegalArgumentException(
          "data: %d bytes are wanted for %s of %s, got %d"
              .formatted(wanted, type, Arrays.toString(sizes), data.length));
    }
    MemorySegment copy = Arena.ofAuto().allocate(Math.max(1, data.length), ALIGNMENT);
    MemorySegment.copy(MemorySegment.ofArray(data), 0, copy, 0, data.length);
    if (type == PjrtType.PRED) {
      normalise(copy);
    }
    return transfer(
        client,
        new Source(copy, new ArrayType(type, Shape.of(sizes)), copy),
        device,
        HostTransfer.BORROW);
  }

  /** Bytes of host memory that hold a type and sizes; checked, since a plugin reads that many. */
  static long byteSize(PjrtType type, long[] sizes) {
    if (!type.isBytewise()) {
      throw new IllegalArgumentException(
          "type: one of whole bytes is wanted for host memory, got " + type);
    }
    long bytes = type.bits() / Byte.SIZE;
    for (long size : sizes) {
      if (size < 0) {
        throw new IllegalArgumentException("size of an axis: at least 0 is wanted, got " + size);
      }
      try {
        bytes = Math.multiplyExact(bytes, size);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException(
            "sizes: fewer than 2^63 bytes are wanted, got " + Arrays.toString(sizes), e);
      }
    }
    return bytes;
  }

  private record Source(MemorySegment data, ArrayType type, Object owner) {}

  /** A buffer, and what the plugin says when it is done with the host memory. */
  private record Transferred(MemorySegment buffer, MemorySegment done) {}

  private static PjrtBuffer transfer(
      PjrtClient client, Source source, PjrtDevice device, HostTransfer transfer) {
    MemorySegment address = client.handle().enter();
    try {
      Transferred made = call(client.api(), address, source, device, transfer);
      CompletableFuture<Void> released = released(client, made.done(), source.owner(), transfer);
      return PjrtBuffer.of(client, made.buffer(), Optional.of(source.type()), released);
    } finally {
      Reference.reachabilityFence(source.owner());
      client.handle().exit();
    }
  }

  private static Transferred call(
      Api api, MemorySegment client, Source source, PjrtDevice device, HostTransfer transfer) {
    long[] sizes = source.type().shape().toArray();
    try (Scratch scratch = api.scratch()) {
      Call call =
          api.prepare(scratch, Slot.CLIENT_BUFFER_FROM_HOST_BUFFER)
              .set("client", client)
              .set("data", source.data())
              .setInt("type", source.type().type().number())
              .set("dims", Memory.copy(scratch, sizes))
              .set("num_dims", sizes.length)
              .setInt("host_buffer_semantics", transfer.number())
              .set("device", device.address())
              .invoke();
      return new Transferred(call.pointer("buffer"), call.pointer("done_with_host_buffer"));
    }
  }

  /** Holds the memory's owner until the plugin lets go of it. */
  private static CompletableFuture<Void> released(
      PjrtClient client, MemorySegment event, Object owner, HostTransfer transfer) {
    if (Memory.isNull(event) || transfer == HostTransfer.COPY) {
      client.api().events().destroy(event);
      return PjrtBuffer.RELEASED;
    }
    CompletableFuture<Void> released = new CompletableFuture<>();
    client.consume(
        event,
        failure -> {
          try {
            failure.ifPresentOrElse(released::completeExceptionally, () -> released.complete(null));
          } finally {
            Reference.reachabilityFence(owner);
          }
        });
    return released;
  }
}
