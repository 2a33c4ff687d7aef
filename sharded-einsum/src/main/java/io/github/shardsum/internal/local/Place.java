package io.github.shardsum.internal.local;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.Optional;

/** Where a value lies. */
sealed interface Place {
  /**
   * All its elements.
   *
   * @param base the memory
   * @param view the value as a view of it
   * @param planned that view of a base in C order, for compiling
   * @param dtype the elements' dtype
   * @param whole whether it is all of the base, in the base's order
   */
  record Dense(Base base, Strided.View view, Strided planned, DType dtype, boolean whole)
      implements Place {
    static Dense of(Base base, DType dtype, Shape shape) {
      return new Dense(base, Strided.View.SAME, Strided.of(shape), dtype, true);
    }

    Dense seen(Strided.View next) {
      return new Dense(base, next.of(view), next.apply(planned), dtype, false);
    }
  }

  /**
   * At most some non-zeros for each leading index, see {@link
   * io.github.shardsum.tensor.RoutingTensor}.
   *
   * @param index number of the routing tensor in the workspace
   * @param shape the value's shape
   * @param leadRank how many of its axes lead
   * @param slots non-zeros for each leading index
   * @param dtype the value's dtype
   * @param positions buffer of i32
   * @param weights buffer of the dtype; if absent every weight is 1
   */
  record Routed(
      int index,
      Shape shape,
      int leadRank,
      long slots,
      DType dtype,
      Base.Buffer positions,
      Optional<Base.Buffer> weights)
      implements Place {}
}
