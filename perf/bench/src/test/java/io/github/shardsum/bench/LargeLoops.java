package io.github.shardsum.bench;

import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.GroupedProduct;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Softmax;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What the kernels allocate on arrays of more than 1 MiB in a JVM that has run many other einsums:
 * C2 then knows of many vectors, masks and callers for each of the methods that kernels share.
 */
public final class LargeLoops {
  private static final Workers ALONE = Workers.sequential();

  private LargeLoops() {}

  /** Prints a line a kernel: its name and the bytes that a run allocates. */
  public static void main(String[] arguments) {
    RowLoopsComparison.run();
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      sums(dtype).forEach(Loop::printBytes);
      products(dtype).forEach(Loop::printBytes);
      moves(dtype).forEach(Loop::printBytes);
      rows(dtype).forEach(Loop::printBytes);
    }
  }

  private static List<Loop> sums(DType dtype) {
    return List.of(
        Loop.of(dtype, 200, "i,i->", 300_001),
        Loop.of(dtype, 200, "i->", 300_001),
        Loop.of(dtype, 200, "ij->i", 300, 1030),
        Loop.of(dtype, 200, "ij->i", 3000, 100),
        Loop.of(dtype, 200, "ij->i", 20_000, 15),
        Loop.of(dtype, 200, "ij,j->i", 300, 1030),
        Loop.of(dtype, 200, "ij,j->i", 3000, 100),
        Loop.of(dtype, 200, "ij,ij->i", 300, 1030),
        Loop.of(dtype, 200, "ij,ij->", 300, 1030),
        Loop.of(dtype, 200, "ij->j", 300, 1030),
        Loop.of(dtype, 200, "ij,i->j", 300, 1030),
        Loop.of(dtype, 200, "ij,ij->j", 300, 1030),
        Loop.of(dtype, 200, "abc->ac", 30, 30, 340),
        Loop.of(dtype, 200, "bii->b", 800, 20),
        Loop.of(dtype, 200, "bii->b", 20, 130));
  }

  private static List<Loop> products(DType dtype) {
    return List.of(
        Loop.of(dtype, 50, "ij,jk->ik", 550, 550, 550),
        Loop.of(dtype, 50, "ji,jk->ki", 550, 550, 550),
        Loop.of(dtype, 20, "ij,jk->ik", 600, 32, 600),
        Loop.of(dtype, 200, "ij,jk->ik", 8, 550, 550),
        Loop.of(dtype, 200, "ij,jk->ik", 1100, 300, 8),
        Loop.of(dtype, 50, "bij,bjk->bik", 1100, 16, 16, 16),
        Loop.of(dtype, 50, "bij,bjk->bik", 20_000, 4, 4, 4),
        Loop.of(dtype, 50, "bij,bkj->bik", 80, 64, 64, 16),
        Loop.of(dtype, 20, "efbad,cf->abcde", 12, 12, 12, 16, 12, 12),
        Loop.of(dtype, 30, "aebf,dfce->abcd", 24, 24, 24, 24, 24, 24));
  }

  private static List<Loop> moves(DType dtype) {
    return List.of(
        Loop.of(dtype, 200, "i,j->ij", 300, 1030),
        Loop.of(dtype, 200, "ij,ij->ij", 300, 1030),
        Loop.of(dtype, 200, "ij,i->ij", 300, 1030),
        Loop.of(dtype, 200, "ij,j->ij", 300, 1030),
        Loop.of(dtype, 200, "ij,ji->ij", 550, 550),
        Loop.of(dtype, 200, "ij->ji", 550, 550),
        Loop.of(dtype, 200, "abcd->dcba", 23, 25, 26, 22),
        Loop.of(dtype, 200, "bshd->bhsd", 4, 32, 40, 64));
  }

  private static List<Loop> rows(DType dtype) {
    List<Loop> loops = new ArrayList<>();
    Tensor x = Tensor.zeros(dtype, 1200, 257);
    Tensor y = Tensor.zeros(dtype, 1200, 257);
    Tensor out = Tensor.zeros(dtype, 1200, 257);
    Tensor flat = Tensor.zeros(dtype, 257, 1200);
    Tensor turned = Tensor.zeros(dtype, 257, 1200);
    add(loops, dtype, "softmax of rows", () -> Softmax.softmaxInto(ALONE, out, x, 1));
    add(loops, dtype, "softmax of columns", () -> Softmax.softmaxInto(ALONE, turned, flat, 0));
    add(loops, dtype, "exp", () -> Elementwise.expInto(ALONE, out, x));
    add(loops, dtype, "relu", () -> Elementwise.reluInto(ALONE, out, x));
    add(loops, dtype, "scale", () -> Elementwise.scaleInto(ALONE, out, 3, x));
    add(loops, dtype, "add", () -> Elementwise.addInto(ALONE, out, x, y));
    add(loops, dtype, "multiply", () -> Elementwise.multiplyInto(ALONE, out, x, y));
    Tensor indices = Tensor.zeros(DType.I32, 1200);
    add(loops, dtype, "gather", () -> Movement.gatherInto(ALONE, out, x, indices));
    Tensor experts = Tensor.zeros(dtype, 4, 257, 257);
    Tensor sizes = Tensor.of(new int[] {500, 0, 650, 50}, 4);
    loops.add(
        new Loop(
            "grouped product " + dtype,
            50,
            () -> GroupedProduct.rowsInto(ALONE, out, x, experts, sizes, Epilogue.none())));
    return loops;
  }

  private static void add(List<Loop> loops, DType dtype, String name, Runnable body) {
    loops.add(new Loop(name + " " + dtype, 60, body));
  }
}
