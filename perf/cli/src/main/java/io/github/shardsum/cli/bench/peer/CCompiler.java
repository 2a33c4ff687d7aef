package io.github.shardsum.cli.bench.peer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Compiles a C source of a package's resources, for comparison, in a folder that is gone after. */
public final class CCompiler {
  private static final long DEADLINE_SECONDS = 300;
  private static final List<String> FLAGS =
      List.of("-std=gnu11", "-O3", "-march=native", "-ffast-math", "-pthread");

  private CCompiler() {}

  /** There is no compiler, or what it made does not run; the message says which and the remedy. */
  public static final class NoCompilerException extends Exception {
    private static final long serialVersionUID = 1;

    NoCompilerException(String message) {
      super(message);
    }
  }

  /** Work on the compiled file. */
  @FunctionalInterface
  public interface Use<T> {
    /**
     * Uses it.
     *
     * @param file a program, or a shared library
     * @return the result
     * @throws IOException if it does not run
     * @throws NoCompilerException if it fails
     */
    T with(Path file) throws IOException, NoCompilerException;
  }

  /**
   * Compiles a source by the compiler that CC names, or cc.
   *
   * @param owner whose package has the source
   * @param source its file name
   * @param more flags, e.g. {@code -shared}
   * @param use what is done with the result before it is deleted
   * @return what that returns
   * @throws NoCompilerException if that does not work here
   */
  public static <T> T compiled(Class<?> owner, String source, List<String> more, Use<T> use)
      throws NoCompilerException {
    try {
      Path folder = Files.createTempDirectory("shardsum-c");
      try {
        Path file = folder.resolve(source);
        try (InputStream in = owner.getResourceAsStream(source)) {
          Files.copy(Objects.requireNonNull(in), file);
        }
        Path result = folder.resolve("compiled");
        List<String> command = new ArrayList<>();
        command.add(Objects.requireNonNullElse(System.getenv("CC"), "cc"));
        command.addAll(FLAGS);
        command.addAll(more);
        command.addAll(List.of(file.toString(), "-o", result.toString()));
        output(command);
        return use.with(result);
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new NoCompilerException(
          String.format(
              Locale.ROOT, "%s; `apt-get install gcc`, or set CC to a C compiler", e.getMessage()));
    }
  }

  /**
   * Runs a command.
   *
   * @param command the words
   * @return what it printed
   * @throws IOException if it does not start
   * @throws NoCompilerException if it fails
   */
  public static String output(List<String> command) throws IOException, NoCompilerException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new NoCompilerException(
            String.format(
                Locale.ROOT,
                "%s failed: %s",
                command.getFirst(),
                text.lines().findFirst().orElse("")));
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
