package io.github.shardsum.internal.partition.plan;

import java.util.List;
import java.util.Map;

/**
 * The mesh axes that split each label while an einsum is computed.
 *
 * @param axes the axes of each label that is split, major to minor
 * @param kept axes over which an operand stays a partial sum, by the number of the operand
 */
record ComputeSharding(Map<String, List<String>> axes, Map<String, Integer> kept) {
  /** The text of a sharding that splits nothing. */
  static final String SAME = "the same on every device";

  List<String> axes(String label) {
    return axes.getOrDefault(label, List.of());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    axes.forEach(
        (label, on) ->
            text.append(text.isEmpty() ? "" : " ")
                .append(label)
                .append('@')
                .append(String.join(".", on)));
    kept.forEach(
        (axis, operand) ->
            text.append(text.isEmpty() ? "" : " ")
                .append("operand ")
                .append(operand)
                .append(" | ")
                .append(axis));
    return text.isEmpty() ? SAME : "split as " + text;
  }
}
