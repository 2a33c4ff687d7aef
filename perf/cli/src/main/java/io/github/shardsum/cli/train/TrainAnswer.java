package io.github.shardsum.cli.train;

import io.github.shardsum.cli.common.JsonAnswer;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.moe.train.Training;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** The loads and the traffic of a training, for {@code --json}. */
final class TrainAnswer {
  private TrainAnswer() {}

  /** Adds loads over time, by layer and expert. */
  static void loads(ObjectNode answer, Map<String, List<TrainHistory.Load>> loads) {
    answer.set("loads", JsonAnswer.tree(loads));
  }

  /** Adds loads over time, by layer and by device of the axes that experts are split over. */
  static void deviceLoads(
      ObjectNode answer, Map<String, List<TrainHistory.Load>> loads, MeshAxes axes) {
    Map<String, List<TrainHistory.Load>> ofDevices = new LinkedHashMap<>();
    loads.forEach((layer, each) -> ofDevices.put(layer, TrainDeviceLoads.of(each, axes)));
    answer
        .putObject("deviceLoads")
        .set("axes", JsonAnswer.tree(axes.experts()))
        .set("loads", JsonAnswer.tree(ofDevices));
  }

  /** Adds the traffic and the memory of the last step on the mesh, as planned. */
  static void mesh(ObjectNode answer, Training.Traffic traffic) {
    answer.set("mesh", JsonAnswer.tree(traffic));
  }
}
