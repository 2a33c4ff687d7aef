package io.github.shardsum.cli.train;

import io.github.shardsum.layout.Box;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.moe.train.MeshAxes;
import io.github.shardsum.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Loads of the devices that experts are split over: the sum of the loads of each device's experts.
 */
final class TrainDeviceLoads {
  private TrainDeviceLoads() {}

  /**
   * Loads over time by device instead of by expert.
   *
   * @param axes the mesh; a device that has no experts has 0
   */
  static List<TrainHistory.Load> of(List<TrainHistory.Load> loads, MeshAxes axes) {
    List<TrainHistory.Load> all = new ArrayList<>();
    for (TrainHistory.Load load : loads) {
      all.add(new TrainHistory.Load(load.step(), byDevice(load.tokens(), axes)));
    }
    return all;
  }

  private static List<Long> byDevice(List<Long> tokens, MeshAxes axes) {
    Layout layout = Layout.parse(axes.mesh(), MeshAxes.split("E", axes.experts()));
    Set<Box> boxes = new LinkedHashSet<>();
    for (int device = 0; device < axes.mesh().size(); device++) {
      boxes.add(layout.box(Shape.of(tokens.size()), device));
    }
    List<Long> sums = new ArrayList<>();
    for (Box box : boxes) {
      if (box.elementCount() > 0) {
        sums.add(
            tokens.subList((int) box.start(0), (int) box.end(0)).stream()
                .mapToLong(Long::longValue)
                .sum());
      }
    }
    while (sums.size() < axes.mesh().size(axes.experts())) {
      sums.add(0L);
    }
    return sums;
  }
}
