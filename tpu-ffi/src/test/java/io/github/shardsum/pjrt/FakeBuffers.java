package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;

import io.github.shardsum.internal.pjrt.abi.Fields;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.client.HostBuffers;
import io.github.shardsum.pjrt.FakePlugin.Thing;
import java.lang.foreign.MemorySegment;

/** Buffers of a plugin made of Java. */
final class FakeBuffers {
  private final FakePlugin plugin;

  FakeBuffers(FakePlugin plugin) {
    this.plugin = plugin;
    buffers();
  }

  private void buffers() {
    plugin.with(
        PjrtFunction.CLIENT_BUFFER_FROM_HOST_BUFFER,
        arguments -> {
          plugin.get(arguments.pointer("client"), Thing.Client.class);
          long[] sizes =
              NativeMemory.longs(arguments.pointer("dims"), arguments.number("num_dims"));
          PjrtType type = PjrtType.of(arguments.integer("type"));
          byte[] data =
              NativeMemory.bytes(arguments.pointer("data"), HostBuffers.byteSize(type, sizes));
          long device = arguments.pointer("device").address();
          arguments.set(
              "buffer",
              plugin.add(new Thing.Buffer(type.number(), sizes, data, device, new boolean[1])));
          arguments.set("done_with_host_buffer", plugin.event());
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.BUFFER_DESTROY,
        arguments -> {
          plugin.remove(arguments.pointer("buffer"), Thing.Buffer.class);
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.BUFFER_ELEMENT_TYPE,
        arguments -> {
          arguments.setInt("type", buffer(arguments).type());
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.BUFFER_DIMENSIONS,
        arguments -> {
          long[] sizes = buffer(arguments).sizes();
          arguments
              .set("dims", NativeMemory.copy(plugin.arena(), sizes))
              .set("num_dims", sizes.length);
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.BUFFER_IS_DELETED,
        arguments -> {
          boolean deleted = buffer(arguments).deleted()[0];
          arguments.segment().set(JAVA_BOOLEAN, arguments.struct().offset("is_deleted"), deleted);
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.BUFFER_DELETE,
        arguments -> {
          buffer(arguments).deleted()[0] = true;
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.BUFFER_DEVICE,
        arguments -> {
          arguments.set("device", MemorySegment.ofAddress(buffer(arguments).device()));
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.BUFFER_READY_EVENT,
        arguments -> {
          arguments.set("event", plugin.event());
          return MemorySegment.NULL;
        });
    plugin.with(PjrtFunction.BUFFER_TO_HOST_BUFFER, this::readBack);
  }

  private Thing.Buffer buffer(Fields arguments) {
    return plugin.get(arguments.pointer("buffer"), Thing.Buffer.class);
  }

  private MemorySegment readBack(Fields arguments) {
    Thing.Buffer buffer = plugin.get(arguments.pointer("src"), Thing.Buffer.class);
    MemorySegment target = NativeMemory.at(arguments.pointer("dst"), arguments.number("dst_size"));
    MemorySegment.copy(MemorySegment.ofArray(buffer.data()), 0, target, 0, buffer.data().length);
    arguments.set("event", plugin.event());
    return MemorySegment.NULL;
  }
}
