package io.github.shardsum.internal.partition.run;

import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.layout.Box;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A dimension whose division among devices changes. Each member of a group needs a box of each
 * other member's block; the box is sent as a row of elements.
 */
final class ReorderedDimension implements StepCode {
  private final DeviceGroups groups;
  private final PlannedValue before;
  private final PlannedValue after;

  ReorderedDimension(PlanStep step, PlannedValue before) {
    this.groups = before.layout().mesh().groups(step.action().groupAxes());
    this.before = before;
    this.after = step.result();
  }

  private int member(int device, int member) {
    return groups.device(groups.groupOf(device), member);
  }

  private Box held(int device) {
    return before.layout().box(before.shape(), device);
  }

  private Box wanted(int device) {
    return after.layout().box(after.shape(), device);
  }

  private long count(int source, int target) {
    return held(source).intersect(wanted(target)).elementCount();
  }

  /** The numbers of elements that a device sends to each member and receives from each member. */
  RaggedCounts counts(int device) {
    long[] send = new long[groups.size()];
    long[] receive = new long[groups.size()];
    for (int member = 0; member < send.length; member++) {
      send[member] = count(device, member(device, member));
      receive[member] = count(member(device, member), device);
    }
    return RaggedCounts.of(send, receive);
  }

  /** Number of elements that a device gets. */
  long received(int device) {
    return wanted(device).elementCount();
  }

  /**
   * Number of elements that a device sends; an element for several members counts once for each.
   */
  long sent(int device) {
    long sent = 0;
    for (int member = 0; member < groups.size(); member++) {
      sent += count(device, member(device, member));
    }
    return sent;
  }

  /** Writes the parts of a device's block in the order of the members that get them. */
  void pack(int device, Tensor x, Tensor flat) {
    Box held = held(device);
    long at = 0;
    for (int member = 0; member < groups.size(); member++) {
      Box part = held.intersect(wanted(member(device, member)));
      if (part.elementCount() > 0) {
        row(flat, at, part).assign(within(held, part).of(x));
        at += part.elementCount();
      }
    }
  }

  /** Writes a device's block from the parts that it received, in the order of the members. */
  void unpack(int device, Tensor flat, Tensor whole) {
    Box wanted = wanted(device);
    long at = 0;
    for (int member = 0; member < groups.size(); member++) {
      Box part = held(member(device, member)).intersect(wanted);
      if (part.elementCount() > 0) {
        within(wanted, part).of(whole).assign(row(flat, at, part));
        at += part.elementCount();
      }
    }
  }

  private static Tensor row(Tensor flat, long at, Box part) {
    return flat.slice(0, at, at + part.elementCount()).reshape(part.shape().toArray());
  }

  /** A box by indices relative to a box that contains it. */
  private static Box within(Box outer, Box part) {
    List<Long> starts = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    for (int dim = 0; dim < part.rank(); dim++) {
      starts.add(part.start(dim) - outer.start(dim));
      ends.add(part.end(dim) - outer.start(dim));
    }
    return new Box(starts, ends);
  }
}
