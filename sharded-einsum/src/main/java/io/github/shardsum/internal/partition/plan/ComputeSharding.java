package io.github.shardsum.internal.partition.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Which mesh axes split which label while an einsum is computed.
 *
 * @param axes the axes of each label that is split, major to minor
 * @param kept axes over which an operand stays a partial sum, and which operand
 */
record ComputeSharding(Map<String, List<String>> axes, Map<String, Integer> kept) {
  /** One thing that an axis may do. */
  sealed interface Choice {
    /** Split a label. */
    record Split(String label) implements Choice {}

    /** Stay partial on an operand. */
    record Keep(int operand) implements Choice {}

    /** Nothing: along it devices compute the same. */
    record None() implements Choice {}
  }

  List<String> axes(String label) {
    return axes.getOrDefault(label, List.of());
  }

  /** Gives every combination of choices, with the axes of a label in every order. */
  static void forEach(Map<String, List<Choice>> choices, Consumer<ComputeSharding> out) {
    choose(new ArrayList<>(choices.entrySet()), 0, new TreeMap<>(), new TreeMap<>(), out);
  }

  private static void choose(
      List<Map.Entry<String, List<Choice>>> choices,
      int at,
      Map<String, List<String>> axes,
      Map<String, Integer> kept,
      Consumer<ComputeSharding> out) {
    if (at == choices.size()) {
      out.accept(new ComputeSharding(new TreeMap<>(axes), new TreeMap<>(kept)));
      return;
    }
    String axis = choices.get(at).getKey();
    for (Choice choice : choices.get(at).getValue()) {
      switch (choice) {
        case Choice.None _ -> choose(choices, at + 1, axes, kept, out);
        case Choice.Keep keep -> {
          kept.put(axis, keep.operand());
          choose(choices, at + 1, axes, kept, out);
          kept.remove(axis);
        }
        case Choice.Split split -> insert(choices, at, axes, kept, out, axis, split.label());
      }
    }
  }

  private static void insert(
      List<Map.Entry<String, List<Choice>>> choices,
      int at,
      Map<String, List<String>> axes,
      Map<String, Integer> kept,
      Consumer<ComputeSharding> out,
      String axis,
      String label) {
    List<String> before = axes.getOrDefault(label, List.of());
    for (int place = 0; place <= before.size(); place++) {
      List<String> with = new ArrayList<>(before);
      with.add(place, axis);
      axes.put(label, with);
      choose(choices, at + 1, axes, kept, out);
    }
    if (before.isEmpty()) {
      axes.remove(label);
    } else {
      axes.put(label, before);
    }
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
    return text.isEmpty() ? "the same on every device" : "split as " + text;
  }
}
