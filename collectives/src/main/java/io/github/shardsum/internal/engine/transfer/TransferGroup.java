package io.github.shardsum.internal.engine.transfer;

import java.util.List;

/**
 * One group that has members on this process.
 *
 * @param group its number
 * @param devices the members in the order of the request
 * @param leaves the members in the order of the tree
 * @param local the members of this process, as ascending indices of devices
 * @param processes the processes that hold members, ascending
 */
public record TransferGroup(
    int group, int[] devices, int[] leaves, int[] local, List<Integer> processes) {
  public int size() {
    return devices.length;
  }
}
