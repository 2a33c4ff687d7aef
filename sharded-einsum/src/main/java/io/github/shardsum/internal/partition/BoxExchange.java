package io.github.shardsum.internal.partition;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.layout.Box;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * One step in which devices send each other boxes of a value: each member of a group gets what it
 * wants of what each member holds, as rows of single elements.
 */
final class BoxExchange {
  private final Collectives collectives;
  private final DeviceGroups groups;
  private final PlannedValue before;
  private final PlannedValue after;
  private final int[] sources;

  BoxExchange(Collectives collectives, PlanStep step, PlannedValue before) {
    this.collectives = collectives;
    this.groups = collectives.mesh().groups(step.action().groupAxes());
    this.before = before;
    this.after = step.result();
    this.sources =
        step.action() instanceof Action.CollectivePermute
            ? Permutation.of(before.layout(), after.layout()).sources()
            : new int[0];
  }

  List<Tensor> run(List<Tensor> x) {
    List<Integer> devices = collectives.devices();
    List<Tensor> packed = new ArrayList<>();
    List<RaggedCounts> counts = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      packed.add(pack(devices.get(i), x.get(i)));
      counts.add(counts(devices.get(i)));
    }
    List<Tensor> received =
        collectives.run(new Collective.RaggedAllToAll(groups.axes(), counts), packed);
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      results.add(unpack(devices.get(i), received.get(i)));
    }
    return results;
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

  private boolean sends(int source, int target) {
    return sources.length == 0 || sources[groups.memberOf(target)] == groups.memberOf(source);
  }

  private long count(int source, int target) {
    return sends(source, target) ? held(source).intersect(wanted(target)).elementCount() : 0;
  }

  private RaggedCounts counts(int device) {
    long[] send = new long[groups.size()];
    long[] receive = new long[groups.size()];
    for (int member = 0; member < send.length; member++) {
      send[member] = count(device, member(device, member));
      receive[member] = count(member(device, member), device);
    }
    return RaggedCounts.of(send, receive);
  }

  private Tensor pack(int device, Tensor x) {
    long total = 0;
    for (int member = 0; member < groups.size(); member++) {
      total += count(device, member(device, member));
    }
    Tensor flat = Tensor.zeros(x.dtype(), total);
    Box held = held(device);
    long at = 0;
    for (int member = 0; member < groups.size(); member++) {
      int target = member(device, member);
      long length = count(device, target);
      if (length > 0) {
        Box part = held.intersect(wanted(target));
        row(flat, at, part).assign(within(held, part).of(x));
        at += length;
      }
    }
    return flat;
  }

  private Tensor unpack(int device, Tensor flat) {
    Box wanted = wanted(device);
    Tensor whole = Tensor.zeros(flat.dtype(), wanted.shape());
    long at = 0;
    for (int member = 0; member < groups.size(); member++) {
      int source = member(device, member);
      long length = count(source, device);
      if (length > 0) {
        Box part = held(source).intersect(wanted);
        within(wanted, part).of(whole).assign(row(flat, at, part));
        at += length;
      }
    }
    return whole;
  }

  private static Tensor row(Tensor flat, long at, Box part) {
    return flat.slice(0, at, at + part.elementCount()).reshape(part.shape().toArray());
  }

  /** A box by the indices of one that it lies in. */
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
