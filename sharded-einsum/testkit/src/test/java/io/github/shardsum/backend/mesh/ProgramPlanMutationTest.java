package io.github.shardsum.backend.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.mesh.RandomLayoutsTest.Laid;
import io.github.shardsum.collective.Collectives;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.ProgramPlan;
import io.github.shardsum.partition.SpmdPlan;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.ValueType;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import io.github.shardsum.testkit.BackendCheck;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Plans of programs with a fault or two, as {@link PlanTextMutation} writes them: they are no
 * plans, or the checker refuses them, or they are right.
 *
 * <p>{@code -Dshardsum.sharded.cases=N} tries N, {@code -Dshardsum.seed=S} begins with another
 * seed.
 */
final class ProgramPlanMutationTest {
  private static final int MUTANTS =
      Integer.getInteger("shardsum.sharded.cases", TestDepth.cases(100, 300, 3_000));

  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(0));

  private static final int OF_A_PLAN = 25;

  /** Of one statement there are few. */
  private static final int FAULTS = TestDepth.cases(15, 30, 75);

  /**
   * Programs of all operations with drawn layouts, and regions with windows and what is started.
   */
  private static DrawnPlans.Drawn drawn(long seed) {
    if (seed % 2 == 0) {
      return DrawnPlans.drawn(DrawnPlans.program(seed), seed);
    }
    DType dtype = List.of(DType.F32, DType.I32, DType.BF16).get((int) (seed / 2 % 3));
    Laid laid = RandomLayoutsTest.laid(Programs.exact(dtype, 8), true).of(seed);
    return new DrawnPlans.Drawn(laid.program(), plan(laid));
  }

  @Test
  void aPlanWithAFaultIsRefused() {
    int mutants = 0;
    int refused = 0;
    for (long seed = SEED; mutants < MUTANTS; seed++) {
      DrawnPlans.Drawn drawn = drawn(seed);
      PlanTextMutation mutation = new PlanTextMutation(new Random(seed));
      String text = drawn.plan().plan().toJson(PlanOptions.defaults());
      for (int i = 0; i < OF_A_PLAN; i++) {
        Optional<SpmdPlan> mutant = mutation.of(text).flatMap(ProgramPlanMutationTest::read);
        if (mutant.isPresent() && !mutant.get().equals(drawn.plan().plan())) {
          mutants++;
          refused += isRefused(drawn.program(), drawn.plan(), mutant.get()) ? 1 : 0;
        }
      }
    }
    assertTrue(refused > mutants / 2, refused + " of " + mutants + " mutants were refused");
  }

  /** The plan of a text, if it is one; a text that is none is refused in one way. */
  private static Optional<SpmdPlan> read(String text) {
    try {
      return Optional.of(SpmdPlan.parse(text));
    } catch (IllegalArgumentException refused) {
      return Optional.empty();
    }
  }

  private static ProgramPlan plan(Laid drawn) {
    return ProgramPlan.withLayouts(
        drawn.program().program(),
        drawn.mesh(),
        drawn.layouts(),
        PlanOptions.defaults().withReplication());
  }

  /** A softmax, a running sum and a search in chunks, of which one statement is another. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "f32 # softmax(x) {label=\"n\"}",
        "bf16 # softmax(x) {label=\"n\"}",
        "f32 # cumulative_sum(x) {label=\"n\", exclusive=false, reverse=false}",
        "i32 # cumulative_sum(x) {label=\"n\", exclusive=true, reverse=true}",
        "bf16 # cumulative_sum(x) {label=\"n\", exclusive=true, reverse=false}",
        "f32 # arg_max(x) {label=\"n\"}",
        "i32 # arg_max(x) {label=\"n\"}",
      })
  void aStatementInChunksWithAFaultIsRefused(String what) {
    String[] words = what.split(" # ", -1);
    Program program =
        Program.parse(
            String.format(
                Locale.ROOT,
                "program p {\n  input x: %s[m=2 n=3001]\n  r = %s\n  output r\n}\n",
                words[0],
                words[1]));
    Mesh mesh = Mesh.parse("x=3");
    Layout split = Layout.parse(mesh, "m n@x");
    Laid drawn =
        new Laid(
            new ProgramCase(program, List.of(zeros(program.inputs().getFirst().type()))),
            mesh,
            Map.of("x", split, "r", words[1].startsWith("arg") ? Layout.parse(mesh, "m") : split));
    ProgramPlan plan = plan(drawn);
    plan.certify();
    assertTrue(plan.plan().steps().size() > 3, plan.toString());
    PlanTextMutation mutation = new PlanTextMutation(new Random(SEED));
    String text = plan.plan().toJson(PlanOptions.defaults());
    int refused = 0;
    int mutants = 0;
    while (mutants < FAULTS) {
      Optional<SpmdPlan> mutant = mutation.of(text).flatMap(ProgramPlanMutationTest::read);
      if (mutant.isPresent() && !mutant.get().equals(plan.plan())) {
        mutants++;
        refused += isRefused(drawn.program(), plan, mutant.get()) ? 1 : 0;
      }
    }
    assertTrue(refused > mutants / 2, refused + " of " + mutants + " mutants were refused");
  }

  /** Of integers zeros and ones, of others zeros and -infinity, so that results are exact. */
  private static Tensor zeros(ValueType type) {
    double one = type.dtype().isFloating() ? Double.NEGATIVE_INFINITY : 1;
    double[] elements = new double[(int) type.shape().elementCount()];
    Random random = new Random(1);
    for (int i = 0; i < elements.length; i++) {
      elements[i] = random.nextInt(4) == 0 ? one : 0;
    }
    return Tensor.of(elements, type.shape().toArray()).convert(type.dtype());
  }

  /**
   * Whether the checker refuses a plan with a fault; one that it accepts has figures, and the right
   * bits.
   */
  private static boolean isRefused(ProgramCase program, ProgramPlan plan, SpmdPlan mutant) {
    ProgramPlan faulty =
        new ProgramPlan(plan.given(), plan.layouts(), plan.program(), mutant, plan.cost());
    try {
      faulty.certify();
    } catch (IllegalStateException refused) {
      return true;
    }
    try (Collectives collectives = Collectives.open(mutant.mesh())) {
      assertEquals(mutant, SpmdPlan.parse(mutant.toJson(PlanOptions.defaults())));
      BackendCheck.equalsReference(new Planned(MeshBackend.of(collectives), faulty), program);
    } catch (RuntimeException | AssertionError wrong) {
      String asked = program + "\n" + plan.layouts();
      throw new AssertionError("accepted, and wrong: " + asked + "\n" + mutant, wrong);
    }
    return false;
  }
}
