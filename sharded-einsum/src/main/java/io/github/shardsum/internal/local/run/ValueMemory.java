package io.github.shardsum.internal.local.run;

import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.Optional;

/** The location of a value in memory. */
public sealed interface ValueMemory {
  /**
   * All elements of a value.
   *
   * @param base the memory
   * @param view the value as a view of it
   * @param planned the same view if the base is in C order, for compiling
   * @param dtype the elements' dtype
   * @param whole whether the view is all of the base, in the base's order
   */
  public record Dense(
      LocalStorage base, LocalView.View view, LocalView planned, DType dtype, boolean whole)
      implements ValueMemory {
    public static Dense of(LocalStorage base, DType dtype, Shape shape) {
      return new Dense(base, LocalView.View.SAME, LocalView.of(shape), dtype, true);
    }

    public Dense seen(LocalView.View next) {
      return new Dense(base, next.of(view), next.apply(planned), dtype, false);
    }
  }

  /**
   * A value with at most a given number of non-zeros for each leading index, see {@link
   * io.github.shardsum.tensor.RoutingTensor}.
   *
   * @param index number of the routing tensor in the workspace
   * @param shape the value's shape
   * @param leadRank the number of its leading axes
   * @param slots non-zeros for each leading index
   * @param dtype the value's dtype
   * @param positions buffer of i32
   * @param weights buffer of the dtype; if absent every weight is 1
   */
  public record Routed(
      int index,
      Shape shape,
      int leadRank,
      long slots,
      DType dtype,
      LocalStorage.Buffer positions,
      Optional<LocalStorage.Buffer> weights)
      implements ValueMemory {}
}
