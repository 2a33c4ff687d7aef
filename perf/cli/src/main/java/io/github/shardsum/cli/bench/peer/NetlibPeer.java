package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.measure.MeasurementException;
import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Stream;

/**
 * Products by netlib's BLAS in Java, on one thread, in a separate JVM. That JVM compiles its side
 * of the protocol, so this program needs no class of the library.
 */
public final class NetlibPeer implements Competitor, AutoCloseable {
  static final String NAME = "netlib";

  /** The variable that names the jar. */
  private static final String JAR = "SHARDSUM_NETLIB";

  private static final String REMEDY =
      "`mvn dependency:get -Dartifact=dev.ludovic.netlib:blas:3.0.4`, or name its jar by " + JAR;

  /** The library's side of the protocol. */
  private static final String SOURCE = "NetlibProducts.java";

  /** With more offsets a line of the protocol would have megabytes. */
  private static final int MOST_PRODUCTS = 4096;

  /** The source, which the JVM compiles. */
  private final Path source;

  private final PeerJsonProcess process;

  private NetlibPeer(Path source, PeerJsonProcess process) {
    this.source = source;
    this.process = process;
  }

  /** Starts it with the jar that the environment names, or that Maven has fetched before. */
  public static NetlibPeer start(Map<String, String> environment, Isa isa, int threads)
      throws MeasurementException {
    if (threads != 1) {
      throw new MeasurementException("has one thread only");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    command.addAll(isa.flags());
    command.addAll(List.of("-cp", jar(environment).toString()));
    try {
      Path source = Files.createTempFile("shardsum-netlib", ".java");
      // The JVM deletes the file if a signal ends this process.
      source.toFile().deleteOnExit();
      try {
        copy(source);
        command.add(source.toString());
        return new NetlibPeer(source, new PeerJsonProcess(new ProcessBuilder(command)));
      } catch (IOException | MeasurementException e) {
        Files.delete(source);
        throw e;
      }
    } catch (IOException e) {
      throw new MeasurementException("does not start: " + e.getMessage());
    } catch (MeasurementException e) {
      throw new MeasurementException("does not start: " + e.why() + "; " + REMEDY);
    }
  }

  private static Path jar(Map<String, String> environment) throws MeasurementException {
    return Optional.ofNullable(environment.get(JAR))
        .map(Path::of)
        .or(NetlibPeer::fetched)
        .filter(Files::exists)
        .orElseThrow(() -> new MeasurementException("not found; " + REMEDY));
  }

  /** The newest jar of earlier Maven runs. */
  private static Optional<Path> fetched() {
    Path folder =
        Path.of(System.getProperty("user.home"), ".m2/repository/dev/ludovic/netlib/blas");
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("blas-[\\d.]+\\.jar"))
          .max(Comparator.naturalOrder());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static void copy(Path source) throws IOException {
    try (InputStream in = NetlibPeer.class.getResourceAsStream(SOURCE)) {
      Files.copy(Objects.requireNonNull(in), source, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  /** The class that does the work; for VectorBLAS the JVM has vectors. */
  String version() {
    return process.greeting().get("version").stringValue();
  }

  @Override
  public boolean supports(BenchCase subject) {
    return subject.dtype().isFloating()
        && NativeGemmForm.of(subject.bound())
            .filter(form -> form.offsets().length <= MOST_PRODUCTS)
            .isPresent();
  }

  @Override
  public double[] prepare(BenchCase subject, long[] samples) throws MeasurementException {
    StringJoiner words = new StringJoiner(" ");
    words.add("prepare").add(subject.dtype().toString());
    addProduct(words, subject);
    words.add(Integer.toString(samples.length));
    for (long sample : samples) {
      words.add(Long.toString(sample));
    }
    return PeerJsonProcess.values(process.ask(words.toString()));
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
    source.toFile().delete();
  }
}
