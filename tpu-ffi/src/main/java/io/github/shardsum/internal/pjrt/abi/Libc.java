package io.github.shardsum.internal.pjrt.abi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Optional;

/** Functions of the C library that the binding needs. */
public final class Libc {
  /** RTLD_NOW, so that a missing symbol is an error on loading and not an abort later. */
  private static final int NOW = 2;

  /** RTLD_NODELETE, since a plugin's threads and registries outlive every use of the plugin. */
  private static final int NO_DELETE = 0x1000;

  private static final MethodHandle OPEN =
      bind("dlopen", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle FIND =
      bind("dlsym", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle REASON = bind("dlerror", FunctionDescriptor.of(ADDRESS));
  private static final MethodHandle SET_ENV =
      bind("setenv", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle GET_ENV =
      bind("getenv", FunctionDescriptor.of(ADDRESS, ADDRESS));
  private static final MethodHandle ALLOCATE =
      bind("malloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
  private static final MethodHandle ALLOCATE_ALIGNED =
      bind("aligned_alloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FREE = bind("free", FunctionDescriptor.ofVoid(ADDRESS));
  private static final MethodHandle SIGNAL =
      bind("sigaction", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

  private Libc() {}

  /** A library, or the reason why it does not load. */
  public sealed interface Opened {
    /** A library that was loaded and stays loaded. */
    record Library(MemorySegment handle) implements Opened {}

    /** The loader's message. */
    record Failure(String reason) implements Opened {}
  }

  public static Opened open(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle =
          (MemorySegment) OPEN.invokeExact(arena.allocateFrom(path), NOW | NO_DELETE);
      return NativeMemory.isNull(handle)
          ? new Opened.Failure(reason())
          : new Opened.Library(handle);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  public static Optional<MemorySegment> find(MemorySegment library, String symbol) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found = (MemorySegment) FIND.invokeExact(library, arena.allocateFrom(symbol));
      return NativeMemory.isNull(found) ? Optional.empty() : Optional.of(found);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** Refuses a name or value that an environment cannot hold. */
  public static void checkEnvironment(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0 || (name + value).indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "environment: expected a name that is not empty and has no '=', and no zero in it or its"
              + " value, got \""
              + name
              + "\" = \""
              + value
              + "\"");
    }
  }

  /** Sets a variable for native code; Java's own view of the environment does not change. */
  public static void setEnvironment(String name, String value) {
    checkEnvironment(name, value);
    try (Arena arena = Arena.ofConfined()) {
      int status =
          (int) SET_ENV.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 1);
      if (status != 0) {
        throw new OutOfMemoryError("setenv of " + name);
      }
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** The value of a variable for native code. */
  public static Optional<String> environment(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = (MemorySegment) GET_ENV.invokeExact(arena.allocateFrom(name));
      return NativeMemory.isNull(value)
          ? Optional.empty()
          : Optional.of(NativeMemory.at(value, Long.MAX_VALUE).getString(0));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** Native memory from malloc, which the plugin frees by {@link #free}. */
  public static MemorySegment allocate(long bytes) {
    try {
      MemorySegment memory = (MemorySegment) ALLOCATE.invokeExact(Math.max(1, bytes));
      if (NativeMemory.isNull(memory)) {
        throw new OutOfMemoryError("malloc of " + bytes + " bytes");
      }
      return NativeMemory.at(memory, bytes);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /**
   * Native memory that is not zeroed, until {@link #free(MemorySegment)}.
   *
   * @param bytes a multiple of the alignment
   * @param alignment a power of two
   */
  public static MemorySegment allocate(long bytes, long alignment) {
    try {
      MemorySegment memory = (MemorySegment) ALLOCATE_ALIGNED.invokeExact(alignment, bytes);
      if (NativeMemory.isNull(memory)) {
        throw new OutOfMemoryError(
            String.format(
                Locale.ROOT,
                "host memory on the way to a device: the system has no %,d bytes free; use fewer at once, or make the array in the program",
                bytes));
      }
      return NativeMemory.at(memory, bytes);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  public static void free(MemorySegment memory) {
    try {
      FREE.invokeExact(memory);
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** The address of {@code free}. */
  public static MemorySegment free() {
    return symbol("free");
  }

  /**
   * sigaction(2).
   *
   * @return whether the kernel accepted the call
   */
  public static boolean signalAction(int signal, MemorySegment set, MemorySegment old) {
    try {
      return (int) SIGNAL.invokeExact(signal, set, old) == 0;
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  private static String reason() throws Throwable {
    MemorySegment text = (MemorySegment) REASON.invokeExact();
    return NativeMemory.isNull(text)
        ? "no reason given"
        : NativeMemory.at(text, Long.MAX_VALUE).getString(0);
  }

  @SuppressWarnings("restricted")
  private static MethodHandle bind(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(symbol(name), type);
  }

  private static MemorySegment symbol(String name) {
    return Linker.nativeLinker()
        .defaultLookup()
        .find(name)
        .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
  }

  /** A method handle with the right types throws no exception of its own. */
  public static IllegalStateException broken(Throwable e) {
    return new IllegalStateException("native call: " + e, e);
  }

  /** Room for one struct sigaction: 152 bytes with glibc. */
  public static MemoryLayout signalActionLayout() {
    return MemoryLayout.sequenceLayout(32, JAVA_LONG);
  }
}
