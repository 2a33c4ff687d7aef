package io.github.shardsum.internal.local.compile;

import io.github.shardsum.internal.local.run.BlockWriter;
import io.github.shardsum.internal.local.run.FusedInstruction;
import io.github.shardsum.internal.local.run.FusedKernel;
import io.github.shardsum.internal.local.run.LocalStorage;
import io.github.shardsum.internal.local.run.LocalView;
import io.github.shardsum.internal.local.run.ValueMemory;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;

/** Lowers movements to views if possible, otherwise to copies, and lowers sources to writers. */
final class MovementLowering {
  private final StatementLowering lowering;

  MovementLowering(StatementLowering lowering) {
    this.lowering = lowering;
  }

  void lower(Movement movement, Value result) {
    switch (movement) {
      case Movement.Annotate a -> view(a.x(), result, LocalView.View.SAME);
      case Movement.Slice s -> {
        int axis = s.x().type().axis(s.label());
        long count = result.type().size(s.label());
        view(s.x(), result, LocalView.slice(axis, s.from(), s.step(), count));
      }
      case Movement.Window w -> {
        int axis = w.x().type().axis(w.label());
        long count = result.type().size(w.label());
        view(w.x(), result, LocalView.windows(axis, count, w.stride(), w.size(), w.dilation()));
      }
      case Movement.Split s -> split(s, result);
      case Movement.Merge merge -> merge(merge, result);
      case Movement.Pad pad -> pad(pad, result);
      case Movement.Shift shift -> shift(shift, result);
      case Movement.Concatenate concatenate -> concatenate(concatenate, result);
    }
  }

  private void split(Movement.Split s, Value result) {
    if (!new OneHotLowering(lowering).split(s, result)) {
      long[] sizes = s.sizes().stream().mapToLong(Long::longValue).toArray();
      view(s.x(), result, LocalView.split(s.x().type().axis(s.label()), sizes));
    }
  }

  private void view(Value x, Value result, LocalView.View view) {
    lowering.put(result, lowering.denseLocation(x).seen(view));
  }

  /** A view of a buffer, whose strides are known; otherwise a copy. */
  private void merge(Movement.Merge merge, Value result) {
    Value x = merge.x();
    int axis = x.type().axis(merge.labels().getFirst());
    int count = merge.labels().size();
    ValueMemory.Dense place = lowering.denseLocation(x);
    if (place.base() instanceof LocalStorage.Buffer && place.planned().merges(axis, count)) {
      view(x, result, LocalView.merge(axis, count));
      return;
    }
    long[] sizes = new long[count];
    for (int i = 0; i < count; i++) {
      sizes[i] = x.type().shape().size(axis + i);
    }
    int from = lowering.dense(x);
    int out = lowering.define(result);
    LocalView.View split = LocalView.split(axis, sizes);
    lowering.step(
        "copy",
        result.toString(),
        List.of(from),
        List.of(out),
        0,
        frame -> {
          Tensor whole = frame.tensor(out);
          split.apply(LocalView.of(whole)).over(whole).assign(frame.tensor(from));
        });
  }

  /** Fills the whole result, and then writes a part of x over a part of it. */
  private void place(
      Value x, Value result, Scalar fill, LocalView.View from, LocalView.View to, String kernel) {
    int source = lowering.dense(x);
    int out = lowering.define(result);
    Tensor number = number(result.type().dtype(), fill);
    lowering.step(
        kernel,
        result.toString(),
        List.of(source),
        List.of(out),
        0,
        frame -> {
          Tensor whole = frame.tensor(out);
          Tensor part = frame.tensor(source);
          whole.assign(number.broadcastTo(whole.shape()));
          to.apply(LocalView.of(whole))
              .over(whole)
              .assign(from.apply(LocalView.of(part)).over(part));
        });
  }

  static Tensor number(DType dtype, Scalar value) {
    Tensor number = Tensor.zeros(dtype);
    switch (value) {
      case Scalar.Real(double real) -> number.set(real);
      case Scalar.Whole(long whole) -> number.set(whole);
    }
    return number;
  }

  private void pad(Movement.Pad pad, Value result) {
    int axis = pad.x().type().axis(pad.label());
    long count = pad.x().type().size(pad.label());
    LocalView.View inside = LocalView.slice(axis, pad.low(), pad.interior() + 1, count);
    place(pad.x(), result, pad.fill(), LocalView.View.SAME, inside, "pad");
  }

  private void shift(Movement.Shift shift, Value result) {
    int axis = shift.x().type().axis(shift.label());
    long size = result.type().size(shift.label());
    long by = Math.clamp(shift.by(), -size, size);
    long count = size - Math.abs(by);
    LocalView.View from = LocalView.slice(axis, Math.max(0, -by), 1, count);
    LocalView.View to = LocalView.slice(axis, Math.max(0, by), 1, count);
    place(shift.x(), result, shift.fill(), from, to, "shift");
  }

  private void concatenate(Movement.Concatenate concatenate, Value result) {
    int axis = result.type().axis(concatenate.label());
    List<Value> parts = concatenate.operands();
    int[] operands = parts.stream().mapToInt(lowering::dense).toArray();
    LocalView.View[] to = new LocalView.View[operands.length];
    long at = 0;
    for (int i = 0; i < to.length; i++) {
      long count = parts.get(i).type().size(concatenate.label());
      to[i] = LocalView.slice(axis, at, 1, count);
      at += count;
    }
    int out = lowering.define(result);
    lowering.step(
        "concatenate",
        result.toString(),
        StatementLowering.list(operands),
        List.of(out),
        0,
        frame -> {
          Tensor whole = frame.tensor(out);
          for (int i = 0; i < to.length; i++) {
            to[i].apply(LocalView.of(whole)).over(whole).assign(frame.tensor(operands[i]));
          }
        });
  }

  void source(Source source, Value result) {
    switch (source) {
      case Source.Constant constant -> {
        int out = lowering.define(result);
        Tensor number = number(result.type().dtype(), constant.value());
        lowering.step(
            "fill",
            result.toString(),
            List.of(),
            List.of(out),
            0,
            frame -> {
              Tensor whole = frame.tensor(out);
              whole.assign(number.broadcastTo(whole.shape()));
            });
      }
      case Source.Iota iota -> iota(iota, result);
      case Source.Random random -> {
        int seed = lowering.dense(random.seed());
        int out = lowering.define(result);
        lowering.step(
            "random",
            result.toString(),
            List.of(seed),
            List.of(out),
            0,
            frame ->
                BlockWriter.random(
                    frame.workers(),
                    frame.tensor(out),
                    frame.tensor(seed).getLong(),
                    random.stream()));
      }
    }
  }

  private void iota(Source.Iota iota, Value result) {
    ValueType type = result.type();
    int axis = type.axis(iota.label());
    long inner = type.shape().rowMajorStrides()[axis];
    FusedKernel kernel =
        new FusedKernel(
            type.shape(),
            List.of(),
            List.of(),
            List.of(
                new FusedInstruction.Index(
                    type.dtype(), inner, Math.max(1, type.shape().size(axis)))),
            List.of(new FusedKernel.Result(0, FusedKernelBuilder.axes(type, type))));
    int out = lowering.define(result);
    lowering.step(
        "iota",
        result.toString(),
        List.of(),
        List.of(out),
        0,
        frame -> kernel.run(frame.workers(), List.of(frame.tensor(out))));
  }
}
