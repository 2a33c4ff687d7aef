package io.github.shardsum.cli.plan;

import static io.github.shardsum.measure.Texts.wrongArgument;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.mesh.Mesh;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Plans of jobs.
 *
 * @param settings the settings of all jobs
 * @param target the target of a job
 */
record PlanJobs(PlanSettings settings, Function<JsonNode, PlanTarget> target) {
  /** Adds a plan, and the comparison, if there is one. */
  static void put(PlanOutcome outcome, ObjectNode answer) {
    byte[] json = outcome.json().getBytes(StandardCharsets.UTF_8);
    answer.setAll((ObjectNode) JsonAnswer.read(json));
    outcome.certificate().ifPresent(proved -> answer.put("certificate", proved));
    outcome.beside().ifPresent(beside -> beside.into(answer.putObject("besideXla")));
    outcome.equal().ifPresent(equal -> answer.put("equal", equal));
  }

  /** Plans a job. */
  void run(JsonNode job, ObjectNode answer) {
    PlanChecks checks = settings.checks(job.path("run").booleanValue(false));
    try {
      put(target.apply(job).plan(request(job), checks), answer);
    } catch (ArithmeticException overflow) {
      throw PlanTarget.beyondCounting(overflow);
    }
  }

  /** A member that must be a string. */
  static String text(JsonNode job, String member) {
    JsonNode node = job.path(member);
    if (!node.isString()) {
      throw wrongArgument(
          "job: \"%s\" must be a string, got %s", member, node.isMissingNode() ? "none" : node);
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
      throw wrongArgument(
          "job: \"%s\" must be a whole number of %s, got %s",
          member, most == Long.MAX_VALUE ? "at least 0" : "0 to " + most, node);
    }
    return node.longValue();
  }
}
