package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.mesh.Mesh;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** Which process holds which devices: process p of P holds devices p L to p L + L - 1. */
public final class Placement {
  /** Axes lists kept: a program uses a few. */
  private static final int KEPT = 256;

  private final Mesh mesh;
  private final int processes;
  private final int process;
  private final int perProcess;
  private final Map<List<String>, GroupLayout> layouts = new ConcurrentHashMap<>();

  public Placement(Mesh mesh, int processes, int process) {
    if (mesh.size() % processes != 0) {
      throw new IllegalArgumentException(
          "collectives: every process must hold as many devices, got the "
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

  /** Place of a device among those of its process. */
  public int indexOf(int device) {
    return device % perProcess;
  }

  /** The device at a place of this process. */
  public int device(int index) {
    return process * perProcess + index;
  }

  public List<Integer> devices() {
    return IntStream.range(0, perProcess).map(this::device).boxed().toList();
  }

  /** The groups along axes as this process sees them. */
  public GroupLayout layout(List<String> axes) {
    GroupLayout known = layouts.get(axes);
    if (known != null) {
      return known;
    }
    GroupLayout made = new GroupLayout(this, new ArrayList<>(axes));
    if (layouts.size() < KEPT) {
      layouts.put(List.copyOf(axes), made);
    }
    return made;
  }
}
