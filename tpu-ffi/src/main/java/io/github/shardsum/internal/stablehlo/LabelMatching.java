package io.github.shardsum.internal.stablehlo;

import io.github.shardsum.program.ValueType;
import java.util.List;

/** Matches operands by label. */
final class LabelMatching {
  private LabelMatching() {}

  /**
   * Repeats a value along its missing labels; the value's own labels must be in the order of the
   * result.
   */
  static Ssa broadcast(StableHloOps ops, Ssa x, ValueType from, ValueType to) {
    List<Integer> places = from.names().stream().map(to::axis).toList();
    return ops.broadcast(x, places, new StableHloType(x.element(), to.sizes()));
  }
}
