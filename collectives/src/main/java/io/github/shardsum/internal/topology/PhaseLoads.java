package io.github.shardsum.internal.topology;

import io.github.shardsum.internal.topology.LoadProfiles.Pattern;
import io.github.shardsum.topology.PhaseCost;
import io.github.shardsum.topology.Topology;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The phases of a schedule while groups add their loads to them. Groups run side by side, so that
 * loads of one phase add up. Not thread-safe.
 */
public final class PhaseLoads {
  private final Topology topology;
  private final ChipGrid grid;
  private final LoadProfiles profiles;
  private final Map<String, Phase> phases = new LinkedHashMap<>();

  public PhaseLoads(Topology topology, ChipGrid grid) {
    this.topology = topology;
    this.grid = grid;
    this.profiles = new LoadProfiles(grid);
  }

  private static final class Phase {
    private final LinkLoads loads;
    private int hops;
    private int hostHops;

    Phase(LinkLoads loads) {
      this.loads = loads;
    }

    void atLeast(int hops, int hostHops) {
      this.hops = Math.max(this.hops, hops);
      this.hostHops = Math.max(this.hostHops, hostHops);
    }
  }

  private Phase phase(String name) {
    return phases.computeIfAbsent(name, _ -> new Phase(new LinkLoads(topology, grid)));
  }

  /** The links of a phase, which lasts at least some hops. */
  public LinkLoads links(String name, int hops, int hostHops) {
    Phase phase = phase(name);
    phase.atLeast(hops, hostHops);
    return phase.loads;
  }

  /** The longest way between members inside a host. */
  public int hops(PlacedGroup group) {
    int hops = 0;
    for (int axis : group.activeAxes()) {
      hops += profiles.hops(axis, group.coordinates().get(axis));
    }
    return hops;
  }

  public int hops(PlacedGroup group, int axis) {
    return profiles.hops(axis, group.coordinates().get(axis));
  }

  /**
   * Adds a pattern, scaled by the bytes of a unit, to every line of an axis that contains members
   * of a block.
   */
  public void onLines(
      String name, Pattern pattern, PlacedGroup group, int axis, double bytes, int hops) {
    LineLoads profile = profiles.of(pattern, axis, group.coordinates().get(axis));
    LinkLoads loads = links(name, hops, 0);
    for (int chip : group.lineChips(axis, grid)) {
      loads.line(axis, grid.line(chip, axis)).add(profile, bytes);
    }
  }

  public List<PhaseCost> priced() {
    List<PhaseCost> priced = new ArrayList<>();
    phases.forEach((name, phase) -> priced.add(priced(name, phase)));
    priced.removeIf(
        phase ->
            phase.axes().isEmpty()
                && phase.hosts().isEmpty()
                && phase.hops() + phase.hostHops() == 0);
    return priced;
  }

  private PhaseCost priced(String name, Phase phase) {
    double latency =
        phase.hops * topology.link().secondsPerHop()
            + phase.hostHops
                * topology.hostLevel().map(level -> level.link().secondsPerHop()).orElse(0.0);
    return new PhaseCost(
        name, phase.loads.axes(), phase.loads.betweenHosts(), phase.hops, phase.hostHops, latency);
  }
}
