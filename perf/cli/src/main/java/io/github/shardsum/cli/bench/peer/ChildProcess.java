package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.measure.MeasurementException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A process that answers each line with a line of JSON, the first one unasked. */
final class ChildProcess implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  /** Importing torch from a cold disk takes half a minute. */
  private static final long DEADLINE_SECONDS = 300;

  private static final long GRACE_SECONDS = 5;

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter requests;
  private final JsonNode greeting;

  /** Starts it and waits for the first line. */
  ChildProcess(ProcessBuilder builder) throws IOException, MeasurementException {
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

  /** The first message of the child. */
  JsonNode greeting() {
    return greeting;
  }

  /** Asks and waits. */
  JsonNode ask(String line) throws MeasurementException {
    try {
      requests.write(line);
      requests.newLine();
      requests.flush();
    } catch (IOException e) {
      throw new MeasurementException("its process has ended");
    }
    return answer();
  }

  /** The elements that a case's preparation gave. */
  static double[] values(JsonNode answer) {
    JsonNode values = answer.get("values");
    double[] result = new double[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values.get(i).doubleValue();
    }
    return result;
  }

  private JsonNode answer() throws MeasurementException {
    CompletableFuture<String> line = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> line.complete(nextLine()));
    try {
      String text = line.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
      if (text.isEmpty()) {
        throw new MeasurementException("its process has ended");
      }
      JsonNode answer = JSON.readTree(text);
      if (answer.has("error")) {
        throw new MeasurementException(answer.get("error").stringValue());
      }
      return answer;
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw new MeasurementException(
          String.format(Locale.ROOT, "no answer within %d s", DEADLINE_SECONDS));
    } catch (ExecutionException e) {
      throw new MeasurementException(String.valueOf(e.getCause()));
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new MeasurementException("interrupted");
    }
  }

  /** Empty at the end of the stream, however it came. */
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
