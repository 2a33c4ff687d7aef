package io.github.shardsum.cli.common;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Jobs of a file, a JSON object a line. Each is answered by a line, in order. */
public final class JsonJobs {
  private final AtomicLong answered = new AtomicLong();

  /** The answer to a line, which says what is wrong with a job that fails. */
  @FunctionalInterface
  public interface Answer {
    /** Answers the line of this number, counted from 1. */
    String to(String line, int number);
  }

  /** No job yet. */
  public JsonJobs() {}

  /** The number of jobs that have been answered; any thread may ask for it. */
  public long answered() {
    return answered.get();
  }

  /** Answers every line of a file, or of standard input, for as long as the answers are read. */
  public void run(Path file, PrintWriter out, Answer answer) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(TextFiles.open(file), StandardCharsets.UTF_8))) {
      int number = 0;
      for (String line = lines.readLine();
          line != null && !out.checkError();
          line = lines.readLine()) {
        number++;
        if (!line.isBlank()) {
          out.println(answer.to(line, number));
          out.flush();
          answered.incrementAndGet();
        }
      }
    }
  }

  /**
   * Parses a line.
   *
   * @throws IllegalArgumentException if the line is not a JSON object
   */
  public static JsonNode parse(JsonMapper mapper, String line, int number) {
    try {
      JsonNode job = mapper.readTree(line);
      if (job != null && job.isObject()) {
        return job;
      }
    } catch (JacksonException notJson) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "line %d: must be a JSON object: %s",
              number,
              JsonErrors.describe(notJson)),
          notJson);
    }
    throw new IllegalArgumentException(
        String.format(Locale.ROOT, "line %d: must be a JSON object", number));
  }
}
