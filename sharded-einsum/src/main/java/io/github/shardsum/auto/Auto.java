package io.github.shardsum.auto;

import io.github.shardsum.internal.auto.AnnotationFinder;
import io.github.shardsum.internal.auto.Pareto;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import java.util.List;

/**
 * Finds annotations for a program on a mesh, within a memory limit if there is one: a set that
 * gives the cheapest plan found, without annotations that save nothing. The program's own
 * annotations and the layouts of its inputs stay. The result depends on the arguments alone.
 *
 * <p>All choices are first made together, in a graph. Its nodes are statements, with the ways to
 * split them, and values, with their layouts. Its edges are reshards at the planner's prices. An
 * {@link io.github.shardsum.assign.AssignmentSolver} solves the graph and proves a bound. The
 * planner itself then prices this solution, similar solutions, and smaller sets of annotations from
 * which propagation derives the solution.
 */
public final class Auto {
  private Auto() {}

  /**
   * Finds annotations.
   *
   * @param program the program
   * @param mesh the devices
   * @param options prices, limits and the amount of work
   * @return the annotations and their plan
   * @throws IllegalArgumentException if an input that may not be replicated is not in the program
   * @throws io.github.shardsum.partition.PlanException if no plan was found that stays within the
   *     limits
   * @throws io.github.shardsum.propagation.PropagationException if an annotation of the program
   *     names an axis that the mesh does not have
   */
  public static FoundLayouts find(Program program, Mesh mesh, AutoOptions options) {
    return new AnnotationFinder(program, mesh, options).find();
  }

  /**
   * Finds annotations for smaller and smaller memory limits: first with the limit of the options,
   * if there is one, then each time within a share of the previous peak.
   *
   * @param program the program
   * @param mesh the devices
   * @param options prices, the amount of work of each search, and the first memory limit
   * @return the layouts found, at least one; each has a smaller peak than the previous one, and no
   *     lower price
   * @throws io.github.shardsum.partition.PlanException if the first search finds no plan within the
   *     limits
   */
  public static List<FoundLayouts> pareto(Program program, Mesh mesh, AutoOptions options) {
    return Pareto.of(program, mesh, options);
  }
}
