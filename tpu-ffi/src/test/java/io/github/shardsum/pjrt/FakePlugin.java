package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.pjrt.Fields;
import io.github.shardsum.internal.pjrt.Memory;
import io.github.shardsum.internal.pjrt.Slot;
import io.github.shardsum.internal.pjrt.Struct;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A PJRT plugin made of Java methods behind function pointers. Its programs give back their
 * arguments. It notes whatever a native plugin would crash on: an object used after it was
 * destroyed, destroyed twice, or outlived by what it owns.
 */
final class FakePlugin {
  /** What a function does instead of its own work; null for no error. */
  interface Behaviour {
    MemorySegment run(Fields arguments) throws Throwable;
  }

  private static final FunctionDescriptor FUNCTION = FunctionDescriptor.of(ADDRESS, ADDRESS);
  private static final Linker LINKER = Linker.nativeLinker();

  final List<String> violations = new CopyOnWriteArrayList<>();
  final Map<Long, Thing> live = new ConcurrentHashMap<>();
  final ConcurrentLinkedQueue<Slot> calls = new ConcurrentLinkedQueue<>();

  private final Arena arena = Arena.ofAuto();
  private final Map<Slot, Behaviour> behaviours = new EnumMap<>(Slot.class);
  private final Map<Slot, Long> ownSizes = new EnumMap<>(Slot.class);
  private int devices = 2;
  private boolean eventsByHand;

  /** A native object. */
  sealed interface Thing {
    record Client() implements Thing {}

    record Device(int id) implements Thing {}

    record Memory() implements Thing {}

    record Topology() implements Thing {}

    record Program(boolean loaded) implements Thing {}

    record Buffer(int type, long[] sizes, byte[] data, long device, boolean[] deleted)
        implements Thing {}

    record Failure(int code, String message) implements Thing {}

    record Event(List<Runnable> waiting, MemorySegment[] error, boolean[] ready) implements Thing {}
  }

  FakePlugin() {
    behaviours.put(Slot.PLUGIN_INITIALIZE, _ -> MemorySegment.NULL);
    behaviours.put(
        Slot.PLUGIN_ATTRIBUTES,
        arguments -> {
          arguments.set("num_attributes", 0);
          return MemorySegment.NULL;
        });
    errors();
    events();
    client();
    devices();
    programs();
    buffers();
    topology();
  }

  /** Puts another behaviour in the place of a function. */
  FakePlugin with(Slot slot, Behaviour behaviour) {
    behaviours.put(slot, behaviour);
    return this;
  }

  FakePlugin withDevices(int count) {
    devices = count;
    return this;
  }

  /** Events stay open until {@link #fire}. */
  FakePlugin withEventsByHand() {
    eventsByHand = true;
    return this;
  }

  /** A plugin built with a header in which the struct has grown. */
  FakePlugin withStructSize(Slot slot, long size) {
    ownSizes.put(slot, size);
    return this;
  }

  PjrtPlugin open() {
    return PjrtPlugin.at(table(114, Slot.values().length, Set.of()), "fake");
  }

  /** The table of a version, cut off after some slots, with holes. */
  MemorySegment table(int minor, int slots, Set<Slot> holes) {
    return table(0, minor, Slot.FIRST + 8L * slots, slots, holes);
  }

  MemorySegment table(int major, int minor, long size, int slots, Set<Slot> holes) {
    MemorySegment table = arena.allocate(Slot.FIRST + 8L * Slot.values().length, 8);
    table.set(JAVA_LONG, 0, size);
    table.set(JAVA_LONG, 16, 24);
    table.set(JAVA_INT, 32, major);
    table.set(JAVA_INT, 36, minor);
    for (Slot slot : Slot.values()) {
      if (slot.ordinal() < slots && !holes.contains(slot) && slot.arguments().isPresent()) {
        table.set(ADDRESS, slot.offset(), stub(slot));
      }
    }
    return table;
  }

  @SuppressWarnings("restricted")
  private MemorySegment stub(Slot slot) {
    try {
      boolean procedure = slot == Slot.ERROR_DESTROY || slot == Slot.ERROR_MESSAGE;
      MethodHandle handle =
          MethodHandles.lookup()
              .bind(
                  this,
                  procedure ? "proceed" : "call",
                  MethodType.methodType(
                      procedure ? void.class : MemorySegment.class,
                      Slot.class,
                      MemorySegment.class));
      return LINKER.upcallStub(
          MethodHandles.insertArguments(handle, 0, slot),
          procedure ? FunctionDescriptor.ofVoid(ADDRESS) : FUNCTION,
          arena);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("stub", e);
    }
  }

  @SuppressWarnings("unused") // by its name
  private void proceed(Slot slot, MemorySegment address) {
    call(slot, address);
  }

  private MemorySegment call(Slot slot, MemorySegment address) {
    try {
      calls.add(slot);
      Struct struct = slot.arguments().orElseThrow();
      long stated = Memory.at(address, 8).get(JAVA_LONG, 0);
      long own = ownSizes.getOrDefault(slot, struct.size());
      if (stated < own) {
        return error(
            PjrtCode.INVALID_ARGUMENT,
            "Unexpected %s size: expected %d, got %d".formatted(struct, own, stated));
      }
      Behaviour behaviour = behaviours.get(slot);
      return behaviour == null
          ? error(PjrtCode.UNIMPLEMENTED, slot + " is not implemented.")
          : behaviour.run(new Fields(struct, Memory.at(address, Math.max(stated, struct.size()))));
    } catch (Throwable e) {
      violations.add(slot + ": " + e);
      return error(PjrtCode.INTERNAL, e.toString());
    }
  }

  MemorySegment error(PjrtCode code, String message) {
    return add(new Thing.Failure(code.ordinal(), message));
  }

  private MemorySegment add(Thing thing) {
    MemorySegment address = arena.allocate(8, 8);
    live.put(address.address(), thing);
    return address;
  }

  private <T extends Thing> T get(MemorySegment address, Class<T> type) {
    Thing thing = live.get(address.address());
    if (!type.isInstance(thing)) {
      throw new IllegalStateException(
          "no live " + type.getSimpleName() + " at this address: " + thing);
    }
    return type.cast(thing);
  }

  private void remove(MemorySegment address, Class<? extends Thing> type) {
    get(address, type);
    live.remove(address.address());
  }

  /** Waits for what goes on after a close, on other threads. */
  void awaitEmpty() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!live.isEmpty() && System.nanoTime() < end) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
    assertEquals(Map.of(), live);
  }

  long count(Class<? extends Thing> type) {
    return live.values().stream().filter(type::isInstance).count();
  }

  /** Text that lives as long as the plugin. */
  private void text(Fields arguments, String field, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    arguments.set(field, Memory.copy(arena, bytes)).set(field + "_size", bytes.length);
  }

  private void errors() {
    behaviours.put(
        Slot.ERROR_MESSAGE,
        arguments -> {
          text(
              arguments, "message", get(arguments.pointer("error"), Thing.Failure.class).message());
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.ERROR_GET_CODE,
        arguments -> {
          arguments.setInt("code", get(arguments.pointer("error"), Thing.Failure.class).code());
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.ERROR_DESTROY,
        arguments -> {
          remove(arguments.pointer("error"), Thing.Failure.class);
          return MemorySegment.NULL;
        });
  }

  private MemorySegment event() {
    return add(
        new Thing.Event(
            new CopyOnWriteArrayList<>(),
            new MemorySegment[] {MemorySegment.NULL},
            new boolean[] {!eventsByHand}));
  }

  /** Lets all open events happen, with an error if there is a message. */
  void fire(String message) {
    for (Thing thing : List.copyOf(live.values())) {
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

  private volatile String failure = "";

  private MemorySegment outcome(Thing.Event event) {
    return Memory.isNull(event.error()[0]) ? MemorySegment.NULL : error(PjrtCode.INTERNAL, failure);
  }

  private void events() {
    behaviours.put(
        Slot.EVENT_DESTROY,
        arguments -> {
          remove(arguments.pointer("event"), Thing.Event.class);
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.EVENT_IS_READY,
        arguments -> {
          boolean ready = get(arguments.pointer("event"), Thing.Event.class).ready()[0];
          arguments.segment().set(JAVA_BOOLEAN, arguments.struct().offset("is_ready"), ready);
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.EVENT_AWAIT, arguments -> outcome(get(arguments.pointer("event"), Thing.Event.class)));
    behaviours.put(
        Slot.EVENT_ERROR,
        arguments -> {
          Thing.Event event = get(arguments.pointer("event"), Thing.Event.class);
          if (!event.ready()[0]) {
            violations.add("the error of an event was asked for before it was ready");
          }
          return outcome(event);
        });
    behaviours.put(
        Slot.EVENT_ON_READY,
        arguments -> {
          Thing.Event event = get(arguments.pointer("event"), Thing.Event.class);
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

  private MemorySegment deviceArray = MemorySegment.NULL;

  private void client() {
    behaviours.put(
        Slot.CLIENT_CREATE,
        arguments -> {
          deviceArray = arena.allocate(ADDRESS, Math.max(1, devices));
          for (int i = 0; i < devices; i++) {
            deviceArray.setAtIndex(ADDRESS, i, add(new Thing.Device(i)));
          }
          arguments.set("client", add(new Thing.Client()));
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.CLIENT_DESTROY,
        arguments -> {
          for (Class<? extends Thing> owned :
              List.of(Thing.Buffer.class, Thing.Program.class, Thing.Event.class)) {
            if (count(owned) > 0) {
              violations.add("a client was destroyed before its " + owned.getSimpleName());
            }
          }
          remove(arguments.pointer("client"), Thing.Client.class);
          live.values().removeIf(Thing.Device.class::isInstance);
          return MemorySegment.NULL;
        });
    behaviours.put(Slot.CLIENT_PLATFORM_NAME, ofClient("platform_name", "fake"));
    behaviours.put(Slot.CLIENT_PLATFORM_VERSION, ofClient("platform_version", "1"));
    behaviours.put(Slot.CLIENT_DEVICES, listing("devices", "num_devices"));
    behaviours.put(
        Slot.CLIENT_ADDRESSABLE_DEVICES, listing("addressable_devices", "num_addressable_devices"));
    behaviours.put(
        Slot.LOADED_EXECUTABLE_ADDRESSABLE_DEVICES,
        arguments -> {
          get(arguments.pointer("executable"), Thing.Program.class);
          arguments.set("addressable_devices", deviceArray).set("num_addressable_devices", 1);
          return MemorySegment.NULL;
        });
  }

  private Behaviour ofClient(String field, String text) {
    return arguments -> {
      get(arguments.pointer("client"), Thing.Client.class);
      text(arguments, field, text);
      return MemorySegment.NULL;
    };
  }

  private Behaviour listing(String field, String count) {
    return arguments -> {
      get(arguments.pointer("client"), Thing.Client.class);
      arguments.set(field, deviceArray).set(count, devices);
      return MemorySegment.NULL;
    };
  }

  private void devices() {
    behaviours.put(
        Slot.DEVICE_GET_DESCRIPTION,
        arguments -> {
          arguments.set("device_description", arguments.pointer("device"));
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.DEVICE_IS_ADDRESSABLE,
        arguments -> {
          arguments.segment().set(JAVA_BOOLEAN, arguments.struct().offset("is_addressable"), true);
          return MemorySegment.NULL;
        });
    behaviours.put(Slot.DEVICE_LOCAL_HARDWARE_ID, ofDevice("device", "local_hardware_id"));
    behaviours.put(Slot.DEVICE_DESCRIPTION_ID, ofDevice("device_description", "id"));
    behaviours.put(
        Slot.DEVICE_DESCRIPTION_PROCESS_INDEX,
        arguments -> {
          arguments.setInt("process_index", 0);
          return MemorySegment.NULL;
        });
    behaviours.put(Slot.DEVICE_DESCRIPTION_KIND, described("device_kind"));
    behaviours.put(Slot.DEVICE_DESCRIPTION_TO_STRING, described("to_string"));
    behaviours.put(Slot.DEVICE_DESCRIPTION_ATTRIBUTES, _ -> MemorySegment.NULL);
  }

  private Behaviour ofDevice(String device, String field) {
    return arguments -> {
      arguments.setInt(field, get(arguments.pointer(device), Thing.Device.class).id());
      return MemorySegment.NULL;
    };
  }

  private Behaviour described(String field) {
    return arguments -> {
      int id = get(arguments.pointer("device_description"), Thing.Device.class).id();
      text(arguments, field, "fake:" + id);
      return MemorySegment.NULL;
    };
  }

  private void programs() {
    behaviours.put(
        Slot.CLIENT_COMPILE,
        arguments -> {
          checkTerminated(Fields.at(Struct.PROGRAM, arguments.pointer("program")));
          get(arguments.pointer("client"), Thing.Client.class);
          arguments.set("executable", add(new Thing.Program(true)));
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.LOADED_EXECUTABLE_GET_EXECUTABLE,
        arguments -> {
          get(arguments.pointer("loaded_executable"), Thing.Program.class);
          arguments.set("executable", add(new Thing.Program(false)));
          return MemorySegment.NULL;
        });
    behaviours.put(Slot.LOADED_EXECUTABLE_DESTROY, this::destroyProgram);
    behaviours.put(Slot.EXECUTABLE_DESTROY, this::destroyProgram);
    behaviours.put(
        Slot.EXECUTABLE_NUM_OUTPUTS,
        arguments -> {
          get(arguments.pointer("executable"), Thing.Program.class);
          arguments.set("num_outputs", 1);
          return MemorySegment.NULL;
        });
    behaviours.put(Slot.LOADED_EXECUTABLE_EXECUTE, this::execute);
  }

  /** XLA's parser of text reads the byte after the last. */
  private void checkTerminated(Fields program) {
    long size = program.number("code_size");
    if (Memory.at(program.pointer("code"), size + 1).get(JAVA_BYTE, size) != 0) {
      violations.add("a program of " + size + " bytes does not end with a zero");
    }
  }

  private MemorySegment destroyProgram(Fields arguments) {
    remove(arguments.pointer("executable"), Thing.Program.class);
    return MemorySegment.NULL;
  }

  private MemorySegment execute(Fields arguments) {
    return run(arguments, 1);
  }

  /** Gives so many copies of the first argument. */
  MemorySegment run(Fields arguments, int count) {
    get(arguments.pointer("executable"), Thing.Program.class);
    MemorySegment row = Memory.pointers(arguments.pointer("argument_lists"), 1).getFirst();
    List<MemorySegment> all = Memory.pointers(row, arguments.number("num_args"));
    Thing.Buffer first = get(all.getFirst(), Thing.Buffer.class);
    MemorySegment outputs = Memory.pointers(arguments.pointer("output_lists"), 1).getFirst();
    for (int i = 0; i < count; i++) {
      Memory.at(outputs, 8L * count).setAtIndex(ADDRESS, i, add(first));
    }
    if (!Memory.isNull(arguments.pointer("device_complete_events"))) {
      Memory.at(arguments.pointer("device_complete_events"), 8).set(ADDRESS, 0, event());
    }
    return MemorySegment.NULL;
  }

  private void buffers() {
    behaviours.put(
        Slot.CLIENT_BUFFER_FROM_HOST_BUFFER,
        arguments -> {
          get(arguments.pointer("client"), Thing.Client.class);
          long[] sizes = Memory.longs(arguments.pointer("dims"), arguments.number("num_dims"));
          PjrtType type = PjrtType.of(arguments.integer("type"));
          byte[] data = Memory.bytes(arguments.pointer("data"), HostBuffers.byteSize(type, sizes));
          long device = arguments.pointer("device").address();
          arguments.set(
              "buffer", add(new Thing.Buffer(type.number(), sizes, data, device, new boolean[1])));
          arguments.set("done_with_host_buffer", event());
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.BUFFER_DESTROY,
        arguments -> {
          remove(arguments.pointer("buffer"), Thing.Buffer.class);
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.BUFFER_ELEMENT_TYPE,
        arguments -> {
          arguments.setInt("type", buffer(arguments).type());
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.BUFFER_DIMENSIONS,
        arguments -> {
          long[] sizes = buffer(arguments).sizes();
          arguments.set("dims", Memory.copy(arena, sizes)).set("num_dims", sizes.length);
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.BUFFER_IS_DELETED,
        arguments -> {
          boolean deleted = buffer(arguments).deleted()[0];
          arguments.segment().set(JAVA_BOOLEAN, arguments.struct().offset("is_deleted"), deleted);
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.BUFFER_DELETE,
        arguments -> {
          buffer(arguments).deleted()[0] = true;
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.BUFFER_DEVICE,
        arguments -> {
          arguments.set("device", MemorySegment.ofAddress(buffer(arguments).device()));
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.BUFFER_READY_EVENT,
        arguments -> {
          arguments.set("event", event());
          return MemorySegment.NULL;
        });
    behaviours.put(Slot.BUFFER_TO_HOST_BUFFER, this::readBack);
  }

  private Thing.Buffer buffer(Fields arguments) {
    return get(arguments.pointer("buffer"), Thing.Buffer.class);
  }

  private MemorySegment readBack(Fields arguments) {
    Thing.Buffer buffer = get(arguments.pointer("src"), Thing.Buffer.class);
    MemorySegment target = Memory.at(arguments.pointer("dst"), arguments.number("dst_size"));
    MemorySegment.copy(MemorySegment.ofArray(buffer.data()), 0, target, 0, buffer.data().length);
    arguments.set("event", event());
    return MemorySegment.NULL;
  }

  private void topology() {
    behaviours.put(
        Slot.TOPOLOGY_DESCRIPTION_CREATE,
        arguments -> {
          arguments.set("topology", add(new Thing.Topology()));
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.TOPOLOGY_DESCRIPTION_DESTROY,
        arguments -> {
          remove(arguments.pointer("topology"), Thing.Topology.class);
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.TOPOLOGY_DESCRIPTION_GET_DEVICE_DESCRIPTIONS,
        arguments -> {
          arguments.set("num_descriptions", devices);
          return MemorySegment.NULL;
        });
    behaviours.put(
        Slot.COMPILE,
        arguments -> {
          get(arguments.pointer("topology"), Thing.Topology.class);
          arguments.set("executable", add(new Thing.Program(false)));
          return MemorySegment.NULL;
        });
  }
}
