package io.github.shardsum.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A script in a Python of its own: a line in is a request, a line out its answer, of which the
 * first, unasked, is the version of what the script imports. An answer that begins with {@code
 * error} is an {@link IOException}. Not thread-safe.
 */
public final class PythonProcess implements AutoCloseable {
  private final String name;
  private final Process process;
  private final BufferedWriter requests;
  private final BufferedReader answers;
  private final String version;

  /**
   * Starts it, and waits for the first line.
   *
   * @param name of what it has, for errors
   * @param builder of the process
   * @throws IOException if there is no such Python, or the script cannot import what it needs
   */
  public PythonProcess(String name, ProcessBuilder builder) throws IOException {
    this.name = name;
    this.process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    try {
      this.version = answer();
    } catch (IOException failed) {
      process.destroyForcibly();
      throw failed;
    }
  }

  /**
   * Reads a script.
   *
   * @param owner the class in whose package it lies
   * @param file its name
   */
  public static String script(Class<?> owner, String file) throws IOException {
    try (InputStream in = owner.getResourceAsStream(file)) {
      return new String(Objects.requireNonNull(in, file).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The first line of the process. */
  public String version() {
    return version;
  }

  /**
   * Asks and waits.
   *
   * @throws IOException if the answer is an error, or the process has ended
   */
  public String ask(String request) throws IOException {
    requests.write(request);
    requests.newLine();
    requests.flush();
    return answer();
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null || line.startsWith("error ")) {
      throw new IOException(name + ": " + (line == null ? "its process has ended" : line));
    }
    return line;
  }

  /** Ends the process. */
  @Override
  public void close() throws IOException {
    requests.close();
    process.destroy();
  }
}
