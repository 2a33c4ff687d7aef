package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.Movement;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.List;

/** Operations that move elements. */
final class MovementEmitter {
  private final StableHloOps ops;
  private final ShardingDialect shardings;

  MovementEmitter(StableHloOps ops, ShardingDialect shardings) {
    this.ops = ops;
    this.shardings = shardings;
  }

  Ssa emit(Movement operation, ValueType result, List<Ssa> operands) {
    Ssa x = operands.getFirst();
    return switch (operation) {
      case Movement.Annotate(_, var annotation) -> shardings.constrain(ops, x, result, annotation);
      case Movement.Slice slice ->
          ops.slice(
              x, slice.x().type().axis(slice.label()), slice.from(), slice.to(), slice.step());
      case Movement.Pad pad -> pad(pad, x);
      case Movement.Concatenate joined -> ops.concatenate(operands, result.axis(joined.label()));
      case Movement.Shift shift ->
          ops.shift(
              x, Literals.of(x.element(), shift.fill()), result.axis(shift.label()), shift.by());
      case Movement.Window window -> window(window, result, x);
      case Movement.Split _, Movement.Merge _ -> ops.reshape(x, result.sizes());
    };
  }

  private Ssa pad(Movement.Pad pad, Ssa x) {
    String fill = Literals.of(x.element(), pad.fill());
    int dimension = pad.x().type().axis(pad.label());
    Ssa apart = pad.interior() == 0 ? x : apart(x, fill, dimension, pad.interior());
    return ops.pad(apart, fill, dimension, pad.low(), pad.high());
  }

  /**
   * Adds interior elements as a padding along a new dimension after the padded one, since XLA
   * refuses its own lowering of a pad with interior elements along a split dimension.
   */
  private Ssa apart(Ssa x, String fill, int dimension, long interior) {
    long size = x.type().sizes().get(dimension);
    List<Long> sizes = new ArrayList<>(x.type().sizes());
    sizes.add(dimension + 1, 1L);
    Ssa padded = ops.pad(ops.reshape(x, sizes), fill, dimension + 1, 0, interior);
    long longer = Math.multiplyExact(size, interior + 1);
    Ssa joined = ops.reshape(padded, x.type().with(dimension, longer).sizes());
    return ops.slice(joined, dimension, 0, Math.max(0, longer - interior), 1);
  }

  /** Takes a slice for each element of a window or for each window, whichever are fewer. */
  private Ssa window(Movement.Window window, ValueType result, Ssa x) {
    int dimension = result.axis(window.label());
    long count = result.size(window.label());
    boolean byElement = window.size() <= count;
    List<Ssa> parts = new ArrayList<>();
    for (long i = 0; i < (byElement ? window.size() : count); i++) {
      long from = i * (byElement ? window.dilation() : window.stride());
      long step = byElement ? window.stride() : window.dilation();
      long length = byElement ? count : window.size();
      Ssa part = ops.slice(x, dimension, from, from + (length - 1) * step + 1, step);
      List<Long> sizes = new ArrayList<>(result.sizes());
      sizes.set(byElement ? dimension + 1 : dimension, 1L);
      parts.add(ops.reshape(part, sizes));
    }
    return parts.isEmpty()
        ? ops.constant(StableHloType.of(result), 0)
        : ops.concatenate(parts, byElement ? dimension + 1 : dimension);
  }
}
