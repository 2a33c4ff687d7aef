package io.github.shardsum.internal.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.pjrt.PjrtCode;
import io.github.shardsum.pjrt.PjrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The table of functions of one plugin. Safe for use by many threads at once.
 *
 * <p>A function is there if the table that the plugin reports reaches to it and its pointer is not
 * null. A struct is passed with the newest size known here, which an older plugin accepts; a plugin
 * newer than {@link Slot#NEWEST_MINOR} gets room and a size for fields to come, all zero, since it
 * refuses a struct that is shorter than its own.
 */
public final class Api {
  /** The oldest API that has all that this binding cannot do without. */
  public static final int OLDEST_MINOR = 63;

  private static final long VERSION_MAJOR = 32;
  private static final long VERSION_MINOR = 36;
  private static final long EXTENSIONS = 8;

  /** A table of more functions than any plugin will have in our time. */
  private static final long LARGEST_TABLE = Slot.FIRST + 8L * 4096;

  /** Zeros after a struct, which a plugin newer than the table takes for its new fields. */
  private static final long ROOM_TO_GROW = 128;

  private static final long EXTENSION_TYPE = 8;
  private static final long EXTENSION_NEXT = 16;
  private static final long EXTENSION_SIZE = 24;
  private static final int MOST_EXTENSIONS = 256;

  @SuppressWarnings("restricted")
  private static final MethodHandle FUNCTION =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(ADDRESS, ADDRESS));

  @SuppressWarnings("restricted")
  private static final MethodHandle PROCEDURE =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(ADDRESS));

  private final MemorySegment[] functions = new MemorySegment[Slot.values().length];
  private final Map<Integer, MemorySegment> extensions;
  private final int minor;
  private final long grow;
  private final EventCallbacks events;
  private final Scratch.Pool pool = new Scratch.Pool();
  private final MemorySegment defaultExecuteOptions;

  private Api(MemorySegment table, int minor) {
    this.minor = minor;
    this.grow = minor > Slot.NEWEST_MINOR ? ROOM_TO_GROW : 0;
    for (Slot slot : Slot.values()) {
      boolean reached = slot.offset() + ADDRESS.byteSize() <= table.byteSize();
      functions[slot.ordinal()] = reached ? table.get(ADDRESS, slot.offset()) : MemorySegment.NULL;
    }
    this.extensions = extensions(table.get(ADDRESS, EXTENSIONS));
    this.events = new EventCallbacks(this);
    this.defaultExecuteOptions = allocate(Arena.ofAuto(), Struct.EXECUTE_OPTIONS).segment();
  }

  /**
   * Reads the table at an address.
   *
   * @param address what GetPjrtApi returned
   * @param origin the library, for messages
   * @throws PjrtException if it is no table of a version that this binding speaks
   */
  public static Api at(MemorySegment address, String origin) {
    if (Memory.isNull(address)) {
      throw wrong(origin, "GetPjrtApi returned null", "it is broken: install another build of it");
    }
    MemorySegment head = Memory.at(address, Slot.FIRST);
    long size = head.get(JAVA_LONG, 0);
    int major = head.get(JAVA_INT, VERSION_MAJOR);
    int minor = head.get(JAVA_INT, VERSION_MINOR);
    if (size < Slot.FIRST || size > LARGEST_TABLE) {
      throw wrong(
          origin,
          "a table of " + Slot.FIRST + " to " + LARGEST_TABLE + " bytes is wanted, it says " + size,
          "it is no PJRT plugin, or broken: check the path");
    }
    if (major != 0) {
      throw wrong(
          origin,
          "API 0.x is wanted, it speaks " + major + "." + minor,
          "use a newer Shardsum, or an older plugin");
    }
    if (minor < OLDEST_MINOR) {
      throw wrong(
          origin,
          "API 0." + OLDEST_MINOR + " or newer is wanted, it speaks 0." + minor,
          "install a newer build of the plugin");
    }
    return new Api(Memory.at(address, size), minor);
  }

  private static PjrtException wrong(String origin, String rule, String remedy) {
    return new PjrtException(
        PjrtCode.FAILED_PRECONDITION, "GetPjrtApi", origin + ": " + rule + "; " + remedy);
  }

  private static Map<Integer, MemorySegment> extensions(MemorySegment first) {
    Map<Integer, MemorySegment> found = new TreeMap<>();
    MemorySegment next = first;
    while (!Memory.isNull(next) && found.size() < MOST_EXTENSIONS) {
      MemorySegment node = Memory.at(next, EXTENSION_SIZE);
      MemorySegment whole = Memory.at(next, Math.max(EXTENSION_SIZE, node.get(JAVA_LONG, 0)));
      // A list that comes back to a type it had may be a ring.
      if (found.putIfAbsent(node.get(JAVA_INT, EXTENSION_TYPE), whole) != null) {
        break;
      }
      next = node.get(ADDRESS, EXTENSION_NEXT);
    }
    return Map.copyOf(found);
  }

  /** The minor version that the plugin speaks; the major one is 0. */
  public int minor() {
    return minor;
  }

  /** Extensions by their type. */
  public Map<Integer, MemorySegment> extensions() {
    return extensions;
  }

  /** Callbacks of events of this plugin. */
  public EventCallbacks events() {
    return events;
  }

  /** The options of nearly every run, which no plugin writes to. */
  public MemorySegment defaultExecuteOptions() {
    return defaultExecuteOptions;
  }

  /** Memory for the arguments of a call, to be closed after it. */
  public Scratch scratch() {
    return pool.take(this);
  }

  /** Whether the plugin has a function. */
  public boolean has(Slot slot) {
    return !Memory.isNull(functions[slot.ordinal()]);
  }

  /**
   * The arguments of a call, all zero.
   *
   * @throws PjrtException with {@link PjrtCode#UNIMPLEMENTED} if the plugin has no such function
   */
  public Call prepare(Scratch scratch, Slot slot) {
    if (!has(slot)) {
      throw absent(slot);
    }
    return scratch.call(slot);
  }

  private PjrtException absent(Slot slot) {
    String age =
        slot.since() > minor
            ? " (since API 0." + slot.since() + ", the plugin speaks 0." + minor + ")"
            : "";
    return new PjrtException(
        PjrtCode.UNIMPLEMENTED,
        slot.symbol(),
        "the plugin has no such function" + age + "; use a newer plugin");
  }

  /** A struct with its size written, the rest zero. */
  public Fields allocate(SegmentAllocator arena, Struct struct) {
    MemorySegment segment = arena.allocate(struct.stride() + grow, Long.BYTES);
    segment.set(JAVA_LONG, Struct.STRUCT_SIZE, grow == 0 ? struct.size() : struct.stride() + grow);
    return new Fields(struct, segment);
  }

  /** An array of structs at their fixed stride. */
  public static MemorySegment allocateArray(SegmentAllocator arena, Struct struct, int count) {
    MemorySegment array = arena.allocate(struct.stride() * Math.max(1, count), Long.BYTES);
    for (int i = 0; i < count; i++) {
      array.set(JAVA_LONG, i * struct.stride() + Struct.STRUCT_SIZE, struct.size());
    }
    return array;
  }

  void invoke(Slot slot, MemorySegment arguments) {
    MemorySegment error;
    try {
      error = (MemorySegment) FUNCTION.invokeExact(functions[slot.ordinal()], arguments);
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
    if (!Memory.isNull(error)) {
      throw take(error, slot.symbol());
    }
  }

  /** Calls a function of an extension. */
  public void invokeAt(MemorySegment function, MemorySegment arguments, String name) {
    MemorySegment error;
    try {
      error = (MemorySegment) FUNCTION.invokeExact(function, arguments);
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
    if (!Memory.isNull(error)) {
      throw take(error, name);
    }
  }

  /** The exception that an error is, which is destroyed. */
  PjrtException take(MemorySegment error, String call) {
    try (Scratch scratch = scratch()) {
      Call message = prepare(scratch, Slot.ERROR_MESSAGE).set("error", error);
      procedure(Slot.ERROR_MESSAGE, message.segment());
      String text = message.text("message");
      PjrtCode code = code(scratch, error);
      procedure(
          Slot.ERROR_DESTROY, prepare(scratch, Slot.ERROR_DESTROY).set("error", error).segment());
      return new PjrtException(code, call, text);
    }
  }

  private PjrtCode code(Scratch arena, MemorySegment error) {
    Call call = prepare(arena, Slot.ERROR_GET_CODE).set("error", error);
    MemorySegment failed;
    try {
      failed =
          (MemorySegment)
              FUNCTION.invokeExact(functions[Slot.ERROR_GET_CODE.ordinal()], call.segment());
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
    if (!Memory.isNull(failed)) {
      procedure(
          Slot.ERROR_DESTROY, prepare(arena, Slot.ERROR_DESTROY).set("error", failed).segment());
      return PjrtCode.UNKNOWN;
    }
    return PjrtCode.of(call.integer("code"));
  }

  private void procedure(Slot slot, MemorySegment arguments) {
    try {
      PROCEDURE.invokeExact(functions[slot.ordinal()], arguments);
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
  }

  /** A function of an extension, if the plugin has the extension and it reaches that far. */
  public Optional<MemorySegment> extensionFunction(int type, int index) {
    MemorySegment extension = extensions.get(type);
    long offset = EXTENSION_SIZE + ADDRESS.byteSize() * index;
    if (extension == null || offset + ADDRESS.byteSize() > extension.byteSize()) {
      return Optional.empty();
    }
    MemorySegment function = extension.get(ADDRESS, offset);
    return Memory.isNull(function) ? Optional.empty() : Optional.of(function);
  }
}
