package io.github.shardsum.internal.engine.transfer;

import io.github.shardsum.collective.Order;
import io.github.shardsum.collective.Reduction;
import io.github.shardsum.internal.reduce.ReductionBlock;
import io.github.shardsum.internal.reduce.ReductionSource;
import io.github.shardsum.internal.reduce.ReductionSources;
import io.github.shardsum.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One group whose operands are reduced. It does not say which process computes which value.
 *
 * @param leaves operands by leaf of the tree; null for leaves on other processes
 * @param values the values to compute: one for an all-reduce, one for each member for a
 *     reduce-scatter
 */
public record ReductionGroup(
    TransferGroup members, @Nullable ReductionBlock[] leaves, List<Value> values) {
  ReductionSources localSources(Value value) {
    return node -> {
      ReductionBlock block = node < leaves.length ? leaves[node] : null;
      return block == null ? null : value.window().source(block);
    };
  }

  /**
   * The properties that all groups share.
   *
   * @param what the name in messages
   * @param dtype the type of the operands
   * @param order the order of the sum
   * @param scatter whether each value has one owner
   */
  public record Kind(String what, DType dtype, Reduction reduction, Order order, boolean scatter) {
    /** The reduction; for a mean the sum, which is divided afterwards. */
    Reduction sum() {
      return reduction == Reduction.MEAN ? Reduction.SUM : reduction;
    }
  }

  /**
   * One value to compute.
   *
   * @param count number of its elements
   * @param window the elements of the operands that are reduced to this value
   * @param owner the process that gets the value, or -1 for all processes of the group
   * @param outs the results on this process; empty if another process has them
   */
  public record Value(long count, Window window, int owner, List<ReductionBlock> outs) {}

  /** The elements of an operand that belong to a value: see {@link ReductionSource}. */
  public record Window(long start, long run, long stride) {
    public static final Window ALL = new Window(0, Long.MAX_VALUE, 0);

    ReductionSource source(ReductionBlock block) {
      return new ReductionSource(block, 0, start, run, stride);
    }
  }
}
