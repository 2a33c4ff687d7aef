package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.cli.common.LibrarySearch;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A matrix product of a native library, for the einsums that are a loop of plain products. */
public final class NativeGemm implements Competitor {
  /** The names that tables show. */
  public static final List<String> NAMES = NativeProductLibrary.ids();

  /** Page size: a peer gets memory at least as well aligned as its own allocator's. */
  private static final long ALIGNMENT = 4096;

  private final String name;
  private final NativeProducts products;
  private @Nullable Run run;

  private record Run(
      NativeGemmForm form, DType dtype, MemorySegment a, MemorySegment b, MemorySegment c) {}

  private NativeGemm(String name, NativeProducts products) {
    this.name = name;
    this.products = products;
  }

  /**
   * Loads a library.
   *
   * @param library the library
   * @param search the loader's folders
   * @param python the interpreter whose packages may hold it
   * @param isa the instruction sets that it may use
   * @param threads threads it may use
   * @throws MeasurementException if the library is not there, is another library than its name
   *     says, or chose kernels that are no match; with the remedy
   */
  static NativeGemm load(
      NativeProductLibrary library, LibrarySearch search, String python, Isa isa, int threads)
      throws MeasurementException {
    NativeProducts products = NativeProducts.load(library, library.find(search, python), isa);
    products.useThreads(threads);
    return new NativeGemm(library.id(), products);
  }

  /** The version that the library reports. */
  PeerVersion version() {
    return products.version();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean supports(BenchCase subject) {
    return products.supports(subject.dtype()) && NativeGemmForm.of(subject.bound()).isPresent();
  }

  @Override
  public double[] prepare(BenchCase subject, long[] samples) throws MeasurementException {
    forget();
    NativeGemmForm form =
        NativeGemmForm.of(subject.bound())
            .filter(_ -> products.supports(subject.dtype()))
            .orElseThrow(
                () -> new MeasurementException("this case is no product of plain matrices"));
    Arena arena = Arena.ofAuto();
    Run prepared =
        new Run(
            form,
            subject.dtype(),
            operand(arena, subject, form.left()),
            operand(arena, subject, 1 - form.left()),
            allocate(arena, subject.bound().outputShape().elementCount(), subject.dtype()));
    run = prepared;
    times(prepared, 1);
    double[] values = new double[samples.length];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          subject.dtype() == DType.F32
              ? prepared.c().getAtIndex(ValueLayout.JAVA_FLOAT, samples[i])
              : prepared.c().getAtIndex(ValueLayout.JAVA_DOUBLE, samples[i]);
    }
    return values;
  }

  @Override
  public double seconds(long calls) throws MeasurementException {
    Run prepared = Objects.requireNonNull(run, "prepare first");
    long begin = System.nanoTime();
    times(prepared, calls);
    return (System.nanoTime() - begin) / 1e9;
  }

  @Override
  public void forget() {
    run = null;
  }

  private void times(Run prepared, long calls) throws MeasurementException {
    for (long call = 0; call < calls; call++) {
      products.run(prepared.form(), prepared.dtype(), prepared.a(), prepared.b(), prepared.c());
    }
  }

  private static MemorySegment operand(Arena arena, BenchCase subject, int operand) {
    long count = subject.bound().operandShape(operand).elementCount();
    MemorySegment segment = allocate(arena, count, subject.dtype());
    PeerInputs.fill(segment, operand, count, subject.dtype());
    return segment;
  }

  /** Page-aligned. */
  static MemorySegment allocate(Arena arena, long count, DType dtype) {
    return arena.allocate(count * dtype.byteSize(), ALIGNMENT);
  }
}
