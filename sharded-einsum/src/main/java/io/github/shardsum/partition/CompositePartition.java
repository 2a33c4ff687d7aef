package io.github.shardsum.partition;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Nested.Composite;
import java.util.List;

/**
 * Defines ways to compute a composite on a mesh. A sharding rule cannot describe these ways, for
 * example because the number of a device's rows depends on data. Planning compares the prices of
 * these ways with the prices of the sharding rule's ways. A kernel's factory ({@link
 * io.github.shardsum.backend.CompositeKernel.Factory}) may implement this interface too; its ways
 * are then considered for its composite.
 *
 * <p>The results must depend on the arguments alone. Implementations must be thread-safe.
 */
@FunctionalInterface
public interface CompositePartition {
  /**
   * The ways.
   *
   * @param composite the composite, with logical types
   * @param mesh the devices
   * @param held the layouts in which each operand exists
   * @param bound the rows that a device may receive, as a multiple of the rows of the largest
   *     device, at least 1
   * @return the ways, each with the layouts of all operands and results on the mesh; if empty, the
   *     sharding rule decides
   */
  List<CompositePlan> ways(Composite composite, Mesh mesh, List<List<Layout>> held, double bound);

  /**
   * Labels that operands keep split, such as labels of weights that no device should hold whole. An
   * operand also keeps such splits under the composite's sharding rule. If no way keeps all these
   * splits, the last label is gathered first.
   *
   * @return the labels; none by default
   */
  default List<String> staying() {
    return List.of();
  }

  /**
   * Whether the kernels of received rows can compute a piece of the rows ({@link
   * CompositeParts.Piece}), so that rows of one piece may travel while another piece is computed.
   *
   * @return false by default
   */
  default boolean hasPieces() {
    return false;
  }
}
