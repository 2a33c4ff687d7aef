package io.github.shardsum.backend.mesh;

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
import io.github.shardsum.testkit.Generator;
import io.github.shardsum.testkit.ProgramCase;
import io.github.shardsum.testkit.Programs;
import io.github.shardsum.testsupport.TestDepth;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Plans of programs with one planted fault: the checker refuses them, or they are right.
 *
 * <p>{@code -Dshardsum.sharded.cases=N} tries N of each dtype, {@code -Dshardsum.seed=S} begins
 * with another seed.
 */
final class ProgramPlanMutationTest {
  private static final int MUTANTS =
      Integer.getInteger("shardsum.sharded.cases", TestDepth.cases(40, 100, 1_000));

  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(0));

  /** Of one statement there are few. */
  private static final int FAULTS = TestDepth.cases(15, 30, 75);

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "I32", "BF16"})
  void aPlanWithAFaultIsRefused(DType dtype) {
    Generator<Laid> laid = RandomLayoutsTest.laid(Programs.exact(dtype, 8), true);
    int mutants = 0;
    int refused = 0;
    for (long seed = SEED; mutants < MUTANTS; seed++) {
      Laid drawn = laid.of(seed);
      ProgramPlan plan = plan(drawn);
      ProgramPlanMutation mutation = new ProgramPlanMutation(seed);
      for (int i = 0; i < 8; i++) {
        Optional<SpmdPlan> mutant = mutation.of(plan.plan());
        if (mutant.isPresent() && !mutant.get().equals(plan.plan())) {
          mutants++;
          refused += isRefused(drawn.program(), plan, mutant.get()) ? 1 : 0;
        }
      }
    }
    assertTrue(refused > mutants / 2, refused + " of " + mutants + " mutants were refused");
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
    ProgramPlanMutation mutation = new ProgramPlanMutation(1);
    int refused = 0;
    int mutants = 0;
    while (mutants < FAULTS) {
      Optional<SpmdPlan> mutant = mutation.ofStatement(plan.plan());
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

  /** Whether the checker refuses a plan with a fault; one that it accepts has the right bits. */
  static boolean isRefused(ProgramCase program, ProgramPlan plan, SpmdPlan mutant) {
    ProgramPlan faulty =
        new ProgramPlan(plan.given(), plan.layouts(), plan.program(), mutant, plan.cost());
    try {
      faulty.certify();
    } catch (IllegalStateException refused) {
      return true;
    }
    try (Collectives collectives = Collectives.open(mutant.mesh())) {
      BackendCheck.equalsReference(new Planned(MeshBackend.of(collectives), faulty), program);
    } catch (RuntimeException | AssertionError wrong) {
      String asked = program + "\n" + plan.layouts();
      throw new AssertionError("accepted, and wrong: " + asked + "\n" + mutant, wrong);
    }
    return false;
  }
}
