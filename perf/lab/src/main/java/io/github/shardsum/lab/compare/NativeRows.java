package io.github.shardsum.lab.compare;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.bench.BenchmarkScript;
import io.github.shardsum.measure.CCompiler;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.measure.Timed;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;

/** The loops of {@code moe_rows.c}, on their own threads and memory. */
@SuppressWarnings("restricted") // this class calls C
final class NativeRows implements AutoCloseable {
  private static final String SOURCE = "moe_rows.c";
  private static final long ALIGNMENT = 64;

  /** Loops of the C library; the ordinals are the numbers that the C code switches on. */
  enum Loop {
    /** out [row] = x [index of row]. */
    GATHER,
    /** As GATHER, with stores that bypass the caches. */
    GATHER_STREAM,
    /** out [token] = the sum of x [row] over its two rows. */
    COMBINE,
    /** As COMBINE, with stores that bypass the caches. */
    COMBINE_STREAM,
    /** The sum of words. */
    READ
  }

  private final Arena arena = Arena.ofShared();
  private final int threads;
  private final MethodHandle run;
  private final long streamed;

  NativeRows(int threads) throws MeasurementException {
    this.threads = threads;
    SymbolLookup library =
        CCompiler.compiled(
            BenchmarkScript.open(NativeRows.class, SOURCE),
            List.of("-shared", "-fPIC", "-O3", "-march=native", "-pthread"),
            file -> SymbolLookup.libraryLookup(file, arena));
    Linker linker = Linker.nativeLinker();
    this.run =
        linker.downcallHandle(
            library.findOrThrow("moe_rows_run"),
            FunctionDescriptor.of(
                JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS,
                ADDRESS));
    MethodHandle stream =
        linker.downcallHandle(
            library.findOrThrow("moe_rows_stream"), FunctionDescriptor.of(JAVA_LONG));
    try {
      this.streamed = (long) stream.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether stores of rows of this width can bypass the caches. */
  boolean canStream(long width) {
    return streamed > 0 && width % streamed == 0;
  }

  MemorySegment floats(float[] values) {
    MemorySegment copy = floats(values.length);
    MemorySegment.copy(values, 0, copy, JAVA_FLOAT, 0, values.length);
    return copy;
  }

  MemorySegment floats(long count) {
    return arena.allocate(Float.BYTES * count, ALIGNMENT);
  }

  MemorySegment ints(int[] values) {
    return arena.allocateFrom(JAVA_INT, values);
  }

  /**
   * Rows gathered or summed.
   *
   * @param count the number of rows of the result
   */
  Timed rows(
      Loop loop, long count, long width, MemorySegment x, MemorySegment index, MemorySegment out) {
    return calls -> seconds(loop, calls, count, width, x, index, out);
  }

  /** Reads this many bytes of memory, a multiple of 8. */
  Timed read(long bytes) {
    MemorySegment all = arena.allocate(bytes, ALIGNMENT);
    all.fill((byte) 1); // else all pages would be the zero page
    MemorySegment none = MemorySegment.NULL;
    return calls -> seconds(Loop.READ, calls, bytes / Long.BYTES, 1, all, none, none);
  }

  private double seconds(
      Loop loop,
      long calls,
      long count,
      long width,
      MemorySegment x,
      MemorySegment index,
      MemorySegment out) {
    long begin = System.nanoTime();
    long sum;
    try {
      sum = (long) run.invokeExact(loop.ordinal(), threads, calls, count, width, x, index, out);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    if (sum == -1 || (loop == Loop.READ && sum != calls * count * 0x0101010101010101L)) {
      throw new IllegalStateException(SOURCE + ": " + loop + " on " + threads + " threads failed");
    }
    return seconds;
  }

  @Override
  public void close() {
    arena.close();
  }
}
