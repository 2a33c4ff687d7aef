package io.github.shardsum.propagation;

import io.github.shardsum.internal.propagate.Propagator;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;

/**
 * Completes the layouts of a program from its annotations: along factors, in both directions, until
 * nothing changes. The result depends on the arguments only.
 *
 * <p>Axes are added to a label only if the label is open, the value does not use these axes, and
 * the label has at least one index for each part. Across a reshape the axes must also divide the
 * label's size. Propagation thus never makes an empty part, but an annotation may. A label that no
 * annotation reaches is whole.
 *
 * <p>Source: GShard (arXiv 2006.16668) section 3.2; the levels and factors follow Shardy; conflicts
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
   * @throws PropagationException if an annotation names an axis that the mesh does not have; with
   *     strict options also if annotations contradict each other or if there is no annotation
   */
  public static Propagated of(Program program, Mesh mesh, PropagationOptions options) {
    return new Propagator(program, mesh, options).run();
  }
}
