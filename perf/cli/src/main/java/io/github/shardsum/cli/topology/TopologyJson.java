package io.github.shardsum.cli.topology;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.topology.CollectiveCost;
import io.github.shardsum.topology.PhaseCost;
import io.github.shardsum.topology.Topologies;
import io.github.shardsum.topology.Topology;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Networks and prices as JSON; times in seconds. */
final class TopologyJson {
  private TopologyJson() {}

  /** {@code {"networks":[..]}}. */
  static String names(String more) {
    ObjectNode answer = JsonAnswer.object();
    ArrayNode names = answer.putArray("networks");
    Topologies.names().forEach(names::add);
    names.add(more);
    return JsonAnswer.text(answer);
  }

  /**
   * {@code {"network":..,"devices":..,"bytesPerSecond":..,"secondsPerHop":..,"mesh":..,"over":[..],
   * "bytes":..,"collectives":[{"name":..,"meanLinkBytes":..,..,"phases":[..]}]}}.
   *
   * @param prices the prices by the name of the collective
   */
  static String prices(
      Topology topology,
      String mesh,
      List<String> over,
      long bytes,
      Map<String, CollectiveCost> prices) {
    ObjectNode answer =
        JsonAnswer.object()
            .put("network", topology.name())
            .put("devices", topology.devices())
            .put("bytesPerSecond", topology.link().bytesPerSecond())
            .put("secondsPerHop", topology.link().secondsPerHop())
            .put("mesh", mesh);
    over.forEach(answer.putArray("over")::add);
    answer.put("bytes", bytes);
    ArrayNode list = answer.putArray("collectives");
    prices.forEach((name, price) -> price(list.addObject().put("name", name), price));
    return JsonAnswer.text(answer);
  }

  private static void price(ObjectNode node, CollectiveCost price) {
    node.put("meanLinkBytes", price.meanLinkLoad())
        .put("largestLinkBytes", price.largestLinkLoad())
        .put("hops", price.hops())
        .put("latencySeconds", price.latencySeconds())
        .put("seconds", price.seconds())
        .put("meanSeconds", price.meanSeconds());
    ArrayNode phases = node.putArray("phases");
    for (PhaseCost phase : price.phases()) {
      phases
          .addObject()
          .put("name", phase.name())
          .put("meanLinkBytes", phase.meanBytes())
          .put("largestLinkBytes", phase.largestBytes())
          .put("hops", phase.hops())
          .put("seconds", phase.largestSeconds())
          .put("meanSeconds", phase.meanSeconds());
    }
  }
}
