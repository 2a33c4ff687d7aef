package io.github.shardsum.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What C2 made of the kernels, by its own log: a kernel that it skipped or gave up, or whose
 * vectors it could not keep in registers, computes the right values a hundred times too slowly.
 */
class CompilerLogTest {
  private static final Pattern TASK =
      Pattern.compile("<task [^>]*method='(\\S+ \\S+) [^']*'[^>]*>");
  private static final Pattern ALLOCATED = Pattern.compile("(\\d+) bytes: (.*)");

  /** What a run may allocate: its slots and loops, but not a vector for every one computed. */
  private static final long MOST_BYTES = 8192;

  /** The same on arrays of 1 MiB, of which one vector in a hundred would show. */
  private static final long MOST_BYTES_OF_LARGE = 32768;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {512, 256, 128})
  void everyKernelIsCompiledAndKeepsItsVectorsInRegisters(int bits) throws Exception {
    Path log = folder.resolve("log.xml");
    List<String> printed = run(HotLoops.class, bits, logTo(log));
    Map<String, Boolean> compiled = compiled(log);
    boolean wide = compiled.keySet().stream().anyMatch(name -> name.contains("512"));
    assertNoneMakesObjectsOfVectors(printed, MOST_BYTES);
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
  @ValueSource(ints = {512, 256, 128})
  void noKernelNeedsTheProfileOfWhichVectorsMetBefore(int bits) throws Exception {
    assertNoneMakesObjectsOfVectors(run(HotLoops.class, bits, "-XX:-UseTypeProfile"), MOST_BYTES);
  }

  /**
   * C2 guesses classes and branches from what a JVM has done, and no more in a method in which the
   * guesses of all that it inlines have failed a hundred times, each counted wherever it is
   * inlined. Kernels inline hundreds of methods that all einsums share.
   */
  @ParameterizedTest
  @ValueSource(ints = {512, 256})
  void noKernelIsSpoiltByWhatTheJvmRanBefore(int bits) throws Exception {
    assertNoneMakesObjectsOfVectors(run(LargeLoops.class, bits), MOST_BYTES_OF_LARGE);
  }

  private static void assertNoneMakesObjectsOfVectors(List<String> printed, long most) {
    List<String> allocating = new ArrayList<>();
    int measured = 0;
    for (String line : printed) {
      Matcher allocated = ALLOCATED.matcher(line);
      if (allocated.matches()) {
        measured++;
        if (Long.parseLong(allocated.group(1)) > most) {
          allocating.add(line);
        }
      }
    }
    assertTrue(measured > 20, () -> String.join("\n", printed));
    assertEquals(List.of(), allocating, "allocate more than " + most + " bytes a run");
  }

  private static String[] logTo(Path log) {
    return new String[] {
      "-XX:+UnlockDiagnosticVMOptions", "-XX:+LogCompilation", "-XX:LogFile=" + log
    };
  }

  private List<String> run(Class<?> main, int bits, String... flags)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-Xbatch", // compiles at once, so that no busy machine is late with it
                "-XX:MaxVectorSize=" + bits / 8));
    command.addAll(List.of(flags));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int status = process.waitFor();
    List<String> printed = Files.readAllLines(output);
    assertEquals(0, status, () -> String.join("\n", printed));
    return printed;
  }

  /** The kernels' methods that C2 took up, each with whether its last attempt succeeded. */
  private static Map<String, Boolean> compiled(Path log) throws IOException {
    Map<String, Boolean> compiled = new HashMap<>();
    String[] current = {""};
    try (Stream<String> lines = Files.lines(log, java.nio.charset.StandardCharsets.ISO_8859_1)) {
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
