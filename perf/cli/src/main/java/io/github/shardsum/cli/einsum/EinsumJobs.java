package io.github.shardsum.cli.einsum;

import io.github.shardsum.cli.common.FileErrors;
import io.github.shardsum.cli.common.InputArrays;
import io.github.shardsum.cli.common.JsonErrors;
import io.github.shardsum.cli.common.ResultArrays;
import io.github.shardsum.cli.common.TextFiles;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.io.Npy;
import io.github.shardsum.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Runs einsums that a file lists, a JSON object a line, and prints a JSON object for each: in
 * order, and nothing else. After a failed job, or a line that is not a job, the next line is read.
 */
final class EinsumJobs {
  /**
   * Ids are returned unchanged; output is ASCII, so that it is correct in any terminal's encoding.
   */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  private final EinsumOptions options;
  private final PrintWriter out;
  private final AtomicLong answered = new AtomicLong();

  EinsumJobs(EinsumOptions options, PrintWriter out) {
    this.options = options;
    this.out = out;
  }

  /** The number of jobs that have been answered; any thread may call this. */
  long answered() {
    return answered.get();
  }

  /** Runs all jobs while the answers are read. Returns whether none failed. */
  boolean run(Path file) throws IOException {
    boolean good = true;
    long line = 0;
    try (InputStream in = new BufferedInputStream(TextFiles.open(file))) {
      for (byte[] bytes = next(in); bytes.length > 0 && !out.checkError(); bytes = next(in)) {
        line++;
        if (!isBlank(bytes)) {
          good &= run(bytes, line);
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

  private static boolean isBlank(byte[] line) {
    return new String(line, StandardCharsets.ISO_8859_1).isBlank();
  }

  private boolean run(byte[] line, long number) {
    ObjectNode answer = JSON.createObjectNode();
    answer.putNull("id");
    try {
      JsonNode parsed = parse(line, number);
      if (!parsed.path("id").isMissingNode()) {
        answer.set("id", parsed.path("id"));
      }
      Tensor result = run(EinsumJob.of(parsed));
      answer.put("ok", true);
      var shape = answer.putArray("shape");
      for (long size : result.shape().toArray()) {
        shape.add(size);
      }
      answer.put("dtype", result.dtype().toString());
    } catch (Exception | OutOfMemoryError | StackOverflowError | InternalError failed) {
      // The JVM throws an InternalError if a mapped file was truncated.
      answer.put("ok", false);
      answer.put("error", reason(failed));
    }
    out.println(JSON.writeValueAsString(answer));
    out.flush();
    answered.incrementAndGet();
    return answer.path("ok").booleanValue();
  }

  private static JsonNode parse(byte[] line, long number) {
    try {
      JsonNode parsed = JSON.readTree(line);
      return parsed == null ? MissingNode.getInstance() : parsed;
    } catch (JacksonException notJson) {
      throw new IllegalArgumentException(
          "line " + number + ": must be one JSON object: " + JsonErrors.describe(notJson), notJson);
    }
  }

  private Tensor run(EinsumJob job) throws IOException {
    Path target = Path.of(job.out());
    if (job.out().equals(InputArrays.STANDARD) || job.operands().contains(InputArrays.STANDARD)) {
      throw new IllegalArgumentException(
          "job: must name files, got - (answers are on standard output)");
    }
    if (ResultArrays.isOfOtherFormat(target)) {
      throw new IllegalArgumentException("\"out\": must name a .npy file, got " + job.out());
    }
    try (InputArrays inputs = new InputArrays(InputStream.nullInputStream())) {
      Tensor[] operands = EinsumCommand.map(job.operands(), inputs);
      Einsum einsum = Einsum.compile(job.equation(), options, OperandSpec.like(operands));
      return inputs.read(
          () -> {
            Tensor result = EinsumCommand.run(einsum, inputs, operands);
            Npy.write(target, result);
            return result;
          });
    }
  }

  private static String reason(Throwable failed) {
    return switch (failed) {
      case FileSystemException file -> FileErrors.describe(file);
      case IllegalArgumentException bad -> String.valueOf(bad.getMessage());
      case OutOfMemoryError memory -> "memory: not enough: " + memory.getMessage();
      default -> failed.toString();
    };
  }
}
