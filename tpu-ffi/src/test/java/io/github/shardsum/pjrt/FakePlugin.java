package io.github.shardsum.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.internal.pjrt.abi.Fields;
import io.github.shardsum.internal.pjrt.abi.NativeMemory;
import io.github.shardsum.internal.pjrt.abi.PjrtFunction;
import io.github.shardsum.internal.pjrt.abi.Struct;
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
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;

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
  final ConcurrentLinkedQueue<PjrtFunction> calls = new ConcurrentLinkedQueue<>();

  private final Arena arena = Arena.ofAuto();
  private final Map<PjrtFunction, Behaviour> behaviours = new EnumMap<>(PjrtFunction.class);
  private final Map<PjrtFunction, Long> ownSizes = new EnumMap<>(PjrtFunction.class);
  private final FakeEvents events;
  private final FakeDevices hardware;
  private final FakePrograms programs;

  /** A native object. */
  sealed interface Thing {
    record Client() implements Thing {}

    record Device(int id) implements Thing {}

    record NativeMemory() implements Thing {}

    record Topology() implements Thing {}

    record Program(boolean loaded) implements Thing {}

    record Buffer(int type, long[] sizes, byte[] data, long device, boolean[] deleted)
        implements Thing {}

    record Failure(int code, String message) implements Thing {}

    record Event(List<Runnable> waiting, MemorySegment[] error, boolean[] ready) implements Thing {}
  }

  FakePlugin() {
    with(PjrtFunction.PLUGIN_INITIALIZE, _ -> MemorySegment.NULL);
    with(
        PjrtFunction.PLUGIN_ATTRIBUTES,
        arguments -> {
          arguments.set("num_attributes", 0);
          return MemorySegment.NULL;
        });
    events = new FakeEvents(this);
    hardware = new FakeDevices(this);
    programs = new FakePrograms(this, hardware);
    new FakeBuffers(this);
  }

  /** Puts another behaviour in the place of a function. */
  FakePlugin with(PjrtFunction slot, Behaviour behaviour) {
    behaviours.put(slot, behaviour);
    return this;
  }

  /** Looks at the arguments of a function before it runs. */
  FakePlugin before(PjrtFunction slot, Consumer<Fields> look) {
    Behaviour behaviour = Objects.requireNonNull(behaviours.get(slot));
    return with(
        slot,
        arguments -> {
          look.accept(arguments);
          return behaviour.run(arguments);
        });
  }

  /** Refuses a call with the error that is given for it; no error lets it run. */
  FakePlugin refusing(PjrtFunction slot, Behaviour refusal) {
    Behaviour behaviour = Objects.requireNonNull(behaviours.get(slot));
    return with(
        slot,
        arguments -> {
          MemorySegment error = refusal.run(arguments);
          return error.equals(MemorySegment.NULL) ? behaviour.run(arguments) : error;
        });
  }

  FakePlugin withDevices(int count) {
    hardware.count(count);
    return this;
  }

  /** Programs run on so many devices. */
  FakePlugin withProgramsOn(int devicesOfEach) {
    programs.width(devicesOfEach);
    return this;
  }

  /** The devices' memory is said to be the host's. */
  FakePlugin onCpu() {
    return with(
        PjrtFunction.CLIENT_PLATFORM_NAME,
        arguments -> {
          text(arguments, "platform_name", "cpu");
          return MemorySegment.NULL;
        });
  }

  /** Events stay open until {@link #fire}. */
  FakePlugin withEventsByHand() {
    events.byHand();
    return this;
  }

  /** Lets all open events happen, with an error if there is a message. */
  void fire(String message) {
    events.fire(message);
  }

  /** Gives so many copies of the first argument. */
  MemorySegment run(Fields arguments, int count) {
    return programs.run(arguments, count);
  }

  MemorySegment event() {
    return events.event();
  }

  Arena arena() {
    return arena;
  }

  /** A plugin built with a header in which the struct has grown. */
  FakePlugin withStructSize(PjrtFunction slot, long size) {
    ownSizes.put(slot, size);
    return this;
  }

  PjrtPlugin open() {
    return PjrtPlugin.at(table(114, PjrtFunction.values().length, Set.of()), "fake");
  }

  /** The table of a version, cut off after some slots, with holes. */
  MemorySegment table(int minor, int slots, Set<PjrtFunction> holes) {
    return table(0, minor, PjrtFunction.FIRST + 8L * slots, slots, holes);
  }

  MemorySegment table(int major, int minor, long size, int slots, Set<PjrtFunction> holes) {
    MemorySegment table = arena.allocate(PjrtFunction.FIRST + 8L * PjrtFunction.values().length, 8);
    table.set(JAVA_LONG, 0, size);
    table.set(JAVA_LONG, 16, 24);
    table.set(JAVA_INT, 32, major);
    table.set(JAVA_INT, 36, minor);
    for (PjrtFunction slot : PjrtFunction.values()) {
      if (slot.ordinal() < slots && !holes.contains(slot) && slot.arguments().isPresent()) {
        table.set(ADDRESS, slot.offset(), stub(slot));
      }
    }
    return table;
  }

  @SuppressWarnings("restricted")
  private MemorySegment stub(PjrtFunction slot) {
    try {
      boolean procedure = slot == PjrtFunction.ERROR_DESTROY || slot == PjrtFunction.ERROR_MESSAGE;
      MethodHandle handle =
          MethodHandles.lookup()
              .bind(
                  this,
                  procedure ? "proceed" : "call",
                  MethodType.methodType(
                      procedure ? void.class : MemorySegment.class,
                      PjrtFunction.class,
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
  private void proceed(PjrtFunction slot, MemorySegment address) {
    call(slot, address);
  }

  private MemorySegment call(PjrtFunction slot, MemorySegment address) {
    try {
      calls.add(slot);
      Struct struct = slot.arguments().orElseThrow();
      long stated = NativeMemory.at(address, 8).get(JAVA_LONG, 0);
      long own = ownSizes.getOrDefault(slot, struct.size());
      if (stated < own) {
        return error(
            PjrtCode.INVALID_ARGUMENT,
            String.format(
                Locale.ROOT, "Unexpected %s size: expected %d, got %d", struct, own, stated));
      }
      Behaviour behaviour = behaviours.get(slot);
      return behaviour == null
          ? error(PjrtCode.UNIMPLEMENTED, slot + " is not implemented.")
          : behaviour.run(
              new Fields(struct, NativeMemory.at(address, Math.max(stated, struct.size()))));
    } catch (Throwable e) {
      violations.add(slot + ": " + e);
      return error(PjrtCode.INTERNAL, e.toString());
    }
  }

  MemorySegment error(PjrtCode code, String message) {
    return add(new Thing.Failure(code.ordinal(), message));
  }

  MemorySegment add(Thing thing) {
    MemorySegment address = arena.allocate(8, 8);
    live.put(address.address(), thing);
    return address;
  }

  <T extends Thing> T get(MemorySegment address, Class<T> type) {
    Thing thing = live.get(address.address());
    if (!type.isInstance(thing)) {
      throw new IllegalStateException(
          "no live " + type.getSimpleName() + " at this address: " + thing);
    }
    return type.cast(thing);
  }

  void remove(MemorySegment address, Class<? extends Thing> type) {
    get(address, type);
    live.remove(address.address());
  }

  /** Waits for what goes on after a close, on other threads. */
  void awaitEmpty() {
    awaitOnly(List.of());
  }

  /** Waits until there is nothing but these. */
  void awaitOnly(List<Class<? extends Thing>> types) {
    Predicate<Thing> another = thing -> types.stream().noneMatch(t -> t.isInstance(thing));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (live.values().stream().anyMatch(another) && System.nanoTime() < end) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
    assertEquals(List.of(), live.values().stream().filter(another).toList());
  }

  long count(Class<? extends Thing> type) {
    return live.values().stream().filter(type::isInstance).count();
  }

  /** Text that lives as long as the plugin. */
  void text(Fields arguments, String field, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    arguments.set(field, NativeMemory.copy(arena, bytes)).set(field + "_size", bytes.length);
  }
}
