package io.github.shardsum.bench.pjrt;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.bench.BenchmarkScript;
import io.github.shardsum.measure.CCompiler;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.pjrt.PjrtCompileOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/** The loops of {@code pjrt_calls.c} on a client of their own. {@link CCompiler} builds them. */
@SuppressWarnings("restricted") // this class loads C
public final class NativeCalls implements AutoCloseable {
  private static final String SOURCE = "pjrt_calls.c";

  private final Arena arena = Arena.ofShared();
  private final SymbolLookup library;
  private final MemorySegment state;

  /**
   * Builds and loads the loops, and has them open a client.
   *
   * @param plugin the library
   * @param program a program with two arguments f32[3]
   * @throws MeasurementException if there is no C compiler, or the loops do not compile
   */
  public NativeCalls(Path plugin, String program) throws MeasurementException {
    this.library =
        CCompiler.compiled(
            BenchmarkScript.open(NativeCalls.class, SOURCE),
            List.of("-shared", "-fPIC", "-O2", "-ldl"),
            file -> SymbolLookup.libraryLookup(file, arena));
    byte[] options = PjrtCompileOptions.defaults().toBytes();
    MethodHandle open =
        handle("calls_open", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
    try {
      this.state =
          (MemorySegment)
              open.invokeExact(
                  arena.allocateFrom(plugin.toString()),
                  arena.allocateFrom(program),
                  arena.allocateFrom(JAVA_BYTE, options),
                  (long) options.length);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    if (state.address() == 0) {
      throw new IllegalArgumentException(plugin + ": expected a PJRT plugin");
    }
  }

  private MethodHandle handle(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), type);
  }

  /** Some calls in a row, made by C. */
  @FunctionalInterface
  public interface Loop {
    /**
     * Makes the calls.
     *
     * @param times the number of calls
     * @return a number that depends on their results
     */
    long run(long times);
  }

  /**
   * A loop by its name.
   *
   * @param name the function's name, such as {@code is_deleted}
   * @return the loop
   */
  public Loop loop(String name) {
    MethodHandle handle =
        handle("calls_" + name, FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG));
    return times -> {
      try {
        return (long) handle.invokeExact(state, times);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    };
  }

  /**
   * Copies to new buffers.
   *
   * @param data f32
   * @param semantics 0 for a copy during the call
   * @return the loop
   */
  public Loop fromHost(MemorySegment data, int semantics) {
    MemoryLayout[] types = {ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_LONG};
    MethodHandle handle = handle("calls_from_host", FunctionDescriptor.of(JAVA_LONG, types));
    long count = data.byteSize() / Float.BYTES;
    return times -> {
      try {
        return (long) handle.invokeExact(state, data, count, semantics, times);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    };
  }

  /**
   * Copies to new memory, without PJRT.
   *
   * @param data f32
   * @return the loop
   */
  public Loop copy(MemorySegment data) {
    MethodHandle handle =
        handle("calls_copy", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));
    long count = data.byteSize() / Float.BYTES;
    return times -> {
      try {
        return (long) handle.invokeExact(data, count, times);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    };
  }

  /** Closes the client. */
  @Override
  public void close() {
    MethodHandle close = handle("calls_close", FunctionDescriptor.ofVoid(ADDRESS));
    try {
      close.invokeExact(state);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    arena.close();
  }
}
