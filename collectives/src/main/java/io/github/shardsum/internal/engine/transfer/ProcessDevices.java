package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.Order;
import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** The devices of each process: process p of P holds devices p L to p L + L - 1. */
public final class ProcessDevices {
  /** The largest number of lists of axes whose groups are kept; a program uses a few. */
  private static final int KEPT = 256;

  private final Mesh mesh;
  private final int processes;
  private final int process;
  private final int perProcess;
  private final Map<List<String>, TransferGroups> layouts = new ConcurrentHashMap<>();

  /** The same groups with a flat tree, for {@link Order#INDEX}. */
  private final Map<List<String>, TransferGroups> flat = new ConcurrentHashMap<>();

  public ProcessDevices(Mesh mesh, int processes, int process) {
    if (mesh.size() % processes != 0) {
      throw new IllegalArgumentException(
          "collectives: every process must hold the same number of devices, got the "
              + mesh.size()
              + " devices of mesh "
              + mesh.notation()
              + " on "
              + processes
              + " processes; choose a number of processes that divides the devices");
    }
    this.mesh = mesh;
    this.processes = processes;
    this.process = process;
    this.perProcess = mesh.size() / processes;
  }

  public Mesh mesh() {
    return mesh;
  }

  public int processes() {
    return processes;
  }

  public int process() {
    return process;
  }

  public int processOf(int device) {
    return device / perProcess;
  }

  public boolean isLocal(int device) {
    return processOf(device) == process;
  }

  /** Number of devices of a process. */
  public int count() {
    return perProcess;
  }

  /** Position of a device among the devices of its process. */
  public int indexOf(int device) {
    return device % perProcess;
  }

  /** The device at an index of this process. */
  public int device(int index) {
    return process * perProcess + index;
  }

  public List<Integer> devices() {
    return IntStream.range(0, perProcess).map(this::device).boxed().toList();
  }

  /** The groups along axes, seen from this process. */
  public TransferGroups layout(List<String> axes) {
    return layout(layouts, axes, false);
  }

  /** The groups of a collective, with the order in which it reduces. */
  public TransferGroups layout(Collective collective) {
    Order order =
        switch (collective) {
          case Collective.AllReduce reduce -> reduce.order();
          case Collective.ReduceScatter scatter -> scatter.order();
          default -> Order.TREE;
        };
    return order == Order.INDEX && collective.axes().size() > 1
        ? layout(flat, collective.axes(), true)
        : layout(collective.axes());
  }

  private TransferGroups layout(
      Map<List<String>, TransferGroups> kept, List<String> axes, boolean isFlat) {
    TransferGroups known = kept.get(axes);
    if (known != null) {
      return known;
    }
    TransferGroups made = new TransferGroups(this, new ArrayList<>(axes), isFlat);
    if (kept.size() < KEPT) {
      kept.put(List.copyOf(axes), made);
    }
    return made;
  }
}
