package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.einsum.BoundEquation;
import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.stream.Stream;

/**
 * A JVM library in a separate JVM. That JVM compiles its side of the protocol, so this program
 * needs no class of the library.
 */
public final class JavaPeer implements Competitor, AutoCloseable {
  /**
   * Sources that both sides of the protocol share; each side is compiled by the JVM that runs it.
   */
  private static final List<String> SHARED = List.of("PeerProcess.java", "ProductWords.java");

  /** With more offsets a line of the protocol would have megabytes. */
  private static final int MOST_PRODUCTS = 4096;

  /** The limit of TensorFlow's operation. */
  private static final int MOST_OPERANDS = 2;

  private final JavaLibrary library;

  /** Folder of sources, which the JVM compiles when it needs them. */
  private final Path folder;

  private final PeerJsonProcess process;

  private JavaPeer(JavaLibrary library, Path folder, PeerJsonProcess process) {
    this.library = library;
    this.folder = folder;
    this.process = process;
  }

  /** Starts it with the jars that the environment names, or that Maven has fetched before. */
  public static JavaPeer start(
      JavaLibrary library, Map<String, String> environment, Isa isa, int threads)
      throws MeasurementException {
    if (library == JavaLibrary.NETLIB && threads != 1) {
      throw new MeasurementException("has one thread only");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(library.flags(threads));
    command.addAll(isa.flags());
    command.addAll(List.of("-cp", library.classPath(environment)));
    try {
      Path folder = Files.createTempDirectory("shardsum-" + library.id());
      // The JVM deletes in reverse order if a signal ends this process.
      folder.toFile().deleteOnExit();
      try {
        for (String name : SHARED) {
          copy(name, folder);
        }
        copy(library.source(), folder);
        command.add(folder.resolve(library.source()).toString());
        command.add(Integer.toString(threads));
        ProcessBuilder builder = new ProcessBuilder(command);
        PythonPeer.set(builder.environment(), NativeProducts.ENVIRONMENT);
        PythonPeer.set(builder.environment(), isa.variables());
        builder.environment().put("OPT_OUT_TRACKING", "true"); // DJL would report its users
        return new JavaPeer(library, folder, new PeerJsonProcess(builder));
      } catch (IOException | MeasurementException e) {
        delete(folder);
        throw e;
      }
    } catch (IOException e) {
      throw new MeasurementException("does not start: " + e.getMessage());
    } catch (MeasurementException e) {
      throw new MeasurementException("does not start: " + e.why() + "; " + library.remedy());
    }
  }

  private static void copy(String name, Path folder) throws IOException {
    try (InputStream in = JavaPeer.class.getResourceAsStream(name)) {
      Path file = folder.resolve(name);
      file.toFile().deleteOnExit();
      Files.copy(Objects.requireNonNull(in), file);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> sources = Files.list(folder)) {
      for (Path source : sources.toList()) {
        Files.delete(source);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // The system empties its folder of temporary files.
    }
  }

  @Override
  public String name() {
    return library.id();
  }

  /**
   * The version that the peer reports: for netlib the class that does the work, for VectorBLAS
   * whether it has vectors.
   */
  String version() {
    return process.greeting().get("version").stringValue();
  }

  @Override
  public boolean supports(BenchCase subject) {
    if (!subject.dtype().isFloating()) {
      return false;
    }
    return switch (library) {
      case NETLIB ->
          NativeGemmForm.of(subject.bound())
              .filter(form -> form.offsets().length <= MOST_PRODUCTS)
              .isPresent();
      case DJL ->
          NativeGemmForm.of(subject.bound())
              .filter(form -> form.offsets().length <= MOST_PRODUCTS && form.isDense())
              .isPresent();
      case TENSORFLOW -> subject.bound().operandCount() <= MOST_OPERANDS;
    };
  }

  @Override
  public double[] prepare(BenchCase subject, long[] samples) throws MeasurementException {
    StringJoiner words = new StringJoiner(" ");
    words.add("prepare").add(subject.dtype().toString());
    switch (library) {
      case NETLIB, DJL -> addProduct(words, subject);
      case TENSORFLOW -> addEinsum(words, subject.bound());
    }
    words.add(Integer.toString(samples.length));
    for (long sample : samples) {
      words.add(Long.toString(sample));
    }
    return PeerJsonProcess.values(process.ask(words.toString()));
  }

  private static void addEinsum(StringJoiner words, BoundEquation bound)
      throws MeasurementException {
    words.add(PythonPeer.letters(bound)).add(Integer.toString(bound.operandCount()));
    for (Shape shape : bound.operandShapes()) {
      words.add(Integer.toString(shape.rank()));
      for (long size : shape.toArray()) {
        words.add(Long.toString(size));
      }
    }
  }

  private static void addProduct(StringJoiner words, BenchCase subject)
      throws MeasurementException {
    NativeGemmForm form =
        NativeGemmForm.of(subject.bound())
            .orElseThrow(
                () -> new MeasurementException("this case is no product of plain matrices"));
    for (int number : List.of(form.left(), form.m(), form.n(), form.k())) {
      words.add(Integer.toString(number));
    }
    for (NativeGemmForm.Matrix matrix : List.of(form.a(), form.b())) {
      words.add(matrix.transposed() ? "1" : "0").add(Integer.toString(matrix.ld()));
    }
    words.add(Integer.toString(form.ldc()));
    for (Shape shape :
        List.of(
            subject.bound().operandShape(form.left()),
            subject.bound().operandShape(1 - form.left()),
            subject.bound().outputShape())) {
      words.add(Long.toString(shape.elementCount()));
    }
    words.add(Integer.toString(form.offsets().length));
    for (long[] product : form.offsets()) {
      for (long offset : product) {
        words.add(Long.toString(offset));
      }
    }
  }

  @Override
  public double seconds(long calls) throws MeasurementException {
    return process.ask("time " + calls).get("seconds").doubleValue();
  }

  /** The next case reuses the memory. */
  @Override
  public void forget() {}

  /** Ends the process. */
  @Override
  public void close() {
    process.close();
    delete(folder);
  }
}
