package io.github.shardsum.measure;

import static io.github.shardsum.measure.Texts.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The C compiler that CC names, or cc: C code is compiled from source each time, and no binary is
 * kept.
 */
public final class CCompiler {
  /** Flags of timed C code: all instructions of the machine, and sums in any order. */
  public static final List<String> FASTEST =
      List.of("-std=gnu11", "-O3", "-march=native", "-ffast-math", "-pthread");

  /** Flags of a shared library. */
  public static final List<String> SHARED = List.of("-shared", "-fPIC");

  private static final long DEADLINE_SECONDS = 300;

  private CCompiler() {}

  /** Work on the compiled file. */
  @FunctionalInterface
  public interface Use<T> {
    /**
     * Uses the file.
     *
     * @param file a program, or a shared library
     * @return the result
     * @throws IOException if the file does not run
     * @throws MeasurementException if the use fails
     */
    T with(Path file) throws IOException, MeasurementException;
  }

  /**
   * Compiles a source in a folder that is deleted afterwards.
   *
   * @param source C, which is read to its end and closed
   * @param flags the compiler's flags, which follow the source's name
   * @param use uses the compiled file before it is deleted
   * @return the result of {@code use}
   * @throws MeasurementException if there is no compiler, if the source does not compile, or if the
   *     use fails; without a compiler the message has the remedy
   */
  public static <T> T compiled(InputStream source, List<String> flags, Use<T> use)
      throws MeasurementException {
    try {
      Path folder = Files.createTempDirectory("shardsum-c");
      try {
        Path file = folder.resolve("source.c");
        try (source) {
          Files.copy(source, file);
        }
        Path result = folder.resolve("compiled");
        List<String> command = new ArrayList<>();
        command.add(Objects.requireNonNullElse(System.getenv("CC"), "cc"));
        command.addAll(List.of(file.toString(), "-o", result.toString()));
        command.addAll(flags);
        output(command);
        return use.with(result);
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new MeasurementException(
          format("%s; `apt-get install gcc`, or set CC to a C compiler", e.getMessage()));
    }
  }

  /**
   * Runs a command.
   *
   * @param command the words
   * @return the text that it printed
   * @throws IOException if the command does not start
   * @throws MeasurementException if the command fails, with the first line that it printed, or if
   *     this thread is interrupted
   */
  public static String output(List<String> command) throws IOException, MeasurementException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new MeasurementException(
            format("%s failed: %s", command.getFirst(), text.lines().findFirst().orElse("")));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MeasurementException("interrupted");
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
