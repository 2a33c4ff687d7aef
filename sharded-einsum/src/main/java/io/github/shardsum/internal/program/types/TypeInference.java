package io.github.shardsum.internal.program.types;

import io.github.shardsum.program.Annotation.LabelSpec;
import io.github.shardsum.program.Communication;
import io.github.shardsum.program.Contraction;
import io.github.shardsum.program.Contraction.CumulativeSum;
import io.github.shardsum.program.Contraction.Reduce;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Contraction.Softmax;
import io.github.shardsum.program.Movement;
import io.github.shardsum.program.Movement.Annotate;
import io.github.shardsum.program.Movement.Concatenate;
import io.github.shardsum.program.Movement.Merge;
import io.github.shardsum.program.Movement.Pad;
import io.github.shardsum.program.Movement.Shift;
import io.github.shardsum.program.Movement.Slice;
import io.github.shardsum.program.Movement.Split;
import io.github.shardsum.program.Movement.Window;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Operation;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.Binary;
import io.github.shardsum.program.Pointwise.BinaryKind;
import io.github.shardsum.program.Pointwise.Compare;
import io.github.shardsum.program.Pointwise.Convert;
import io.github.shardsum.program.Pointwise.Ragged;
import io.github.shardsum.program.Pointwise.Select;
import io.github.shardsum.program.Pointwise.Unary;
import io.github.shardsum.program.Pointwise.UnaryKind;
import io.github.shardsum.program.Pointwise.Uniform;
import io.github.shardsum.program.ProgramException;
import io.github.shardsum.program.Scalar;
import io.github.shardsum.program.Selection;
import io.github.shardsum.program.Selection.ArgMax;
import io.github.shardsum.program.Selection.OneHot;
import io.github.shardsum.program.Selection.TopK;
import io.github.shardsum.program.Source;
import io.github.shardsum.program.Source.Constant;
import io.github.shardsum.program.Source.Iota;
import io.github.shardsum.program.Source.Random;
import io.github.shardsum.program.Value;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Types of the results of each operation: the rules that make a program valid. */
public final class TypeInference {
  private final Operation operation;

  private TypeInference(Operation operation) {
    this.operation = operation;
  }

  /**
   * Types of an operation's results.
   *
   * @return at least one
   * @throws ProgramException if operands or attributes do not fit; the message names every shape
   */
  public static List<ValueType> infer(Operation operation) {
    try {
      return types(operation);
    } catch (ArithmeticException overflow) {
      throw ProgramException.of(operation, "sizes must be below 2^63");
    }
  }

  private static List<ValueType> types(Operation operation) {
    TypeInference rules = new TypeInference(operation);
    return switch (operation) {
      case Pointwise pointwise -> List.of(rules.pointwise(pointwise));
      case Contraction contraction -> List.of(rules.contraction(contraction));
      case Selection selection -> rules.selection(selection);
      case Source source -> List.of(rules.source(source));
      case Movement movement -> List.of(rules.movement(movement));
      case Nested nested -> NestedTypes.infer(nested);
      case Communication communication -> List.of(ManualTypes.infer(communication));
    };
  }

  private ProgramException bad(String message) {
    return ProgramException.of(operation, message);
  }

  private void check(boolean good, String rule) {
    if (!good) {
      throw bad(rule);
    }
  }

  private void same(Value x, Value y) {
    check(
        x.type().dtype() == y.type().dtype(),
        "operands must have one dtype, got "
            + x.type().dtype()
            + " and "
            + y.type().dtype()
            + "; convert one");
  }

  private void fits(Scalar fill, DType dtype) {
    check(fill.fits(dtype), "value must be a number of " + dtype + ", got " + fill);
  }

  private static boolean isNumber(DType dtype) {
    return dtype != DType.BOOL;
  }

  private void numbers(DType dtype) {
    check(isNumber(dtype), "operand must have a dtype of numbers, got " + dtype + "; convert it");
  }

  private void floating(DType dtype) {
    check(dtype.isFloating(), "expected a floating dtype, got " + dtype + "; convert it");
  }

  private void bool(DType dtype) {
    check(dtype == DType.BOOL, "operand must be of bool, got " + dtype + "; compare it with 0");
  }

  private ValueType pointwise(Pointwise pointwise) {
    return switch (pointwise) {
      case Unary(UnaryKind kind, Value x) -> {
        DType dtype = x.type().dtype();
        switch (kind) {
          case NEGATE, ABS, SIGN, RELU -> numbers(dtype);
          case EXP, LOG, SQRT, RSQRT, TANH, LOGISTIC, SINE, COSINE, FLOOR -> floating(dtype);
          case NOT -> bool(dtype);
        }
        yield x.type().withoutLayout();
      }
      case Binary(BinaryKind kind, Value x, Value y) -> {
        same(x, y);
        DType dtype = x.type().dtype();
        switch (kind) {
          case ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, MAXIMUM, MINIMUM -> numbers(dtype);
          case POWER -> floating(dtype);
          case AND, OR, XOR -> bool(dtype);
        }
        yield LabelTypes.union(operation, dtype, List.of(x, y));
      }
      case Compare(_, Value x, Value y) -> {
        same(x, y);
        yield LabelTypes.union(operation, DType.BOOL, List.of(x, y));
      }
      case Select(Value condition, Value x, Value y) -> {
        same(x, y);
        check(
            condition.type().dtype() == DType.BOOL,
            "condition must be of bool, got " + condition.type().dtype());
        yield LabelTypes.union(operation, x.type().dtype(), List.of(condition, x, y));
      }
      case Convert(Value x, DType dtype) -> x.type().withDtype(dtype);
      case Ragged ragged -> ragged(ragged);
      case Uniform uniform -> uniform(uniform);
    };
  }

  private ValueType uniform(Uniform uniform) {
    check(
        uniform.seed().type().withoutLayout().equals(ValueType.scalar(DType.I64)),
        "seed must be an i64[], got " + uniform.seed().type());
    check(
        uniform.index().type().dtype() == DType.I64,
        "index must be of i64, got " + uniform.index().type());
    floating(uniform.dtype());
    return uniform.index().type().withDtype(uniform.dtype());
  }

  private ValueType annotate(Annotate annotate) {
    ValueType type = annotate.x().type();
    for (LabelSpec spec : annotate.annotation().labels()) {
      // The compact form of a layout, "GSM", reads as one label.
      boolean compact =
          spec.label().length() > 1
              && spec.label().chars().allMatch(c -> type.axis(Character.toString(c)) >= 0);
      check(
          type.axis(spec.label()) >= 0,
          "labels of a layout must be of "
              + type.names()
              + ", got "
              + spec.label()
              + (compact
                  ? "; every word is one label, so write \""
                      + String.join(" ", spec.label().split(""))
                      + "\""
                  : ""));
    }
    return type.withoutLayout();
  }

  private ValueType ragged(Ragged ragged) {
    LabelTypes.axis(operation, ragged.x(), ragged.label());
    ValueType lengths = ragged.lengths().type();
    check(isIndex(lengths.dtype()), "lengths must be of i32 or i64, got " + lengths.dtype());
    check(lengths.axis(ragged.label()) < 0, "lengths must not have label " + ragged.label());
    fits(ragged.fill(), ragged.x().type().dtype());
    ValueType union =
        LabelTypes.union(
            operation, ragged.x().type().dtype(), List.of(ragged.x(), ragged.lengths()));
    check(
        union.rank() == ragged.x().type().rank(),
        "lengths must have labels of x only, got " + lengths);
    return ragged.x().type().withoutLayout();
  }

  private static boolean isIndex(DType dtype) {
    return dtype == DType.I32 || dtype == DType.I64;
  }

  private ValueType contraction(Contraction contraction) {
    return switch (contraction) {
      case Contraction.Einsum einsum -> EinsumTypes.infer(einsum);
      case Reduce(ReduceKind kind, Value x, List<String> labels) -> {
        check(
            kind != ReduceKind.SUM || isNumber(x.type().dtype()),
            "operand must have a dtype of numbers; max is the OR of bools, min the AND");
        check(
            labels.stream().distinct().count() == labels.size(),
            "labels must be distinct, got " + labels);
        labels.forEach(label -> LabelTypes.axis(operation, x, label));
        yield without(x.type(), labels);
      }
      case Softmax(Value x, String label) -> {
        floating(x.type().dtype());
        LabelTypes.axis(operation, x, label);
        yield x.type().withoutLayout();
      }
      case CumulativeSum sum -> {
        numbers(sum.x().type().dtype());
        LabelTypes.axis(operation, sum.x(), sum.label());
        yield sum.x().type().withoutLayout();
      }
    };
  }

  private static ValueType without(ValueType type, List<String> labels) {
    List<String> names = new ArrayList<>();
    List<Long> sizes = new ArrayList<>();
    for (int axis = 0; axis < type.rank(); axis++) {
      if (!labels.contains(type.labels().axis(axis).label())) {
        names.add(type.labels().axis(axis).label());
        sizes.add(type.shape().size(axis));
      }
    }
    return ValueType.of(type.dtype(), names, sizes);
  }

  private List<ValueType> selection(Selection selection) {
    return switch (selection) {
      case TopK(Value x, String label, long k, String into) -> {
        int axis = LabelTypes.axis(operation, x, label);
        long size = x.type().shape().size(axis);
        check(k >= 0 && k <= size, "k must be in [0, " + size + "], the label's size");
        ValueType values = LabelTypes.replace(operation, x.type(), axis, List.of(into), List.of(k));
        yield List.of(values, values.withDtype(DType.I32));
      }
      case ArgMax(Value x, String label) -> {
        int axis = LabelTypes.axis(operation, x, label);
        check(x.type().shape().size(axis) > 0, "label must have at least one element");
        yield List.of(without(x.type(), List.of(label)).withDtype(DType.I32));
      }
      case OneHot(Value indices, String label, long size, DType dtype) -> {
        ValueType type = indices.type();
        check(isIndex(type.dtype()), "indices must be of i32 or i64, got " + type.dtype());
        check(size >= 0 && size <= Integer.MAX_VALUE, "size must be in [0, 2^31)");
        List<String> names = new ArrayList<>(type.names());
        List<Long> sizes = new ArrayList<>(type.sizes());
        names.add(label);
        sizes.add(size);
        yield List.of(LabelTypes.of(operation, dtype, names, sizes));
      }
    };
  }

  private ValueType source(Source source) {
    return switch (source) {
      case Constant(ValueType type, Scalar value) -> {
        fits(value, type.dtype());
        yield type.withoutLayout();
      }
      case Iota(ValueType type, String label) -> {
        numbers(type.dtype());
        check(type.axis(label) >= 0, "expected label " + label + " in " + type);
        yield type.withoutLayout();
      }
      case Random(Value seed, _, ValueType type) -> {
        check(
            seed.type().equals(ValueType.scalar(DType.I64)),
            "seed must be an i64[], got " + seed.type());
        floating(type.dtype());
        yield type.withoutLayout();
      }
    };
  }

  private ValueType movement(Movement movement) {
    return switch (movement) {
      case Annotate annotate -> annotate(annotate);
      case Slice slice -> slice(slice);
      case Pad pad -> {
        int axis = LabelTypes.axis(operation, pad.x(), pad.label());
        fits(pad.fill(), pad.x().type().dtype());
        check(
            pad.low() >= 0 && pad.high() >= 0 && pad.interior() >= 0,
            "padding must be at least 0; slice takes elements away");
        long size = pad.x().type().shape().size(axis);
        long gaps = size == 0 ? 0 : Math.multiplyExact(size - 1, pad.interior());
        long ends = Math.addExact(pad.low(), pad.high());
        yield resized(pad.x(), axis, Math.addExact(Math.addExact(size, gaps), ends));
      }
      case Concatenate concatenate -> concatenate(concatenate);
      case Shift(Value x, String label, _, Scalar fill) -> {
        LabelTypes.axis(operation, x, label);
        fits(fill, x.type().dtype());
        yield x.type().withoutLayout();
      }
      case Window window -> window(window);
      case Split(Value x, String label, List<String> into, List<Long> sizes) -> {
        int axis = LabelTypes.axis(operation, x, label);
        check(
            into.size() == sizes.size() && !into.isEmpty(),
            "labels must be at least one, and sizes one for each label");
        long product = 1;
        for (long size : sizes) {
          product = Math.multiplyExact(product, size);
        }
        check(
            product == x.type().shape().size(axis),
            "sizes must have the product " + x.type().shape().size(axis));
        yield LabelTypes.replace(operation, x.type(), axis, into, sizes);
      }
      case Merge merge -> merge(merge);
    };
  }

  private ValueType resized(Value x, int axis, long size) {
    return LabelTypes.replace(
        operation, x.type(), axis, List.of(x.type().names().get(axis)), List.of(size));
  }

  private ValueType slice(Slice slice) {
    int axis = LabelTypes.axis(operation, slice.x(), slice.label());
    long size = slice.x().type().shape().size(axis);
    check(
        0 <= slice.from() && slice.from() <= slice.to() && slice.to() <= size,
        "range must be in [0, " + size + "]");
    check(slice.step() >= 1, "step must be at least 1");
    return resized(slice.x(), axis, Math.ceilDiv(slice.to() - slice.from(), slice.step()));
  }

  private ValueType concatenate(Concatenate concatenate) {
    check(!concatenate.operands().isEmpty(), "operands must be at least one, got none");
    Value first = concatenate.operands().getFirst();
    int axis = LabelTypes.axis(operation, first, concatenate.label());
    long size = 0;
    for (Value part : concatenate.operands()) {
      same(first, part);
      LabelTypes.axis(operation, part, concatenate.label());
      long own = part.type().size(concatenate.label());
      check(
          part.type().names().equals(first.type().names())
              && resized(part, axis, 0).equals(resized(first, axis, 0)),
          "operands must differ in the size of " + concatenate.label() + " only");
      size = Math.addExact(size, own);
    }
    return resized(first, axis, size);
  }

  private ValueType window(Window window) {
    Value x = window.x();
    int axis = LabelTypes.axis(operation, x, window.label());
    check(
        window.size() >= 1 && window.stride() >= 1 && window.dilation() >= 1,
        "size, stride and dilation must be at least 1");
    long reach = Math.addExact(Math.multiplyExact(window.size() - 1, window.dilation()), 1);
    long size = x.type().shape().size(axis);
    long count = size < reach ? 0 : (size - reach) / window.stride() + 1;
    return LabelTypes.replace(
        operation,
        x.type(),
        axis,
        List.of(window.label(), window.window()),
        List.of(count, window.size()));
  }

  private ValueType merge(Merge merge) {
    Value x = merge.x();
    List<String> names = x.type().names();
    check(!merge.labels().isEmpty(), "labels must be at least one, got none");
    int axis = LabelTypes.axis(operation, x, merge.labels().getFirst());
    int end = axis + merge.labels().size();
    check(
        end <= names.size() && names.subList(axis, end).equals(merge.labels()),
        "labels must be neighbours in the operand's order; transpose with an einsum first");
    long size = 1;
    for (int i = axis; i < end; i++) {
      size = Math.multiplyExact(size, x.type().shape().size(i));
    }
    List<String> merged = new ArrayList<>(names.subList(0, axis));
    List<Long> sizes = new ArrayList<>(x.type().sizes().subList(0, axis));
    merged.add(Objects.requireNonNull(merge.into()));
    sizes.add(size);
    merged.addAll(names.subList(end, names.size()));
    sizes.addAll(x.type().sizes().subList(end, names.size()));
    return LabelTypes.of(operation, x.type().dtype(), merged, sizes);
  }
}
