package io.github.shardsum.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks by C2's own log what it made of the kernels: a kernel that C2 skipped or gave up, or whose
 * vectors it could not keep in registers, computes the right values a hundred times too slowly. For
 * CI's strict step alone; each check prints what it saw.
 */
class KernelCompilerCheck {
  private static final Pattern TASK =
      Pattern.compile("<task [^>]*method='(\\S+ \\S+) [^']*'[^>]*>");

  @TempDir private Path folder;

  /** The machine of this run of the tests, whose flags the build gives. */
  static List<List<String>> machines() {
    String flags = System.getProperty("shardsum.test.flags", "").strip();
    return List.of(flags.isEmpty() ? List.of() : List.of(flags.split(" +")));
  }

  /** That, and one of 128 bits where it is this one. */
  static List<List<String>> machinesOfAnyWidth() {
    List<List<String>> machines = new ArrayList<>(machines());
    if (machines.contains(List.of())) {
      machines.add(List.of("-XX:MaxVectorSize=16"));
    }
    return machines;
  }

  @ParameterizedTest
  @MethodSource("machinesOfAnyWidth")
  void everyKernelIsCompiledAndKeepsItsVectorsInRegisters(List<String> machine) throws Exception {
    Path log = folder.resolve("log.xml");
    List<String> flags = new ArrayList<>(machine);
    flags.addAll(
        List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:+LogCompilation", "-XX:LogFile=" + log));
    int loops = KernelJvm.assertNoneGrows(KernelJvm.run(folder, HotLoops.class, flags));
    Map<String, Boolean> compiled = compiled(log);
    say(machine, loops + " loops, none allocates for every row; C2 compiled " + compiled.size());
    boolean wide = compiled.keySet().stream().anyMatch(name -> name.contains("512"));
    List<String> failed =
        compiled.entrySet().stream().filter(e -> !e.getValue()).map(Map.Entry::getKey).toList();
    assertEquals(List.of(), failed, "methods that C2 gave up");
    for (String kernel :
        List.of("FloatMicrokernel tile", "DoubleMicrokernel tile", "FloatMicrokernel unpacked")) {
      assertTrue(
          compiled.keySet().stream().anyMatch(name -> name.replaceAll("\\d+", "").endsWith(kernel)),
          () -> kernel + " is not among the compiled " + compiled.keySet());
    }
    List<String> kernels =
        new ArrayList<>(List.of("VectorFloatColumns addRows", "VectorFloatRows exp"));
    kernels.addAll(
        wide
            ? List.of("FloatRowSums rows", "FloatRowDots own", "FloatRowDots shared")
            : compiled.keySet().stream().anyMatch(name -> name.contains("256"))
                ? List.of("FloatRowSums256 rows", "FloatRowDots256 own")
                : List.of("VectorFloatSums inTurn", "VectorFloatDots inTurn"));
    for (String kernel : kernels) {
      assertTrue(
          compiled.keySet().stream().anyMatch(name -> name.endsWith(kernel)),
          () -> kernel + " is not among the compiled " + compiled.keySet());
    }
  }

  /**
   * Whether the JVM has counted which vectors met in a method of the Vector API, before C2 compiles
   * its caller, is chance: one program's sums were fast in three starts of four.
   */
  @ParameterizedTest
  @MethodSource("machines")
  void noKernelNeedsTheProfileOfWhichVectorsMetBefore(List<String> machine) throws Exception {
    List<String> flags = new ArrayList<>(machine);
    flags.add("-XX:-UseTypeProfile");
    int loops = KernelJvm.assertNoneGrows(KernelJvm.run(folder, HotLoops.class, flags));
    say(machine, loops + " loops without a profile of types, none allocates for every row");
  }

  /**
   * C2 guesses classes and branches from what a JVM has done, and no more in a method in which the
   * guesses of all that it inlines have failed a hundred times, each counted wherever it is
   * inlined. Kernels inline hundreds of methods that all einsums share.
   */
  @ParameterizedTest
  @MethodSource("machines")
  void noKernelIsSpoiltByWhatTheJvmRanBefore(List<String> machine) throws Exception {
    int loops = KernelJvm.assertNoneGrows(KernelJvm.run(folder, LargeLoops.class, machine));
    say(machine, loops + " loops after many others, none allocates for every row");
  }

  private static void say(List<String> machine, String what) {
    System.out.println((machine.isEmpty() ? "natively" : String.join(" ", machine)) + ": " + what);
  }

  /** The kernels' methods that C2 took up, each with whether its last attempt succeeded. */
  private static Map<String, Boolean> compiled(Path log) throws IOException {
    Map<String, Boolean> compiled = new HashMap<>();
    String[] current = {""};
    try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
      lines.forEach(
          line -> {
            Matcher task = TASK.matcher(line);
            if (task.find()) {
              boolean ours = task.group(1).startsWith("io.github.shardsum.internal.");
              boolean byC2 = !line.contains(" level='");
              current[0] = ours && byC2 ? task.group(1) : "";
            } else if (line.startsWith("<task_done") && !current[0].isEmpty()) {
              compiled.put(current[0], line.contains("success='1'"));
            } else if (line.contains("<make_not_compilable") && !current[0].isEmpty()) {
              compiled.put(current[0] + " (not compilable)", false);
            }
          });
    }
    return compiled;
  }
}
