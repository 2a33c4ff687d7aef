package io.github.shardsum.internal.engine.check;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.internal.engine.transfer.ProcessDevices;
import io.github.shardsum.internal.engine.transfer.TransferGroup;
import io.github.shardsum.internal.engine.transfer.TransferGroups;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;

/**
 * The checked calls of this process's devices, and the groups that run.
 *
 * <p>Devices may hold one tile of a value together and pass the very same tensors as operand and
 * result. A group repeats an earlier group, and does not run, if its members have the same tensors
 * on the same processes as the earlier group's members. The {@link CallDigest} includes the repeats
 * of groups that span processes, since all processes must find the same. Groups that are spread
 * over the processes in different ways all run, but only the first of the devices writes the tile.
 */
public final class GroupCalls {
  private final TransferGroups layout;
  private final List<DeviceCall> calls;
  private final List<TransferGroup> groups = new ArrayList<>();
  private final List<Repeat> repeats = new ArrayList<>();
  private final boolean[] repeated;
  private final boolean[] later;
  private final boolean[] sharesTile;

  /**
   * A group that does not run.
   *
   * @param of the number of the group that runs in its place
   */
  record Repeat(TransferGroup members, int of) {}

  public GroupCalls(ProcessDevices placement, List<DeviceCall> calls) {
    this.layout = placement.layout(calls.getFirst().collective());
    this.calls = calls;
    this.repeated = new boolean[calls.size()];
    this.later = new boolean[calls.size()];
    this.sharesTile = new boolean[calls.size()];
    if (mayRepeat()) {
      collect(placement);
      findTiles(placement);
    } else {
      groups.addAll(layout.local());
    }
  }

  private boolean mayRepeat() {
    if (layout.local().size() == 1 || calls.stream().anyMatch(call -> call.out().isEmpty())) {
      return false;
    }
    IdentityHashMap<Object, Boolean> seen = new IdentityHashMap<>();
    return calls.stream().anyMatch(call -> seen.put(call.out().orElseThrow(), true) != null);
  }

  private void collect(ProcessDevices placement) {
    IdentityHashMap<Object, List<TransferGroup>> byFirstResult = new IdentityHashMap<>();
    for (TransferGroup members : layout.local()) {
      int first = placement.indexOf(members.devices()[members.local()[0]]);
      List<TransferGroup> alike =
          byFirstResult.computeIfAbsent(
              calls.get(first).out().orElseThrow(), _ -> new ArrayList<>());
      Optional<TransferGroup> same =
          alike.stream().filter(other -> areSame(placement, members, other)).findFirst();
      if (same.isPresent()) {
        repeats.add(new Repeat(members, same.get().group()));
        for (int member : members.local()) {
          repeated[placement.indexOf(members.devices()[member])] = true;
        }
      } else {
        alike.add(members);
        groups.add(members);
      }
    }
  }

  /** Finds devices that share their tensors with a device of another group that runs. */
  private void findTiles(ProcessDevices placement) {
    IdentityHashMap<Object, List<Integer>> byResult = new IdentityHashMap<>();
    for (int index = 0; index < calls.size(); index++) {
      if (repeated[index]) {
        continue;
      }
      int group = layout.groups().groupOf(placement.device(index));
      List<Integer> before =
          byResult.computeIfAbsent(calls.get(index).out().orElseThrow(), _ -> new ArrayList<>());
      for (int other : before) {
        boolean apart = layout.groups().groupOf(placement.device(other)) != group;
        if (apart && !later[other] && calls.get(other).x() == calls.get(index).x()) {
          later[index] = true;
          sharesTile[index] = true;
          sharesTile[other] = true;
        }
      }
      before.add(index);
    }
  }

  private boolean areSame(ProcessDevices placement, TransferGroup a, TransferGroup b) {
    if (!Arrays.equals(a.local(), b.local())) {
      return false;
    }
    for (int member = 0; member < a.size(); member++) {
      if (placement.processOf(a.devices()[member]) != placement.processOf(b.devices()[member])) {
        return false;
      }
    }
    for (int member : a.local()) {
      DeviceCall one = calls.get(placement.indexOf(a.devices()[member]));
      DeviceCall other = calls.get(placement.indexOf(b.devices()[member]));
      if (one.x() != other.x()
          || one.out().orElseThrow() != other.out().orElseThrow()
          || !one.counts().equals(other.counts())) {
        return false;
      }
    }
    return true;
  }

  public Collective collective() {
    return calls.getFirst().collective();
  }

  /** The calls of this process's devices, in their order. */
  public List<DeviceCall> calls() {
    return calls;
  }

  public TransferGroups layout() {
    return layout;
  }

  /** The groups with members here that run, ascending. */
  public List<TransferGroup> groups() {
    return groups;
  }

  /** The groups with members here that repeat another group. */
  List<Repeat> repeats() {
    return repeats;
  }

  /** Whether another device writes the tile of the device at an index of this process. */
  public boolean isWrittenByAnother(int index) {
    return repeated[index] || later[index];
  }

  /** Whether a device in another running group reads and writes the tensors of this device too. */
  public boolean sharesTile(int index) {
    return sharesTile[index];
  }

  /** Whether the device at an index of this process is in a group that repeats another group. */
  public boolean isRepeated(int index) {
    return repeated[index];
  }
}
