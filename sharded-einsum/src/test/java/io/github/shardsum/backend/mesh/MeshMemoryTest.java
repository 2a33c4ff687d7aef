package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.shardsum.collective.CollectiveOptions;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Runs on a mesh allocate the planned memory, once, and nobody else writes their results. */
class MeshMemoryTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Tasks, views and blocks of kernels, whatever the sizes. */
  private static final long SLACK = 1 << 20;

  /** With a collective of each kind, bf16 addends, an exchange and a loop. */
  private static Program program(int rows) {
    return Program.parse(
        String.format(
            Locale.ROOT,
            """
        program memory {
          input x: f32[a@x=%1$d m=64]
          input w: f32[m@x=64 h=64]
          input v: bf16[a@x=%1$d h=16]
          h = einsum(x, w) {equation="a m, m h -> a h"}
          soft = softmax(h) {label="h"}
          turned = annotate(soft) {layout="a h@x"}
          sums = cumulative_sum(turned) {label="a", exclusive=false, reverse=false}
          small = einsum(v, v) {equation="a h, a k -> h k"}
          last, all = scan(sums, small) {count=3, label="t", carried=1, sequences=0, body=program round {
            input carried: f32[a=%1$d h=64]
            input same: bf16[h=16 k=16]
            next = add(carried, carried)
            output next, next
          }}
          moved = annotate(last) {layout="a@x h"}
          shifted = shift(moved) {label="a", by=1, fill=0.0}
          output shifted, small, all
        }
        """,
            rows));
  }

  private static List<Tensor> inputs(Program program) {
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      double[] values = new double[Math.toIntExact(input.type().shape().elementCount())];
      Arrays.setAll(values, i -> i % 7 - 3);
      inputs.add(Tensor.of(values, input.type().shape().toArray()).convert(input.type().dtype()));
    }
    return inputs;
  }

  private static long allocated(Runnable work) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private static List<ShardedTensor> shards(
      MeshExecutable executable, Collectives collectives, List<Tensor> inputs) {
    List<ShardedTensor> shards = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      shards.add(
          ShardedTensor.of(
              inputs.get(i),
              executable.plan().plan().inputs().get(i).layout(),
              collectives.devices()));
    }
    return shards;
  }

  private static long bytes(List<ShardedTensor> values) {
    return values.stream()
        .flatMap(value -> value.shards().stream())
        .distinct()
        .mapToLong(shard -> shard.shape().elementCount() * shard.dtype().byteSize())
        .sum();
  }

  @Test
  void theFirstRunAllocatesWhatWasPlannedAndLaterOnesTheirResults() {
    Program program = program(8192);
    List<Tensor> inputs = inputs(program);
    long first = Long.MAX_VALUE;
    long later = Long.MAX_VALUE;
    long kept = 0;
    long results = 0;
    try (Workers workers = Workers.sequential();
        Collectives collectives =
            Collectives.open(Mesh.of("x", 4), workers, CollectiveOptions.defaults())) {
      // Vectors are objects until they are compiled, so that the first of these allocate more.
      for (int i = 0; i < 30; i++) {
        try (MeshExecutable executable = MeshBackend.of(collectives).compile(program)) {
          List<ShardedTensor> shards = shards(executable, collectives, inputs);
          List<ShardedTensor> given = new ArrayList<>();
          kept = executable.keptBytes(1);
          first = Math.min(first, allocated(() -> given.addAll(executable.runSharded(shards))));
          later = Math.min(later, allocated(() -> executable.runSharded(shards)));
          results = bytes(given);
        }
      }
    }
    assertTrue(first >= kept + results, "planned " + kept + " and " + results + ", got " + first);
    assertTrue(
        first <= kept + results + SLACK, "planned " + kept + " and " + results + ", got " + first);
    assertTrue(later <= results + SLACK, "results of " + results + ", got " + later);
    assertTrue(kept > 4 * SLACK, "the data should outweigh the slack: " + kept);
  }

  @Test
  void resultsStayAsTheyAreWhateverRunsNext() {
    Program program = program(64);
    List<Tensor> inputs = inputs(program);
    List<Tensor> zeros = inputs.stream().map(x -> Tensor.zeros(x.dtype(), x.shape())).toList();
    try (Collectives collectives = Collectives.open(Mesh.of("x", 4));
        MeshExecutable executable = MeshBackend.of(collectives).compile(program)) {
      List<ShardedTensor> kept = executable.runSharded(shards(executable, collectives, inputs));
      List<double[]> before = kept.stream().map(MeshMemoryTest::numbers).toList();
      List<Tensor> whole = executable.run(inputs);
      executable.runSharded(shards(executable, collectives, zeros));
      executable.run(zeros);
      for (int i = 0; i < kept.size(); i++) {
        assertArrayEquals(before.get(i), numbers(kept.get(i)));
        assertArrayEquals(before.get(i), whole.get(i).toDoubleArray());
      }
      assertTrue(Arrays.stream(before.getFirst()).anyMatch(value -> value != 0));
    }
  }

  private static double[] numbers(ShardedTensor value) {
    return value.gather().toDoubleArray();
  }
}
