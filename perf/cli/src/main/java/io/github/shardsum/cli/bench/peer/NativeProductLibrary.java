package io.github.shardsum.cli.bench.peer;

import static io.github.shardsum.measure.Texts.format;
import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.LibrarySearch;
import io.github.shardsum.cli.common.NativeLibrary;
import io.github.shardsum.measure.MeasurementException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A native library that multiplies matrices. The loader finds it, or a pip package of the
 * benchmark's Python contains it.
 */
enum NativeProductLibrary {
  OPENBLAS("openblas", "OpenBLAS", "", ""),
  BLIS("blis", "BLIS", "", ""),
  ONEDNN("onednn", "oneDNN", "", ""),
  OPENBLAS_PIP(
      "openblas-pip",
      "OpenBLAS",
      "scipy-openblas64",
      "scipy_openblas64/lib/libscipy_openblas64_.so"),
  ONEDNN_PIP("onednn-pip", "oneDNN", "onednn", "libdnnl.so.3"),
  MKL("mkl", "MKL", "mkl", "libmkl_rt.so.3");

  /** The folders of an interpreter's packages: those of pure Python, and of shared libraries. */
  private static final String FOLDERS =
      "import sysconfig as s; print(s.get_path('purelib')); print(s.get_path('platlib'));"
          + " print(s.get_path('data') + '/lib')";

  private final String id;
  private final String engine;
  private final String wheel;
  private final String file;

  NativeProductLibrary(String id, String engine, String wheel, String file) {
    this.id = id;
    this.engine = engine;
    this.wheel = wheel;
    this.file = file;
  }

  /** The library's name in tables and in {@code --peers}. */
  String id() {
    return id;
  }

  /** All names. */
  static List<String> ids() {
    return Arrays.stream(values()).map(NativeProductLibrary::id).toList();
  }

  /** The library of a name. */
  static NativeProductLibrary of(String id) {
    return Arrays.stream(values())
        .filter(library -> library.id.equals(id))
        .findFirst()
        .orElseThrow(() -> wrongArgument("library: must be one of %s, got %s", ids(), id));
  }

  /** Whether its functions are oneDNN's. */
  boolean isOneDnn() {
    return this == ONEDNN || this == ONEDNN_PIP;
  }

  /** The name of a function of BLAS or OpenBLAS in it: SciPy's has a prefix and 64-bit integers. */
  String function(String name) {
    return this == OPENBLAS_PIP ? "scipy_" + name + "64_" : name;
  }

  /** Whether its integers have 64 bits. */
  boolean hasWideIntegers() {
    return this == OPENBLAS_PIP;
  }

  /**
   * The library's file.
   *
   * @param search the loader's folders
   * @param python the interpreter whose packages are looked through
   * @throws MeasurementException if the library is not there; the message has the remedy
   */
  Path find(LibrarySearch search, String python) throws MeasurementException {
    if (wheel.isEmpty()) {
      NativeLibrary known =
          NativeLibrary.ALL.stream().filter(e -> e.name().equals(engine)).findFirst().orElseThrow();
      return search
          .find(known)
          .orElseThrow(() -> new MeasurementException("not found; " + known.remedy()));
    }
    return folders(python)
        .map(folder -> folder.resolve(file))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(
            () ->
                new MeasurementException(
                    format("not found; `%s -m pip install %s`", python, wheel)));
  }

  private static Stream<Path> folders(String python) throws MeasurementException {
    try {
      Process process =
          new ProcessBuilder(python, "-c", FOLDERS)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().filter(line -> !line.isBlank()).map(Path::of);
    } catch (IOException e) {
      throw new MeasurementException(
          format("no Python: %s; name one with --python or SHARDSUM_PYTHON", e.getMessage()));
    }
  }
}
