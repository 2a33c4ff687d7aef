package io.github.shardsum.partition;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Nested.Composite;
import java.util.List;

/**
 * Ways to compute a composite on a mesh that no sharding rule describes, for example if the number
 * of a device's rows depends on data. Planning prices them with the ways of the composite's
 * sharding rule. A kernel's factory ({@link io.github.shardsum.backend.CompositeKernel.Factory})
 * that implements this interface too brings them for its composite.
 *
 * <p>A function of its arguments alone, thread-safe.
 */
@FunctionalInterface
public interface CompositePartition {
  /**
   * The ways.
   *
   * @param composite the composite, with logical types
   * @param mesh the devices
   * @param held the layouts in which each operand exists
   * @param bound the rows that a device may receive, as a multiple of those that the largest device
   *     holds, at least 1
   * @return each with layouts on the mesh, of all operands and results; empty leaves the composite
   *     to its sharding rule
   */
  List<CompositePlan> ways(Composite composite, Mesh mesh, List<List<Layout>> held, double bound);

  /**
   * Labels that operands keep split, such as labels of weights that no device should hold whole. An
   * operand also keeps such a split under the composite's sharding rule, unless there is no other
   * way; then the last label is gathered first.
   *
   * @return the labels; by default none
   */
  default List<String> staying() {
    return List.of();
  }

  /**
   * Whether the kernels of received rows compute a piece of them ({@link CompositeParts.Piece}), so
   * that rows of one piece may travel while another is computed.
   *
   * @return by default false
   */
  default boolean hasPieces() {
    return false;
  }
}
