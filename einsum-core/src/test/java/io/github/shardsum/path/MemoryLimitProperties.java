package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.path.PathFinder.Auto;
import io.github.shardsum.path.PathFinder.Given;
import io.github.shardsum.path.PathFinder.Greedy;
import io.github.shardsum.path.PathFinder.RandomGreedy;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class MemoryLimitProperties {

  @Provide
  Arbitrary<Network> tiny() {
    return Arbitraries.randomValue(
        random ->
            Networks.random(random, 1 + random.nextInt(5), 1 + random.nextInt(6), 0, 1, 2, 3, 4));
  }

  @Provide
  Arbitrary<Network> wide() {
    return Arbitraries.randomValue(
        random ->
            Networks.random(random, 3 + random.nextInt(12), 4 + random.nextInt(20), 2, 7, 100));
  }

  @Property(tries = 400)
  void aSlicedPlanGivesTheValueOfTheLoopNest(
      @ForAll("tiny") Network network,
      @ForAll @LongRange(min = 1, max = 40) long limit,
      @ForAll Random random) {
    ContractionPath path = RandomPaths.path(network.operandCount(), random);
    ContractionPlan plan = new Given(path).plan(network, limit);
    var runner = new PlanRunner(plan);
    assertEquals(runner.runNaively(), runner.run());
  }

  @Property(tries = 150)
  void theLimitHoldsForEveryFinder(
      @ForAll("wide") Network network, @ForAll @IntRange(min = 0, max = 30) int bits) {
    long limit = 1L << bits;
    ContractionPath leftToRight = ContractionPath.leftToRight(network.operandCount());
    for (PathFinder finder :
        new PathFinder[] {
          new Auto(), new Greedy(), new RandomGreedy(1, 2), new Given(leftToRight)
        }) {
      try {
        ContractionPlan plan = finder.plan(network, limit);
        assertTrue(plan.cost().largestIntermediate() <= limit, plan::toString);
        assertEquals(plan.cost(), PathCost.of(network, plan.path(), plan.slices()), plan::toString);
      } catch (PathException e) {
        assertTrue(e.getMessage().contains("memory limit"), e::getMessage);
      }
    }
  }

  @Property(tries = 100)
  void aLimitThatHoldsAlreadyChangesNothing(@ForAll("wide") Network network) {
    ContractionPlan plan = new Auto().plan(network);
    long needed = (long) Math.max(1, Math.ceil(plan.cost().largestIntermediate()));
    assertEquals(plan, new Auto().plan(network, needed));
  }

  @Test
  void aLoopRunsAgainOnlyTheStepsThatDependOnIt() {
    // c is only in the last two operands: what comes before them is contracted once
    Network network = Networks.parse("ab,bd,dc,ce->ae", 4);
    var path = ContractionPath.parse("[(0, 1), (0, 1), (0, 1)]");
    var slices = List.of(new Slice(3, 1, 4));
    PathCost cost = PathCost.of(network, path, slices);
    assertEquals(List.of(0, 1, 1), cost.steps().stream().map(PathCost.Step::level).toList());
    var runner = new PlanRunner(new ContractionPlan(network, path, slices, cost));
    assertEquals(runner.runNaively(), runner.run());
    assertEquals(1 + 4 + 4, runner.stepsRun());
  }

  @Test
  void aSummedLabelIsCutIntoAsFewChunksAsFit() {
    Network network = Network.of(new int[][] {{1, 0}, {0, 2}, {2, 1}}, new int[] {}, 1000, 8, 64);
    var path = ContractionPath.parse("[(1, 2), (0, 1)]");
    ContractionPlan plan = new Given(path).plan(network, 2000);
    assertEquals(List.of(new Slice(0, 250, 4)), plan.slices());
    assertEquals(4, plan.passes());
    // the same work, and three additions into the output
    assertEquals(new Given(path).plan(network).cost().flops() + 3, plan.cost().flops());
  }

  @Test
  void aPathThatNeedsNoSlicesIsPreferredToSlicesThatAddWork() {
    // the cheapest path has an intermediate of 64 elements, another one fits without slices
    Network network =
        Network.of(new int[][] {{0, 1}, {1, 2}, {2, 3}, {3, 0}}, new int[] {}, 4, 16, 4, 16);
    ContractionPlan plan = new Auto().plan(network, 16);
    assertTrue(plan.slices().isEmpty(), plan::toString);
    assertTrue(plan.cost().largestIntermediate() <= 16);
  }

  @Test
  void limitsThatCannotHoldAreRefused() {
    Network network = Networks.parse("ab,bc,cd->ad", 2);
    PathException low = assertThrows(PathException.class, () -> new Auto().plan(network, 0));
    assertTrue(low.getMessage().contains("at least 1 element"), low::getMessage);
    int[][] outer = new int[20][];
    Arrays.setAll(outer, i -> new int[] {i, i + 1});
    long[] sizes = new long[21];
    Arrays.fill(sizes, 1L << 40);
    Network huge = Network.of(outer, new int[] {0, 20}, sizes);
    PathException passes = assertThrows(PathException.class, () -> new Auto().plan(huge, 1));
    assertTrue(passes.getMessage().contains("2^63 passes"), passes::getMessage);
  }
}
