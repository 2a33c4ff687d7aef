package io.github.shardsum.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Two promises over every operation that they are about: a number stands for a tensor that is this
 * number everywhere, and an axis below 0 counts from the end.
 */
class NumbersAndAxesTest {
  private static final Workers ALONE = Workers.sequential();
  private static final List<DType> NUMBERS =
      List.of(DType.F32, DType.F64, DType.BF16, DType.I32, DType.I64);

  private final Random random = new Random(34);

  /** An operation of two tensors, and the same with a number second or first. */
  private record Forms(
      String name,
      BinaryOperator<Tensor> tensors,
      BiFunction<Tensor, Double, Tensor> second,
      BiFunction<Double, Tensor, Tensor> first) {}

  /** One without a form for a number first, since its operands may change places. */
  private static Forms symmetric(
      String name, BinaryOperator<Tensor> tensors, BiFunction<Tensor, Double, Tensor> second) {
    return new Forms(name, tensors, second, (a, x) -> second.apply(x, a));
  }

  /** A comparison, of which the one with a number first is another with it second. */
  private static Forms mirrored(
      String name,
      BinaryOperator<Tensor> tensors,
      BiFunction<Tensor, Double, Tensor> second,
      BiFunction<Tensor, Double, Tensor> mirror) {
    return new Forms(name, tensors, second, (a, x) -> mirror.apply(x, a));
  }

  private static List<Forms> operations() {
    return List.of(
        symmetric("add", Elementwise::add, Elementwise::add),
        symmetric("multiply", Elementwise::multiply, Elementwise::multiply),
        symmetric("maximum", Elementwise::maximum, Elementwise::maximum),
        symmetric("minimum", Elementwise::minimum, Elementwise::minimum),
        new Forms("subtract", Elementwise::subtract, Elementwise::subtract, Elementwise::subtract),
        new Forms("divide", Elementwise::divide, Elementwise::divide, Elementwise::divide),
        new Forms(
            "remainder", Elementwise::remainder, Elementwise::remainder, Elementwise::remainder),
        new Forms("power", Elementwise::power, Elementwise::power, Elementwise::power),
        symmetric("eq", Logic::eq, Logic::eq),
        symmetric("ne", Logic::ne, Logic::ne),
        mirrored("lt", Logic::lt, Logic::lt, Logic::gt),
        mirrored("le", Logic::le, Logic::le, Logic::ge),
        mirrored("gt", Logic::gt, Logic::gt, Logic::lt),
        mirrored("ge", Logic::ge, Logic::ge, Logic::le));
  }

  @Test
  void aNumberIsATensorOfItEverywhere() {
    Shape shape = Shape.of(3, 7);
    for (DType dtype : NUMBERS) {
      Tensor x = Operands.view(dtype, shape, random);
      // No floating dtype has the number 1.7.
      double[] numbers = dtype.isFloating() ? new double[] {1.7, -2, 0} : new double[] {3, -2, 0};
      for (double a : numbers) {
        Tensor number = Tensor.full(dtype, a, 3, 7);
        for (Forms f : operations()) {
          String name = f.name + " " + dtype + " " + a;
          same(name, f.tensors.apply(x, number), f.second.apply(x, a));
          same(name + " first", f.tensors.apply(number, x), f.first.apply(a, x));
        }
        Tensor mask = Logic.gt(Operands.view(DType.I32, shape, random), 0);
        same("where", Logic.where(mask, x, number), Logic.where(mask, x, a));
        Tensor high = Tensor.full(dtype, a + 2, 3, 7);
        same(
            "clip",
            Elementwise.minimum(Elementwise.maximum(x, number), high),
            Elementwise.clip(x, a, a + 2));
      }
    }
  }

  /** Operations along an axis of a tensor of shape [2, 3, 4]. */
  private static Map<String, BiFunction<Tensor, Integer, Tensor>> alongAnAxis() {
    Tensor indices = Tensor.of(new int[] {1, 0, -1}, 3);
    Map<String, BiFunction<Tensor, Integer, Tensor>> all = new LinkedHashMap<>();
    all.put("sum", Reductions::sum);
    all.put("max", Reductions::max);
    all.put("min", Reductions::min);
    all.put("prod", Reductions::prod);
    all.put("any", Reductions::any);
    all.put("all", Reductions::all);
    all.put("argMax", Reductions::argMax);
    all.put("argMin", Reductions::argMin);
    all.put("cumulativeSum", Reductions::cumulativeSum);
    all.put("mean", Reductions::mean);
    all.put("var", Reductions::var);
    all.put("std", Reductions::std);
    all.put("norm", Reductions::norm);
    all.put("logSumExp", Reductions::logSumExp);
    all.put("median", Reductions::median);
    all.put("quantile", (x, axis) -> Reductions.quantile(x, 0.25, axis));
    all.put("softmax", Reductions::softmax);
    all.put("topK values", (x, axis) -> Reductions.topK(x, 2, axis).values());
    all.put("topK indices", (x, axis) -> Reductions.topK(x, 2, axis).indices());
    all.put("concatenate", (x, axis) -> Movement.concatenate(List.of(x, x), axis));
    all.put("roll", (x, axis) -> Movement.roll(x, 1, axis));
    all.put("take", (x, axis) -> Movement.take(x, indices, axis));
    all.put(
        "compress",
        (x, axis) -> {
          long size = x.shape().toArray()[Math.floorMod(axis, x.rank())];
          return Movement.compress(x, Logic.gt(Creation.arange(DType.I32, size), 0), axis);
        });
    all.put("split", (x, axis) -> x.split(axis, 1).getFirst());
    all.put("splitAt", (x, axis) -> x.splitAt(axis, 1).getLast());
    all.put("flip", Tensor::flip);
    all.put("slice", (x, axis) -> x.slice(axis, 1, 2));
    all.put("slice with a step", (x, axis) -> x.slice(axis, 0, 2, 2));
    all.put("select", (x, axis) -> x.select(axis, 1));
    all.put("squeeze", (x, axis) -> x.slice(axis, 1, 2).squeeze(axis));
    return all;
  }

  @Test
  void anAxisBelowZeroCountsFromTheEnd() {
    for (DType dtype : List.of(DType.F32, DType.I64)) {
      Tensor x = Operands.view(dtype, Shape.of(2, 3, 4), random);
      alongAnAxis()
          .forEach(
              (name, along) -> {
                boolean floating = name.equals("softmax");
                Tensor of = floating ? x.convert(DType.F64) : x;
                for (int axis = 0; axis < 3; axis++) {
                  same(name + " " + axis, along.apply(of, axis), along.apply(of, axis - 3));
                }
                assertThrows(RuntimeException.class, () -> along.apply(of, 3), name);
                assertThrows(RuntimeException.class, () -> along.apply(of, -4), name);
              });
    }
  }

  @Test
  void severalAxesAndNewOnesBelowZeroCountFromTheEnd() {
    Tensor x = Operands.view(DType.F32, Shape.of(2, 3, 4), random);
    same("transpose", x.transpose(2, 0, 1).copy(), x.transpose(-1, -3, -2).copy());
    same("transpose", Movement.transpose(x, 2, 0, 1), Movement.transpose(x, -1, -3, -2));
    same("flip", x.flip(0, 2), x.flip(-3, -1));
    List<Function<Integer, Tensor>> insertions = new ArrayList<>();
    insertions.add(x::expand);
    insertions.add(axis -> Movement.stack(List.of(x, x), axis));
    for (Function<Integer, Tensor> insertion : insertions) {
      for (int axis = 0; axis < 4; axis++) {
        same("a new axis", insertion.apply(axis), insertion.apply(axis - 4));
      }
    }
    Tensor cube = Operands.view(DType.F32, Shape.of(3, 2, 3), random);
    same("diagonal", cube.diagonal(0, 2), cube.diagonal(-3, -1));
    for (Axes axes : List.of(Axes.of(-1, 0), Axes.of(2, -3))) {
      same("sum", Reductions.sum(Target.on(ALONE), x, Axes.of(0, 2)), Reductions.sum(x, axes));
      same("norm", Reductions.norm(x, Axes.of(0, 2)), Reductions.norm(x, axes));
    }
  }

  private static void same(String name, Tensor expected, Tensor actual) {
    assertEquals(expected.dtype(), actual.dtype(), name);
    assertEquals(expected.shape(), actual.shape(), name);
    assertArrayEquals(expected.toDoubleArray(), actual.toDoubleArray(), name);
  }
}
