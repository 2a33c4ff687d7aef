package io.github.shardsum.cli.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

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
import java.util.Optional;

/**
 * The functions of a native library that multiply matrices in row-major order, bound by Panama:
 * {@code cblas_?gemm} of OpenBLAS and BLIS, {@code dnnl_sgemm} of oneDNN.
 */
final class NativeProducts {
  private static final int ROW_MAJOR = 101;
  private static final int PLAIN = 111;
  private static final int TRANSPOSED = 112;

  /** A library reads these when it is loaded, and would choose another processor's kernels. */
  private static final String[] MISLEADING = {"OPENBLAS_CORETYPE", "BLIS_ARCH_TYPE"};

  /**
   * How long OpenBLAS's threads look for more work, as a power of two of processor ticks. Their 0.1
   * s would be the time of the next competitor; within a block of calls they never wait that long.
   */
  static final String OPENBLAS_WAITS = "OPENBLAS_THREAD_TIMEOUT";

  /** A third of a millisecond. */
  static final String SHORT_WAIT = "20";

  private final boolean cblas;
  private final Optional<MethodHandle> single;
  private final Optional<MethodHandle> twice;
  private final MethodHandle setThreads;
  private final boolean wideThreads;

  private NativeProducts(
      boolean cblas,
      Optional<MethodHandle> single,
      Optional<MethodHandle> twice,
      MethodHandle setThreads,
      boolean wideThreads) {
    this.cblas = cblas;
    this.single = single;
    this.twice = twice;
    this.setThreads = setThreads;
    this.wideThreads = wideThreads;
  }

  /** Loads a library for the rest of the process's life, as native libraries want it. */
  @SuppressWarnings("restricted")
  static NativeProducts load(String name, Path file) throws MeasurementException {
    try {
      prepareEnvironment();
      SymbolLookup library = SymbolLookup.libraryLookup(file, Arena.global());
      return switch (name) {
        case "openblas" -> cblas(library, "openblas_set_num_threads", false);
        case "blis" -> cblas(library, "bli_thread_set_num_threads", true);
        default ->
            new NativeProducts(
                false,
                Optional.of(bind(library, "dnnl_sgemm", dnnl())),
                Optional.empty(),
                bind(library, "omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT)),
                false);
      };
    } catch (IllegalArgumentException e) {
      throw new MeasurementException("%s does not load: %s".formatted(file, e.getMessage()));
    }
  }

  private static NativeProducts cblas(SymbolLookup library, String setThreads, boolean wide)
      throws MeasurementException {
    return new NativeProducts(
        true,
        Optional.of(bind(library, "cblas_sgemm", cblas(JAVA_FLOAT))),
        Optional.of(bind(library, "cblas_dgemm", cblas(JAVA_DOUBLE))),
        bind(library, setThreads, FunctionDescriptor.ofVoid(wide ? JAVA_LONG : JAVA_INT)),
        wide);
  }

  /** order, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc. */
  private static FunctionDescriptor cblas(MemoryLayout scalar) {
    return FunctionDescriptor.ofVoid(
        JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, scalar, ADDRESS, JAVA_INT,
        ADDRESS, JAVA_INT, scalar, ADDRESS, JAVA_INT);
  }

  /** transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc; the result is a status. */
  private static FunctionDescriptor dnnl() {
    return FunctionDescriptor.of(
        JAVA_INT,
        JAVA_BYTE,
        JAVA_BYTE,
        JAVA_LONG,
        JAVA_LONG,
        JAVA_LONG,
        JAVA_FLOAT,
        ADDRESS,
        JAVA_LONG,
        ADDRESS,
        JAVA_LONG,
        JAVA_FLOAT,
        ADDRESS,
        JAVA_LONG);
  }

  @SuppressWarnings("restricted")
  private static MethodHandle bind(SymbolLookup library, String name, FunctionDescriptor type)
      throws MeasurementException {
    MemorySegment function =
        library.find(name).orElseThrow(() -> new MeasurementException("has no function " + name));
    return Linker.nativeLinker().downcallHandle(function, type);
  }

  /** Sets what a library reads when it is loaded; Java cannot change its own environment. */
  @SuppressWarnings("restricted")
  private static void prepareEnvironment() throws MeasurementException {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> unsetenv = linker.defaultLookup().find("unsetenv");
    Optional<MemorySegment> setenv = linker.defaultLookup().find("setenv");
    if (unsetenv.isEmpty() || setenv.isEmpty()) {
      return;
    }
    MethodHandle unset =
        linker.downcallHandle(unsetenv.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS));
    MethodHandle set =
        linker.downcallHandle(
            setenv.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      for (String variable : MISLEADING) {
        int _ = (int) unset.invokeExact(arena.allocateFrom(variable));
      }
      int _ =
          (int)
              set.invokeExact(
                  arena.allocateFrom(OPENBLAS_WAITS), arena.allocateFrom(SHORT_WAIT), 1);
    } catch (Throwable e) {
      throw new MeasurementException("setenv: " + e);
    }
  }

  /** Whether there is a function for the dtype. */
  boolean supports(DType dtype) {
    return dtype.isFloating() && (dtype == DType.F32 ? single : twice).isPresent();
  }

  /** Threads of every later product. */
  void useThreads(int threads) throws MeasurementException {
    try {
      if (wideThreads) {
        setThreads.invokeExact((long) threads);
      } else {
        setThreads.invokeExact(threads);
      }
    } catch (Throwable e) {
      throw new MeasurementException("number of threads: " + e);
    }
  }

  /** All products of a form. */
  void run(GemmForm form, DType dtype, MemorySegment a, MemorySegment b, MemorySegment c)
      throws MeasurementException {
    try {
      for (long[] offset : form.offsets()) {
        MemorySegment from = at(a, offset[0], dtype);
        MemorySegment by = at(b, offset[1], dtype);
        MemorySegment into = at(c, offset[2], dtype);
        if (!cblas) {
          dnnl(form, from, by, into);
        } else if (dtype == DType.F32) {
          singles(form, from, by, into);
        } else {
          doubles(form, from, by, into);
        }
      }
    } catch (MeasurementException e) {
      throw e;
    } catch (Throwable e) {
      throw new MeasurementException("product: " + e);
    }
  }

  private static MemorySegment at(MemorySegment segment, long element, DType dtype) {
    return segment.asSlice(element * dtype.byteSize());
  }

  private void singles(GemmForm form, MemorySegment a, MemorySegment b, MemorySegment c)
      throws Throwable {
    single
        .orElseThrow()
        .invokeExact(
            ROW_MAJOR,
            order(form.a()),
            order(form.b()),
            form.m(),
            form.n(),
            form.k(),
            1f,
            a,
            form.a().ld(),
            b,
            form.b().ld(),
            0f,
            c,
            form.ldc());
  }

  private void doubles(GemmForm form, MemorySegment a, MemorySegment b, MemorySegment c)
      throws Throwable {
    twice
        .orElseThrow()
        .invokeExact(
            ROW_MAJOR,
            order(form.a()),
            order(form.b()),
            form.m(),
            form.n(),
            form.k(),
            1.0,
            a,
            form.a().ld(),
            b,
            form.b().ld(),
            0.0,
            c,
            form.ldc());
  }

  private void dnnl(GemmForm form, MemorySegment a, MemorySegment b, MemorySegment c)
      throws Throwable {
    int status =
        (int)
            single
                .orElseThrow()
                .invokeExact(
                    letter(form.a()),
                    letter(form.b()),
                    (long) form.m(),
                    (long) form.n(),
                    (long) form.k(),
                    1f,
                    a,
                    (long) form.a().ld(),
                    b,
                    (long) form.b().ld(),
                    0f,
                    c,
                    (long) form.ldc());
    if (status != 0) {
      throw new MeasurementException("dnnl_sgemm: status " + status);
    }
  }

  private static int order(GemmForm.Matrix matrix) {
    return matrix.transposed() ? TRANSPOSED : PLAIN;
  }

  private static byte letter(GemmForm.Matrix matrix) {
    return (byte) (matrix.transposed() ? 'T' : 'N');
  }
}
