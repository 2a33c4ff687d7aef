package io.github.shardsum.cli;

import java.util.List;
import java.util.stream.Stream;

/**
 * What {@code shardsum doctor} found.
 *
 * @param machine the JVM and the processor
 * @param engines the native libraries
 */
record Diagnosis(List<Finding> machine, List<Finding> engines) {
  private static final int JDK = 25;
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  static Diagnosis ofThisMachine() {
    return new Diagnosis(
        List.of(jdk(Runtime.version()), machineItself(), vectorApi(ModuleLayer.boot())),
        engines(LibrarySearch.ofThisMachine(System.getenv())));
  }

  List<Finding> missing() {
    return Stream.concat(machine.stream(), engines.stream()).filter(Finding::isMissing).toList();
  }

  static List<Finding> engines(LibrarySearch search) {
    return NativeEngine.ALL.stream().map(engine -> engine(engine, search)).toList();
  }

  private static Finding engine(NativeEngine engine, LibrarySearch search) {
    return search
        .find(engine)
        .map(file -> Finding.ok(engine.name(), file.toString()))
        .orElseGet(
            () -> new Finding(engine.name(), "not found", engine.use() + ": " + engine.remedy()));
  }

  static Finding jdk(Runtime.Version version) {
    String value =
        version
            + ", "
            + System.getProperty("java.vm.name")
            + ", "
            + System.getProperty("java.home");
    return version.feature() == JDK
        ? Finding.ok("JDK", value)
        : new Finding("JDK", value, "run it on JDK " + JDK + ", e.g. by ./shardsum");
  }

  private static Finding machineItself() {
    Runtime runtime = Runtime.getRuntime();
    return Finding.ok(
        "machine",
        "%s %s, %d processors, heap up to %.1f GiB"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                runtime.availableProcessors(),
                runtime.maxMemory() / (double) (1L << 30)));
  }

  static Finding vectorApi(ModuleLayer layer) {
    return layer.findModule(VECTOR_MODULE).isPresent()
        ? Finding.ok("Vector API", "on")
        : new Finding(
            "Vector API",
            "off: scalar kernels",
            "pass --add-modules " + VECTOR_MODULE + ", which ./shardsum does by itself");
  }
}
