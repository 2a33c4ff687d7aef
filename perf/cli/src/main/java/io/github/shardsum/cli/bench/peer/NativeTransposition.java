package io.github.shardsum.cli.bench.peer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.shardsum.cli.common.LibrarySearch;
import io.github.shardsum.cli.common.NativeLibrary;
import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** HPTT, for the einsums of one operand that only permute its axes. */
public final class NativeTransposition implements Competitor {
  public static final String NAME = "hptt";

  private static final int ROW_MAJOR = 1;

  private final MethodHandle floats;
  private final MethodHandle doubles;
  private final int threads;
  private @Nullable Run run;

  private record Run(
      DType dtype,
      int rank,
      MemorySegment permutation,
      MemorySegment sizes,
      MemorySegment from,
      MemorySegment to) {}

  private NativeTransposition(MethodHandle floats, MethodHandle doubles, int threads) {
    this.floats = floats;
    this.doubles = doubles;
    this.threads = threads;
  }

  /** Loads the library for the rest of the process's life. */
  @SuppressWarnings("restricted")
  public static NativeTransposition load(LibrarySearch search, int threads)
      throws MeasurementException {
    NativeLibrary engine =
        NativeLibrary.ALL.stream().filter(e -> e.name().equals("HPTT")).findFirst().orElseThrow();
    Path file =
        search
            .find(engine)
            .orElseThrow(() -> new MeasurementException("not found; " + engine.remedy()));
    try {
      SymbolLookup library = SymbolLookup.libraryLookup(file, Arena.global());
      return new NativeTransposition(
          bind(library, "sTensorTranspose", JAVA_FLOAT),
          bind(library, "dTensorTranspose", JAVA_DOUBLE),
          threads);
    } catch (IllegalArgumentException e) {
      throw new MeasurementException(
          String.format(Locale.ROOT, "%s does not load: %s", file, e.getMessage()));
    }
  }

  /** perm, dim, alpha, a, sizeA, outerSizeA, beta, b, outerSizeB, numThreads, useRowMajor. */
  @SuppressWarnings("restricted")
  private static MethodHandle bind(SymbolLookup library, String name, MemoryLayout scalar)
      throws MeasurementException {
    MemorySegment function =
        library.find(name).orElseThrow(() -> new MeasurementException("has no function " + name));
    return Linker.nativeLinker()
        .downcallHandle(
            function,
            FunctionDescriptor.ofVoid(
                ADDRESS, JAVA_INT, scalar, ADDRESS, ADDRESS, ADDRESS, scalar, ADDRESS, ADDRESS,
                JAVA_INT, JAVA_INT));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean supports(BenchCase subject) {
    BoundEquation bound = subject.bound();
    if (!subject.dtype().isFloating() || bound.operandCount() != 1 || bound.operandRank(0) < 2) {
      return false;
    }
    int[] from = bound.operandLabels(0).clone();
    int[] to = bound.outputLabels().clone();
    Arrays.sort(from);
    Arrays.sort(to);
    return Arrays.equals(from, to) && Arrays.stream(from).distinct().count() == from.length;
  }

  @Override
  public double[] prepare(BenchCase subject, long[] samples) throws MeasurementException {
    BoundEquation bound = subject.bound();
    int[] from = bound.operandLabels(0);
    int[] permutation =
        Arrays.stream(bound.outputLabels())
            .map(label -> IntStream.range(0, from.length).filter(i -> from[i] == label).sum())
            .toArray();
    int[] sizes =
        Arrays.stream(bound.operandShape(0).toArray()).mapToInt(Math::toIntExact).toArray();
    Arena arena = Arena.ofAuto();
    long count = bound.operandShape(0).elementCount();
    MemorySegment operand = NativeGemm.allocate(arena, count, subject.dtype());
    PeerInputs.fill(operand, 0, count, subject.dtype());
    Run prepared =
        new Run(
            subject.dtype(),
            from.length,
            arena.allocateFrom(JAVA_INT, permutation),
            arena.allocateFrom(JAVA_INT, sizes),
            operand,
            NativeGemm.allocate(arena, count, subject.dtype()));
    run = prepared;
    once(prepared);
    return Arrays.stream(samples)
        .mapToDouble(
            i ->
                subject.dtype() == DType.F32
                    ? prepared.to().getAtIndex(JAVA_FLOAT, i)
                    : prepared.to().getAtIndex(JAVA_DOUBLE, i))
        .toArray();
  }

  @Override
  public double seconds(long calls) throws MeasurementException {
    Run prepared = Objects.requireNonNull(run, "prepare first");
    long begin = System.nanoTime();
    for (long call = 0; call < calls; call++) {
      once(prepared);
    }
    return (System.nanoTime() - begin) / 1e9;
  }

  @Override
  public void forget() {
    run = null;
  }

  private void once(Run r) throws MeasurementException {
    MemorySegment whole = MemorySegment.NULL;
    try {
      if (r.dtype() == DType.F32) {
        floats.invokeExact(
            r.permutation(),
            r.rank(),
            1f,
            r.from(),
            r.sizes(),
            whole,
            0f,
            r.to(),
            whole,
            threads,
            ROW_MAJOR);
      } else {
        doubles.invokeExact(
            r.permutation(),
            r.rank(),
            1.0,
            r.from(),
            r.sizes(),
            whole,
            0.0,
            r.to(),
            whole,
            threads,
            ROW_MAJOR);
      }
    } catch (Throwable e) {
      throw new MeasurementException("hptt: " + e.getMessage());
    }
  }
}
