package io.github.shardsum.internal.pjrt.client;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.github.shardsum.internal.pjrt.abi.Call;
import io.github.shardsum.internal.pjrt.abi.CallArena;
import io.github.shardsum.internal.pjrt.abi.EventCallbacks;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.host.StagingPool;
import io.github.shardsum.pjrt.ArrayType;
import io.github.shardsum.pjrt.HostTransfer;
import io.github.shardsum.pjrt.PjrtBuffer;
import io.github.shardsum.pjrt.PjrtDevice;
import io.github.shardsum.pjrt.PjrtType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The transfer of host memory to a device: directly from a tensor's memory, or through memory that
 * the client keeps.
 */
public final class HostBuffers {
  /**
   * Like {@link HostTransfer#BORROW}, but a program may write to the memory, so that the donation
   * of a block needs no copy.
   */
  private static final int MUTABLE_ZERO_COPY = 3;

  /**
   * Fewer bytes than this are copied twice, since a second copy takes less time than the wait for a
   * block's return.
   */
  private static final long MUTABLE_ZERO_COPY_BYTES = 64 << 10;

  /**
   * From this size on a plugin's own copy may go into new memory, which takes five times as long:
   * the C library returns large blocks to the kernel, and the kernel clears each new page.
   */
  private static final long STAGED_BYTES = 2 << 20;

  private HostBuffers() {}

  /** PJRT_HostBufferSemantics. */
  private static int number(HostTransfer transfer) {
    return switch (transfer) {
      case COPY -> 0;
      case UNTIL_TRANSFERRED -> 1;
      case BORROW -> 2;
    };
  }

  public static PjrtBuffer from(
      ClientState client, Tensor given, PjrtDevice device, HostTransfer transfer) {
    Tensor tensor = given.blocks().isPresent() ? given.copy() : given;
    if (!tensor.segment().scope().isAlive()) {
      // The plugin would read memory that may have another owner by now.
      throw new IllegalStateException(
          "tensor: its arena is closed; keep it open until the transfer is done");
    }
    if (!tensor.segment().isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException(
          "tensor: its arena is another thread's; transfer it on that one, or use"
              + " Arena.ofShared()");
    }
    ArrayType type = new ArrayType(PjrtType.of(tensor.dtype()), tensor.shape());
    long bytes = byteSize(type.type(), type.shape().toArray());
    if (isPlain(tensor) && !(transfer == HostTransfer.COPY && isStaged(client, bytes))) {
      MemorySegment data =
          slice(tensor.segment(), tensor.offset(), tensor.shape().elementCount(), tensor.dtype());
      return transfer(client, new Source(data, type, tensor), device, transfer);
    }
    return staged(client, type, bytes, device, block -> fill(block, tensor));
  }

  /**
   * Whether bytes go through a block of the client. For a device other than a CPU the plugin itself
   * has such memory.
   */
  private static boolean isStaged(ClientState client, long bytes) {
    return bytes >= STAGED_BYTES && client.isCpu();
  }

  private static void fill(MemorySegment block, Tensor tensor) {
    if (tensor.isContiguous()) {
      long start = tensor.offset() * tensor.dtype().byteSize();
      MemorySegment.copy(tensor.segment(), start, block, 0, block.byteSize());
    } else {
      Tensor.of(tensor.dtype(), block, tensor.shape().toArray()).assign(tensor);
    }
    if (tensor.dtype() == DType.BOOL) {
      normalise(block);
    }
  }

  /** Whether a plugin can read the tensor's own memory. */
  private static boolean isPlain(Tensor tensor) {
    return tensor.segment().isNative() && tensor.isContiguous() && tensor.dtype() != DType.BOOL;
  }

  private static MemorySegment slice(MemorySegment segment, long offset, long count, DType dtype) {
    return segment.asSlice(offset * dtype.byteSize(), count * dtype.byteSize());
  }

  /**
   * Makes every byte of a bool 0 or 1; with other bytes the behaviour of XLA's compiled code is
   * undefined.
   */
  private static void normalise(MemorySegment bytes) {
    for (long i = 0; i < bytes.byteSize(); i++) {
      if (bytes.get(JAVA_BYTE, i) != 0) {
        bytes.set(JAVA_BYTE, i, (byte) 1);
      }
    }
  }

  public static PjrtBuffer from(
      ClientState client, byte[] data, PjrtType type, long[] sizes, PjrtDevice device) {
    long wanted = byteSize(type, Objects.requireNonNull(sizes, "sizes"));
    if (data.length != wanted) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "data: expected %d bytes for %s of %s, got %d",
              wanted,
              type,
              Arrays.toString(sizes),
              data.length));
    }
    return staged(
        client,
        new ArrayType(type, Shape.of(sizes)),
        wanted,
        device,
        block -> {
          block.copyFrom(MemorySegment.ofArray(data));
          if (type == PjrtType.PRED) {
            normalise(block);
          }
        });
  }

  /**
   * The bytes of host memory for a type and sizes. They are checked, since a plugin reads this
   * number of bytes.
   */
  public static long byteSize(PjrtType type, long[] sizes) {
    if (!type.isBytewise()) {
      throw new IllegalArgumentException(
          "type: expected one of whole bytes for host memory, got "
              + type
              + "; convert it in the program, as from i8");
    }
    long bytes = type.bits() / Byte.SIZE;
    for (long size : sizes) {
      if (size < 0) {
        throw new IllegalArgumentException("size of an axis: expected at least 0, got " + size);
      }
      try {
        bytes = Math.multiplyExact(bytes, size);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException(
            "sizes: expected fewer than 2^63 bytes, got " + Arrays.toString(sizes), e);
      }
    }
    return bytes;
  }

  private record Source(MemorySegment data, ArrayType type, Object owner) {}

  /** A buffer, and the event that ends the plugin's use of the host memory. */
  private record Transferred(MemorySegment buffer, MemorySegment done) {}

  private static PjrtBuffer transfer(
      ClientState client, Source source, PjrtDevice device, HostTransfer transfer) {
    MemorySegment address = client.handle().enter();
    try {
      Transferred made = call(client, address, source, device, number(transfer));
      if (NativeMemory.isNull(made.done()) || transfer == HostTransfer.COPY) {
        client.api().events().destroy(made.done());
        return client.objects().of(device, made.buffer(), Optional.of(source.type()));
      }
      BorrowedHostMemory lease = new BorrowedHostMemory(client, made.done(), source.owner());
      return client.objects().of(device, made.buffer(), source.type(), lease);
    } finally {
      Reference.reachabilityFence(source.owner());
      client.handle().exit();
    }
  }

  private static Transferred call(
      ClientState client, MemorySegment address, Source source, PjrtDevice device, int semantics) {
    long[] sizes = source.type().shape().toArray();
    try (CallArena scratch = client.api().scratch()) {
      Call call =
          client
              .api()
              .prepare(scratch, PjrtFunction.CLIENT_BUFFER_FROM_HOST_BUFFER)
              .set("client", address)
              .set("data", source.data())
              .setInt("type", source.type().type().number())
              .set("dims", NativeMemory.copy(scratch, sizes))
              .set("num_dims", sizes.length)
              .setInt("host_buffer_semantics", semantics)
              .set("device", client.objects().address(device))
              .invoke();
      return new Transferred(call.pointer("buffer"), call.pointer("done_with_host_buffer"));
    }
  }

  /** Copies through a block of the client, so that the caller's memory is free immediately. */
  private static PjrtBuffer staged(
      ClientState client,
      ArrayType type,
      long bytes,
      PjrtDevice device,
      Consumer<MemorySegment> fill) {
    StagingPool pool = client.staging();
    MemorySegment address = client.handle().enter();
    MemorySegment block = pool.take(bytes);
    boolean given = false;
    try {
      MemorySegment data = block.asSlice(0, bytes);
      fill.accept(data);
      Source source = new Source(data, type, data);
      if (bytes < MUTABLE_ZERO_COPY_BYTES) {
        Transferred made = call(client, address, source, device, number(HostTransfer.COPY));
        client.api().events().destroy(made.done());
        return client.objects().of(device, made.buffer(), Optional.of(type));
      }
      Transferred made =
          call(
              client,
              address,
              source,
              device,
              client.isCpu() ? MUTABLE_ZERO_COPY : number(HostTransfer.UNTIL_TRANSFERRED));
      given = true;
      return client
          .objects()
          .of(device, made.buffer(), type, () -> release(client, made.done(), block));
    } finally {
      if (!given) {
        pool.give(block);
      }
      client.handle().exit();
    }
  }

  /**
   * Gives a block back when the plugin no longer uses it, which may be long after the buffer's end.
   */
  private static void release(ClientState client, MemorySegment event, MemorySegment block) {
    if (NativeMemory.isNull(event)) {
      // The plugin gave no event, so the end of the use is never reported.
      return;
    }
    EventCallbacks events = client.api().events();
    if (events.isReady(event)) {
      events.destroy(event);
      client.staging().give(block);
    } else {
      client.consume(event, _ -> client.staging().give(block));
    }
  }
}
