package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.internal.partition.run.SpmdRunner;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Plans with one planted fault are refused: whatever the checker accepts computes the right result.
 */
final class PlanMutationTest {
  private static final List<String> LABELS = List.of("a", "b", "c");

  /** As {@link #aPlanWithAFaultIsRefused}, of plans of reshards. */
  @Test
  void aTextThatIsNoObjectIsNamed() {
    for (String text : List.of("[]", "7")) {
      String said =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> SpmdPlan.parse(text))
                  .getMessage());
      assertTrue(said.startsWith("plan: expected an object, got "), said);
    }
  }

  @Test
  void aReshardWithAFaultIsRefused() {
    int wanted = RandomSharding.cases(600, 10_000);
    int mutants = 0;
    int refused = 0;
    for (long seed = RandomSharding.SEED; mutants < wanted; seed++) {
      RandomSharding random = new RandomSharding(seed);
      Mesh mesh = random.mesh();
      List<String> labels = LABELS.subList(0, 1 + random.below(3));
      Shape shape = Shape.of(labels.stream().mapToLong(_ -> random.size()).toArray());
      Layout from = random.layout(mesh, labels, mesh.axisNames());
      Layout to = random.layout(mesh, labels, from.partial());
      ReshardPlan plan =
          ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults().withReplication());
      for (int i = 0; i < 4; i++) {
        Optional<SpmdPlan> mutant = new PlanMutation(seed * 4 + i).of(plan.plan());
        if (mutant.isPresent()) {
          mutants++;
          refused += isRefused(random, plan, mutant.get()) ? 1 : 0;
        }
      }
    }
    assertTrue(refused > wanted / 2, refused + " of " + mutants + " mutants were refused");
  }

  private static boolean isRefused(RandomSharding random, ReshardPlan plan, SpmdPlan mutant) {
    String what = plan + "\nmutant:\n" + mutant.steps() + " -> " + mutant.outputs();
    try {
      new ReshardPlan(plan.to(), mutant, plan.cost(), plan.lowerBound(), plan.greedy()).certify();
    } catch (IllegalStateException refused) {
      return true;
    }
    PlannedValue input = plan.plan().inputs().getFirst();
    RandomSharding.Value value =
        random.value(input.layout(), input.shape(), DType.F32, DType.F32, 9);
    try (Collectives collectives = RandomSharding.collectives(mutant.mesh())) {
      ShardedTensor result =
          new SpmdRunner(mutant, collectives).run(List.of(value.shards())).getFirst();
      ShardedTensor read =
          new ShardedTensor(result.shape(), plan.to(), result.devices(), result.shards());
      Tensor whole = Reshard.gather(read, collectives);
      assertTrue(RandomSharding.isEqual(value.whole(), whole), what);
    } catch (RuntimeException failed) {
      throw new AssertionError(what, failed);
    }
    return false;
  }

  @Test
  void aPlanWithAFaultIsRefused() {
    int wanted = RandomSharding.cases(1_000, 10_000);
    int mutants = 0;
    int refused = 0;
    for (long seed = RandomSharding.SEED; mutants < wanted; seed++) {
      RandomEinsum drawn = new RandomEinsum(seed);
      ShardedEinsumPlan plan;
      try {
        plan = drawn.plan(PlanOptions.defaults());
      } catch (PlanException noPlan) {
        continue;
      }
      for (int i = 0; i < 4; i++) {
        Optional<SpmdPlan> mutant = new PlanMutation(seed * 4 + i).of(plan.plan());
        if (mutant.isPresent()) {
          mutants++;
          refused += isRefused(drawn, plan, mutant.get()) ? 1 : 0;
        }
      }
    }
    assertTrue(refused > wanted / 2, refused + " of " + mutants + " mutants were refused");
  }

  /** A mutant that is accepted is run, and must be no fault. */
  private static boolean isRefused(RandomEinsum drawn, ShardedEinsumPlan plan, SpmdPlan mutant) {
    ShardedEinsumPlan changed =
        new ShardedEinsumPlan(plan.equation(), plan.dtype(), mutant, plan.cost());
    String what = drawn.what + "\n" + plan + "\nmutant:\n" + mutant.steps();
    try {
      changed.certify();
    } catch (IllegalStateException refused) {
      return true;
    }
    RandomEinsum.Data data = drawn.data(plan);
    try (Collectives collectives = RandomSharding.collectives(mutant.mesh())) {
      ShardedTensor result = new SpmdRunner(mutant, collectives).run(data.shards()).getFirst();
      Layout layout = plan.plan().value(plan.plan().outputs().getFirst()).layout();
      ShardedTensor read =
          new ShardedTensor(result.shape(), layout, result.devices(), result.shards());
      Tensor whole = Reshard.gather(read, collectives).convert(plan.dtype());
      assertTrue(RandomSharding.isEqual(data.expected(), whole), what);
    } catch (RuntimeException failed) {
      throw new AssertionError(what, failed);
    }
    return false;
  }

  /** The plan with some of its collectives started ahead of where they are awaited. */
  private static Optional<SpmdPlan> started(SpmdPlan plan, long seed) {
    PlanGraph graph = new PlanGraph(plan);
    return graph.start(new Random(seed)) ? graph.build() : Optional.empty();
  }

  @Test
  void aStartedPlanIsCertifiedReadBackAndRightToTheBit() {
    int wanted = RandomSharding.cases(150, 3_000);
    int done = 0;
    for (long seed = 0; done < wanted; seed++) {
      RandomEinsum drawn = new RandomEinsum(seed);
      ShardedEinsumPlan plan;
      try {
        plan = drawn.plan(PlanOptions.defaults());
      } catch (PlanException noPlan) {
        continue;
      }
      Optional<SpmdPlan> started = started(plan.plan(), seed);
      if (started.isPresent()) {
        done++;
        ShardedEinsumPlan changed =
            new ShardedEinsumPlan(plan.equation(), plan.dtype(), started.get(), plan.cost());
        assertFalse(isRefused(drawn, plan, started.get()), changed::toString);
        String json = started.get().toJson(PlanOptions.defaults());
        assertEquals(started.get().steps(), SpmdPlan.parse(json).steps());
        assertEquals(plan.plan().elementsReceived(), started.get().elementsReceived());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TimeMutation.class)
  void aPlanWithAFaultInTimeIsRefused(TimeMutation kind) {
    int wanted = RandomSharding.cases(60, 1_500);
    int mutants = 0;
    for (long seed = RandomSharding.SEED; mutants < wanted; seed++) {
      assertTrue(seed - RandomSharding.SEED < 1_000L * wanted, kind + " does not apply");
      RandomEinsum drawn = new RandomEinsum(seed);
      ShardedEinsumPlan plan;
      try {
        plan = drawn.plan(PlanOptions.defaults());
      } catch (PlanException noPlan) {
        continue;
      }
      Random random = new Random(seed);
      Optional<SpmdPlan> mutant =
          started(plan.plan(), seed).flatMap(whole -> kind.of(whole, random));
      if (mutant.isPresent()) {
        mutants++;
        ShardedEinsumPlan changed =
            new ShardedEinsumPlan(plan.equation(), plan.dtype(), mutant.get(), plan.cost());
        assertThrows(IllegalStateException.class, changed::certify, changed::toString);
      }
    }
  }

  /** What is in flight at a loop is refused, also where the body would await it. */
  @Test
  void aStartBeforeALoopAndItsAwaitInTheBodyAreRefused() {
    Program program =
        Program.parse(
            """
            program p {
              input c: f32[a=8]
              input w: f32[a=8]
              last = scan(c, w) {count=3, label="t", carried=1, sequences=0, body=program round {
                input carried: f32[a=8]
                input same: f32[a=8]
                next = add(carried, same)
                output next
              }}
              output last
            }
            """);
    Mesh mesh = Mesh.parse("x=2");
    ProgramPlan plan =
        ProgramPlan.withLayouts(
            program,
            mesh,
            Map.of("w", Layout.parse(mesh, "a@x")),
            PlanOptions.defaults().withReplication());
    plan.certify();
    List<PlanStep> steps = plan.plan().steps();
    assertEquals(2, steps.size(), plan::toString);
    PlanStep gather = steps.getFirst();
    PlanStep loop = steps.getLast();
    Action.Loop action = (Action.Loop) loop.action();
    PlannedValue same = action.body().inputs().get(1);
    PlanStep await = new PlanStep(new Action.Await(), List.of(1), same, gather.origin());
    PlanStep add = action.body().steps().getFirst();
    SpmdPlan body =
        new SpmdPlan(
            mesh,
            action.body().inputs(),
            List.of(await, new PlanStep(add.action(), List.of(0, 2), add.results(), add.origin())),
            List.of(3));
    for (SpmdPlan round : List.of(action.body(), body)) {
      SpmdPlan mutant =
          new SpmdPlan(
              mesh,
              plan.plan().inputs(),
              List.of(
                  new PlanStep(
                      new Action.Start(gather.action()),
                      gather.operands(),
                      gather.results(),
                      gather.origin()),
                  new PlanStep(
                      new Action.Loop(action.statement(), round),
                      loop.operands(),
                      loop.results(),
                      loop.origin())),
              plan.plan().outputs());
      assertThrows(IllegalStateException.class, () -> mutant.certify(program));
    }
  }
}
