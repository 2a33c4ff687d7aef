package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.path.PathFinder.Auto;
import io.github.shardsum.path.PathFinder.Given;
import io.github.shardsum.path.PathFinder.Greedy;
import io.github.shardsum.path.PathFinder.Optimal;
import io.github.shardsum.path.PathFinder.RandomGreedy;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PathFinderProperties {
  private static final double ROUNDING = 1e-9;

  @Provide
  Arbitrary<Network> upToFive() {
    return Networks.small(5, 1, 2, 3, 7, 30);
  }

  @Provide
  Arbitrary<Network> upToSix() {
    return Networks.small(6, 2, 3, 50);
  }

  @Provide
  Arbitrary<Network> withEmpty() {
    return Networks.small(5, 0, 1, 2, 30);
  }

  @Provide
  Arbitrary<Network> upToForty() {
    return Arbitraries.randomValue(
        random -> Networks.random(random, 2 + random.nextInt(39), 1 + random.nextInt(60), 1, 2, 5));
  }

  @Provide
  Arbitrary<PathFinder> finders() {
    return Arbitraries.of(
        new Auto(),
        new Greedy(),
        new RandomGreedy(7, 4),
        RandomGreedy.within(3, Duration.ofMillis(2)));
  }

  @Property(tries = 300)
  void optimalEqualsTheBestOfAllPaths(@ForAll("upToFive") Network network) {
    assertOptimal(network);
  }

  @Property(tries = 40)
  void optimalEqualsTheBestOfAllPathsOfSixOperands(@ForAll("upToSix") Network network) {
    assertOptimal(network);
  }

  @Property(tries = 150)
  void optimalBySizeIsTheSmallestAndOfThoseTheCheapest(@ForAll("upToFive") Network network) {
    NaiveCosts.Costs best =
        NaiveCosts.ofAllPaths(network).stream()
            .min(
                Comparator.comparingDouble(NaiveCosts.Costs::largest)
                    .thenComparingDouble(NaiveCosts.Costs::flops))
            .orElseThrow();
    PathCost cost = new Optimal(Objective.SIZE).plan(network).cost();
    assertEquals(best.largest(), cost.largestIntermediate());
    assertTrue(cost.flops() <= bestFlopsWithin(network, best.largest()) * (1 + ROUNDING));
  }

  @Property(tries = 100)
  void everyFinderGivesAPathOfTheNetwork(
      @ForAll("upToForty") Network network, @ForAll("finders") PathFinder finder) {
    ContractionPlan plan = finder.plan(network);
    assertEquals(network.operandCount(), plan.path().operandCount());
    NaiveCosts.Costs expected = NaiveCosts.of(network, plan.path().toLinear());
    assertEquals(expected.flops(), plan.cost().flops(), ROUNDING * expected.flops());
  }

  @Property(tries = 100)
  void emptyLabelsDoNotStopASearch(
      @ForAll("withEmpty") Network network, @ForAll("finders") PathFinder finder) {
    ContractionPlan plan = finder.plan(network);
    NaiveCosts.Costs expected = NaiveCosts.of(network, plan.path().toLinear());
    assertEquals(expected.flops(), plan.cost().flops(), ROUNDING * expected.flops());
    assertEquals(expected.largest(), plan.cost().largestIntermediate());
  }

  @Property(tries = 40)
  void randomGreedyIsNoWorseThanGreedyAndSoIsAuto(@ForAll("upToForty") Network network) {
    double greedy = new Greedy().plan(network).cost().flops();
    double random = new RandomGreedy(11, 3).plan(network).cost().flops();
    double auto = new Auto().plan(network).cost().flops();
    assertTrue(random <= greedy * (1 + ROUNDING), () -> random + " over " + greedy);
    assertTrue(auto <= greedy * (1 + ROUNDING), () -> auto + " over " + greedy);
  }

  @Property(tries = 20)
  void searchesAreRepeatable(@ForAll("upToForty") Network network) {
    for (PathFinder finder : List.of(new Auto(), new Greedy(), new RandomGreedy(5, 3))) {
      assertEquals(finder.plan(network), finder.plan(network));
    }
  }

  @Property(tries = 15)
  void autoAndRandomGreedyAreWithinFivePercentOfOptimal(@ForAll Random random) {
    Network network =
        Networks.random(random, 12 + random.nextInt(5), 12 + random.nextInt(12), 2, 3, 5);
    double optimal = new Optimal(Objective.FLOPS).plan(network).cost().flops();
    for (PathFinder finder : List.of(new Auto(), new RandomGreedy(0, 32))) {
      double flops = finder.plan(network).cost().flops();
      assertTrue(flops <= 1.05 * optimal, () -> finder + ": " + flops + " over " + optimal);
    }
  }

  @Property(tries = 100)
  void aGivenPathIsKept(@ForAll("upToForty") Network network, @ForAll Random random) {
    ContractionPath path = RandomPaths.path(network.operandCount(), random);
    assertEquals(path, new Given(path).find(network));
  }

  private static void assertOptimal(Network network) {
    double best =
        NaiveCosts.ofAllPaths(network).stream()
            .mapToDouble(NaiveCosts.Costs::flops)
            .min()
            .orElseThrow();
    double found = new Optimal(Objective.FLOPS).plan(network).cost().flops();
    assertEquals(best, found, ROUNDING * best);
  }

  private static double bestFlopsWithin(Network network, double largest) {
    return NaiveCosts.ofAllPaths(network).stream()
        .filter(costs -> costs.largest() <= largest)
        .mapToDouble(NaiveCosts.Costs::flops)
        .min()
        .orElseThrow();
  }
}
