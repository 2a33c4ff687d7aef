package io.github.shardsum.cli.bench;

import io.github.shardsum.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Stream;

/**
 * netlib's Java BLAS in a JVM of its own, which compiles its side of the protocol itself: this
 * program needs nothing of it. One thread, since it has no more.
 */
final class NetlibPeer implements Contestant, AutoCloseable {
  static final String NAME = "netlib";

  private static final String SOURCE = "NetlibPeer.java";
  private static final String VARIABLE = "SHARDSUM_NETLIB";
  private static final String REMEDY =
      "`mvn dependency:get -Dartifact=dev.ludovic.netlib:blas:3.0.4`, or name its jar by "
          + VARIABLE;

  /** More offsets than these would make a line of megabytes. */
  private static final int MOST_PRODUCTS = 4096;

  private final ChildProcess process;

  private NetlibPeer(ChildProcess process) {
    this.process = process;
  }

  /** Starts it with the jar that the environment names, or that Maven has fetched before. */
  static NetlibPeer start(Map<String, String> environment, int threads) throws PeerException {
    if (threads != 1) {
      throw new PeerException("has one thread only");
    }
    Path jar =
        Optional.ofNullable(environment.get(VARIABLE))
            .map(Path::of)
            .or(NetlibPeer::fetched)
            .filter(Files::isRegularFile)
            .orElseThrow(() -> new PeerException("not found; " + REMEDY));
    try {
      Path folder = Files.createTempDirectory("shardsum-netlib");
      Path source = folder.resolve(SOURCE);
      try (InputStream in = NetlibPeer.class.getResourceAsStream(SOURCE)) {
        Files.copy(Objects.requireNonNull(in), source);
        // Once it has answered, its source is compiled and no longer needed.
        return new NetlibPeer(
            new ChildProcess(
                new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--add-modules",
                    "jdk.incubator.vector",
                    "-cp",
                    jar.toString(),
                    source.toString())));
      } finally {
        Files.deleteIfExists(source);
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new PeerException("does not start: " + e.getMessage());
    }
  }

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

  @Override
  public String name() {
    return NAME;
  }

  /** The class that does the work, VectorBLAS where the JVM has vectors. */
  String version() {
    return process.greeting().get("version").stringValue();
  }

  @Override
  public boolean supports(BenchCase subject) {
    return GemmForm.of(subject.bound())
        .filter(form -> subject.dtype().isFloating() && form.offsets().length <= MOST_PRODUCTS)
        .isPresent();
  }

  @Override
  public double[] prepare(BenchCase subject, long[] samples) throws PeerException {
    GemmForm form =
        GemmForm.of(subject.bound())
            .orElseThrow(() -> new PeerException("this case is no product of plain matrices"));
    StringJoiner words = new StringJoiner(" ");
    words.add("prepare").add(subject.dtype().toString());
    for (int number : List.of(form.left(), form.m(), form.n(), form.k())) {
      words.add(Integer.toString(number));
    }
    for (GemmForm.Matrix matrix : List.of(form.a(), form.b())) {
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
    words.add(Integer.toString(samples.length));
    for (long sample : samples) {
      words.add(Long.toString(sample));
    }
    return ChildProcess.values(process.ask(words.toString()));
  }

  @Override
  public double seconds(int calls) throws PeerException {
    return process.ask("time " + calls).get("seconds").doubleValue();
  }

  /** The next case takes the memory. */
  @Override
  public void forget() {}

  /** Ends the process. */
  @Override
  public void close() {
    process.close();
  }
}
