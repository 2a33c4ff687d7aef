package io.github.shardsum.cli.bench.peer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.shardsum.measure.CCompiler;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A gather of rows in C, compiled on demand. */
public record CompiledGather(MethodHandle gather) {
  /** Page size. */
  private static final long ALIGNMENT = 4096;

  /** Compiles and loads it, for the rest of the process's life. */
  @SuppressWarnings("restricted")
  public static CompiledGather load() throws MeasurementException {
    try {
      FunctionDescriptor type =
          FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
      return CCompiler.compiled(
          Objects.requireNonNull(CompiledGather.class.getResourceAsStream("gather.c")),
          Stream.of(CCompiler.FASTEST, CCompiler.SHARED).flatMap(List::stream).toList(),
          file ->
              new CompiledGather(
                  Linker.nativeLinker()
                      .downcallHandle(
                          SymbolLookup.libraryLookup(file, Arena.global())
                              .find("gather_rows")
                              .orElseThrow(),
                          type)));
    } catch (MeasurementException e) {
      throw new MeasurementException("no C: " + e.why());
    }
  }

  /** One gather of these rows from a table of the same number of rows, in native memory. */
  public Runnable prepared(long[] index, int width) {
    Arena arena = Arena.ofAuto();
    long elements = (long) index.length * width;
    MemorySegment table = arena.allocate(elements * JAVA_FLOAT.byteSize(), ALIGNMENT);
    MemorySegment out = arena.allocate(elements * JAVA_FLOAT.byteSize(), ALIGNMENT);
    PeerInputs.fill(table, 0, elements, DType.F32);
    MemorySegment rows = arena.allocateFrom(JAVA_LONG, index);
    return () -> run(table, rows, out, index.length, width);
  }

  private void run(MemorySegment table, MemorySegment rows, MemorySegment out, long n, long width) {
    try {
      gather.invokeExact(table, rows, out, n, width);
    } catch (Throwable e) {
      throw new IllegalStateException("gather in C: " + e.getMessage(), e);
    }
  }
}
