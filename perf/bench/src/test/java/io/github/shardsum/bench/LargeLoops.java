package io.github.shardsum.bench;

import io.github.shardsum.einsum.Epilogue;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.grouped.GroupedProduct;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;

/**
 * Checks how much kernels allocate on arrays of more than 1 MiB in a JVM that has run many other
 * einsums: C2 then knows of many vectors, masks and callers for each of the methods that kernels
 * share.
 */
public final class LargeLoops {
  private static final Workers ALONE = Workers.sequential();

  private static final long WIDTH = 257;

  private LargeLoops() {}

  /**
   * Prints a line a kernel: its name, the rows that the larger size has more, and the bytes it
   * allocates more.
   */
  public static void main(String[] arguments) {
    RowLoopsComparison.run();
    for (DType dtype : List.of(DType.F32, DType.F64)) {
      sums(dtype).forEach(Loop::printGrowth);
      products(dtype).forEach(Loop::printGrowth);
      moves(dtype).forEach(Loop::printGrowth);
      rows(dtype).forEach(Loop::printGrowth);
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
        Loop.of(dtype, 200, "ij,jk->ik", 16, 550, 550),
        Loop.of(dtype, 1500, "ij,jk->ik", 2, 550, 550),
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
    add(
        loops,
        "softmax of rows " + dtype,
        rows -> onRows(dtype, rows, (out, x) -> Reductions.softmax(Target.into(ALONE, out), x, 1)));
    add(
        loops,
        "softmax of columns " + dtype,
        rows -> onRows(dtype, rows, (out, x) -> Reductions.softmax(Target.into(ALONE, out), x, 0)));
    add(
        loops,
        "exp " + dtype,
        rows -> onRows(dtype, rows, (out, x) -> Elementwise.exp(Target.into(ALONE, out), x)));
    add(
        loops,
        "relu " + dtype,
        rows -> onRows(dtype, rows, (out, x) -> Elementwise.relu(Target.into(ALONE, out), x)));
    add(
        loops,
        "scale " + dtype,
        rows ->
            onRows(dtype, rows, (out, x) -> Elementwise.multiply(Target.into(ALONE, out), x, 3)));
    add(
        loops,
        "add " + dtype,
        rows -> onRows(dtype, rows, (out, x) -> Elementwise.add(Target.into(ALONE, out), x, x)));
    add(
        loops,
        "multiply " + dtype,
        rows ->
            onRows(dtype, rows, (out, x) -> Elementwise.multiply(Target.into(ALONE, out), x, x)));
    add(loops, "gather " + dtype, rows -> gather(dtype, rows));
    add(loops, "grouped product " + dtype, rows -> grouped(dtype, rows));
    return loops;
  }

  private static void add(List<Loop> loops, String name, LongFunction<Runnable> body) {
    loops.add(Loop.ofRows(name, 60, 1200, body));
  }

  private static Runnable onRows(DType dtype, long rows, BiConsumer<Tensor, Tensor> kernel) {
    Tensor x = Tensor.zeros(dtype, rows, WIDTH);
    Tensor out = Tensor.zeros(dtype, rows, WIDTH);
    return () -> kernel.accept(out, x);
  }

  private static Runnable gather(DType dtype, long rows) {
    Tensor indices = Tensor.zeros(DType.I32, rows);
    return onRows(dtype, rows, (out, x) -> Movement.take(Target.into(ALONE, out), x, indices, 0));
  }

  private static Runnable grouped(DType dtype, long rows) {
    Tensor experts = Tensor.zeros(dtype, 4, WIDTH, WIDTH);
    int most = (int) rows;
    Tensor sizes = Tensor.of(new int[] {500, 0, most - 550, 50}, 4);
    return onRows(
        dtype,
        rows,
        (out, x) -> GroupedProduct.rowsInto(ALONE, out, x, experts, sizes, Epilogue.none()));
  }
}
