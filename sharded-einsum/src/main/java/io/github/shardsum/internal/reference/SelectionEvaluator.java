package io.github.shardsum.internal.reference;

import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Selection.ArgMax;
import io.github.shardsum.program.Selection.OneHot;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.ValueType;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Evaluates operations between values and their indices. */
final class SelectionEvaluator {
  private SelectionEvaluator() {}

  static List<ReferenceArray> of(Selection operation, List<ValueType> types, ReferenceArray x) {
    return switch (operation) {
      case TopK(_, String label, long k, _) -> {
        ReferenceArray values = ReferenceArray.of(types.getFirst());
        ReferenceArray indices = ReferenceArray.of(types.getLast());
        new LabelRows(x.type(), label)
            .forEach(
                row -> {
                  List<Integer> order = falling(x, row);
                  for (int i = 0; i < k; i++) {
                    int at = (row.outer() * (int) k + i) * row.step() + row.within();
                    values.copy(at, x, row.at(order.get(i)));
                    indices.set(at, (long) order.get(i));
                  }
                });
        yield List.of(values, indices);
      }
      case ArgMax(_, String label) -> {
        ReferenceArray out = ReferenceArray.of(types.getFirst());
        new LabelRows(x.type(), label)
            .forEach(
                row ->
                    out.set(
                        row.outer() * row.step() + row.within(),
                        (long) falling(x, row).getFirst()));
        yield List.of(out);
      }
      case OneHot(_, _, long size, _) -> {
        ReferenceArray out = ReferenceArray.of(types.getFirst());
        for (int i = 0; i < x.count(); i++) {
          long index = x.wholes()[i];
          if (index >= 0 && index < size) {
            int at = Math.toIntExact(i * size + index);
            if (out.floating()) {
              out.set(at, 1.0);
            } else {
              out.set(at, 1L);
            }
          }
        }
        yield List.of(out);
      }
    };
  }

  /**
   * Indices of a row from its largest element down; a stable sort keeps the indices of equal
   * elements in order.
   */
  private static List<Integer> falling(ReferenceArray x, LabelRows.Row row) {
    Comparator<Integer> rising =
        x.floating()
            // Adding 0 makes both zeros equal; compare puts NaN above everything.
            ? Comparator.comparingDouble(i -> x.reals()[row.at(i)] + 0.0)
            : Comparator.comparingLong(i -> x.wholes()[row.at(i)]);
    return IntStream.range(0, row.size()).boxed().sorted(rising.reversed()).toList();
  }
}
