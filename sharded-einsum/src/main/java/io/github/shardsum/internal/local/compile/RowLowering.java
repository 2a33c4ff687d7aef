package io.github.shardsum.internal.local.compile;

import io.github.shardsum.internal.local.run.BlockWriter;
import io.github.shardsum.internal.local.run.RowKernels;
import io.github.shardsum.internal.local.run.StridedLayout;
import io.github.shardsum.internal.local.run.ValueLocation;
import io.github.shardsum.ops.Softmax;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Statement;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import java.util.ArrayList;
import java.util.List;

/** Lowers operations along labels to kernels on rows. */
final class RowLowering {
  private final Lowering lowering;

  RowLowering(Lowering lowering) {
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
        frame -> Softmax.softmaxInto(frame.workers(), frame.tensor(out), frame.tensor(x), axis));
  }

  void cumulativeSum(Contraction.CumulativeSum sum, Value result) {
    int x = lowering.dense(sum.x());
    int axis = sum.x().type().axis(sum.label());
    int out = lowering.define(result);
    lowering.rows(
        "running sum",
        result.toString(),
        List.of(x),
        List.of(out),
        Double.BYTES * sum.x().type().size(sum.label()),
        frame ->
            RowKernels.cumulativeSum(
                frame.workers(),
                frame.tensor(out),
                frame.tensor(x),
                axis,
                sum.exclusive(),
                sum.reverse()));
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
    extreme(reduce, reduce.x(), List.copyOf(reduce.labels()), result);
  }

  /** One label after the other, the innermost first, where the most elements go at once. */
  private void extreme(Contraction.Reduce reduce, Value x, List<String> labels, Value result) {
    ValueType type = x.type();
    String label = labels.stream().max(java.util.Comparator.comparingInt(type::axis)).orElseThrow();
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
    StridedLayout.View last = lastAxis(type, axis);
    lowering.rows(
        "extreme",
        next.toString(),
        List.of(from),
        List.of(out),
        Double.BYTES * Math.max(1, type.size(label)),
        frame -> {
          var tensor = frame.tensor(from);
          RowKernels.extreme(
              frame.workers(),
              reduce.kind(),
              frame.tensor(out),
              last.apply(StridedLayout.of(tensor)).over(tensor));
        });
    if (!rest.isEmpty()) {
      extreme(reduce, next, rest, result);
    }
  }

  private static StridedLayout.View lastAxis(ValueType type, int axis) {
    long[] sizes = new long[type.rank()];
    int[] to = new int[type.rank()];
    for (int i = 0; i < to.length; i++) {
      to[i] = i == axis ? to.length - 1 : i < axis ? i : i - 1;
      sizes[to[i]] = type.shape().size(i);
    }
    return StridedLayout.rearrange(sizes, to);
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
            Double.BYTES * (top.x().type().size(top.label()) + 2 * top.k()),
            frame ->
                RowKernels.topK(
                    frame.workers(),
                    frame.tensor(values),
                    frame.tensor(indices),
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
            Double.BYTES * (max.x().type().size(max.label()) + 1),
            frame -> RowKernels.argMax(frame.workers(), frame.tensor(out), frame.tensor(x), axis));
      }
      case Selection.OneHot hot -> oneHot(hot, statement.result());
    }
  }

  /** Where einsums of two operands read it, positions are enough. */
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
    ValueLocation.Routed place = lowering.positions(result);
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
