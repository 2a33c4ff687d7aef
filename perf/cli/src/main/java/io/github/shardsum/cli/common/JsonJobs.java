package io.github.shardsum.cli.common;

import static io.github.shardsum.measure.Texts.format;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers the jobs of a file, a JSON object a line: a JSON object for each, in order, and nothing
 * else. After a failed job, or a line that is not a job, the next line is read.
 */
public final class JsonJobs {
  private final PrintWriter out;
  private final boolean saysOk;
  private final Job job;
  private final AtomicLong answered = new AtomicLong();

  /** Runs a job. */
  @FunctionalInterface
  public interface Job {
    /**
     * Runs a job.
     *
     * @param job the object of a line
     * @param answer gets the members of the answer, behind the job's id
     */
    void run(JsonNode job, ObjectNode answer) throws IOException;
  }

  /**
   * Jobs that print their answers.
   *
   * @param saysOk whether each answer has a member {@code ok}
   */
  public JsonJobs(PrintWriter out, boolean saysOk, Job job) {
    this.out = out;
    this.saysOk = saysOk;
    this.job = job;
  }

  /**
   * Answers every line of a file, or of standard input, for as long as the answers are read.
   *
   * @return whether no job failed
   */
  public boolean run(Path file, ProgressOption progress) throws IOException {
    boolean good = true;
    long number = 0;
    try (LongRun _ = progress.watchJobs(answered::get);
        InputStream in = new BufferedInputStream(TextFiles.open(file))) {
      for (byte[] line = next(in); line.length > 0 && !out.checkError(); line = next(in)) {
        number++;
        if (!new String(line, StandardCharsets.ISO_8859_1).isBlank()) {
          good &= answer(line, number);
        }
      }
    }
    return good;
  }

  /** The bytes of the next line with its end, empty at the end of the file. */
  private static byte[] next(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      line.write(b);
      if (b == '\n') {
        break;
      }
    }
    return line.toByteArray();
  }

  private boolean answer(byte[] line, long number) {
    ObjectNode answer = JsonAnswer.object().putNull("id");
    boolean good = true;
    try {
      JsonNode parsed = parse(line, number);
      if (parsed.has("id")) {
        answer.set("id", parsed.get("id"));
      }
      ObjectNode found = JsonAnswer.object();
      job.run(parsed, found);
      answer.setAll(saysOk ? JsonAnswer.object().put("ok", true).setAll(found) : found);
    } catch (Exception | OutOfMemoryError | StackOverflowError | InternalError failed) {
      // The JVM throws an InternalError if a mapped file was truncated.
      good = false;
      if (saysOk) {
        answer.put("ok", false);
      }
      answer.put("error", reason(failed));
    }
    out.println(JsonAnswer.text(answer));
    out.flush();
    answered.incrementAndGet();
    return good;
  }

  private static JsonNode parse(byte[] line, long number) {
    String rule = format("line %d: must be a JSON object", number);
    try {
      JsonNode job = JsonAnswer.read(line);
      if (job.isObject()) {
        return job;
      }
      String kind = job.getNodeType().toString().toLowerCase(Locale.ROOT);
      throw new IllegalArgumentException(rule + ", got " + kind);
    } catch (JacksonException notJson) {
      throw new IllegalArgumentException(rule + ": " + JsonErrors.describe(notJson), notJson);
    }
  }

  private static String reason(Throwable failed) {
    return switch (failed) {
      case FileSystemException file -> FileErrors.describe(file);
      case IllegalArgumentException bad -> String.valueOf(bad.getMessage());
      case OutOfMemoryError memory ->
          "memory: more is needed than there is: " + memory.getMessage();
      default -> failed.toString();
    };
  }
}
