package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a run of the layer allocates; with -Xbatch, so that C2 has compiled what is counted. */
class MoeMemoryTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Tasks and views, of which there are more with more data up to a bound. */
  private static final long SLACK = 1 << 15;

  private static MoeProgramSpec spec(GatingOptions options, long tokens) {
    long capacity = options.capacity().atMost(options.router().choices(), tokens, 4);
    MoeSizes sizes = new MoeSizes(2, tokens, 4, capacity, 8, 16);
    return MoeProgramSpec.of(sizes, DType.F32, options, Randomness.seeded(3)).withPadding();
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

  /** The least of many runs, since vectors and slots are objects until code is compiled. */
  private static long steady(Program program, long enough) {
    List<Tensor> inputs = inputs(program);
    LocalBackend backend = MoePrograms.withKernels(LocalBackend.of(Workers.sequential()));
    try (Executable executable = backend.compile(program)) {
      List<Tensor> outputs = executable.run(inputs);
      long least = Long.MAX_VALUE;
      for (int i = 0; i < 400 && least > enough; i++) {
        least = Math.min(least, allocated(() -> executable.runInto(outputs, inputs)));
      }
      return least;
    }
  }

  private static void check(GatingOptions options) {
    List<Program> small = programs(options, 64);
    List<Program> large = programs(options, 64 * 32);
    for (int i = 0; i < small.size(); i++) {
      long few = steady(small.get(i), 0);
      long many = steady(large.get(i), few + SLACK);
      String what = small.get(i).name() + " of " + options;
      assertTrue(many <= few + SLACK, what + ": 64 tokens: " + few + " bytes, 2048: " + many);
    }
  }

  private static List<Program> programs(GatingOptions options, long tokens) {
    Program slots = MoePrograms.layer(spec(options, tokens));
    Program ragged = MoePrograms.raggedLayer(spec(options, tokens));
    return List.of(slots, ragged, MoePrograms.gradient(slots), MoePrograms.gradient(ragged));
  }

  @Test
  void thePapersLayerAllocatesNothingThatGrowsWithTheTokens() {
    check(GatingOptions.paper());
  }

  @Test
  void sortedAndSampledRoutingsAllocateNothingThatGrowsWithTheTokens() {
    check(
        GatingOptions.builder()
            .secondChoice(SecondChoice.sample())
            .slotOrder(SlotOrder.BATCH_PRIORITIZED)
            .build());
    check(GatingOptions.builder().router(Router.expertChoice()).build());
  }
}
