package io.github.shardsum.internal.partition.run;

import io.github.shardsum.layout.Box;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.PlannedValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Groups the devices of a process that hold the same elements of a value: devices with the same
 * block and the same coordinates along the value's partial axes and the axes of surrounding
 * regions. A tile is stored and computed once.
 */
final class DeviceTiles {
  private final int[] first;

  private DeviceTiles(int[] first) {
    this.first = first;
  }

  /** One tile. */
  private record Tile(Box box, List<Integer> addend) {}

  static DeviceTiles of(PlannedValue value, List<Integer> devices, Set<String> manual) {
    Map<Tile, Integer> firsts = new HashMap<>();
    int[] first = new int[devices.size()];
    for (int i = 0; i < first.length; i++) {
      Layout layout = value.layout();
      int device = devices.get(i);
      List<Integer> addend = new ArrayList<>();
      layout.partial().forEach(axis -> addend.add(layout.mesh().coordinate(device, axis)));
      manual.forEach(axis -> addend.add(layout.mesh().coordinate(device, axis)));
      int at = i;
      first[i] =
          firsts.computeIfAbsent(new Tile(layout.box(value.shape(), device), addend), _ -> at);
    }
    return new DeviceTiles(first);
  }

  /** The place of the first device that holds the same tile as a device. */
  int first(int index) {
    return first[index];
  }

  /** Whether a device computes its tile itself. */
  boolean isFirst(int index) {
    return first[index] == index;
  }
}
