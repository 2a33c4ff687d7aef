package io.github.shardsum.internal.partition.text;

import io.github.shardsum.internal.reshard.PartFigures;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.SpmdPlan;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Describes the bytes that the parts of a composite move. */
final class CompositePartText {
  private CompositePartText() {}

  /**
   * The bytes if all devices receive the same number of rows, and the most within the bound, such
   * as {@code receives 329 kB, at most 657 kB (bound 2): counts 32 B, rows 131 kB (at most 262
   * kB)}. The pieces of one transfer are added up.
   */
  static String of(SpmdPlan plan, PlanStep step, Action.Partitioned action) {
    List<PlannedValue> operands = step.operands().stream().map(plan::value).toList();
    List<String> all = new ArrayList<>();
    List<PartFigures> figures = PartFigures.of(action, operands);
    long even = 0;
    long most = 0;
    for (PartFigures part : figures) {
      even = Math.addExact(even, part.bytes());
      most = Math.addExact(most, part.mostBytes());
      if (action.parts().pieces() == 1) {
        all.add(text(part.name(), part.bytes(), part.mostBytes()));
      }
    }
    if (action.parts().pieces() > 1) {
      figures.stream()
          .collect(
              Collectors.groupingBy(PartFigures::name, LinkedHashMap::new, Collectors.toList()))
          .forEach((name, some) -> all.add(text(name, some)));
    }
    return String.format(
        Locale.ROOT,
        "receives %s, at most %s (bound %s): %s",
        orNone(even),
        orNone(most),
        new BigDecimal(Double.toString(action.parts().bound()))
            .stripTrailingZeros()
            .toPlainString(),
        String.join(", ", all));
  }

  private static String text(String name, List<PartFigures> some) {
    return text(
        name,
        some.stream().mapToLong(PartFigures::bytes).sum(),
        some.stream().mapToLong(PartFigures::mostBytes).sum());
  }

  private static String text(String name, long bytes, long most) {
    String text = name + " " + orNone(bytes);
    return most == bytes ? text : text + " (at most " + orNone(most) + ")";
  }

  private static String orNone(long bytes) {
    return bytes == 0 ? "0 B" : PlanTableCells.bytes(bytes);
  }
}
