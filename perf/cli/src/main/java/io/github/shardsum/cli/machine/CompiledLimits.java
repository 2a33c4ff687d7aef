package io.github.shardsum.cli.machine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The same limits in C, by a program that is compiled when asked: what {@link Roof} is held
 * against.
 */
public final class CompiledLimits {
  private static final String SOURCE = "limits.c";
  private static final long DEADLINE_SECONDS = 300;
  private static final List<String> FLAGS =
      List.of("-std=gnu11", "-O3", "-march=native", "-ffast-math", "-pthread");

  private CompiledLimits() {}

  /** There is no compiler, or what it made does not run; the message says which and the remedy. */
  public static final class NoCompilerException extends Exception {
    private static final long serialVersionUID = 1;

    NoCompilerException(String message) {
      super(message);
    }
  }

  /**
   * Compiles and measures, for some seconds.
   *
   * @param compiler a C compiler's command, e.g. {@code cc}
   * @param threads threads that work at once
   * @param footprints bytes of one thread by a level's name
   * @return FLOP/s by {@code "f32"} and {@code "f64"}, and bytes/s by {@code "read L1"}, ...
   * @throws NoCompilerException if that does not work here
   */
  public static Map<String, Double> measure(
      String compiler, int threads, Map<String, Long> footprints) throws NoCompilerException {
    try {
      Path folder = Files.createTempDirectory("shardsum-limits");
      try {
        return measure(compiler, threads, footprints, folder);
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new NoCompilerException(
          "%s; `apt-get install gcc`, or set CC to a C compiler".formatted(e.getMessage()));
    }
  }

  private static Map<String, Double> measure(
      String compiler, int threads, Map<String, Long> footprints, Path folder)
      throws IOException, NoCompilerException {
    Path source = folder.resolve(SOURCE);
    Path program = folder.resolve("limits");
    try (InputStream in = CompiledLimits.class.getResourceAsStream(SOURCE)) {
      Files.copy(Objects.requireNonNull(in), source);
    }
    List<String> compile = new ArrayList<>(List.of(compiler));
    compile.addAll(FLAGS);
    compile.addAll(List.of(source.toString(), "-o", program.toString()));
    output(compile);
    List<String> run = new ArrayList<>(List.of(program.toString(), Integer.toString(threads)));
    footprints.forEach((name, bytes) -> run.add(name + "=" + bytes));
    Map<String, Double> rates = new LinkedHashMap<>();
    for (String line : output(run).lines().toList()) {
      int gap = line.lastIndexOf(' ');
      rates.put(line.substring(0, gap), Double.parseDouble(line.substring(gap + 1)));
    }
    return rates;
  }

  private static String output(List<String> command) throws IOException, NoCompilerException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new NoCompilerException(
            "%s failed: %s".formatted(command.getFirst(), text.lines().findFirst().orElse("")));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoCompilerException("interrupted");
    } finally {
      process.destroyForcibly();
    }
    return text;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
