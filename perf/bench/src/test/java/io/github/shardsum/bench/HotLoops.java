package io.github.shardsum.bench;

import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.EinsumOptions;
import io.github.shardsum.einsum.OperandSpec;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Axes;
import io.github.shardsum.ops.ByteVectors;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Sampler;
import io.github.shardsum.ops.Target;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** Runs every kind of kernel until it is compiled, and prints what more rows allocate. */
public final class HotLoops {
  private static final Workers ALONE = Workers.sequential();

  private static final Map<String, BiFunction<Target, Tensor, Tensor>> FUNCTIONS =
      new TreeMap<>(
          Map.of(
              "exp", Elementwise::exp,
              "log", Elementwise::log,
              "tanh", Elementwise::tanh,
              "logistic", Elementwise::logistic,
              "sine", Elementwise::sine,
              "cosine", Elementwise::cosine));

  private HotLoops() {}

  /**
   * Prints a line a kernel: its name, the rows that the larger size has more, and the bytes it
   * allocates more. At the short depth in f32 alone.
   */
  public static void main(String[] arguments) {
    List<Loop> loops = new ArrayList<>();
    List<DType> dtypes = List.of(DType.F32, DType.F64);
    for (DType dtype : dtypes.subList(0, TestDepth.cases(1, 2, 2))) {
      loops.add(Loop.of(dtype, 1500, "ij,jk->ik", 160, 160, 160));
      loops.add(Loop.of(dtype, 1500, "ij,jk->ik", 300, 300, 32));
      loops.add(Loop.of(dtype, 3000, "ij,jk->ik", 16, 16, 16));
      loops.add(Loop.of(dtype, 20000, "ij,jk->ik", 4, 4, 4));
      loops.add(Loop.of(dtype, 20000, "i,i->", 8));
      loops.add(Loop.of(dtype, 2000, "i,i->", 10000));
      loops.add(Loop.of(dtype, 2000, "ij,j->i", 100, 200));
      loops.add(Loop.of(dtype, 2000, "ij->i", 100, 200));
      loops.add(Loop.of(dtype, 2000, "ij->i", 40, 1100));
      loops.add(Loop.of(dtype, 2000, "ij,j->i", 40, 1100));
      loops.add(Loop.of(dtype, 2000, "ij,ij->i", 100, 200));
      loops.add(Loop.of(dtype, 2000, "ij->j", 100, 200));
      loops.add(Loop.of(dtype, 2000, "i,j->ij", 100, 200));
      loops.add(Loop.of(dtype, 2000, "ij,ij->ij", 100, 200));
      loops.add(Loop.of(dtype, 2000, "ij,i->ij", 100, 40));
      loops.add(Loop.of(dtype, 2000, "ij,j->ij", 100, 40));
      loops.add(Loop.of(dtype, 2000, "ij,i->j", 100, 200));
      loops.add(Loop.of(dtype, 2000, "bii->b", 100, 20));
      loops.add(Loop.of(dtype, 2000, "ij->ji", 100, 200));
      loops.add(Loop.of(dtype, 2000, "ij,ji->ij", 100, 200));
      loops.add(Loop.of(dtype, 2000, "abc->bac", 20, 30, 40));
      loops.add(Loop.of(dtype, 600, "ybkx,ck->xbcy", 32, 2, 12, 32, 24));
      loops.add(Loop.ofRows("softmax " + dtype, 500, 100, rows -> softmax(dtype, rows)));
      loops.add(Loop.ofRows("exp " + dtype, 500, 100, rows -> exp(dtype, rows)));
    }
    for (int dimensions : new int[] {100, 768}) {
      loops.add(
          Loop.ofRows("i8 of " + dimensions, 4000, 100, rows -> bytes(new byte[dimensions], rows)));
    }
    for (DType dtype : List.of(DType.F32, DType.BF16)) {
      for (boolean several : new boolean[] {false, true}) {
        String name = "search " + dtype + (several ? " of 8" : "");
        loops.add(Loop.ofRows(name, 4000, 100, rows -> search(dtype, several, rows, false)));
        loops.add(
            Loop.ofRows(name + " native", 4000, 100, rows -> search(dtype, several, rows, true)));
      }
    }
    FUNCTIONS.forEach(
        (name, function) ->
            loops.add(Loop.ofRows(name + " f32", 300, 100, rows -> function(function, rows))));
    loops.add(Loop.ofRows("power f32", 300, 100, HotLoops::power));
    loops.add(Loop.ofRows("max f32", 300, 100, HotLoops::max));
    loops.forEach(Loop::printGrowth);
  }

  private static Runnable softmax(DType dtype, long rows) {
    Tensor x = Tensor.zeros(dtype, rows, 256);
    Tensor out = Tensor.zeros(dtype, rows, 256);
    return () -> Reductions.softmax(Target.into(ALONE, out), x, 1);
  }

  private static Runnable bytes(byte[] query, long rows) {
    ByteVectors vectors = ByteVectors.of(new byte[(int) rows * query.length], rows, query.length);
    ByteVectors one = ByteVectors.of(query, 1, query.length);
    MemorySegment scores = MemorySegment.ofArray(new int[(int) rows]);
    return () -> vectors.dot(one, scores);
  }

  private static Runnable exp(DType dtype, long rows) {
    Tensor x = Tensor.zeros(dtype, rows, 256);
    Tensor out = Tensor.zeros(dtype, rows, 256);
    return () -> Elementwise.exp(Target.into(ALONE, out), x);
  }

  private static Tensor in(boolean offHeap, DType dtype, long... shape) {
    return offHeap
        ? Tensor.allocate(Arena.ofAuto(), dtype, Shape.of(shape))
        : Tensor.zeros(dtype, shape);
  }

  /** Scores of documents, of one query or of some. */
  private static Runnable search(DType dtype, boolean several, long rows, boolean offHeap) {
    Tensor documents = in(offHeap, dtype, rows, 768);
    Tensor queries = several ? in(offHeap, dtype, 8, 768) : in(offHeap, dtype, 768);
    Tensor scores = several ? in(offHeap, dtype, rows, 8) : in(offHeap, dtype, rows);
    Einsum einsum =
        Einsum.compile(
            several ? "nd,qd->nq" : "nd,d->n",
            EinsumOptions.defaults().withWorkers(ALONE),
            OperandSpec.like(documents, queries));
    return () -> einsum.runInto(scores, documents, queries);
  }

  private static Runnable function(BiFunction<Target, Tensor, Tensor> function, long rows) {
    Tensor x = Sampler.of(1).uniform(DType.F32, rows, 256);
    Tensor out = Tensor.zeros(DType.F32, rows, 256);
    return () -> {
      Tensor _ = function.apply(Target.into(ALONE, out), x);
    };
  }

  private static Runnable power(long rows) {
    Tensor x = Sampler.of(1).uniform(DType.F32, rows, 256);
    Tensor out = Tensor.zeros(DType.F32, rows, 256);
    return () -> Elementwise.power(Target.into(ALONE, out), x, x);
  }

  private static Runnable max(long rows) {
    Tensor x = Sampler.of(1).uniform(DType.F32, rows, 256);
    Tensor out = Tensor.zeros(DType.F32);
    return () -> Reductions.max(Target.into(ALONE, out), x, Axes.of(0, 1));
  }
}
