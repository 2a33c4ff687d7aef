package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.measure.MeasurementException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A JVM library that the benchmark compares with, if its jars are here. */
public enum JavaLibrary {
  /** Pure Java, and one thread only. */
  NETLIB(
      "netlib",
      "NetlibPeer.java",
      "SHARDSUM_NETLIB",
      "`mvn dependency:get -Dartifact=dev.ludovic.netlib:blas:3.0.4`, or name its jar by") {
    @Override
    Optional<Path> fetched() {
      return newest(HOME.resolve(".m2/repository/dev/ludovic/netlib/blas"));
    }

    @Override
    List<String> flags(int threads) {
      return List.of("--add-modules", "jdk.incubator.vector");
    }
  },

  /** Einsums of one or two operands, by its native library. */
  TENSORFLOW(
      "tensorflow",
      "TensorFlowPeer.java",
      "SHARDSUM_TENSORFLOW",
      "`mvn -f perf/bench/peers/tensorflow.xml`, or name a folder of its jars by"),

  /** Products by PyTorch's native library. */
  DJL(
      "djl",
      "DjlPeer.java",
      "SHARDSUM_DJL",
      "`mvn -f perf/bench/peers/djl.xml`, or name a folder of its jars by") {
    @Override
    List<String> flags(int threads) {
      return List.of(
          "-Dai.djl.offline=true",
          "-Dai.djl.pytorch.num_threads=" + threads,
          "-Dai.djl.pytorch.num_interop_threads=1");
    }
  };

  private static final Path HOME = Path.of(System.getProperty("user.home"));

  private final String id;
  private final String source;
  private final String variable;
  private final String remedy;

  JavaLibrary(String id, String source, String variable, String remedy) {
    this.id = id;
    this.source = source;
    this.variable = variable;
    this.remedy = remedy;
  }

  /** The names of all, as peers. */
  static List<String> ids() {
    return Stream.of(values()).map(JavaLibrary::id).toList();
  }

  /** The library of that name. */
  static JavaLibrary of(String id) {
    return Stream.of(values())
        .filter(library -> library.id.equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(Locale.ROOT, "peer: must be one of %s, got %s", ids(), id)));
  }

  public String id() {
    return id;
  }

  /** The resource with the source of the library's side of the protocol. */
  String source() {
    return source;
  }

  /** Flags of its JVM. */
  List<String> flags(int threads) {
    return List.of("--enable-native-access=ALL-UNNAMED");
  }

  /** The jar or the folder of jars of an earlier Maven run, if it is there. */
  Optional<Path> fetched() {
    return Optional.of(HOME.resolve(".cache/shardsum/peers").resolve(id));
  }

  /** The library's jars, which the environment names or Maven has fetched before. */
  String classPath(Map<String, String> environment) throws MeasurementException {
    Path place =
        Optional.ofNullable(environment.get(variable))
            .map(Path::of)
            .or(this::fetched)
            .filter(Files::exists)
            .orElseThrow(() -> new MeasurementException("not found; " + remedy()));
    return Files.isDirectory(place) ? place.resolve("*").toString() : place.toString();
  }

  /** Advice for a library that is not found. */
  String remedy() {
    return remedy + " " + variable;
  }

  private static Optional<Path> newest(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.getFileName().toString().matches("blas-[\\d.]+\\.jar"))
          .max(Comparator.naturalOrder());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
