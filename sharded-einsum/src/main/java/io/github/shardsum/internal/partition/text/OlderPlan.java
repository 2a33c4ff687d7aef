package io.github.shardsum.internal.partition.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Plans of files that were written before the price of a runner-up had a unit. */
final class OlderPlan {
  private OlderPlan() {}

  /**
   * The plan with the unit of each price. An older file calls every price cost, whether in seconds
   * or in elements; the explanation next to the plan names the unit.
   *
   * @param plan the plan in the file
   * @param explained the file's steps for readers
   * @return the plan; unchanged if its prices have units or are in elements
   */
  static Json withUnits(Json plan, Json explained) {
    return hasSeconds(explained) && !hasSeconds(plan) ? withSeconds(plan) : plan;
  }

  /** Whether the price of any runner-up is in seconds. */
  private static boolean hasSeconds(Json json) {
    return switch (json) {
      case Json.Members(Map<String, Json> members) ->
          (members.get("runnerUp") instanceof Json.Members(Map<String, Json> way)
                  && way.containsKey("seconds"))
              || members.values().stream().anyMatch(OlderPlan::hasSeconds);
      case Json.Elements(List<Json> elements) -> elements.stream().anyMatch(OlderPlan::hasSeconds);
      default -> false;
    };
  }

  private static Json withSeconds(Json json) {
    return switch (json) {
      case Json.Members(Map<String, Json> members) -> {
        boolean isRunnerUp = members.keySet().equals(Set.of("steps", "cost"));
        Map<String, Json> named = new LinkedHashMap<>();
        members.forEach(
            (name, member) ->
                named.put(
                    isRunnerUp && name.equals("cost") ? "seconds" : name, withSeconds(member)));
        yield new Json.Members(named);
      }
      case Json.Elements(List<Json> elements) ->
          new Json.Elements(elements.stream().map(OlderPlan::withSeconds).toList());
      default -> json;
    };
  }
}
