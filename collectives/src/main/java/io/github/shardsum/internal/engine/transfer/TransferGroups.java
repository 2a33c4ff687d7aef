package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.internal.reduce.ReductionTree;
import io.github.shardsum.mesh.DeviceGroups;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The groups along axes, seen from one process; an immutable value. */
public final class TransferGroups {
  private final ProcessDevices placement;
  private final DeviceGroups groups;
  private final List<Integer> parts;
  private final DeviceGroups byPosition;
  private final ReductionTree tree;
  private final List<TransferGroup> local;
  private final List<Integer> peers;
  private final boolean regular;

  TransferGroups(ProcessDevices placement, List<String> axes, boolean isFlat) {
    this.placement = placement;
    Mesh mesh = placement.mesh();
    this.groups = mesh.groups(axes);
    this.parts = axes.stream().map(mesh::size).toList();
    List<String> ordered =
        isFlat ? axes : mesh.axisNames().stream().filter(axes::contains).toList();
    this.byPosition = mesh.groups(ordered);
    this.tree =
        ReductionTree.of(
            isFlat ? List.of(groups.size()) : ordered.stream().map(mesh::size).toList());
    this.local = localGroups();
    int[] component = components();
    int own = component[placement.process()];
    this.peers =
        IntStream.range(0, placement.processes()).filter(p -> component[p] == own).boxed().toList();
    this.regular = isRegular(component, own);
  }

  private List<TransferGroup> localGroups() {
    List<TransferGroup> found = new ArrayList<>();
    boolean[] seen = new boolean[groups.count()];
    for (int device : placement.devices()) {
      int group = groups.groupOf(device);
      if (!seen[group]) {
        seen[group] = true;
        found.add(members(group));
      }
    }
    found.sort((a, b) -> Integer.compare(a.group(), b.group()));
    return List.copyOf(found);
  }

  private TransferGroup members(int group) {
    int[] devices = groups.devices(group);
    int[] leaves = byPosition.devices(group);
    List<Integer> processes =
        Arrays.stream(devices).map(placement::processOf).distinct().sorted().boxed().toList();
    int[] local =
        IntStream.range(0, devices.length).filter(m -> placement.isLocal(devices[m])).toArray();
    return new TransferGroup(group, devices, leaves, local, processes);
  }

  /** The component number of each process: processes connected by shared groups have one number. */
  private int[] components() {
    int[] parent = IntStream.range(0, placement.processes()).toArray();
    if (placement.processes() == 1) {
      return parent;
    }
    for (int group = 0; group < groups.count(); group++) {
      int first = find(parent, placement.processOf(groups.device(group, 0)));
      for (int member = 1; member < groups.size(); member++) {
        int other = find(parent, placement.processOf(groups.device(group, member)));
        parent[Math.max(first, other)] = Math.min(first, other);
        first = Math.min(first, other);
      }
    }
    return IntStream.range(0, parent.length).map(p -> find(parent, p)).toArray();
  }

  /**
   * Examines the groups of all peers, so that the peers agree even if one is in fewer groups than
   * another.
   */
  private boolean isRegular(int[] component, int own) {
    for (int group = 0; group < groups.count() && placement.processes() > 1; group++) {
      int[] devices = groups.devices(group);
      long processes = Arrays.stream(devices).map(placement::processOf).distinct().count();
      boolean ofPeers = component[placement.processOf(devices[0])] == own;
      if (ofPeers && processes > 1 && processes != peers.size()) {
        return false;
      }
    }
    return true;
  }

  private static int find(int[] parent, int process) {
    int at = process;
    while (parent[at] != at) {
      at = parent[at];
    }
    return at;
  }

  public DeviceGroups groups() {
    return groups;
  }

  /** Sizes of the axes in the order of the request, which is the order of the chunks. */
  public List<Integer> parts() {
    return parts;
  }

  /** Members of each group. */
  public int size() {
    return groups.size();
  }

  ReductionTree tree() {
    return tree;
  }

  /** The groups that have members here, ascending. */
  public List<TransferGroup> local() {
    return local;
  }

  /**
   * The processes that take part with this one in a collective along these axes, itself included.
   */
  public List<Integer> peers() {
    return peers;
  }

  /**
   * Whether every group of the peers that spans processes spans all of them; every peer computes
   * the same answer.
   */
  boolean regular() {
    return regular;
  }

  /** The largest nodes of a group's tree that have all their leaves on a process, left to right. */
  List<Integer> nodesOf(TransferGroup members, int process) {
    List<Integer> nodes = new ArrayList<>();
    collect(members, process, tree.root(), nodes);
    return nodes;
  }

  /** Adds the largest owned parts of a node. Returns whether the whole node is owned. */
  private boolean collect(TransferGroup members, int process, int node, List<Integer> nodes) {
    if (tree.isLeaf(node)) {
      boolean owned = placement.processOf(members.leaves()[node]) == process;
      if (owned) {
        nodes.add(node);
      }
      return owned;
    }
    int before = nodes.size();
    boolean left = collect(members, process, tree.left(node), nodes);
    boolean right = collect(members, process, tree.right(node), nodes);
    if (left && right) {
      nodes.subList(before, nodes.size()).clear();
      nodes.add(node);
    }
    return left && right;
  }
}
