package io.github.shardsum.cli.train;

import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Training;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The loads and the traffic of a training, for {@code --json}. */
final class TrainAnswer {
  private TrainAnswer() {}

  /** Adds loads over time, by layer and expert. */
  static void loads(ObjectNode answer, Map<String, List<TrainHistory.Load>> loads) {
    ObjectNode layers = answer.putObject("loads");
    loads.forEach((layer, each) -> add(layers, layer, each));
  }

  /** Adds loads over time, by layer and by device of the axes that experts are split over. */
  static void deviceLoads(
      ObjectNode answer, Map<String, List<TrainHistory.Load>> loads, MeshAxes axes) {
    ObjectNode devices = answer.putObject("deviceLoads");
    axes.experts().forEach(devices.putArray("axes")::add);
    ObjectNode layers = devices.putObject("loads");
    loads.forEach((layer, each) -> add(layers, layer, TrainDeviceLoads.of(each, axes)));
  }

  private static void add(ObjectNode layers, String layer, List<TrainHistory.Load> loads) {
    ArrayNode steps = layers.putArray(layer);
    for (TrainHistory.Load load : loads) {
      ArrayNode tokens = steps.addObject().put("step", load.step()).putArray("tokens");
      load.tokens().forEach(tokens::add);
    }
  }

  /** Adds the traffic and the memory of the last step on the mesh, as planned. */
  static void mesh(ObjectNode answer, Training.Traffic traffic) {
    ObjectNode mesh =
        answer
            .putObject("mesh")
            .put("collectives", traffic.collectives())
            .put("receivedBytes", traffic.receivedBytes())
            .put("heldBytes", traffic.heldBytes());
    traffic
        .rows()
        .ifPresent(
            rows -> {
              ObjectNode sent =
                  mesh.putObject("rows")
                      .put("steps", rows.steps())
                      .put("sent", rows.sent())
                      .put("most", rows.most())
                      .put("bound", rows.bound())
                      .put("pieces", rows.pieces());
              rows.axes().forEach(sent.putArray("axes")::add);
            });
    ArrayNode kinds = mesh.putArray("kinds");
    for (Training.Kind kind : traffic.kinds()) {
      ObjectNode each =
          kinds
              .addObject()
              .put("op", kind.op())
              .put("count", kind.count())
              .put("receivedBytes", kind.receivedBytes());
      kind.axes().forEach(each.putArray("axes")::add);
    }
  }
}
