package io.github.shardsum.internal.reshard;

import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.topology.Interconnect;
import io.github.shardsum.topology.Topology;
import io.github.shardsum.topology.TopologyAxis;
import java.util.List;

/** Axes of a network whose chips share one link. */
final class Buses {
  private Buses() {}

  /**
   * Whether some member of a group reaches the next member by a bus: both are on one host, and
   * differ along an axis that is a bus.
   */
  static boolean areCrossed(Topology topology, Mesh mesh, List<String> axes) {
    int stride = topology.chipsPerHost();
    for (TopologyAxis axis : topology.axes()) {
      stride /= axis.size();
      if (axis.interconnect() == Interconnect.BUS
          && isCrossed(topology, stride, axis.size(), mesh.groups(axes))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isCrossed(Topology topology, int stride, int size, DeviceGroups groups) {
    for (int group = 0; group < groups.count(); group++) {
      for (int member = 0; member < groups.size(); member++) {
        int chip = groups.device(group, member) / topology.devicesPerChip();
        int next = groups.device(group, (member + 1) % groups.size()) / topology.devicesPerChip();
        if (chip / topology.chipsPerHost() == next / topology.chipsPerHost()
            && chip / stride % size != next / stride % size) {
          return true;
        }
      }
    }
    return false;
  }
}
