package io.github.shardsum.internal.topology;

import io.github.shardsum.internal.topology.LoadProfiles.Pattern;
import io.github.shardsum.topology.AllToAllSchedule;
import io.github.shardsum.topology.Interconnect;

/**
 * Schedules for groups that fill a block of chips. The axes are used one by one, so the time to
 * compute loads grows with the lines and not with the pairs of members. Bytes are those of one
 * member's operand.
 */
public final class BlockSchedule implements GroupSchedule {
  private final PhaseLoads phases;
  private final ChipGrid grid;
  private final AllToAllSchedule allToAll;

  public BlockSchedule(PhaseLoads phases, ChipGrid grid, AllToAllSchedule allToAll) {
    this.phases = phases;
    this.grid = grid;
    this.allToAll = allToAll;
  }

  /**
   * Messages take the axes in order. On one axis, a message between two coordinates of a line may
   * come from any chip that earlier axes connect with the first coordinate. It may go to any chip
   * that later axes connect with the second coordinate.
   */
  @Override
  public void allToAll(PlacedGroup group, double bytes) {
    int each = group.membersPerChip();
    double pair = each * each * bytes / group.members();
    boolean direct = allToAll == AllToAllSchedule.DIRECT;
    for (int axis : group.activeAxes()) {
      int others = group.chipsPerHost() / group.coordinates().get(axis).length;
      phases.onLines(
          direct ? "all-to-all" : "all-to-all, axis " + axis,
          Pattern.ALL_TO_ALL,
          group,
          axis,
          pair * others,
          direct ? phases.hops(group) : phases.hops(group, axis));
    }
    double chips = group.chipsPerHost();
    betweenHosts(direct ? "all-to-all" : "all-to-all, hosts", group, pair * chips * chips, direct);
  }

  private void betweenHosts(String name, PlacedGroup group, double pair, boolean withAxes) {
    int hosts = group.hosts().length;
    if (hosts > 1) {
      LinkLoads links = phases.links(name, withAxes ? phases.hops(group) : 0, 1);
      for (int host : group.hosts()) {
        links.sent(host, pair * (hosts - 1));
        links.received(host, pair * (hosts - 1));
      }
    }
  }

  /** Hosts first exchange their shares, then chips gather inside each host. */
  @Override
  public void gather(PlacedGroup group, double bytes) {
    double piece = bytes * group.membersPerChip();
    betweenHosts("all-gather, hosts", group, piece * group.chipsPerHost(), false);
    steps("all-gather, step ", Pattern.GATHER, group, piece * group.hosts().length);
  }

  /** The gather in reverse: first inside the hosts, then between them. */
  @Override
  public void reduceScatter(PlacedGroup group, double bytes) {
    double piece = bytes / group.chipsPerHost();
    steps("reduce-scatter, step ", Pattern.REDUCE, group, piece);
    double perHost = bytes / group.hosts().length;
    betweenHosts("reduce-scatter, hosts", group, perHost, false);
  }

  @Override
  public void allReduce(PlacedGroup group, double bytes) {
    reduceScatter(group, bytes);
    int chips = group.chipsPerHost();
    betweenHosts("all-gather, hosts", group, bytes / group.hosts().length, false);
    steps("all-gather, step ", Pattern.GATHER, group, bytes / chips);
  }

  /**
   * Sends a piece of each chip to all chips of the host. The piece is cut into one part for each
   * axis. Part j goes along axis j first, so every axis is used in every step.
   */
  private void steps(String name, Pattern pattern, PlacedGroup group, double piece) {
    int[] active = group.activeAxes();
    int count = active.length;
    for (int part = 0; part < count; part++) {
      double held = piece / count;
      for (int step = 0; step < count; step++) {
        int axis = active[(part + step) % count];
        int number = pattern == Pattern.GATHER ? step : count - 1 - step;
        int hops = phases.hops(group, axis);
        phases.onLines(name + (number + 1), pattern, group, axis, held, hops);
        held *= group.coordinates().get(axis).length;
      }
    }
  }

  /**
   * Sends the operand to the chip at the root's coordinates on every host, then from there along
   * the first axis, then along the second.
   */
  @Override
  public void broadcast(PlacedGroup group, int root, double bytes) {
    int from = group.chips()[root];
    int hosts = group.hosts().length;
    int hops = 0;
    for (int axis : group.activeAxes()) {
      int[] along = group.coordinates().get(axis);
      boolean chain = grid.axis(axis).interconnect() == Interconnect.SWITCH;
      hops += chain ? along.length - 1 : phases.hops(group, axis);
    }
    if (hosts == 1 && hops == 0) {
      return;
    }
    LinkLoads links = phases.links("broadcast", hops, hosts - 1);
    int holder = grid.host(from);
    for (int host : group.hosts()) {
      if (host != grid.host(from)) {
        links.hosts(holder, host, bytes);
        holder = host;
      }
      spread(links, group, from + (host - grid.host(from)) * grid.chipsPerHost(), bytes);
    }
  }

  private void spread(LinkLoads links, PlacedGroup group, int root, double bytes) {
    int[] reached = {root};
    for (int axis : group.activeAxes()) {
      int[] along = group.coordinates().get(axis);
      int stride = grid.stride(axis);
      int[] next = new int[reached.length * along.length];
      for (int i = 0; i < reached.length; i++) {
        int here = grid.coordinate(reached[i], axis);
        links.line(axis, grid.line(reached[i], axis)).spread(here, along, bytes);
        for (int j = 0; j < along.length; j++) {
          next[i * along.length + j] = reached[i] + (along[j] - here) * stride;
        }
      }
      reached = next;
    }
  }

  /** Adds the hops to one chip and back. */
  @Override
  public void barrier(PlacedGroup group) {
    int hops = phases.hops(group);
    int hosts = group.hosts().length > 1 ? 1 : 0;
    if (hops + hosts > 0) {
      phases.links("barrier", 2 * hops, 2 * hosts);
    }
  }
}
