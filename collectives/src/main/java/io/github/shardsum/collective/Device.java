package io.github.shardsum.collective;

import io.github.shardsum.mesh.Cut;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.OptionalLong;

/**
 * One device, for the SPMD code that runs on it; see {@link Collectives#spmd}. Only the thread that
 * runs the device's code may use it.
 *
 * <p><b>Results.</b> {@link #run} returns a result that the engine makes. The result of an
 * all-reduce, an all-gather or a broadcast is read-only, and all members of the group on this
 * process may share one; {@link Tensor#copy Tensor.copy} makes a copy that may be written. {@link
 * #runInto} writes into the caller's tensor, which may be the operand itself.
 *
 * <p><b>Waiting.</b> The blocking methods wait for every device of the mesh to enter, and return
 * when this device's result is complete. Collectives that were started run in the order in which
 * they were entered.
 */
public interface Device {
  /**
   * The device's number on the mesh.
   *
   * @return the number, in [0, mesh().size())
   */
  int id();

  /**
   * The mesh.
   *
   * @return the mesh
   */
  Mesh mesh();

  /**
   * Enters a collective and waits for the result.
   *
   * @param collective the collective
   * @param x this device's operand; for a barrier any tensor
   * @return this device's result. For a barrier it is x. For a ragged all-to-all its shape is
   *     {@code [counts.rowsReceived(), ...]}; rows that no device sent are 0
   * @throws IllegalArgumentException if x does not fit the collective, independent of the other
   *     devices
   * @throws CollectiveException if the devices disagree, or one failed or did not arrive
   */
  Tensor run(Collective collective, Tensor x);

  /**
   * Enters a collective and waits until the result is in the caller's tensor.
   *
   * @param collective the collective
   * @param x this device's operand
   * @param out this device's result, of x's dtype and the shape that the collective defines; may be
   *     x or overlap x
   */
  void runInto(Collective collective, Tensor x, Tensor out);

  /**
   * Enters a collective and returns at once.
   *
   * @param collective the collective
   * @param x this device's operand, not to be written until the result is complete
   * @return the pending result
   */
  Pending<Tensor> start(Collective collective, Tensor x);

  /**
   * Enters a collective and returns at once; the result will be in the caller's tensor.
   *
   * @param collective the collective
   * @param x this device's operand, not to be written until the result is complete
   * @param out this device's result, not to be read or written until it is complete
   * @return the pending result: out
   */
  Pending<Tensor> startInto(Collective collective, Tensor x, Tensor out);

  /**
   * This device's coordinate along an axis.
   *
   * @param axis the axis
   * @return the coordinate
   */
  default int coordinate(String axis) {
    return mesh().coordinate(id(), axis);
  }

  /**
   * This device's number in its group along axes.
   *
   * @param axes the axes, major to minor
   * @return its member number
   */
  default int member(String... axes) {
    return mesh().groups(axes).memberOf(id());
  }

  /**
   * {@link Collective.AllReduce} along the fixed tree.
   *
   * @param x the operand
   * @param reduction how values are combined
   * @param axes the axes
   * @return the result, read-only
   */
  default Tensor allReduce(Tensor x, Reduction reduction, String... axes) {
    return run(new Collective.AllReduce(reduction, axes), x);
  }

  /**
   * {@link Collective.ReduceScatter}.
   *
   * @param x the operand
   * @param reduction how values are combined
   * @param dim the dimension that is cut
   * @param axes the axes
   * @return this member's chunk
   */
  default Tensor reduceScatter(Tensor x, Reduction reduction, int dim, String... axes) {
    return run(new Collective.ReduceScatter(reduction, dim, axes), x);
  }

  /**
   * {@link Collective.AllGather} of operands of one size.
   *
   * @param x the operand
   * @param dim the dimension
   * @param axes the axes
   * @return the result, read-only
   */
  default Tensor allGather(Tensor x, int dim, String... axes) {
    return run(new Collective.AllGather(dim, axes), x);
  }

  /**
   * {@link Collective.AllGather} of chunks.
   *
   * @param x the operand: this member's chunk
   * @param dim the dimension
   * @param total size of this group's result along dim
   * @param axes the axes
   * @return the result, read-only
   */
  default Tensor allGather(Tensor x, int dim, long total, String... axes) {
    return run(new Collective.AllGather(List.of(axes), dim, OptionalLong.of(total)), x);
  }

  /**
   * {@link Collective.AllToAll} of operands of one size.
   *
   * @param x the operand
   * @param split the dimension that is cut
   * @param concat the dimension that is put together
   * @param axes the axes
   * @return the result
   */
  default Tensor allToAll(Tensor x, int split, int concat, String... axes) {
    return run(new Collective.AllToAll(split, concat, axes), x);
  }

  /**
   * {@link Collective.Exchange}.
   *
   * @param x the operand: this member's interval
   * @param dim the dimension
   * @param from the interval that each member holds
   * @param to the interval that each member receives
   * @param axes the axes
   * @return this member's new interval
   */
  default Tensor exchange(Tensor x, int dim, Cut from, Cut to, String... axes) {
    return run(new Collective.Exchange(dim, from, to, axes), x);
  }

  /**
   * {@link Collective.RaggedAllToAll}.
   *
   * @param x the operand
   * @param counts rows sent and received
   * @param axes the axes
   * @return the rows received
   */
  default Tensor raggedAllToAll(Tensor x, RaggedCounts counts, String... axes) {
    return run(new Collective.RaggedAllToAll(counts, axes), x);
  }

  /**
   * {@link Collective.Permute}.
   *
   * @param x the operand
   * @param pairs pairs of source and target
   * @param axes the axes
   * @return the received elements, or zeros
   */
  default Tensor permute(Tensor x, List<Collective.Route> pairs, String... axes) {
    return run(new Collective.Permute(List.of(axes), pairs), x);
  }

  /**
   * {@link Collective.Broadcast}.
   *
   * @param x the operand
   * @param root the member whose operand is sent
   * @param axes the axes
   * @return the root's operand, read-only
   */
  default Tensor broadcast(Tensor x, int root, String... axes) {
    return run(new Collective.Broadcast(root, axes), x);
  }

  /**
   * {@link Collective.Barrier}.
   *
   * @param axes the axes
   */
  void barrier(String... axes);
}
