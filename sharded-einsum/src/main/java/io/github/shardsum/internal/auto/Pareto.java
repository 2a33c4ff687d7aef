package io.github.shardsum.internal.auto;

import io.github.shardsum.auto.AutoOptions;
import io.github.shardsum.auto.FoundLayouts;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanException;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Finds annotations for smaller and smaller memory limits. */
public final class Pareto {
  /** The next limit as a share of the last peak. */
  private static final double SHARE = 0.75;

  private static final int MOST = 8;

  private Pareto() {}

  /**
   * Searches first with the memory limit of the options, if there is one, and then each time within
   * a share of the last peak.
   *
   * @param mesh the devices
   * @param options prices, and the amount of work of each search
   * @return the plans that were found, the largest peak first
   * @throws PlanException if the first search finds no plan
   */
  public static List<FoundLayouts> of(Program program, Mesh mesh, AutoOptions options) {
    List<FoundLayouts> found = new ArrayList<>();
    FoundLayouts last = find(program, mesh, options, options.plan());
    found.add(last);
    while (found.size() < MOST && last.peakBytes() > 1) {
      PlanOptions plan = options.plan().withMemoryLimit((long) (last.peakBytes() * SHARE));
      try {
        last = find(program, mesh, options, plan);
      } catch (PlanException none) {
        break;
      }
      found.removeIf(worse(last));
      found.add(last);
    }
    return List.copyOf(found);
  }

  private static Predicate<FoundLayouts> worse(FoundLayouts than) {
    return one -> one.price() >= than.price() && one.peakBytes() >= than.peakBytes();
  }

  private static FoundLayouts find(
      Program program, Mesh mesh, AutoOptions options, PlanOptions plan) {
    return new AnnotationFinder(program, mesh, options.withPlan(plan)).find();
  }
}
