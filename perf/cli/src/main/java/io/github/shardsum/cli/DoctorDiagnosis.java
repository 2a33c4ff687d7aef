package io.github.shardsum.cli;

import io.github.shardsum.cli.common.LibrarySearch;
import io.github.shardsum.cli.common.NativeLibrary;
import io.github.shardsum.ops.KernelInfo;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Findings of {@code shardsum doctor}.
 *
 * @param machine the JVM and the processor
 * @param engines the native libraries
 */
record DoctorDiagnosis(List<DoctorFinding> machine, List<DoctorFinding> engines) {
  private static final int JDK = 25;

  static DoctorDiagnosis ofThisMachine() {
    return new DoctorDiagnosis(
        machine(Runtime.version(), KernelInfo.current(), KernelInfo.selfTest()),
        engines(LibrarySearch.ofThisMachine(System.getenv())));
  }

  /**
   * Findings about the machine; {@code selfTest} is the kind of kernel that failed the self-test,
   * if any.
   */
  static List<DoctorFinding> machine(
      Runtime.Version jdk, KernelInfo kernels, Optional<String> selfTest) {
    return List.of(
        jdk(jdk), machineItself(), vectorWidth(kernels), kernels(kernels), selfTest(selfTest));
  }

  private static DoctorFinding selfTest(Optional<String> failure) {
    return failure
        .map(
            why ->
                new DoctorFinding(
                    "self-test", "failed: " + why, "results may be wrong: please report it"))
        .orElseGet(
            () ->
                DoctorFinding.ok(
                    "self-test", "passed: the kernels give the results of plain loops"));
  }

  List<DoctorFinding> missing() {
    return Stream.concat(machine.stream(), engines.stream())
        .filter(DoctorFinding::isMissing)
        .toList();
  }

  static List<DoctorFinding> engines(LibrarySearch search) {
    return NativeLibrary.ALL.stream().map(engine -> engine(engine, search)).toList();
  }

  private static DoctorFinding engine(NativeLibrary engine, LibrarySearch search) {
    return search
        .find(engine)
        .map(file -> DoctorFinding.ok(engine.name(), file.toString()))
        .orElseGet(
            () ->
                new DoctorFinding(
                    engine.name(), "not found", engine.use() + ": " + engine.remedy()));
  }

  static DoctorFinding jdk(Runtime.Version version) {
    String value =
        version
            + ", "
            + System.getProperty("java.vm.name")
            + ", "
            + System.getProperty("java.home");
    return version.feature() == JDK
        ? DoctorFinding.ok("JDK", value)
        : new DoctorFinding("JDK", value, "run it on JDK " + JDK + ", e.g. by ./shardsum");
  }

  private static DoctorFinding machineItself() {
    Runtime runtime = Runtime.getRuntime();
    return DoctorFinding.ok(
        "machine",
        String.format(
            Locale.ROOT,
            "%s %s, %d processors, heap up to %.1f GiB",
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            runtime.availableProcessors(),
            runtime.maxMemory() / (double) (1L << 30)));
  }

  private static DoctorFinding vectorWidth(KernelInfo kernels) {
    int bits = kernels.vectorBits();
    return DoctorFinding.ok(
        "vector width",
        bits == 0
            ? "no vectors"
            : String.format(Locale.ROOT, "%d bits, %d f32 at once", bits, bits / Float.SIZE));
  }

  private static DoctorFinding kernels(KernelInfo kernels) {
    return new DoctorFinding(
        "kernels",
        kernels.name() + ": " + kernels.reason(),
        kernels.remedy().map(remedy -> "for faster ones: " + remedy).orElse(""));
  }
}
