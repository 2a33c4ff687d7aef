package io.github.shardsum.path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.path.PathFinder.Auto;
import io.github.shardsum.path.PathFinder.Given;
import io.github.shardsum.path.PathFinder.Greedy;
import io.github.shardsum.path.PathFinder.Optimal;
import io.github.shardsum.path.PathFinder.RandomGreedy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PathFinderTest {
  private static final PathFinder OPTIMAL = new Optimal(Objective.FLOPS);

  /** Bounds are generous: tests share the machine with compilers. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void theExampleOfOptEinsumsGreedyAndOptimal() {
    Network network =
        Network.of(new int[][] {{0, 1, 3}, {0, 2}, {1, 3, 2}}, new int[] {}, 1, 2, 3, 4);
    for (PathFinder finder : List.of(new Greedy(), OPTIMAL, new RandomGreedy(0, 2), new Auto())) {
      assertEquals("[(0, 2), (0, 1)]", finder.find(network).toString(), finder::toString);
    }
  }

  @Test
  void theFourIndexTransformOfOptEinsumsDocumentation() {
    // "ea,fb,abcd,gc,hd->efgh" with all sizes 10: naive 5e8, optimised 8e5, speed-up 625
    Network network = Networks.parse("ea,fb,abcd,gc,hd->efgh", 10);
    PathCost cost = OPTIMAL.plan(network).cost();
    assertEquals(5e8, cost.naiveFlops());
    assertEquals(8e5, cost.flops());
    assertEquals(625, cost.speedUp());
    assertEquals(1e4, cost.largestIntermediate());
    assertEquals(5, cost.steps().stream().mapToInt(PathCost.Step::scaling).max().orElse(0));
  }

  @Test
  void theChainOfNumPysEinsumPathDocumentation() {
    // "ij,jk,kl->il" with (2,2),(2,5),(5,2): naive 120, optimised 56, path (1,2),(0,1)
    Network network =
        Network.of(new int[][] {{0, 1}, {1, 2}, {2, 3}}, new int[] {0, 3}, 2, 2, 5, 2);
    ContractionPlan plan = new Greedy().plan(network);
    assertEquals("[(1, 2), (0, 1)]", plan.path().toString());
    assertEquals(120, plan.cost().naiveFlops());
    assertEquals(56, plan.cost().flops());
    assertEquals(4, plan.cost().largestIntermediate());
  }

  @Test
  void anOuterProductFirstIsFoundWhereItIsCheapest() {
    // a,b,abc->c with a=b=2, c=100: 4 + 800, where no outer product costs 800 + 400
    Network network = Network.of(new int[][] {{0}, {1}, {0, 1, 2}}, new int[] {2}, 2, 2, 100);
    ContractionPlan plan = OPTIMAL.plan(network);
    assertEquals("[(0, 1), (0, 1)]", plan.path().toString());
    assertEquals(804, plan.cost().flops());
  }

  @Test
  void aLabelOfOneOperandIsSummedAheadAndCounted() {
    Network network = Networks.parse("abx,bc->ac", 10);
    PathCost cost = new Auto().plan(network).cost();
    assertEquals(1, cost.reductions().size());
    assertEquals(1000, cost.reductions().getFirst().flops());
    assertEquals(1000 + 2000, cost.flops());
    assertEquals(100, cost.largestIntermediate());
  }

  @Test
  void oneOperandHasNoSteps() {
    PathCost sum = new Auto().plan(Networks.parse("ab->b", 10)).cost();
    assertTrue(sum.steps().isEmpty());
    assertEquals(100, sum.flops());
    assertEquals(0, sum.largestIntermediate());
    assertEquals(0, new Auto().plan(Networks.parse("ab->ba", 10)).cost().flops());
    assertEquals("[]", new Greedy().find(Networks.parse("a->", 10)).toString());
  }

  @Test
  void scalarsDuplicatesAndDisconnectedOperandsHavePaths() {
    for (String equation :
        List.of(
            ",->", ",,,->", "a,,b->ab", "ab,ab,ab->ab", "a,b,c,d->abcd", "a,b,c->", "ab,cd,->")) {
      Network network = Networks.parse(equation, 5);
      for (PathFinder finder : List.of(new Auto(), new Greedy(), OPTIMAL, new RandomGreedy(1, 2))) {
        double best =
            NaiveCosts.ofAllPaths(network).stream()
                .mapToDouble(NaiveCosts.Costs::flops)
                .min()
                .orElseThrow();
        double found = finder.plan(network).cost().flops();
        assertTrue(found <= 1.3 * best, () -> equation + " " + finder + " " + found + " " + best);
      }
    }
  }

  @Test
  void costsBeyondTheRangeOfDoublesStillOrderPaths() {
    int[][] vectors = new int[40][];
    Arrays.setAll(vectors, i -> new int[] {i});
    int[] all = new Random(1).ints(0, 40).distinct().limit(40).toArray();
    long[] sizes = new long[40];
    Arrays.fill(sizes, 1L << 40);
    for (PathFinder finder : List.of(new Auto(), new Greedy(), new RandomGreedy(2, 2))) {
      PathCost cost = finder.plan(Network.of(vectors, all, sizes)).cost();
      assertEquals(Double.POSITIVE_INFINITY, cost.naiveFlops());
      assertEquals(40 * 40 * Math.log10(2) + Math.log10(39), cost.naiveLog10(), 1e-6);
      assertTrue(Double.isInfinite(cost.flops()));
    }
    int[][] chain = new int[40][];
    Arrays.setAll(chain, i -> new int[] {i, i + 1});
    long[] ends = new long[41];
    Arrays.fill(ends, 1L << 40);
    PathCost cost = new Auto().plan(Network.of(chain, new int[] {0, 40}, ends)).cost();
    assertEquals(39 * 2 * Math.pow(2, 120), cost.flops());
    assertTrue(cost.speedUp() > 1e300 || Double.isInfinite(cost.speedUp()));
    assertTrue(cost.toString().contains("e+495"), cost::toString);
  }

  @Test
  void longChainsAndWideHubsAreQuick() {
    Network chain = Networks.chain(1_000, new Random(3), 100);
    Network tenThousand = Networks.chain(10_000, new Random(3), 100);
    int[][] hub = new int[2_000][];
    Arrays.setAll(hub, i -> new int[] {0, i + 1});
    long[] sizes = new long[2_001];
    Arrays.fill(sizes, 3);
    Network sharedByAll = Network.of(hub, new int[] {0}, sizes);
    for (Network network : List.of(chain, tenThousand, sharedByAll)) {
      for (PathFinder finder : List.of(new Greedy(), new Auto())) {
        assertTimeout(PATIENCE, () -> finder.plan(network));
      }
    }
    assertTrue(cost(new Auto(), sharedByAll) <= 2_000 * 9 + 2_000 * 3);
  }

  @Test
  void aTimeBudgetIsKept() {
    Network lattice = Networks.lattice(20, 20, 3);
    assertTimeout(PATIENCE, () -> RandomGreedy.within(1, Duration.ofMillis(100)).plan(lattice));
    var brief = new RandomGreedy(1, 8, 100, Optional.of(Duration.ofNanos(1)));
    assertTrue(cost(brief, lattice) <= cost(new Greedy(), lattice));
  }

  @Test
  void refinementBeatsGreedyByFarOnLargeNetworks() {
    for (Network network :
        List.of(
            Networks.lattice(10, 10, 4),
            Networks.regular(60, 3, 3, new Random(5)),
            Networks.regular(200, 3, 2, new Random(6)))) {
      assertTrue(cost(new Auto(), network) < cost(new Greedy(), network) / 2);
    }
    Network tree = Networks.tree(300, 6, new Random(7));
    assertTrue(cost(new Auto(), tree) <= cost(new Greedy(), tree));
  }

  @Test
  void thePublishedCostOfALanguageModelNetworkIsReached() {
    // lm_first_last_brackets_4_16d of the einsum benchmark (benchmark.einsum.org), published as
    // 10^12.754 operations; plain greedy needs 6.9e14
    assertTrue(cost(new RandomGreedy(0, 32), PublishedNetworks.lmFirstLast()) < 5.677e12);
    assertTrue(cost(new Auto(), PublishedNetworks.lmFirstLast()) < 5.96e12);
  }

  @Test
  void anOptimalSearchOfTooManyOperandsSaysWhatElseToUse() {
    Network network = Networks.chain(21, new Random(1), 5);
    PathException e = assertThrows(PathException.class, () -> OPTIMAL.find(network));
    assertEquals(
        "optimal: at most 20 operands can be searched, got 21; use Auto or RandomGreedy",
        e.getMessage());
  }

  @Test
  void aGivenPathForAnotherNumberOfOperandsIsRefused() {
    var given = new Given(ContractionPath.leftToRight(3));
    PathException e =
        assertThrows(PathException.class, () -> given.find(Networks.parse("a,a->", 2)));
    assertEquals("path: must be for the network's 2 operands, got 3", e.getMessage());
  }

  @Test
  void impossibleEffortsAreRefused() {
    assertThrows(PathException.class, () -> new RandomGreedy(0, 0));
    assertThrows(PathException.class, () -> new RandomGreedy(0, 1, -1, Optional.empty()));
    assertThrows(PathException.class, () -> RandomGreedy.within(0, Duration.ofSeconds(-1)));
  }

  @Test
  void thePlanPrintsLikeOptEinsumsTable() {
    Network network = Networks.parse("ab,bc,cd->ad", 10);
    String table = OPTIMAL.plan(network).table(i -> List.of("i", "j", "k", "l").get(i));
    List<String> lines = new ArrayList<>(table.lines().map(String::strip).toList());
    assertEquals("Complete contraction:  ij,jk,kl->il", lines.removeFirst());
    assertTrue(lines.contains("Naive FLOPs:  3.000e+04"), table);
    assertTrue(lines.contains("Planned FLOPs:  4.000e+03"), table);
    assertTrue(lines.contains("Largest intermediate:  1.000e+02 elements"), table);
    assertTrue(lines.getLast().endsWith("il->il"), table);
    assertFalse(table.contains("Slice"), table);
    assertTrue(OPTIMAL.plan(network).table(i -> "n" + i).contains("n0 n1, n1 n2, n2 n3 -> n0 n3"));
  }

  private static double cost(PathFinder finder, Network network) {
    return finder.plan(network).cost().flops();
  }
}
