package io.github.shardsum.cli.moe;

import io.github.shardsum.cli.common.JsonJobs;
import io.github.shardsum.moe.Route;
import io.github.shardsum.moe.RouteMetrics;
import io.github.shardsum.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.IntStream;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers the jobs of {@code shardsum route}, a line each, in order. */
final class RouteJobs {
  /** NaN and infinities are read, so that the router's error names their place. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  private final PrintWriter out;
  private final JsonJobs jobs = new JsonJobs();

  RouteJobs(PrintWriter out) {
    this.out = out;
  }

  /** The number of jobs that have been answered; any thread may call this. */
  long answered() {
    return jobs.answered();
  }

  /** Answers every line of a file, or of standard input, for as long as the answers are read. */
  void run(Path file) throws IOException {
    jobs.run(file, out, (line, number) -> JSON.writeValueAsString(answer(line, number)));
  }

  private static ObjectNode answer(String line, int number) {
    ObjectNode answer = JSON.createObjectNode();
    answer.putNull("id");
    try {
      JsonNode job = JsonJobs.parse(JSON, line, number);
      answer.set("id", job.path("id").isMissingNode() ? JSON.nullNode() : job.path("id"));
      put(RouteJob.of(job).route(), answer);
    } catch (IllegalArgumentException bad) {
      answer.put("error", String.valueOf(bad.getMessage()));
    } catch (OutOfMemoryError memory) {
      answer.put("error", "memory: more is needed than there is: " + memory.getMessage());
    } catch (RuntimeException | StackOverflowError defect) {
      answer.put("error", defect.toString());
    }
    return answer;
  }

  private static void put(Route route, ObjectNode answer) {
    putCombine(route, answer.putArray("combine"));
    RouteMetrics metrics = route.metrics();
    answer.put("aux", metrics.meanAuxLoss());
    answer.put("zLoss", metrics.zLoss().orElse(0));
    ArrayNode load = answer.putArray("load");
    for (long used : usedSlots(metrics, route.capacity())) {
      load.add(used);
    }
    answer.put("dropped", metrics.overflow());
  }

  /** Rows {@code [g, s, e, c, weight]}, ascending. */
  private static void putCombine(Route route, ArrayNode combine) {
    Tensor positions = route.combine().positions();
    long[] places = positions.toLongArray();
    double[] weights = route.combine().weights().toDoubleArray();
    int tokens = Math.toIntExact(positions.size(1));
    int choices = Math.toIntExact(positions.size(2));
    for (int token = 0; token * choices < places.length; token++) {
      int group = token / tokens;
      int inGroup = token % tokens;
      IntStream.range(token * choices, (token + 1) * choices)
          .filter(at -> places[at] >= 0)
          .boxed()
          .sorted(Comparator.comparingLong(at -> places[at]))
          .forEach(
              at ->
                  combine
                      .addArray()
                      .add(group)
                      .add(inGroup)
                      .add(places[at] / route.capacity())
                      .add(places[at] % route.capacity())
                      .add(weights[at]));
    }
  }

  /** Used slots of each expert, summed over groups; a rejected choice may use one too. */
  private static long[] usedSlots(RouteMetrics metrics, long capacity) {
    long[] asked = metrics.load().toLongArray();
    long[] used = new long[Math.toIntExact(metrics.load().size(1))];
    for (int i = 0; i < asked.length; i++) {
      used[i % used.length] += Math.min(asked[i], capacity);
    }
    return used;
  }
}
