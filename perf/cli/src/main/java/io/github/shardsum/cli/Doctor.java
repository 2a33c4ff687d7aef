package io.github.shardsum.cli;

import static io.github.shardsum.measure.Texts.format;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.cli.common.LibrarySearch;
import io.github.shardsum.cli.common.NativeLibrary;
import io.github.shardsum.ops.KernelInfo;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code shardsum doctor}: the parts that this machine has, the parts that are missing, and how to
 * get them.
 */
@Command(
    name = "doctor",
    description =
        "Print JDK, vector width, kernels and native engines, and how to get what is missing.")
final class Doctor implements Runnable {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print it as JSON.")
  private boolean json;

  @Override
  public void run() {
    DoctorDiagnosis diagnosis = DoctorDiagnosis.ofThisMachine();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonAnswer.text(json(diagnosis)));
      out.flush();
    } else {
      print(diagnosis, out);
    }
  }

  static ObjectNode json(DoctorDiagnosis diagnosis) {
    ObjectNode answer = JsonAnswer.object().put("version", Version.ofThisJar());
    findings(answer.putArray("machine"), diagnosis.machine());
    findings(answer.putArray("engines"), diagnosis.engines());
    return answer;
  }

  private static void findings(ArrayNode list, List<DoctorFinding> findings) {
    for (DoctorFinding finding : findings) {
      ObjectNode each = list.addObject().put("name", finding.name()).put("value", finding.value());
      if (finding.isMissing()) {
        each.put("remedy", finding.remedy());
      }
    }
  }

  static void print(DoctorDiagnosis diagnosis, PrintWriter out) {
    out.println("shardsum " + Version.ofThisJar());
    section("this machine", diagnosis.machine(), out);
    section("native engines (none is needed)", diagnosis.engines(), out);
    List<DoctorFinding> missing = diagnosis.missing();
    if (missing.isEmpty()) {
      out.print(format("%nnothing is missing%n"));
    } else {
      out.print(format("%nwhat is missing, and the remedy%n"));
      missing.forEach(finding -> row(finding.name(), finding.remedy(), out));
    }
    out.flush();
  }

  private static void section(String title, List<DoctorFinding> findings, PrintWriter out) {
    out.print(format("%n%s%n", title));
    findings.forEach(finding -> row(finding.name(), finding.value(), out));
  }

  private static void row(String name, String value, PrintWriter out) {
    out.print(format("  %-14s %s%n", name, value));
  }

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
          format(
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
          bits == 0 ? "no vectors" : format("%d bits, %d f32 at once", bits, bits / Float.SIZE));
    }

    private static DoctorFinding kernels(KernelInfo kernels) {
      return new DoctorFinding(
          "kernels",
          kernels.name() + ": " + kernels.reason(),
          kernels.remedy().map(remedy -> "for faster ones: " + remedy).orElse(""));
    }
  }

  /**
   * One line of {@code shardsum doctor}.
   *
   * @param name the part that was looked for
   * @param value the finding
   * @param remedy the remedy; empty if nothing is amiss
   */
  record DoctorFinding(String name, String value, String remedy) {
    static DoctorFinding ok(String name, String value) {
      return new DoctorFinding(name, value, "");
    }

    boolean isMissing() {
      return !remedy.isEmpty();
    }
  }
}
