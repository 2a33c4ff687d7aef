package io.github.shardsum.cli.auto;

import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.partition.PlanOptions;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Answers of {@code auto} as JSON; prices are in elements, or in seconds on a network. */
final class AutoJson {
  private AutoJson() {}

  /**
   * {@code {"kept":{NAME:LAYOUT},"annotations":{NAME:LAYOUT},"savings":{NAME:..},"unit":..,
   * "price":..,"bound":..,"gap":..,"peakBytes":..,"memoryLimit":..,"runnerUp":{..},"plans":..,
   * "seconds":..,"certificate":..}}; the limit and the runner-up are absent if there is none. If
   * the plan without an annotation exceeds the limit, the saving of the annotation is the text
   * {@code "above the limit"}.
   */
  static String of(
      Map<String, String> kept,
      FoundLayouts found,
      PlanOptions options,
      double seconds,
      String certificate) {
    ObjectNode answer = JsonAnswer.object();
    annotations(answer.putObject("kept"), kept);
    found(answer, found, options);
    answer.put("seconds", seconds).put("certificate", certificate);
    return JsonAnswer.text(answer);
  }

  /**
   * {@code {"pareto":[..]}}, each as above but without the kept annotations, the seconds and the
   * certificate.
   */
  static String pareto(List<FoundLayouts> all, PlanOptions options) {
    ObjectNode answer = JsonAnswer.object();
    ArrayNode array = answer.putArray("pareto");
    all.forEach(one -> found(array.addObject(), one, options));
    return JsonAnswer.text(answer);
  }

  private static void found(ObjectNode node, FoundLayouts found, PlanOptions options) {
    annotations(node.putObject("annotations"), found.annotations());
    ObjectNode savings = node.putObject("savings");
    found
        .savings()
        .forEach(
            (name, saved) -> {
              if (Double.isFinite(saved)) {
                savings.put(name, saved);
              } else {
                savings.put(name, "above the limit");
              }
            });
    node.put("unit", options.topology().isPresent() ? "seconds" : "elements")
        .put("price", found.price())
        .put("bound", found.bound())
        .put("gap", found.gap())
        .put("peakBytes", found.peakBytes());
    options.memoryLimit().ifPresent(limit -> node.put("memoryLimit", limit));
    found
        .runnerUp()
        .ifPresent(
            other -> {
              ObjectNode second = node.putObject("runnerUp");
              annotations(second.putObject("annotations"), other.annotations());
              second.put("price", other.price()).put("peakBytes", other.peakBytes());
            });
    node.put("plans", found.plans());
  }

  private static void annotations(ObjectNode node, Map<String, String> annotations) {
    annotations.forEach(node::put);
  }
}
