package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PathCostProperties {

  @Provide
  Arbitrary<Network> networks() {
    return Networks.small(8, 0, 1, 2, 3, 40);
  }

  @Property(tries = 500)
  void costIsThatOfTheDefinition(@ForAll("networks") Network network, @ForAll Random random) {
    ContractionPath path = RandomPaths.path(network.operandCount(), random);
    NaiveCosts.Costs expected = NaiveCosts.of(network, path.toLinear());
    PathCost cost = PathCost.of(network, path);
    assertEquals(expected.flops(), cost.flops());
    assertEquals(expected.largest(), cost.largestIntermediate());
    assertEquals(expected.written(), cost.intermediateElements());
  }

  @Property
  void eachStepKeepsWhatIsNeededLaterAndTheLastGivesTheOutput(
      @ForAll("networks") Network network, @ForAll Random random) {
    ContractionPath path = RandomPaths.path(network.operandCount(), random);
    List<PathCost.Step> steps = PathCost.of(network, path).steps();
    for (int k = 0; k < steps.size(); k++) {
      PathCost.Step step = steps.get(k);
      assertEquals(path.pairs().get(k), new ContractionPath.Pair(step.left(), step.right()));
      assertEquals(
          step.resultLabels().size(), new HashSet<>(step.resultLabels()).size(), "repeated label");
      assertEquals(network.elements(step.resultLabels()), step.elements());
      assertEquals(0, step.level());
    }
    if (!steps.isEmpty()) {
      assertEquals(network.output(), steps.getLast().resultLabels());
    }
  }

  @Property
  void thePlanIsPrintedWithAllItsSteps(@ForAll("networks") Network network, @ForAll Random random) {
    ContractionPath path = RandomPaths.path(network.operandCount(), random);
    ContractionPlan plan = new PathFinder.Given(path).plan(network);
    PathCost cost = plan.cost();
    int rows = cost.steps().isEmpty() && cost.reductions().isEmpty() ? 0 : 1;
    rows += cost.steps().size() + cost.reductions().size();
    assertEquals(9 + rows, plan.toString().lines().count());
    assertTrue(plan.table(label -> "name" + label).contains(path.toString()));
  }
}
