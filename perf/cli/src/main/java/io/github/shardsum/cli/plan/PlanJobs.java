package io.github.shardsum.cli.plan;

import io.github.shardsum.cli.common.JsonJobs;
import io.github.shardsum.cli.common.LongRun;
import io.github.shardsum.mesh.Mesh;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Plans the jobs of a file, one JSON object a line, and prints a JSON object for each, in order.
 * After a job that fails the next one runs.
 */
final class PlanJobs {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  private final PlanSettings settings;
  private final Function<JsonNode, PlanTarget> target;
  private final CommandLine line;
  private final JsonJobs jobs = new JsonJobs();

  PlanJobs(PlanSettings settings, Function<JsonNode, PlanTarget> target, CommandLine line) {
    this.settings = settings;
    this.target = target;
    this.line = line;
  }

  /** A plan as JSON, after the job's id and before the comparison, if there are any. */
  static String answer(Optional<JsonNode> id, PlanOutcome outcome) {
    ObjectNode answer = JSON.createObjectNode();
    id.ifPresent(node -> answer.set("id", node));
    answer.setAll((ObjectNode) JSON.readTree(outcome.json()));
    outcome.certificate().ifPresent(proved -> answer.put("certificate", proved));
    outcome.beside().ifPresent(beside -> beside.into(answer.putObject("besideXla")));
    outcome.equal().ifPresent(equal -> answer.put("equal", equal));
    return JSON.writeValueAsString(answer);
  }

  /** Answers every line while the answers are read. */
  void run(Path file) throws IOException {
    settings.checkJobs();
    try (LongRun _ = settings.watchJobs(jobs::answered)) {
      jobs.run(file, line.getOut(), this::answer);
    }
  }

  private String answer(String line, int number) {
    Optional<JsonNode> id = Optional.of(JSON.nullNode());
    try {
      JsonNode job = JsonJobs.parse(JSON, line, number);
      id = Optional.of(job.path("id").isMissingNode() ? JSON.nullNode() : job.path("id"));
      PlanChecks checks = settings.checks(job.path("run").booleanValue(false));
      return answer(id, target.apply(job).plan(request(job), checks));
    } catch (IllegalArgumentException bad) {
      return failed(id, String.valueOf(bad.getMessage()));
    } catch (ArithmeticException overflow) {
      return failed(id, String.valueOf(PlanTarget.beyondCounting(overflow).getMessage()));
    } catch (OutOfMemoryError memory) {
      return failed(id, "memory: more is needed than there is: " + memory.getMessage());
    } catch (RuntimeException | StackOverflowError defect) {
      return failed(id, defect.toString());
    }
  }

  private static String failed(Optional<JsonNode> id, String reason) {
    ObjectNode answer = JSON.createObjectNode();
    answer.set("id", id.orElseGet(JSON::nullNode));
    answer.put("error", reason);
    return JSON.writeValueAsString(answer);
  }

  /** A member that must be a string. */
  static String text(JsonNode job, String member) {
    JsonNode node = job.path(member);
    if (!node.isString()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "job: \"%s\" must be a string, got %s",
              member,
              node.isMissingNode() ? "none" : node));
    }
    return node.stringValue();
  }

  private PlanRequest request(JsonNode job) {
    JsonNode order = job.path("deviceOrder");
    if (!order.isMissingNode() && !order.isArray()) {
      throw new IllegalArgumentException(
          "job: \"deviceOrder\" must be an array of devices, got " + order);
    }
    int[] devices = new int[order.size()];
    for (int i = 0; i < devices.length; i++) {
      devices[i] = (int) integer("deviceOrder", order.get(i), Integer.MAX_VALUE);
    }
    String notation = text(job, "mesh");
    Mesh mesh = PlanRequest.mesh(notation, devices);
    if (order.isArray() && devices.length == 0) {
      mesh = mesh.withDevices();
    }
    return new PlanRequest(mesh, sizes(job.path("sizes")), settings.options(mesh));
  }

  private static Map<String, Long> sizes(JsonNode node) {
    if (!node.isObject()) {
      throw new IllegalArgumentException(
          "job: \"sizes\" must be an object of sizes, got "
              + (node.isMissingNode() ? "none" : node));
    }
    Map<String, Long> sizes = new LinkedHashMap<>();
    node.properties()
        .forEach(
            entry ->
                sizes.put(
                    entry.getKey(),
                    integer("sizes\" of \"" + entry.getKey(), entry.getValue(), Long.MAX_VALUE)));
    return sizes;
  }

  private static long integer(String member, JsonNode node, long most) {
    if (!node.isIntegralNumber()
        || !node.canConvertToLong()
        || node.longValue() < 0
        || node.longValue() > most) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "job: \"%s\" must be a whole number of %s, got %s",
              member,
              most == Long.MAX_VALUE ? "at least 0" : "0 to " + most,
              node));
    }
    return node.longValue();
  }
}
