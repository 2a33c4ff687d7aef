package io.github.shardsum.cli.bench.peer;

import io.github.shardsum.measure.ChildProcess;
import io.github.shardsum.measure.MeasurementException;
import java.io.IOException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A child process whose lines are JSON objects. An object with an {@code error} becomes an
 * exception.
 */
final class PeerJsonProcess implements AutoCloseable {

  private final ChildProcess process;
  private final JsonNode greeting;

  /** Starts it and waits for the first line. */
  PeerJsonProcess(ProcessBuilder builder) throws IOException, MeasurementException {
    this.process = new ChildProcess(builder);
    try {
      this.greeting = parsed(process.greeting());
    } catch (MeasurementException e) {
      process.close();
      throw e;
    }
  }

  /** The first message of the child. */
  JsonNode greeting() {
    return greeting;
  }

  /** Sends a request and waits for the answer. */
  JsonNode ask(String line) throws MeasurementException {
    return parsed(process.ask(line));
  }

  /** The elements of an answer to a case's preparation. */
  static double[] values(JsonNode answer) {
    JsonNode values = answer.get("values");
    double[] result = new double[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values.get(i).doubleValue();
    }
    return result;
  }

  private static JsonNode parsed(String line) throws MeasurementException {
    JsonNode answer = JsonMapper.shared().readTree(line);
    if (answer.has("error")) {
      throw new MeasurementException(answer.get("error").stringValue());
    }
    return answer;
  }

  @Override
  public void close() {
    process.close();
  }
}
