package io.github.shardsum.measure;

import static io.github.shardsum.measure.Texts.format;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that answers each line with a line, and writes its first line unprompted. An answer
 * that begins with {@code error} is an exception. Not thread-safe.
 */
public final class ChildProcess implements AutoCloseable {
  /** Importing torch from a cold disk takes half a minute. */
  private static final long DEADLINE_SECONDS = 300;

  private static final long GRACE_SECONDS = 5;
  private static final String ERROR = "error ";

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter requests;
  private final String greeting;

  /**
   * Starts the process and waits for its first line.
   *
   * @param builder the builder of the process; the error stream is discarded
   * @throws IOException if the process does not start
   * @throws MeasurementException if the process ends, or its first line is an error
   */
  public ChildProcess(ProcessBuilder builder) throws IOException, MeasurementException {
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    this.process = builder.start();
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    try {
      this.greeting = answer();
    } catch (MeasurementException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** The first line of the process. */
  public String greeting() {
    return greeting;
  }

  /**
   * Sends a request and waits for the answer.
   *
   * @param line the request
   * @return the answer
   * @throws MeasurementException if the answer is an error, the process has ended, or it does not
   *     answer in time
   */
  public String ask(String line) throws MeasurementException {
    try {
      requests.write(line);
      requests.newLine();
      requests.flush();
    } catch (IOException e) {
      throw new MeasurementException("its process has ended");
    }
    return answer();
  }

  private String answer() throws MeasurementException {
    CompletableFuture<String> line = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> line.complete(nextLine()));
    try {
      String text = line.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
      if (text.isEmpty()) {
        throw new MeasurementException("its process has ended");
      }
      if (text.startsWith(ERROR)) {
        throw new MeasurementException(text.substring(ERROR.length()));
      }
      return text;
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw new MeasurementException(format("no answer within %d s", DEADLINE_SECONDS));
    } catch (ExecutionException e) {
      throw new MeasurementException(String.valueOf(e.getCause()));
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new MeasurementException("interrupted");
    }
  }

  /** The next line; empty at the end of the stream and where reading fails. */
  private String nextLine() {
    try {
      return Objects.requireNonNullElse(answers.readLine(), "");
    } catch (IOException e) {
      return "";
    }
  }

  /** Ends the process. */
  @Override
  public void close() {
    try {
      requests.close();
      if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
