package io.github.shardsum.internal.partition.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collective;
import io.github.shardsum.collective.CollectivePlan;
import io.github.shardsum.collective.RaggedCounts;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.internal.local.compile.LocalCompiler;
import io.github.shardsum.internal.partition.run.Stages.Stage;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ProgramBuilder;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** One device of several processes: what it computes while bytes travel. */
class OverlapWorkersTest {
  private static final Mesh MESH = Mesh.parse("x=4");

  private static final PlanOptions OPTIONS =
      PlanOptions.defaults()
          .withReplication()
          .withWindows(PlanOptions.Windows.ALWAYS)
          .withOverlap(true);

  /** A gather of t goes on behind the product a; y is an einsum in windows. */
  private static SpmdPlan gathering(Mesh mesh) {
    Program program =
        Program.parse(
            """
            program gathering {
              input t: f32[k@x=4096]
              input q: f32[s@x=1024 m=256]
              input w: f32[m=256 n=64]
              input u: f32[m=256 h@x=1024]
              input big: f32[j@x=262144]
              all = annotate(t) {layout="k"}
              a = einsum(q, w) {equation="s m, m n -> s n"}
              y = einsum(q, u) {equation="s m, m h -> s h"}
              out = annotate(y) {layout="s@x h"}
              r = relu(all)
              last = annotate(r) {layout="k"}
              wide = annotate(big) {layout="j"}
              output a
              output out
              output last
              output wide
            }
            """);
    ProgramPlan plan = ProgramPlan.of(program, mesh, _ -> false, OPTIONS);
    plan.certify();
    return plan.plan();
  }

  /** Sums that are scattered in windows. */
  private static SpmdPlan scattering() {
    Program program =
        Program.parse(
            """
            program scattering {
              input l: f32[s=64 c=512]
              input r: f32[c=512 h=64]
              y = einsum(l, r) {equation="s c, c h -> s h"}
              output y
            }
            """);
    Map<String, Layout> layouts =
        Map.of(
            "l", Layout.parse(MESH, "s c@x"),
            "r", Layout.parse(MESH, "c@x h"),
            "y", Layout.parse(MESH, "s@x h"));
    return ProgramPlan.withLayouts(program, MESH, layouts, OPTIONS).plan();
  }

  /** Notes the steps, of which none waits for another process. */
  private static final class Noted implements CollectivePlan.Builder {
    private final List<String> names = new ArrayList<>();
    private final List<CollectivePlan.DeviceTask> tasks = new ArrayList<>();

    private CollectivePlan.Builder note(String name) {
      names.add(name);
      return this;
    }

    long count(String name) {
      return names.stream().filter(name::equals).count();
    }

    @Override
    public CollectivePlan.Builder compute(String name, CollectivePlan.DeviceTask task) {
      tasks.add(task);
      return note("compute");
    }

    @Override
    public CollectivePlan.Builder communicate(
        Collective collective, List<Tensor> x, List<Tensor> out) {
      return note("communicate");
    }

    @Override
    public CollectivePlan.Builder communicate(
        Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      return note("communicate");
    }

    @Override
    public CollectivePlan.Builder communicate(
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out) {
      return note("communicate");
    }

    @Override
    public CollectivePlan.Builder start(
        String name, Collective collective, List<Tensor> x, List<Tensor> out) {
      return note("start");
    }

    @Override
    public CollectivePlan.Builder start(
        String name, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      return note("start");
    }

    @Override
    public CollectivePlan.Builder start(
        String name,
        Collective.RaggedAllToAll collective,
        Supplier<List<RaggedCounts>> counts,
        Supplier<List<Tensor>> x,
        Supplier<List<Tensor>> out) {
      return note("start");
    }

    @Override
    public CollectivePlan.Builder startRound(
        String name, Collective collective, Supplier<List<Tensor>> x, Supplier<List<Tensor>> out) {
      return note("startRound");
    }

    @Override
    public CollectivePlan.Builder await(String name) {
      return note("await");
    }

    @Override
    public CollectivePlan.Builder repeat(
        String name, int rounds, BiConsumer<CollectivePlan.Builder, IntSupplier> body) {
      throw new AssertionError("a loop of " + name);
    }

    @Override
    public CollectivePlan build() {
      throw new AssertionError("a plan");
    }
  }

  @Test
  void processesAreComparedOnceAnEinsumInWindows() {
    // Three rounds of chunks, and three of either half of the sums.
    comparesOnce(gathering(MESH), 2);
    comparesOnce(scattering(), 5);
  }

  /** Of two members the smaller half of the other chunks is empty. */
  @Test
  void processesAreComparedWhereTheFirstRingHasNoRound() {
    SpmdPlan plan = gathering(Mesh.parse("x=2"));
    List<PlanStep> steps = new ArrayList<>();
    for (PlanStep step : plan.steps()) {
      Action action =
          step.action() instanceof Action.Windows old
              ? new Action.Windows(
                  old.statement(),
                  old.operand(),
                  old.label(),
                  old.axes(),
                  List.of(
                      new Action.Ring(-1, Action.Share.SMALLER_HALF),
                      new Action.Ring(1, Action.Share.LARGER_HALF)))
              : step.action();
      steps.add(new PlanStep(action, step.operands(), step.results(), step.origin()));
    }
    comparesOnce(new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs()), 0);
  }

  /** Windows travel in both directions themselves, so that nothing else may be in flight. */
  @Test
  void nothingIsInFlightAtWindows() {
    SpmdPlan plan = gathering(MESH);
    List<String> ops = plan.steps().stream().map(step -> step.action().op()).toList();
    assertTrue(ops.indexOf("start") >= 0, plan::toString);
    assertTrue(ops.indexOf("start") < ops.indexOf("await"), plan::toString);
    assertTrue(ops.indexOf("await") < ops.indexOf("windows"), plan::toString);
  }

  private static void comparesOnce(SpmdPlan plan, int further) {
    Stages stages = zeros(plan, List.of(1), () -> {});
    int windowed = 0;
    for (Stage stage : stages.all()) {
      if (stage instanceof Stage.Between(_, _, _, WindowBlocks windows)) {
        Noted noted = new Noted();
        windows.add(noted);
        assertEquals(1, noted.count("start"), plan::toString);
        assertEquals(further, noted.count("startRound"), plan::toString);
        windowed++;
      }
    }
    assertEquals(1, windowed, plan::toString);
  }

  /** Stages whose values are zeros, so that each may run by itself. */
  private static Stages zeros(SpmdPlan plan, List<Integer> devices, Runnable progress) {
    Stages stages = Stages.of(plan, devices, _ -> Optional.empty(), new OverlapWorkers(progress));
    stages.compile();
    PlanRunFrame frame = stages.frame();
    frame.open(new BufferPlan(stages), false);
    for (int value = 0; value < plan.values().size(); value++) {
      List<Tensor> each = new ArrayList<>();
      for (int i = 0; i < devices.size(); i++) {
        each.add(Tensor.zeros(frame.value(value).dtype(), frame.local(value, i)));
      }
      frame.put(value, each);
    }
    return stages;
  }

  private static int calls(Segment segment, AtomicInteger calls) {
    calls.set(0);
    segment.run(0);
    return calls.get();
  }

  @Test
  void statementsBetweenAStartAndItsAwaitMakeProgress() {
    SpmdPlan plan = gathering(MESH);
    AtomicInteger calls = new AtomicInteger();
    Stages stages = zeros(plan, List.of(2), calls::incrementAndGet);
    int flying = 0;
    int behind = 0;
    for (Stage stage : stages.all()) {
      if (stage instanceof Stage.Local(Segment segment)) {
        int made = calls(segment, calls);
        assertEquals(flying > 0, made > 0, () -> segment.name() + " of\n" + plan);
        behind += flying;
      } else if (stage instanceof Stage.Between between) {
        Action action = plan.steps().get(between.step()).action();
        flying += action instanceof Action.Start ? 1 : action instanceof Action.Await ? -1 : 0;
      }
    }
    assertTrue(behind > 0, plan::toString);
  }

  /** Tasks of one thread share its scratch, however many there are. */
  @Test
  void memoryIsCountedForOneThread() {
    assertEquals(1, OverlapWorkers.none().workers(1e12).parallelism());
    assertTrue(new OverlapWorkers(() -> {}).workers(1e12).parallelism() > 1);
  }

  /** A running sum of bf16 holds a row of f32 a thread; 64 tasks of one thread hold one row. */
  @Test
  void tasksOfOneThreadHoldOneRow() {
    ProgramBuilder p = Program.builder("rows");
    p.output("y", p.cumulativeSum(p.input("x", "bf16[b=4096 m=512]"), "m"));
    Program program = p.build();
    List<Long> bytes = new ArrayList<>();
    for (Workers workers : List.of(Workers.sequential(), Workers.interleaved(64, () -> {}))) {
      bytes.add(
          LocalCompiler.plan(program, _ -> Optional.empty(), Set.of(), workers, SumOrder.FASTEST)
              .bytes());
    }
    assertEquals(bytes.getFirst(), bytes.getLast());
    assertTrue(bytes.getFirst() >= 512 * Float.BYTES, bytes::toString);
  }

  /** Where a process has all devices nothing travels. */
  @Test
  void inOneProcessNothingIsInterleaved() {
    SpmdPlan plan = gathering(MESH);
    AtomicInteger calls = new AtomicInteger();
    Stages stages = zeros(plan, List.of(0, 1, 2, 3), calls::incrementAndGet);
    for (Stage stage : stages.all()) {
      if (stage instanceof Stage.Local(Segment segment)) {
        assertEquals(0, calls(segment, calls), () -> segment.name() + " of\n" + plan);
      }
    }
  }

  @Test
  void productsOfWindowsMakeProgress() {
    SpmdPlan plan = gathering(MESH);
    AtomicInteger calls = new AtomicInteger();
    Stages stages = zeros(plan, List.of(3), calls::incrementAndGet);
    for (Stage stage : stages.all()) {
      if (stage instanceof Stage.Between(_, _, _, WindowBlocks windows)) {
        Noted noted = new Noted();
        windows.add(noted);
        // The chunks that a round would bring are whatever lies in the buffers.
        noted.tasks.forEach(
            task -> {
              calls.set(0);
              Workers.sequential().run(1, (_, scratch) -> task.run(0, scratch));
              assertTrue(calls.get() > 0, plan::toString);
            });
        assertTrue(noted.tasks.size() > 1, plan::toString);
      }
    }
  }

  @Test
  void tasksAreOfAboutAMillisecond() {
    OverlapWorkers behind = new OverlapWorkers(() -> {});
    assertEquals(1, behind.workers(0).parallelism());
    assertEquals(1, behind.workers(5e7).parallelism());
    // 2 * 1024^3 operations are 20 milliseconds of one core and more.
    assertEquals(32, behind.workers(2.0 * 1024 * 1024 * 1024).parallelism());
    assertEquals(64, behind.workers(1e18).parallelism());
  }
}
