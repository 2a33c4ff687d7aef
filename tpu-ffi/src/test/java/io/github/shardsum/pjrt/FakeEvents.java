package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;

import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.pjrt.FakePlugin.Thing;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Errors and events of a plugin made of Java. */
final class FakeEvents {
  private static final Linker LINKER = Linker.nativeLinker();

  private final FakePlugin plugin;
  private boolean byHand;
  private volatile String failure = "";

  FakeEvents(FakePlugin plugin) {
    this.plugin = plugin;
    errors();
    events();
  }

  /** Events stay open until {@link #fire}. */
  void byHand() {
    byHand = true;
  }

  private void errors() {
    plugin.with(
        PjrtFunction.ERROR_MESSAGE,
        arguments -> {
          plugin.text(
              arguments,
              "message",
              plugin.get(arguments.pointer("error"), Thing.Failure.class).message());
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.ERROR_GET_CODE,
        arguments -> {
          arguments.setInt(
              "code", plugin.get(arguments.pointer("error"), Thing.Failure.class).code());
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.ERROR_DESTROY,
        arguments -> {
          plugin.remove(arguments.pointer("error"), Thing.Failure.class);
          return MemorySegment.NULL;
        });
  }

  MemorySegment event() {
    return plugin.add(
        new Thing.Event(
            new CopyOnWriteArrayList<>(),
            new MemorySegment[] {MemorySegment.NULL},
            new boolean[] {!byHand}));
  }

  /** Lets all open events happen, with an error if there is a message. */
  void fire(String message) {
    for (Thing thing : List.copyOf(plugin.live.values())) {
      if (thing instanceof Thing.Event event && !event.ready()[0]) {
        if (!message.isEmpty()) {
          event.error()[0] = MemorySegment.ofAddress(message.hashCode());
          failure = message;
        }
        event.ready()[0] = true;
        event.waiting().forEach(Runnable::run);
      }
    }
  }

  private MemorySegment outcome(Thing.Event event) {
    return NativeMemory.isNull(event.error()[0])
        ? MemorySegment.NULL
        : plugin.error(PjrtCode.INTERNAL, failure);
  }

  private void events() {
    plugin.with(
        PjrtFunction.EVENT_DESTROY,
        arguments -> {
          plugin.remove(arguments.pointer("event"), Thing.Event.class);
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.EVENT_IS_READY,
        arguments -> {
          boolean ready = plugin.get(arguments.pointer("event"), Thing.Event.class).ready()[0];
          arguments.segment().set(JAVA_BOOLEAN, arguments.struct().offset("is_ready"), ready);
          return MemorySegment.NULL;
        });
    plugin.with(
        PjrtFunction.EVENT_AWAIT,
        arguments -> outcome(plugin.get(arguments.pointer("event"), Thing.Event.class)));
    plugin.with(
        PjrtFunction.EVENT_ERROR,
        arguments -> {
          Thing.Event event = plugin.get(arguments.pointer("event"), Thing.Event.class);
          if (!event.ready()[0]) {
            plugin.violations.add("the error of an event was asked for before it was ready");
          }
          return outcome(event);
        });
    plugin.with(
        PjrtFunction.EVENT_ON_READY,
        arguments -> {
          Thing.Event event = plugin.get(arguments.pointer("event"), Thing.Event.class);
          MemorySegment callback = arguments.pointer("callback");
          MemorySegment argument = arguments.pointer("user_arg");
          Runnable call = () -> callBack(callback, outcome(event), argument);
          if (event.ready()[0]) {
            call.run();
          } else {
            event.waiting().add(call);
          }
          return MemorySegment.NULL;
        });
  }

  @SuppressWarnings("restricted")
  private static void callBack(
      MemorySegment callback, MemorySegment error, MemorySegment argument) {
    try {
      LINKER
          .downcallHandle(callback, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS))
          .invokeExact(error, argument);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
