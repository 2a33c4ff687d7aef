package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.RandomLayoutsTest.Laid;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.partition.Action;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.partition.PlannedValue;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Contraction.ReduceKind;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.Layouts;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Plans of programs with one planted fault: the checker refuses them, or they are right. */
final class ProgramPlanMutationTest {
  private static final int MUTANTS = TestDepth.cases(75, 150, 2_000);

  @Test
  void aPlanWithAFaultIsRefused() {
    Generator<Laid> laid = RandomLayoutsTest.laid(Programs.exact(DType.F32, 8), true);
    int mutants = 0;
    int refused = 0;
    for (long seed = 0; mutants < MUTANTS; seed++) {
      Laid drawn = laid.of(seed);
      ProgramPlan plan =
          ProgramPlan.withLayouts(
              drawn.program().program(),
              drawn.mesh(),
              drawn.layouts(),
              PlanOptions.defaults().withReplication());
      Random random = new Random(seed);
      for (int i = 0; i < 4; i++) {
        Optional<SpmdPlan> mutant = mutant(plan.plan(), random);
        if (mutant.isPresent() && !mutant.get().equals(plan.plan())) {
          mutants++;
          refused += isRefused(drawn, of(plan, mutant.get())) ? 1 : 0;
        }
      }
    }
    assertTrue(refused > mutants / 3, refused + " of " + mutants + " mutants were refused");
  }

  private static ProgramPlan of(ProgramPlan plan, SpmdPlan mutant) {
    return new ProgramPlan(plan.given(), plan.layouts(), plan.program(), mutant, plan.cost());
  }

  private static boolean isRefused(Laid drawn, ProgramPlan mutant) {
    try {
      mutant.certify();
    } catch (IllegalStateException refused) {
      return true;
    }
    try (Collectives collectives = Collectives.open(drawn.mesh())) {
      Planned planned = new Planned(MeshBackend.of(collectives), mutant);
      BackendCheck.equalsReference(planned, drawn.program());
    } catch (RuntimeException | AssertionError wrong) {
      throw new AssertionError("accepted, and wrong: " + drawn + "\n" + mutant, wrong);
    }
    return false;
  }

  private static Optional<SpmdPlan> mutant(SpmdPlan plan, Random random) {
    List<Integer> moves = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      if (plan.steps().get(i).action().isCollective()
          || plan.steps().get(i).action() instanceof Action.Slice) {
        moves.add(i);
      }
    }
    if (moves.isEmpty()) {
      return Optional.empty();
    }
    int at = moves.get(random.nextInt(moves.size()));
    try {
      return Optional.of(
          switch (random.nextInt(4)) {
            case 0 -> skipped(plan, at);
            case 1 -> with(plan, at, changed(plan, at, random), plan.steps().get(at).operands());
            case 2 -> mislaid(plan, at, random);
            default -> misread(plan, random);
          });
    } catch (IllegalArgumentException notAPlan) {
      return Optional.empty();
    }
  }

  private static SpmdPlan with(SpmdPlan plan, int at, Action action, List<Integer> operands) {
    PlanStep old = plan.steps().get(at);
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(at, new PlanStep(action, operands, old.results(), old.origin()));
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  /** What reads the step's result reads its operand. */
  private static SpmdPlan skipped(SpmdPlan plan, int at) {
    int operand = plan.steps().get(at).operands().getFirst();
    int result = plan.number(at);
    List<PlanStep> steps = new ArrayList<>();
    for (PlanStep step : plan.steps()) {
      List<Integer> operands =
          step.operands().stream().map(value -> value == result ? operand : value).toList();
      steps.add(new PlanStep(step.action(), operands, step.results(), step.origin()));
    }
    List<Integer> outputs =
        plan.outputs().stream().map(value -> value == result ? operand : value).toList();
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, outputs);
  }

  private static Action changed(SpmdPlan plan, int at, Random random) {
    List<String> axes = new ArrayList<>(plan.mesh().axisNames());
    Collections.shuffle(axes, random);
    List<String> some = axes.subList(0, 1 + random.nextInt(axes.size()));
    return switch (plan.steps().get(at).action()) {
      case Action.Slice slice -> new Action.Slice(slice.label(), some);
      case Action.AllGather gather -> new Action.AllGather(gather.label(), some);
      case Action.AllReduce reduce ->
          random.nextBoolean()
              ? new Action.AllReduce(some, reduce.by())
              : new Action.AllReduce(reduce.axes(), ReduceKind.MIN);
      case Action.ReduceScatter scatter ->
          random.nextBoolean()
              ? new Action.ReduceScatter(scatter.label(), some)
              : new Action.Slice(scatter.label(), scatter.axes());
      case Action.AllToAll all -> new Action.AllToAll(all.to(), all.from(), all.axes());
      case Action.CollectivePermute _ -> new Action.CollectivePermute(some);
      case Action.Exchange exchange -> new Action.Exchange(exchange.label(), some);
      case Action.Neighbour neighbour ->
          new Action.Neighbour(neighbour.statement(), some, neighbour.exchanged());
      default -> throw new IllegalArgumentException("no move");
    };
  }

  /** The step's result is said to lie otherwise. */
  private static SpmdPlan mislaid(SpmdPlan plan, int at, Random random) {
    PlanStep old = plan.steps().get(at);
    PlannedValue result = old.result();
    Layout layout =
        Layouts.of(
                plan.mesh(),
                ValueType.of(
                    result.dtype(),
                    result.layout().term().axes().stream().map(axis -> axis.label()).toList(),
                    dims(result)))
            .of(random.nextLong());
    List<PlanStep> steps = new ArrayList<>(plan.steps());
    steps.set(
        at, new PlanStep(old.action(), old.operands(), List.of(result.in(layout)), old.origin()));
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  private static List<Long> dims(PlannedValue value) {
    List<Long> dims = new ArrayList<>();
    for (int dim = 0; dim < value.shape().rank(); dim++) {
      dims.add(value.shape().size(dim));
    }
    return dims;
  }

  /** A statement reads another value of the same shape. */
  private static SpmdPlan misread(SpmdPlan plan, Random random) {
    int at = random.nextInt(plan.steps().size());
    PlanStep step = plan.steps().get(at);
    if (step.operands().isEmpty() || plan.number(at) == 0) {
      throw new IllegalArgumentException("reads nothing");
    }
    int which = random.nextInt(step.operands().size());
    int other = random.nextInt(plan.number(at));
    if (!plan.value(other).shape().equals(plan.value(step.operands().get(which)).shape())) {
      throw new IllegalArgumentException("another shape");
    }
    List<Integer> operands = new ArrayList<>(step.operands());
    operands.set(which, other);
    return with(plan, at, step.action(), operands);
  }
}
