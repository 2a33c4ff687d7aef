package io.github.shardsum.internal.reference;

import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Movement.Concatenate;
import io.github.shardsum.program.Movement.Merge;
import io.github.shardsum.program.Movement.Pad;
import io.github.shardsum.program.Movement.Shift;
import io.github.shardsum.program.Movement.Slice;
import io.github.shardsum.program.Movement.Split;
import io.github.shardsum.program.Movement.Window;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.ValueType;
import java.util.List;
import java.util.function.LongUnaryOperator;

/** Evaluates operations that move elements. */
final class MovementEvaluator {
  private MovementEvaluator() {}

  static ReferenceArray of(Movement operation, ValueType type, List<ReferenceArray> in) {
    ReferenceArray x = in.getFirst();
    return switch (operation) {
      case Slice s -> along(type, x, s.label(), i -> s.from() + i * s.step(), new Scalar.Whole(0));
      case Pad p ->
          along(
              type,
              x,
              p.label(),
              i ->
                  i < p.low() || (i - p.low()) % (p.interior() + 1) != 0
                      ? -1
                      : (i - p.low()) / (p.interior() + 1),
              p.fill());
      case Shift s -> along(type, x, s.label(), i -> i - s.by(), s.fill());
      case Concatenate c -> concatenate(c, type, in);
      case Window w -> window(w, type, x);
      case Annotate _, Split _, Merge _ ->
          new ReferenceArray(type, x.reals().clone(), x.wholes().clone());
    };
  }

  /**
   * Takes each element from an index along one label of x, or the fill where x has no such index.
   */
  private static ReferenceArray along(
      ValueType type, ReferenceArray x, String label, LongUnaryOperator source, Scalar fill) {
    ReferenceArray out = ReferenceArray.of(type);
    long size = x.type().size(label);
    new LabelRows(type, label)
        .forEach(
            row -> {
              for (int i = 0; i < row.size(); i++) {
                long from = source.applyAsLong(i);
                if (from < 0 || from >= size) {
                  out.set(row.at(i), fill);
                } else {
                  long at = (row.outer() * size + from) * row.step() + row.within();
                  out.copy(row.at(i), x, Math.toIntExact(at));
                }
              }
            });
    return out;
  }

  private static ReferenceArray concatenate(
      Concatenate c, ValueType type, List<ReferenceArray> in) {
    ReferenceArray out = ReferenceArray.of(type);
    new LabelRows(type, c.label())
        .forEach(
            row -> {
              int next = 0;
              for (ReferenceArray part : in) {
                int size = Math.toIntExact(part.type().size(c.label()));
                for (int i = 0; i < size; i++) {
                  int at = (row.outer() * size + i) * row.step() + row.within();
                  out.copy(row.at(next++), part, at);
                }
              }
            });
    return out;
  }

  private static ReferenceArray window(Window w, ValueType type, ReferenceArray x) {
    ReferenceArray out = ReferenceArray.of(type);
    int size = Math.toIntExact(x.type().size(w.label()));
    LabelRows rows = new LabelRows(x.type(), w.label());
    int windows = Math.toIntExact(type.size(w.label()));
    int inner = rows.inner();
    rows.forEach(
        row -> {
          for (int i = 0; i < windows; i++) {
            for (int j = 0; j < w.size(); j++) {
              long from = i * w.stride() + j * w.dilation();
              long at = ((row.outer() * (long) windows + i) * w.size() + j) * inner + row.within();
              long source = (row.outer() * (long) size + from) * inner + row.within();
              out.copy(Math.toIntExact(at), x, Math.toIntExact(source));
            }
          }
        });
    return out;
  }
}
