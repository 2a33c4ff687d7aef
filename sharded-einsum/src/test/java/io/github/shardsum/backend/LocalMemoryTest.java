package io.github.shardsum.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Nested;
import io.github.shardsum.program.Pointwise;
import io.github.shardsum.program.Pointwise.Comparison;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testsupport.TestDepth;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LocalMemoryTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /**
   * Tasks and views, of which there are more with more data up to a bound; values are megabytes.
   */
  private static final long SLACK = 1 << 15;

  /** Each value of so many rows is larger than the slack. */
  private static final int MANY_ROWS = TestDepth.cases(16 * 64, 64 * 64, 64 * 64);

  /** Numbers from 1/2 to 3/2, of integers 0 and 1. */
  private static List<Tensor> numbers(Program program) {
    Random random = new Random(1);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      double[] data = new double[(int) input.type().shape().elementCount()];
      Arrays.setAll(data, _ -> random.nextDouble() + 0.5);
      Tensor tensor = Tensor.of(data, input.type().shape().toArray());
      inputs.add(tensor.convert(input.type().dtype()));
    }
    return inputs;
  }

  private static long allocated(Runnable work) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  /** Every kind of step, for n rows. */
  private static Program everything(int n) {
    ProgramBuilder p = Program.builder("everything");
    Value x = p.input("x", "f32[b=" + n + " m=32]");
    Value w = p.input("w", "f32[m=32 h=32]");
    Value h = p.relu(p.scale(p.einsum("bm,mh->bh", x, w), 0.5));
    Value soft = p.softmax(p.exp(p.negate(h)), "h");
    List<Value> top = p.topK(soft, "h", 2, "k");
    Value hot = p.oneHot(top.getLast(), "m", 32, DType.F32);
    Value gathered = p.einsum("bkm,mh->bkh", hot, w);
    Value sums = p.cumulativeSum(p.reduce(ReduceKind.MAX, gathered, "k"), "b");
    Value moved = p.pad(p.shift(sums, "b", 1, 0), "h", 1, 1, 0);
    Value windows = p.window(moved, "h", "w", 3);
    Value convolved = p.negate(p.slice(windows, "w", 1, 2));
    Value best = p.convert(p.argMax(p.merge(convolved, "h", "h", "w"), "h"), DType.F32);
    Value noise = p.random(p.constant(DType.I64, 3), 0, "f32[b=" + n + "]");
    Value chosen = p.select(p.compare(Comparison.GT, noise, best), best, noise);
    Value merged =
        p.merge(p.concatenate("h", p.merge(convolved, "h", "h", "w"), sums), "all", "b", "h");
    ProgramBuilder round = Program.builder("round");
    Value carried = round.input("carried", chosen.type());
    Value each = round.input("each", chosen.type());
    round.output("next", round.add(carried, each));
    List<Value> looped =
        p.add(
            new Nested.Scan(
                3, "t", false, round.build(), List.of(chosen), List.of(), List.of(chosen)));
    p.output("merged", merged);
    p.output("last", looped.getFirst());
    return p.build();
  }

  /** Every kind of einsum over n rows: of short and of long rows, of windows, products. */
  private static Program contractions(int n) {
    ProgramBuilder p = Program.builder("contractions");
    for (DType dtype : List.of(DType.F32, DType.F64, DType.BF16, DType.I32, DType.I64)) {
      Value x = p.input("x." + dtype, dtype + "[b=" + n + " m=35]");
      Value y = p.input("y." + dtype, dtype + "[b=" + n + " m=35]");
      Value w = p.input("w." + dtype, dtype + "[k=5 o=8]");
      Value v = p.input("v." + dtype, dtype + "[k=5]");
      Value windows = p.window(x, "m", "k", 5);
      List<Value> results =
          List.of(
              p.einsum("bmk,ko->bmo", windows, w),
              p.einsum("bmk,k->bm", windows, v),
              p.sum(windows, "k"),
              p.sum(p.split(p.slice(x, "m", 0, 33), "m", "i", 11, "j"), "j"),
              p.sum(x, "m"),
              p.sum(x, "b"),
              p.sum(x, "b", "m"),
              p.einsum("bm,bm->b", x, y),
              p.einsum("bm,bm->bm", x, y),
              p.einsum("bm,k->bmk", x, v),
              p.einsum("bm,bp->mp", x, y),
              p.einsum("bij,bkj->bik", p.split(x, "m", "i", 5, "j"), p.split(y, "m", "k", 5, "j")),
              p.negate(p.einsum("bm->mb", x)));
      for (int i = 0; i < results.size(); i++) {
        p.output("r" + i + "." + dtype, results.get(i));
      }
    }
    return p.build();
  }

  /** Makes a tensor in some memory. */
  private interface Maker {
    Tensor zeros(DType dtype, Shape shape);

    default Tensor copy(Tensor tensor) {
      Tensor copy = zeros(tensor.dtype(), tensor.shape());
      copy.assign(tensor);
      return copy;
    }

    default List<Tensor> outputs(Program program) {
      return program.outputs().stream()
          .map(output -> zeros(output.type().dtype(), output.type().shape()))
          .toList();
    }

    default List<Tensor> inputs(Program program) {
      return numbers(program).stream().map(this::copy).toList();
    }
  }

  /**
   * The least of many runs, since vectors and slots are objects until code is compiled, which a
   * loaded machine may do late.
   */
  private static long steady(Program program, Maker memory, int runs, long enough) {
    List<Tensor> inputs = memory.inputs(program);
    List<Tensor> outputs = memory.outputs(program);
    try (Executable executable = LocalBackend.of(Workers.sequential()).compile(program)) {
      long least = Long.MAX_VALUE;
      for (int i = 0; i < runs && least > enough; i++) {
        least = Math.min(least, allocated(() -> executable.runInto(outputs, inputs)));
      }
      return least;
    }
  }

  private static void holdsStill(IntFunction<Program> program, int rows, int more, Maker memory) {
    long small = steady(program.apply(rows), memory, 600, 0);
    long large = steady(program.apply(more), memory, 20_000, small + SLACK);
    assertTrue(
        large <= small + SLACK, rows + " rows: " + small + " bytes, " + more + " rows: " + large);
  }

  @Test
  void aRunAllocatesNothingThatGrowsWithTheData() {
    holdsStill(LocalMemoryTest::everything, 64, MANY_ROWS, Tensor::zeros);
  }

  @Test
  void einsumsAllocateNothingThatGrowsWithTheData() {
    holdsStill(LocalMemoryTest::contractions, 64, 1024 + 8, Tensor::zeros);
  }

  @Tag("deep")
  @Test
  void norDoTheyInNativeMemory() {
    try (Arena arena = Arena.ofShared()) {
      Maker memory = (dtype, shape) -> Tensor.allocate(arena, dtype, shape);
      holdsStill(LocalMemoryTest::everything, 64, MANY_ROWS, memory);
      holdsStill(LocalMemoryTest::contractions, 64, 1024 + 8, memory);
    }
  }

  /** Each kernel made its scratch anew there. */
  @Tag("deep")
  @Test
  void norInMemoryOfOneThread() {
    try (Arena arena = Arena.ofConfined()) {
      Maker memory = (dtype, shape) -> Tensor.allocate(arena, dtype, shape);
      holdsStill(LocalMemoryTest::contractions, 64, 1024 + 8, memory);
    }
  }

  @Test
  void threadsLeaveMemoryOfOneThreadAlone() {
    ProgramBuilder p = Program.builder("direct");
    Value x = p.input("x", "f32[b=4096 m=32]");
    p.output("pointwise", p.relu(p.subtract(p.multiply(x, x), x)));
    p.output("rows", p.cumulativeSum(x, "m"));
    p.output("random", p.random(p.constant(DType.I64, 3), 0, "f32[b=4096 m=32]"));
    Program program = p.build();
    Maker heap = Tensor::zeros;
    try (Arena arena = Arena.ofConfined();
        Workers workers = Workers.of(3);
        Executable executable = LocalBackend.of(workers).compile(program)) {
      Maker memory = (dtype, shape) -> Tensor.allocate(arena, dtype, shape);
      List<Tensor> wanted = executable.run(heap.inputs(program));
      List<Tensor> given = memory.outputs(program);
      executable.runInto(given, memory.inputs(program));
      for (int i = 0; i < wanted.size(); i++) {
        assertArrayEquals(wanted.get(i).toFloatArray(), given.get(i).copy().toFloatArray());
      }
    }
  }

  @Test
  void theFirstRunAllocatesThePeakThatWasKnownBefore() {
    Program program = everything(4096);
    List<Tensor> inputs = numbers(program);
    long peak = 0;
    long least = Long.MAX_VALUE;
    // Vectors are objects until they are compiled, so that the first of these allocates more.
    for (int i = 0; i < 30; i++) {
      try (Executable executable = LocalBackend.of(Workers.sequential()).compile(program)) {
        List<Tensor> outputs = new ArrayList<>();
        for (Value output : program.outputs()) {
          outputs.add(Tensor.zeros(output.type().dtype(), output.type().shape()));
        }
        peak = executable.peakBytes();
        least = Math.min(least, allocated(() -> executable.runInto(outputs, inputs)));
      }
    }
    // Blocks of kernels and views: some hundred kilobytes, whatever the sizes.
    assertTrue(least <= peak + (1 << 20), "known " + peak + ", allocated " + least);
    assertTrue(least >= peak, "known " + peak + ", allocated " + least);
    assertTrue(peak > 1 << 20, "the data should outweigh the blocks: " + peak);
  }

  private static Program chain(int length) {
    ProgramBuilder p = Program.builder("chain");
    Value x = p.input("x", "f32[a=1000]");
    Value y = x;
    for (int i = 0; i < length; i++) {
      // A running sum is a step of its own, so that every value has a buffer.
      y = p.cumulativeSum(y, "a");
    }
    p.output("y", y);
    return p.build();
  }

  @Test
  void buffersAreUsedAgain() {
    try (Executable executable = LocalBackend.of(Workers.sequential()).compile(chain(50))) {
      // Two buffers, and a row of f64 while it is summed.
      assertTrue(executable.peakBytes() <= 2 * 4096 + 8 * 1000, executable.explain());
    }
  }

  @Test
  void rematerializedValuesAreNotKept() {
    ProgramBuilder p = Program.builder("deep");
    Value y = p.input("x", "f64[a=1000]");
    List<String> odd = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      // The derivative of the next sine reads the sum again.
      y = p.let("h" + i, p.unary(Pointwise.UnaryKind.SINE, y));
      y = p.let("y" + i, p.cumulativeSum(y, "a"));
      if (i % 2 == 1) {
        odd.addAll(List.of("h" + i, "y" + i));
      }
    }
    String[] names = odd.toArray(String[]::new);
    p.output("loss", p.sum(p.multiply(y, y), "a"));
    Program gradient = Gradients.gradient(p.build(), List.of("loss"), List.of("x"));
    LocalBackend backend = LocalBackend.of(Workers.sequential());
    List<Tensor> inputs = numbers(gradient);
    try (Executable kept = backend.compile(gradient);
        Executable again =
            backend.compile(gradient, CompileOptions.defaults().rematerialize(names))) {
      assertArrayEquals(
          kept.run(inputs).getFirst().toDoubleArray(),
          again.run(inputs).getFirst().toDoubleArray());
      assertTrue(again.explain().lines().count() > kept.explain().lines().count(), again.explain());
      // Of twenty sums that are read late ten are kept.
      assertTrue(
          again.peakBytes() <= kept.peakBytes() * 2 / 3,
          again.peakBytes() + " of " + kept.peakBytes());
    }
  }

  private static Program layers(int count) {
    ProgramBuilder p = Program.builder("long");
    Value w = p.input("w", "f32[a=8 c=8]");
    Value bias = p.input("bias", "f32[c=8]");
    Value y = p.input("x", "f32[b=8 a=8]");
    for (int i = 0; i < count; i++) {
      Value h = p.relu(p.add(p.einsum("ba,ac->bc", y, w), bias));
      y = p.einsum("ba->ba", p.cumulativeSum(h, "b"));
    }
    p.output("y", y);
    return p.build();
  }

  private static long compiling(Program program) {
    LocalBackend backend = LocalBackend.of(Workers.sequential());
    backend.compile(program).close();
    return allocated(() -> backend.compile(program).close());
  }

  /** Allocation of a pass over pairs of statements would grow by sixteen. */
  @Test
  void compilingAllocatesInProportionToTheNumberOfOperations() {
    assertEquals(1000, layers(200).statements().size());
    long few = compiling(layers(200));
    long many = compiling(layers(800));
    assertTrue(many < 6 * few, "1,000 operations: " + few + " bytes, 4,000: " + many);
  }
}
