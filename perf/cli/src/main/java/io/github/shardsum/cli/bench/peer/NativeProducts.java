package io.github.shardsum.cli.bench.peer;

import static io.github.shardsum.measure.Texts.format;
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
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The functions of a native library that multiply matrices in row-major order, bound by Panama:
 * {@code cblas_?gemm} of OpenBLAS, BLIS and MKL, {@code dnnl_sgemm} of oneDNN.
 */
final class NativeProducts {
  private static final int ROW_MAJOR = 101;
  private static final int PLAIN = 111;
  private static final int TRANSPOSED = 112;

  /**
   * Environment variables that libraries read when they are loaded. Variables that would choose
   * another processor's kernels are removed. Idle threads poll for a third of a millisecond
   * (OpenBLAS, set as a power of two of processor ticks) or 1 ms (MKL's OpenMP; its default is
   * 200). A longer wait would take time from the next competitor; calls in a block follow each
   * other sooner.
   */
  static final Map<String, String> ENVIRONMENT =
      Map.of(
          "OPENBLAS_CORETYPE", "",
          "BLIS_ARCH_TYPE", "",
          "ONEDNN_MAX_CPU_ISA", "",
          "DNNL_MAX_CPU_ISA", "",
          "MKL_ENABLE_INSTRUCTIONS", "",
          "MKL_CBWR", "",
          "ATEN_CPU_CAPABILITY", "",
          "NPY_DISABLE_CPU_FEATURES", "",
          "OPENBLAS_THREAD_TIMEOUT", "20",
          "KMP_BLOCKTIME", "1");

  /** Bits of oneDNN's instruction sets; wider sets contain the narrower ones. */
  private static final Map<Integer, String> ONEDNN_ISA = oneDnnIsa();

  private static final Pattern MKL_VERSION = Pattern.compile("Version ([\\d.]+)");
  private static final Pattern MKL_KERNELS =
      Pattern.compile("libmkl_(def|mc|mc3|avx|avx2|avx512\\w*|avx10\\w*)\\.so");

  private final boolean cblas;
  private final Optional<MethodHandle> single;
  private final Optional<MethodHandle> twice;
  private final Threads threads;
  private final PeerVersion version;

  /** Sets the number of threads of every later product. */
  private interface Threads {
    void use(int count) throws Throwable;
  }

  private NativeProducts(NativeProductLibrary library, SymbolLookup symbols) throws Throwable {
    this.cblas = !library.isOneDnn();
    this.single =
        Optional.of(
            cblas
                ? cblas(library, symbols, "cblas_sgemm", JAVA_FLOAT)
                : bind(symbols, "dnnl_sgemm", dnnl()));
    this.twice =
        cblas ? Optional.of(cblas(library, symbols, "cblas_dgemm", JAVA_DOUBLE)) : Optional.empty();
    this.threads = threads(library, symbols);
    this.version = version(library, symbols);
  }

  /** Loads a library for the rest of the process's life, as native libraries need it. */
  static NativeProducts load(NativeProductLibrary library, Path file, Isa isa)
      throws MeasurementException {
    try {
      PeerSharedLibraries loader = new PeerSharedLibraries();
      loader.environment(ENVIRONMENT);
      loader.environment(isa.variables());
      NativeProducts products = new NativeProducts(library, loader.load(file));
      products.version.check(isa);
      return products;
    } catch (MeasurementException e) {
      throw e;
    } catch (Throwable e) {
      throw new MeasurementException(format("%s does not load: %s", file, e));
    }
  }

  /** The version that the library reports. */
  PeerVersion version() {
    return version;
  }

  private static MethodHandle cblas(
      NativeProductLibrary library, SymbolLookup symbols, String name, MemoryLayout scalar)
      throws MeasurementException {
    MemoryLayout integer = library.hasWideIntegers() ? JAVA_LONG : JAVA_INT;
    MethodHandle bound = bind(symbols, library.function(name), cblas(JAVA_INT, integer, scalar));
    return bound.asType(cblas(JAVA_INT, JAVA_INT, scalar).toMethodType());
  }

  /** order, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc. */
  private static FunctionDescriptor cblas(
      MemoryLayout choice, MemoryLayout integer, MemoryLayout scalar) {
    return FunctionDescriptor.ofVoid(
        choice, choice, choice, integer, integer, integer, scalar, ADDRESS, integer, ADDRESS,
        integer, scalar, ADDRESS, integer);
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

  private static Threads threads(NativeProductLibrary library, SymbolLookup symbols)
      throws Throwable {
    return switch (library) {
      case OPENBLAS, OPENBLAS_PIP ->
          setter(symbols, library.function("openblas_set_num_threads"), JAVA_INT);
      case BLIS -> setter(symbols, "bli_thread_set_num_threads", JAVA_LONG);
      case ONEDNN -> setter(symbols, "omp_set_num_threads", JAVA_INT);
      case ONEDNN_PIP -> tbb(symbols);
      case MKL -> {
        // The interface with 32-bit integers, and Intel's OpenMP for threads, before any product.
        int _ = integer(symbols, "MKL_Set_Interface_Layer", 0);
        int _ = integer(symbols, "MKL_Set_Threading_Layer", 0);
        setter(symbols, "MKL_Set_Dynamic", JAVA_INT).use(0);
        yield setter(symbols, "MKL_Set_Num_Threads", JAVA_INT);
      }
    };
  }

  private static Threads setter(SymbolLookup symbols, String name, MemoryLayout count)
      throws MeasurementException {
    MethodHandle set =
        bind(symbols, name, FunctionDescriptor.ofVoid(count))
            .asType(MethodType.methodType(void.class, int.class));
    return threads -> {
      set.invokeExact(threads);
    };
  }

  /**
   * A {@code tbb::global_control} of oneTBB, which lives until the next one is made. The library
   * exports its constructor and destructor as create and destroy; they take a struct of value,
   * reserved and parameter.
   *
   * <p>oneTBB fixes the size of a thread's arena at the thread's first use, so the library is used
   * once before any control.
   */
  private static Threads tbb(SymbolLookup symbols) throws Throwable {
    FunctionDescriptor type = FunctionDescriptor.ofVoid(ADDRESS);
    MethodHandle create = bind(symbols, "_ZN3tbb6detail2r16createERNS0_2d114global_controlE", type);
    MethodHandle destroy =
        bind(symbols, "_ZN3tbb6detail2r17destroyERNS0_2d114global_controlE", type);
    MemorySegment _ =
        (MemorySegment)
            bind(symbols, "_ZN3tbb6detail2r115current_contextEv", FunctionDescriptor.of(ADDRESS))
                .invokeExact();
    MemorySegment control = Arena.global().allocate(3 * JAVA_LONG.byteSize(), JAVA_LONG.byteSize());
    return threads -> {
      if (control.get(JAVA_LONG, 0) != 0) {
        destroy.invokeExact(control);
      }
      control.set(JAVA_LONG, 0, threads);
      create.invokeExact(control);
    };
  }

  private static PeerVersion version(NativeProductLibrary library, SymbolLookup symbols)
      throws Throwable {
    return switch (library) {
      case OPENBLAS, OPENBLAS_PIP ->
          new PeerVersion(
              library.id(),
              text(symbols, library.function("openblas_get_config")).split("\\s+", -1)[1],
              text(symbols, library.function("openblas_get_corename")));
      case BLIS ->
          new PeerVersion(
              library.id(), text(symbols, "bli_info_get_version_str"), blisKernels(symbols));
      case ONEDNN, ONEDNN_PIP ->
          new PeerVersion(library.id(), oneDnnVersion(symbols), oneDnnKernels(symbols));
      case MKL -> new PeerVersion(library.id(), mklVersion(symbols), mklKernels(symbols));
    };
  }

  private static String blisKernels(SymbolLookup symbols) throws Throwable {
    int id =
        (int) bind(symbols, "bli_arch_query_id", FunctionDescriptor.of(JAVA_INT)).invokeExact();
    MethodHandle name = bind(symbols, "bli_arch_string", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    return string((MemorySegment) name.invokeExact(id));
  }

  @SuppressWarnings("restricted")
  private static String oneDnnVersion(SymbolLookup symbols) throws Throwable {
    MemorySegment version =
        (MemorySegment) bind(symbols, "dnnl_version", FunctionDescriptor.of(ADDRESS)).invokeExact();
    MemorySegment three = version.reinterpret(3 * JAVA_INT.byteSize());
    return format(
        "%d.%d.%d",
        three.getAtIndex(JAVA_INT, 0),
        three.getAtIndex(JAVA_INT, 1),
        three.getAtIndex(JAVA_INT, 2));
  }

  private static String oneDnnKernels(SymbolLookup symbols) throws Throwable {
    int isa =
        (int)
            bind(symbols, "dnnl_get_effective_cpu_isa", FunctionDescriptor.of(JAVA_INT))
                .invokeExact();
    return ONEDNN_ISA.getOrDefault(isa, (isa & 0x20) != 0 ? "avx512_core and more" : "");
  }

  /** The names of {@code dnnl_cpu_isa_t}. */
  private static Map<Integer, String> oneDnnIsa() {
    return Map.of(
        0x1, "sse41",
        0x3, "avx",
        0x7, "avx2",
        0xf, "avx2_vnni",
        0x1f, "avx2_vnni_2",
        0x27, "avx512_core",
        0x67, "avx512_core_vnni",
        0xe7, "avx512_core_bf16",
        0x1ef, "avx512_core_fp16",
        0xfef, "avx512_core_amx");
  }

  private static String mklVersion(SymbolLookup symbols) throws Throwable {
    MethodHandle get =
        bind(symbols, "mkl_get_version_string", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(VERSION_BYTES);
      get.invokeExact(text, VERSION_BYTES - 1);
      Matcher version = MKL_VERSION.matcher(text.getString(0));
      return version.find() ? version.group(1) : "";
    }
  }

  private static final int VERSION_BYTES = 256;

  /**
   * The library of kernels that MKL loads with the first product. Its {@code def} has kernels for
   * AMD's processors with AVX2, and generic kernels for other processors.
   */
  private static String mklKernels(SymbolLookup symbols) throws Throwable {
    MethodHandle product = bind(symbols, "cblas_sgemm", cblas(JAVA_INT, JAVA_INT, JAVA_FLOAT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment zeros = arena.allocate(JAVA_FLOAT, 8 * 8);
      product.invokeExact(ROW_MAJOR, PLAIN, PLAIN, 8, 8, 8, 1f, zeros, 8, zeros, 8, 0f, zeros, 8);
    }
    List<String> loaded =
        Files.readAllLines(Path.of("/proc/self/maps")).stream()
            .map(MKL_KERNELS::matcher)
            .filter(Matcher::find)
            .map(found -> found.group(1))
            .distinct()
            .toList();
    boolean amd =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .anyMatch(line -> line.startsWith("vendor_id") && line.contains("AMD"));
    String kernels = loaded.isEmpty() ? "" : loaded.getFirst();
    return !kernels.equals("def") ? kernels : amd ? "def, AMD's AVX2" : "generic";
  }

  private static int integer(SymbolLookup symbols, String name, int argument) throws Throwable {
    return (int)
        bind(symbols, name, FunctionDescriptor.of(JAVA_INT, JAVA_INT)).invokeExact(argument);
  }

  private static String text(SymbolLookup symbols, String name) throws Throwable {
    return string(
        (MemorySegment) bind(symbols, name, FunctionDescriptor.of(ADDRESS)).invokeExact());
  }

  @SuppressWarnings("restricted")
  private static String string(MemorySegment text) {
    return text.equals(MemorySegment.NULL)
        ? ""
        : text.reinterpret(Long.MAX_VALUE).getString(0).strip();
  }

  /** Whether there is a function for the dtype. */
  boolean supports(DType dtype) {
    return dtype.isFloating() && (dtype == DType.F32 ? single : twice).isPresent();
  }

  /** Threads of every later product. */
  void useThreads(int count) throws MeasurementException {
    try {
      threads.use(count);
    } catch (Throwable e) {
      throw new MeasurementException("number of threads: " + e);
    }
  }

  /** All products of a form. */
  void run(NativeGemmForm form, DType dtype, MemorySegment a, MemorySegment b, MemorySegment c)
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

  private void singles(NativeGemmForm form, MemorySegment a, MemorySegment b, MemorySegment c)
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

  private void doubles(NativeGemmForm form, MemorySegment a, MemorySegment b, MemorySegment c)
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

  private void dnnl(NativeGemmForm form, MemorySegment a, MemorySegment b, MemorySegment c)
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

  private static int order(NativeGemmForm.Matrix matrix) {
    return matrix.transposed() ? TRANSPOSED : PLAIN;
  }

  private static byte letter(NativeGemmForm.Matrix matrix) {
    return (byte) (matrix.transposed() ? 'T' : 'N');
  }
}
