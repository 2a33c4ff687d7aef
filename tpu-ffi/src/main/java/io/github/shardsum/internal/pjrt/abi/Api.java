package io.github.shardsum.internal.pjrt.abi;

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
 * The table of functions of one plugin. Thread-safe.
 *
 * <p>A function exists if the plugin's table is long enough and the pointer is not null. A struct
 * is passed with the newest size known here, which an older plugin accepts. A plugin newer than
 * {@link PjrtFunction#NEWEST_MINOR} would refuse a struct that is shorter than its own, so it gets
 * a larger struct with zeros in the further fields.
 */
public final class Api {
  /** The oldest API that has all functions that this binding needs. */
  public static final int OLDEST_MINOR = 63;

  private static final long VERSION_MAJOR = 32;
  private static final long VERSION_MINOR = 36;
  private static final long EXTENSIONS = 8;

  /** The largest plausible table, in bytes: more functions than any plugin will have. */
  private static final long LARGEST_TABLE = PjrtFunction.FIRST + 8L * 4096;

  /** Zeros after a struct, which a newer plugin reads as its new fields. */
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

  private final MemorySegment[] functions = new MemorySegment[PjrtFunction.values().length];
  private final Map<Integer, MemorySegment> extensions;
  private final int minor;
  private final long grow;
  private final EventCallbacks events;
  private final CallArena.Pool pool = new CallArena.Pool();
  private final MemorySegment defaultExecuteOptions;

  private Api(MemorySegment table, int minor) {
    this.minor = minor;
    this.grow = minor > PjrtFunction.NEWEST_MINOR ? ROOM_TO_GROW : 0;
    for (PjrtFunction function : PjrtFunction.values()) {
      boolean reached = function.offset() + ADDRESS.byteSize() <= table.byteSize();
      functions[function.ordinal()] =
          reached ? table.get(ADDRESS, function.offset()) : MemorySegment.NULL;
    }
    this.extensions = extensions(table.get(ADDRESS, EXTENSIONS));
    this.events = new EventCallbacks(this);
    this.defaultExecuteOptions = allocate(Arena.ofAuto(), Struct.EXECUTE_OPTIONS).segment();
  }

  /**
   * Reads the table at an address.
   *
   * @param address the result of GetPjrtApi
   * @param origin the library, for messages
   * @throws PjrtException if the address has no table of a version that this binding supports
   */
  public static Api at(MemorySegment address, String origin) {
    if (NativeMemory.isNull(address)) {
      throw wrong(origin, "GetPjrtApi returned null", "it is broken: install another build of it");
    }
    MemorySegment head = NativeMemory.at(address, PjrtFunction.FIRST);
    long size = head.get(JAVA_LONG, 0);
    int major = head.get(JAVA_INT, VERSION_MAJOR);
    int minor = head.get(JAVA_INT, VERSION_MINOR);
    if (size < PjrtFunction.FIRST || size > LARGEST_TABLE) {
      throw wrong(
          origin,
          "expected a table of "
              + PjrtFunction.FIRST
              + " to "
              + LARGEST_TABLE
              + " bytes, it says "
              + size,
          "it is no PJRT plugin, or broken: check the path");
    }
    if (major != 0) {
      throw wrong(
          origin,
          "expected API 0.x, it speaks " + major + "." + minor,
          "use a newer Shardsum, or an older plugin");
    }
    if (minor < OLDEST_MINOR) {
      throw wrong(
          origin,
          "expected API 0." + OLDEST_MINOR + " or newer, it speaks 0." + minor,
          "install a newer build of the plugin");
    }
    return new Api(NativeMemory.at(address, size), minor);
  }

  private static PjrtException wrong(String origin, String rule, String remedy) {
    return new PjrtException(
        PjrtCode.FAILED_PRECONDITION, "GetPjrtApi", origin + ": " + rule + "; " + remedy);
  }

  private static Map<Integer, MemorySegment> extensions(MemorySegment first) {
    Map<Integer, MemorySegment> found = new TreeMap<>();
    MemorySegment next = first;
    while (!NativeMemory.isNull(next) && found.size() < MOST_EXTENSIONS) {
      MemorySegment node = NativeMemory.at(next, EXTENSION_SIZE);
      MemorySegment whole = NativeMemory.at(next, Math.max(EXTENSION_SIZE, node.get(JAVA_LONG, 0)));
      // If a type occurs twice, the linked list may be a ring.
      if (found.putIfAbsent(node.get(JAVA_INT, EXTENSION_TYPE), whole) != null) {
        break;
      }
      next = node.get(ADDRESS, EXTENSION_NEXT);
    }
    return Map.copyOf(found);
  }

  /** The minor version of the plugin's API; the major version is 0. */
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

  /** The options of nearly every run; no plugin writes to them. */
  public MemorySegment defaultExecuteOptions() {
    return defaultExecuteOptions;
  }

  /** Memory for the arguments of a call, to be closed after the call. */
  public CallArena scratch() {
    return pool.take(this);
  }

  /** Whether the plugin has a function. */
  public boolean has(PjrtFunction function) {
    return !NativeMemory.isNull(functions[function.ordinal()]);
  }

  /**
   * The arguments of a call, all zero.
   *
   * @throws PjrtException with {@link PjrtCode#UNIMPLEMENTED} if the plugin has no such function
   */
  public Call prepare(CallArena scratch, PjrtFunction function) {
    if (!has(function)) {
      throw absent(function);
    }
    return scratch.call(function);
  }

  private PjrtException absent(PjrtFunction function) {
    String age =
        function.since() > minor
            ? " (since API 0." + function.since() + ", the plugin speaks 0." + minor + ")"
            : "";
    return new PjrtException(
        PjrtCode.UNIMPLEMENTED,
        function.symbol(),
        "the plugin has no such function" + age + "; use a newer plugin");
  }

  /** A struct that contains its size and is otherwise zero. */
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

  void invoke(PjrtFunction function, MemorySegment arguments) {
    MemorySegment error;
    try {
      error = (MemorySegment) FUNCTION.invokeExact(functions[function.ordinal()], arguments);
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
    if (!NativeMemory.isNull(error)) {
      throw take(error, function.symbol());
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
    if (!NativeMemory.isNull(error)) {
      throw take(error, name);
    }
  }

  /** Makes the exception for an error, and destroys the error. */
  PjrtException take(MemorySegment error, String call) {
    try (CallArena scratch = scratch()) {
      Call message = prepare(scratch, PjrtFunction.ERROR_MESSAGE).set("error", error);
      procedure(PjrtFunction.ERROR_MESSAGE, message.segment());
      String text = message.text("message");
      PjrtCode code = code(scratch, error);
      procedure(
          PjrtFunction.ERROR_DESTROY,
          prepare(scratch, PjrtFunction.ERROR_DESTROY).set("error", error).segment());
      return new PjrtException(code, call, text);
    }
  }

  private PjrtCode code(CallArena arena, MemorySegment error) {
    Call call = prepare(arena, PjrtFunction.ERROR_GET_CODE).set("error", error);
    MemorySegment failed;
    try {
      failed =
          (MemorySegment)
              FUNCTION.invokeExact(
                  functions[PjrtFunction.ERROR_GET_CODE.ordinal()], call.segment());
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
    if (!NativeMemory.isNull(failed)) {
      procedure(
          PjrtFunction.ERROR_DESTROY,
          prepare(arena, PjrtFunction.ERROR_DESTROY).set("error", failed).segment());
      return PjrtCode.UNKNOWN;
    }
    return PjrtCode.of(call.integer("code"));
  }

  private void procedure(PjrtFunction function, MemorySegment arguments) {
    try {
      PROCEDURE.invokeExact(functions[function.ordinal()], arguments);
    } catch (Throwable e) {
      throw Libc.broken(e);
    }
  }

  /**
   * A function of an extension, if the plugin has the extension and the extension is long enough.
   */
  public Optional<MemorySegment> extensionFunction(int type, int index) {
    MemorySegment extension = extensions.get(type);
    long offset = EXTENSION_SIZE + ADDRESS.byteSize() * index;
    if (extension == null || offset + ADDRESS.byteSize() > extension.byteSize()) {
      return Optional.empty();
    }
    MemorySegment function = extension.get(ADDRESS, offset);
    return NativeMemory.isNull(function) ? Optional.empty() : Optional.of(function);
  }
}
