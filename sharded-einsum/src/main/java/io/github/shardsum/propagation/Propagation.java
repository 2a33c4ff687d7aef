package io.github.shardsum.propagation;

import io.github.shardsum.internal.propagate.Propagator;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;

/**
 * Completes the layouts of a program from its annotations: along factors, in both directions, until
 * nothing changes. A function of its arguments.
 *
 * <p>Axes are added to a label only if it is open, the value does not use them, the label has at
 * least one index for each part, and across a reshape they divide it. So propagation never makes an
 * empty part; annotations may. A label that no annotation reaches is whole.
 *
 * <p>Source: GShard (arXiv 2006.16668) section 3.2; the levels and factors follow Shardy, conflicts
 * are decided by price.
 */
public final class Propagation {
  private Propagation() {}

  /**
   * Completes layouts.
   *
   * @param program the program, with {@code annotate} operations or layouts of inputs
   * @param mesh the devices
   * @param options the treatment of conflicts
   * @return the layouts and their reasons
   * @throws PropagationException if an annotation names an axis that the mesh does not have;
   *     depending on the options, if annotations contradict each other or there are none
   */
  public static Propagated of(Program program, Mesh mesh, PropagationOptions options) {
    return new Propagator(program, mesh, options).run();
  }
}
