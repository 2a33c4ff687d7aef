package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.moe.RouteOptions.SlotOrder;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the route's kernels allocate; with -Xbatch, so that C2 has compiled what is counted. */
class RouteMemoryTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Views and lists of a run, whatever the sizes; 2048 tokens hold megabytes. */
  private static final long SLACK = 1 << 12;

  private static Program routing(RouteOptions options, long tokens) {
    ProgramBuilder p = Program.builder("routing_case");
    Value scores = p.input("scores", "f32[G=2 S=" + tokens + " E=4]");
    Value mask = p.input("mask", "bool[G=2 S=" + tokens + "]");
    RouteInput<Value> values = RouteInput.logits(scores).withNonPadding(mask);
    List<Value> results = p.add(MoePrograms.route(values, options, Randomness.seeded(3)));
    List<String> names = List.of("weights", "positions", "aux_loss", "squared_log_z");
    for (int i = 0; i < names.size(); i++) {
      p.output(names.get(i), results.get(i));
    }
    return p.build();
  }

  private static Program gradient(Program route) {
    return Gradients.valueAndPullback(
        route, List.of("weights", "aux_loss", "squared_log_z"), List.of("scores"));
  }

  private static List<Tensor> inputs(Program program) {
    Random random = new Random(1);
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      int count = (int) input.type().shape().elementCount();
      Tensor values =
          Tensor.of(random.doubles(count, -1, 1).toArray(), input.type().shape().toArray());
      inputs.add(values.convert(input.type().dtype()));
    }
    return inputs;
  }

  private static long allocated(Runnable work) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  /**
   * The least of many runs, since views are objects until code is compiled, which a loaded machine
   * may do late.
   */
  private static long steady(Program program, int runs, long enough) {
    List<Tensor> inputs = inputs(program);
    LocalBackend backend = LocalBackend.of(Workers.sequential(), MoePrograms.kernels());
    try (Executable executable = backend.compile(program)) {
      List<Tensor> outputs = executable.run(inputs);
      long least = Long.MAX_VALUE;
      for (int i = 0; i < runs && least > enough; i++) {
        least = Math.min(least, allocated(() -> executable.runInto(outputs, inputs)));
      }
      return least;
    }
  }

  private static void check(RouteOptions options) {
    Program small = routing(options, 64);
    Program large = routing(options, 2048);
    check(small, large, options);
    check(gradient(small), gradient(large), options);
  }

  private static void check(Program small, Program large, RouteOptions options) {
    long few = steady(small, 600, 0);
    long many = steady(large, 20_000, few + SLACK);
    String what = small.name() + " of " + options;
    assertTrue(many <= few + SLACK, what + ": 64 tokens: " + few + " bytes, 2048: " + many);
  }

  @Test
  void thePapersRoutingAllocatesNothingThatGrowsWithTheTokens() {
    check(RouteOptions.paper());
  }

  @Test
  void sampledAndSortedRoutingsAllocateNothingThatGrowsWithTheTokens() {
    check(
        RouteOptions.builder()
            .secondChoice(SecondChoice.sample())
            .slotOrder(SlotOrder.BATCH_PRIORITIZED)
            .build());
  }

  @Test
  void expertsThatChooseAllocateNothingThatGrowsWithTheTokens() {
    check(RouteOptions.builder().router(Router.expertChoice()).build());
  }
}
