package io.github.shardsum.bench;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Axes;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.RoutingTensor;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares row loops in a JVM that has run every family of kernels before, at several sizes and
 * dtypes, as a long-lived one has.
 */
final class RowLoopsComparison {
  private static final Workers ALONE = Workers.sequential();

  private record Shapes(String equation, List<long[]> sizes) {}

  private RowLoopsComparison() {}

  private static Shapes shapes(String equation, long[]... sizes) {
    return new Shapes(equation, List.of(sizes));
  }

  private static long[] of(long... sizes) {
    return sizes;
  }

  private static final List<Shapes> SHAPES =
      List.of(
          shapes("i->", of(1), of(7), of(100), of(5000)),
          shapes("i,i->", of(1), of(8), of(33), of(5000)),
          shapes("ij->i", of(3, 5), of(100, 15), of(7, 1100), of(20, 260)),
          shapes("ij,j->i", of(3, 5), of(100, 15), of(7, 1100), of(20, 260)),
          shapes("ij,ij->i", of(3, 5), of(100, 15), of(7, 1100), of(20, 260)),
          shapes("ij->j", of(3, 5), of(100, 15), of(7, 1100), of(20, 260)),
          shapes("ij,i->j", of(3, 5), of(100, 15), of(7, 1100)),
          shapes("ij,ij->j", of(3, 5), of(100, 15), of(7, 1100)),
          shapes("ij->", of(3, 5), of(100, 15), of(7, 1100)),
          shapes("aij->aj", of(4, 3, 5), of(5, 20, 33)),
          shapes("ii->", of(4), of(70)),
          shapes("bii->b", of(10, 5), of(20, 40)),
          shapes("ii->i", of(4), of(70)),
          shapes(
              "ij,jk->ik", of(2, 2, 2), of(4, 4, 4), of(5, 7, 3), of(16, 16, 16), of(33, 70, 41)),
          shapes("ij,jk->ik", of(100, 40, 8), of(8, 100, 200), of(150, 20, 150), of(1, 50, 60)),
          shapes("ji,jk->ik", of(4, 4, 4), of(70, 33, 41), of(130, 140, 150)),
          shapes("ij,kj->ik", of(4, 4, 4), of(33, 70, 41), of(130, 140, 150)),
          shapes("ij,jk->ki", of(4, 4, 4), of(33, 70, 41)),
          shapes("bij,bjk->bik", of(50, 4, 4, 4), of(20, 8, 8, 8), of(5, 30, 40, 50)),
          shapes("bij,bkj->bik", of(50, 4, 4, 4), of(5, 30, 40, 50)),
          shapes("bqhd,bkhd->bhqk", of(2, 20, 3, 16, 30)),
          shapes("efbad,cf->abcde", of(3, 4, 5, 6, 7, 8)),
          shapes("aebf,dfce->abcd", of(5, 6, 7, 8, 9, 4)),
          shapes("ab,bc,cd->ad", of(5, 6, 7, 8), of(30, 40, 50, 20)),
          shapes("i,j->ij", of(3, 5), of(100, 15), of(7, 300)),
          shapes("i,j,k->ijk", of(3, 5, 7), of(10, 11, 12)),
          shapes("ij,ij->ij", of(3, 5), of(100, 15), of(7, 300)),
          shapes("ij,i->ij", of(3, 5), of(100, 15), of(7, 300)),
          shapes("ij,j->ij", of(3, 5), of(100, 15), of(7, 300)),
          shapes("ij,ji->ij", of(3, 5), of(40, 50)),
          shapes("ij,ij,ij->ij", of(3, 5), of(40, 50)),
          shapes("ij->ji", of(3, 5), of(40, 50)),
          shapes("abc->bac", of(3, 4, 5), of(5, 6, 70)),
          shapes("abcd->dcba", of(3, 4, 5, 6), of(9, 8, 10, 11)));

  /**
   * Each a little: the methods of the Vector API are compiled for many callers and again where a
   * guess was wrong, while the kernels themselves are left for C2 to compile after that.
   */
  static void run() {
    List<Loop> loops = new ArrayList<>();
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16, DType.I32)) {
      boolean floating = dtype.isFloating();
      for (Shapes shapes : SHAPES) {
        for (long[] sizes : shapes.sizes()) {
          Loop.Made made = Loop.Made.of(dtype, shapes.equation(), sizes);
          loops.add(Loop.once(shapes.equation(), floating ? 60 : 30, made::run));
        }
      }
      epilogues(loops, dtype);
      rows(loops, dtype);
    }
    loops.forEach(loop -> loop.repeat(loop.runs()));
  }

  private static void epilogues(List<Loop> loops, DType dtype) {
    for (long[] sizes : List.of(of(4, 4, 4), of(33, 70, 41), of(100, 40, 8))) {
      Tensor[] operands = Loop.operands(dtype, "ij,jk->ik", sizes);
      Einsum einsum =
          Einsum.compile(
              "ij,jk->ik",
              EinsumOptions.defaults()
                  .withEpilogue(
                      Epilogue.none()
                          .withScale(2)
                          .withBias("k", Tensor.zeros(dtype, sizes[2]))
                          .withRelu()),
              OperandSpec.like(operands));
      Tensor out = Tensor.zeros(dtype, einsum.outputShape());
      loops.add(Loop.once("epilogue", 50, () -> einsum.runInto(2, 3, out, operands)));
    }
  }

  private static void rows(List<Loop> loops, DType dtype) {
    Tensor indices = Tensor.of(new int[] {2, 0, 1, 3, 2, 2}, 6);
    RoutingTensor routing = RoutingTensor.oneHot(indices, 4, dtype);
    for (long width : of(5, 16, 100)) {
      Tensor x = Tensor.zeros(dtype, 6, width);
      Tensor experts = Tensor.zeros(dtype, 4, width);
      loops.add(Loop.once("scatter", 30, () -> Einsum.einsum("se,sm->em", routing, x)));
      loops.add(Loop.once("gather", 30, () -> Einsum.einsum("se,em->sm", routing, experts)));
      loops.add(Loop.once("sum", 30, () -> Reductions.sum(Target.on(ALONE), x, Axes.of(1))));
      loops.add(Loop.once("max", 30, () -> Reductions.max(Target.on(ALONE), x, Axes.of(0))));
      loops.add(Loop.once("argMax", 30, () -> Reductions.argMax(Target.on(ALONE), x, Axes.of(1))));
      loops.add(
          Loop.once("cumulative sum", 30, () -> Reductions.cumulativeSum(Target.on(ALONE), x, 1)));
      loops.add(Loop.once("top", 30, () -> Reductions.topK(ALONE, x, 2, 1)));
      if (dtype.isFloating()) {
        loops.add(Loop.once("softmax", 30, () -> Reductions.softmax(Target.on(ALONE), x, 1)));
        loops.add(Loop.once("softmax", 30, () -> Reductions.softmax(Target.on(ALONE), x, 0)));
      }
    }
  }
}
