package io.github.shardsum.internal.local.compile;

import io.github.shardsum.internal.local.run.BlockWriter;
import io.github.shardsum.internal.local.run.ValueMemory;
import io.github.shardsum.ops.Axes;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Target;
import io.github.shardsum.ops.TopK;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Lowers operations along labels to kernels on rows. */
final class RowLowering {
  private static final long ROWS_TOGETHER = 16;
  private static final long LONGEST_OF_SEVERAL = 1 << 12;

  private final StatementLowering lowering;

  RowLowering(StatementLowering lowering) {
    this.lowering = lowering;
  }

  void softmax(Contraction.Softmax softmax, Value result) {
    int x = lowering.dense(softmax.x());
    int axis = softmax.x().type().axis(softmax.label());
    int out = lowering.define(result);
    lowering.step(
        "softmax",
        result.toString(),
        List.of(x),
        List.of(out),
        4.0 * result.type().shape().elementCount(),
        frame ->
            Reductions.softmax(
                Target.into(frame.workers(), frame.tensor(out)), frame.tensor(x), axis));
  }

  void cumulativeSum(Contraction.CumulativeSum sum, Value result) {
    int x = lowering.dense(sum.x());
    int axis = sum.x().type().axis(sum.label());
    int out = lowering.define(result);
    lowering.rows(
        "cumulative sum",
        result.toString(),
        List.of(x),
        List.of(out),
        scratchBytes(x, axis, out, sum.x().type().dtype() == DType.BF16),
        frame ->
            Reductions.cumulativeSum(
                Target.into(frame.workers(), frame.tensor(out)),
                frame.tensor(x),
                sum.exclusive(),
                sum.reverse(),
                axis));
  }

  void reduce(Contraction.Reduce reduce, Value result) {
    if (new OneHotLowering(lowering).sum(reduce, result)) {
      return;
    }
    if (reduce.kind() == Contraction.ReduceKind.SUM) {
      new EinsumLowering(lowering).sum(reduce.x(), reduce.labels(), result);
      return;
    }
    if (reduce.labels().isEmpty()) {
      lowering.put(result, lowering.denseLocation(reduce.x()));
      return;
    }
    maxOrMin(reduce, reduce.x(), List.copyOf(reduce.labels()), result);
  }

  /**
   * Reduces one label after the other, the innermost first; intermediate values are in planned
   * memory.
   */
  private void maxOrMin(Contraction.Reduce reduce, Value x, List<String> labels, Value result) {
    ValueType type = x.type();
    String label = labels.stream().max(Comparator.comparingInt(type::axis)).orElseThrow();
    int axis = type.axis(label);
    List<String> rest = new ArrayList<>(labels);
    rest.remove(label);
    List<String> names = new ArrayList<>(type.names());
    List<Long> sizes = new ArrayList<>(type.sizes());
    names.remove(axis);
    sizes.remove(axis);
    Value next =
        rest.isEmpty()
            ? result
            : new Value(
                result.name() + ".without." + label, ValueType.of(type.dtype(), names, sizes));
    int from = lowering.dense(x);
    int out = lowering.define(next);
    boolean max = reduce.kind() == Contraction.ReduceKind.MAX;
    lowering.rows(
        max ? "max" : "min",
        next.toString(),
        List.of(from),
        List.of(out),
        copiedBytes(from, axis, false) + transposedBytes(from, axis, false),
        frame -> {
          Target target = Target.into(frame.workers(), frame.tensor(out));
          Tensor elements = frame.tensor(from);
          if (elements.size(axis) == 0) {
            Tensor none = ofNone(type.dtype(), max);
            frame.tensor(out).assign(none.broadcastTo(frame.tensor(out).shape()));
          } else if (max) {
            Reductions.max(target, elements, Axes.of(axis));
          } else {
            Reductions.min(target, elements, Axes.of(axis));
          }
        });
    if (!rest.isEmpty()) {
      maxOrMin(reduce, next, rest, result);
    }
  }

  /** The largest or smallest of no elements. */
  private static Tensor ofNone(DType dtype, boolean max) {
    Tensor one = Tensor.zeros(dtype);
    switch (dtype) {
      case F32, F64, BF16 -> one.set(max ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
      case I32 -> one.set((long) (max ? Integer.MIN_VALUE : Integer.MAX_VALUE));
      case I64 -> one.set(max ? Long.MIN_VALUE : Long.MAX_VALUE);
      case BOOL -> one.set(max ? 0L : 1L);
    }
    return one;
  }

  /**
   * Scratch of a thread in einsum-core's row operations: rows are copied if they are not in an
   * array of the computing type. Rows whose elements are apart are transposed, several short rows
   * together.
   */
  private long scratchBytes(int x, int axis, int values, boolean wide) {
    return copiedBytes(x, axis, wide)
        + copiedBytes(values, axis, wide)
        + Math.max(transposedBytes(x, axis, wide), transposedBytes(values, axis, wide));
  }

  private long copiedBytes(int id, int axis, boolean wide) {
    ValueMemory.Dense rows = (ValueMemory.Dense) lowering.locationOf(id);
    long n = rows.planned().sizes()[axis];
    boolean computedIn =
        switch (rows.dtype()) {
          case F32 -> !wide;
          case F64, I64 -> true;
          case BF16, I32, BOOL -> false;
        };
    if (computedIn && areTogether(rows, axis)) {
      return 0;
    }
    return (n <= LONGEST_OF_SEVERAL ? ROWS_TOGETHER : 1) * rowBytes(rows.dtype(), n, wide);
  }

  private long transposedBytes(int id, int axis, boolean wide) {
    ValueMemory.Dense rows = (ValueMemory.Dense) lowering.locationOf(id);
    long n = rows.planned().sizes()[axis];
    return areTogether(rows, axis) || n > LONGEST_OF_SEVERAL
        ? 0
        : ROWS_TOGETHER * rowBytes(rows.dtype(), n, wide);
  }

  private static boolean areTogether(ValueMemory.Dense rows, int axis) {
    return rows.planned().strides()[axis] == 1 || rows.planned().sizes()[axis] == 1;
  }

  private static long rowBytes(DType dtype, long n, boolean wide) {
    boolean narrow = !wide && (dtype == DType.F32 || dtype == DType.BF16);
    return n * (narrow ? Float.BYTES : Double.BYTES);
  }

  void lower(Selection selection, Statement statement) {
    switch (selection) {
      case Selection.TopK top -> {
        int x = lowering.dense(top.x());
        int axis = top.x().type().axis(top.label());
        int values = lowering.define(statement.results().getFirst());
        int indices = lowering.define(statement.results().getLast());
        lowering.rows(
            "top-k",
            statement.toString(),
            List.of(x),
            List.of(values, indices),
            scratchBytes(x, axis, values, false),
            frame ->
                Reductions.topK(
                    frame.workers(),
                    new TopK(frame.tensor(values), frame.tensor(indices)),
                    frame.tensor(x),
                    axis));
      }
      case Selection.ArgMax max -> {
        int x = lowering.dense(max.x());
        int axis = max.x().type().axis(max.label());
        int out = lowering.define(statement.result());
        lowering.rows(
            "arg-max",
            statement.toString(),
            List.of(x),
            List.of(out),
            copiedBytes(x, axis, false) + transposedBytes(x, axis, false),
            frame ->
                Reductions.argMax(
                    Target.into(frame.workers(), frame.tensor(out)),
                    frame.tensor(x),
                    Axes.of(axis)));
      }
      case Selection.OneHot hot -> oneHot(hot, statement.result());
    }
  }

  /** A one-hot value; for einsums of two operands positions are enough. */
  private void oneHot(Selection.OneHot hot, Value result) {
    int indices = lowering.dense(hot.indices());
    if (!new OneHotLowering(lowering).isWorthIt(result, hot.indices().type().rank())) {
      int out = lowering.define(result);
      lowering.step(
          "one-hot",
          result.toString(),
          List.of(indices),
          List.of(out),
          0,
          frame -> BlockWriter.oneHot(frame.workers(), frame.tensor(out), frame.tensor(indices)));
      return;
    }
    ValueMemory.Routed place = lowering.positions(result);
    int out = lowering.any(result);
    lowering.step(
        "positions",
        result.toString(),
        List.of(indices),
        List.of(out),
        0,
        frame ->
            BlockWriter.positions(
                frame.workers(),
                frame.workspace().buffer(place.positions().index()),
                frame.tensor(indices),
                hot.size()));
  }
}
