package io.github.shardsum.assign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The solver against exhaustive search, and on larger graphs against the definitions. */
class AssignmentSolverTest {
  private static final long IMPOSSIBLE = Graph.IMPOSSIBLE;

  private static Graph random(
      Random random, int nodes, int most, int edges, double impossible, double tightness) {
    long[][] intervals = new long[nodes][];
    long[][] costs = new long[nodes][];
    long[][] usages = new long[nodes][];
    for (int node = 0; node < nodes; node++) {
      int size = 1 + random.nextInt(most);
      long from = random.nextInt(3 * nodes);
      intervals[node] = new long[] {from, from + random.nextInt(2 * nodes)};
      costs[node] = entries(random, size, impossible / 4);
      usages[node] = random.longs(size, 0, 100).toArray();
    }
    int[][] ends = new int[edges][];
    long[][] matrices = new long[edges][];
    for (int edge = 0; edge < edges; edge++) {
      ends[edge] = new int[] {random.nextInt(nodes), random.nextInt(nodes)};
      int length = costs[ends[edge][0]].length * costs[ends[edge][1]].length;
      matrices[edge] = entries(random, length, impossible);
    }
    long least = 0;
    long largest = 0;
    for (int node = 0; node < nodes; node++) {
      if (intervals[node][0] < intervals[node][1]) {
        least += Arrays.stream(usages[node]).min().orElseThrow();
        largest += Arrays.stream(usages[node]).max().orElseThrow();
      }
    }
    long limit = (long) (least + tightness * (largest - least)) / 2;
    return new Graph(intervals, costs, usages, ends, matrices, limit);
  }

  private static long[] entries(Random random, int length, double impossible) {
    boolean flat = random.nextInt(4) == 0;
    long[] entries = new long[length];
    for (int entry = 0; entry < length; entry++) {
      boolean isImpossible = random.nextDouble() < impossible;
      entries[entry] = isImpossible ? IMPOSSIBLE : flat ? 0 : random.nextInt(50);
    }
    return entries;
  }

  private static Assignment solve(Graph graph, double seconds, int threads) {
    // The clock is far off, so that the work alone ends a run.
    return AssignmentSolver.solve(
        graph.problem(),
        AssignmentOptions.defaults().withSeconds(seconds).withClock(1000).withThreads(threads));
  }

  @Test
  void smallGraphsAreAsExhaustiveSearchFindsThem() {
    Random random = new Random(7);
    int open = 0;
    int found = 0;
    int cases = TestDepth.cases(150, 400, 1200);
    for (int number = 0; number < cases; number++) {
      int nodes = 1 + random.nextInt(7);
      double impossible = number % 3 * 0.25;
      double tightness = random.nextDouble();
      Graph graph = random(random, nodes, 4, random.nextInt(12), impossible, tightness);
      long least = graph.least();
      Assignment answer = solve(graph, 0.02, 1 + number % 2);
      String name = "case " + number + ": least " + least + ", " + answer;
      if (least == IMPOSSIBLE) {
        assertFalse(answer.isFound(), name);
        continue;
      }
      found++;
      assertTrue(answer.isFound(), name);
      assertEquals(least, answer.cost(), name);
      assertEquals(least, graph.cost(answer.choice()), name);
      assertEquals(graph.peak(answer.choice()), answer.peak(), name);
      assertTrue(answer.bound() <= least, name);
      open += answer.bound() < least ? 1 : 0;
    }
    assertTrue(found > cases / 3, "found " + found);
    assertTrue(open < found / 10, "open gaps " + open);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void equalInputGivesEqualAnswers(int threads) {
    Random random = new Random(11);
    Graph graph = random(random, 120, 8, 260, 0, 0.25);
    Assignment one = solve(graph, 0.1, threads);
    Assignment other = solve(graph, 0.1, threads);
    assertTrue(one.isFound());
    assertFalse(one.isStoppedByClock());
    assertEquals(one, other);
    assertEquals(one.cost(), graph.cost(one.choice()));
    assertTrue(one.bound() <= one.cost());
  }

  /** The clock is looked at, but ends nothing that work ends; other threads change no answer. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aBusyMachineGivesTheSameAnswer(int threads) throws InterruptedException {
    Graph graph = random(new Random(31), 60, 6, 130, 0.1, 0.3);
    AssignmentProblem problem = graph.problem();
    Assignment alone =
        AssignmentSolver.solve(
            problem,
            AssignmentOptions.defaults().withSeconds(0.1).withClock(1000).withThreads(threads));
    AtomicBoolean ended = new AtomicBoolean();
    List<Thread> others = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      others.add(
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    while (!ended.get()) {
                      Thread.onSpinWait();
                    }
                  }));
    }
    Assignment busy =
        AssignmentSolver.solve(
            problem,
            AssignmentOptions.defaults().withSeconds(0.1).withClock(1e5).withThreads(threads));
    ended.set(true);
    for (Thread other : others) {
      other.join();
    }
    assertFalse(alone.isStoppedByClock());
    assertEquals(alone, busy);
  }

  @Test
  void theClockThatEndsARunIsNamed() {
    Graph graph = random(new Random(31), 200, 8, 500, 0, 0.25);
    Assignment answer =
        AssignmentSolver.solve(
            graph.problem(), AssignmentOptions.defaults().withSeconds(1000).withClock(1e-6));
    assertTrue(answer.isStoppedByClock());
    assertTrue(answer.bound() <= answer.cost());
  }

  @Test
  void theBoundOfOneRunHoldsForTheCostsOfOthers() {
    Random random = new Random(23);
    int cases = TestDepth.cases(10, 40, 100);
    for (int number = 0; number < cases; number++) {
      Graph graph = random(random, 25, 5, 45, number % 2 * 0.3, 0.1 + 0.5 * random.nextDouble());
      Assignment brief = solve(graph, 0.002, 1);
      Assignment other = solve(graph, 0.03, 2);
      long bound = Math.max(brief.bound(), other.bound());
      assertTrue(bound <= Math.min(brief.cost(), other.cost()), brief + " " + other);
      if (other.isFound()) {
        assertEquals(other.cost(), graph.cost(other.choice()));
      }
    }
  }

  @Test
  void moreTimeIsNoWorse() {
    Graph graph = random(new Random(5), 150, 10, 400, 0.3, 0.3);
    Assignment brief = solve(graph, 0.05, 1);
    Assignment longer = solve(graph, 1, 1);
    assertTrue(longer.cost() <= brief.cost(), brief + " " + longer);
    assertTrue(longer.bound() >= brief.bound(), brief + " " + longer);
  }

  @Test
  void aChainOfThousandsOfNodesIsSolvedExactly() {
    int nodes = 20_000;
    Random random = new Random(3);
    long[][] intervals = new long[nodes][];
    Arrays.setAll(intervals, _ -> new long[] {0, 0});
    long[][] costs = new long[nodes][];
    Arrays.setAll(costs, _ -> random.longs(3, 0, 1000).toArray());
    long[][] usages = new long[nodes][];
    Arrays.setAll(usages, _ -> new long[3]);
    int[][] ends = new int[nodes - 1][];
    Arrays.setAll(ends, edge -> new int[] {edge, edge + 1});
    long[][] matrices = new long[nodes - 1][];
    Arrays.setAll(matrices, _ -> random.longs(9, 0, 1000).toArray());
    Graph graph = new Graph(intervals, costs, usages, ends, matrices, 0);
    Assignment answer = solve(graph, 5, 2);
    assertEquals(leastOfChain(graph), answer.cost());
    assertEquals(answer.cost(), answer.bound());
    assertEquals(answer.cost(), graph.sum(answer.choice()));
  }

  private static long leastOfChain(Graph graph) {
    long[] least = graph.costs()[0].clone();
    for (int edge = 0; edge < graph.ends().length; edge++) {
      long[] next = new long[3];
      Arrays.fill(next, Long.MAX_VALUE);
      for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
          long sum = least[row] + graph.matrices()[edge][3 * row + column];
          next[column] = Math.min(next[column], sum + graph.costs()[edge + 1][column]);
        }
      }
      least = next;
    }
    return Arrays.stream(least).min().orElseThrow();
  }

  @Test
  void anEmptyGraphCostsNothing() {
    AssignmentProblem problem = AssignmentProblem.builder().build(0);
    Assignment answer =
        AssignmentSolver.solve(problem, AssignmentOptions.defaults().withSeconds(1).withClock(10));
    assertTrue(answer.isFound());
    assertEquals(List.of(), answer.choice());
    assertEquals(0, answer.cost());
    assertEquals(0, answer.bound());
  }

  @Test
  void whereTheLimitIsTooSmallThatIsProven() {
    AssignmentProblem problem =
        AssignmentProblem.builder()
            .node(0, 4, new long[] {1, 2}, new long[] {6, 5})
            .node(3, 9, new long[] {1}, new long[] {6})
            .build(10);
    Assignment answer =
        AssignmentSolver.solve(problem, AssignmentOptions.defaults().withSeconds(1).withClock(10));
    assertFalse(answer.isFound());
    assertEquals(AssignmentProblem.IMPOSSIBLE, answer.bound());
  }

  @Test
  void anEndTouchesNoBeginning() {
    AssignmentProblem problem =
        AssignmentProblem.builder()
            .node(0, 4, new long[] {1}, new long[] {6})
            .node(4, 9, new long[] {1}, new long[] {6})
            .build(6);
    Assignment answer =
        AssignmentSolver.solve(problem, AssignmentOptions.defaults().withSeconds(1).withClock(10));
    assertEquals(2, answer.cost());
    assertEquals(6, answer.peak());
  }

  @Test
  void refusesWhatIsNoProblem() {
    AssignmentProblem.Builder builder = AssignmentProblem.builder();
    assertRefused("strategies must be 1 or more", () -> node(builder, 0, 1));
    assertRefused("got [3, 1)", () -> node(builder, 3, 1, 5));
    assertRefused("got [-1, 1)", () -> node(builder, -1, 1, 5));
    assertRefused("cost 1 must be 0 or more, got -5", () -> node(builder, 0, 1, 5, -5));
    assertRefused(
        "expected a usage for each of 1 costs, got 2",
        () -> builder.node(0, 1, new long[1], new long[2]));
    assertRefused(
        "usage 0 must be from 0 to 2^47",
        () -> builder.node(0, 1, new long[1], new long[] {1L << 48}));
    assertRefused("cost 0 must be", () -> builder.edge(0, 0, new long[] {-1}));
    assertRefused("limit: must be 0 or more, got -1", () -> builder.build(-1));
    node(builder, 0, 1, 5, 6);
    builder.edge(0, 1, new long[2]);
    assertRefused("must join two of 1 nodes, got node 1", () -> builder.build(0));
    node(builder, 0, 1, 5);
    builder.build(0);
    builder.edge(0, 0, new long[3]);
    assertRefused("expected 2 x 2 costs, got 3", () -> builder.build(0));
  }

  @Test
  void refusesCostsWhoseSumNoLongHolds() {
    AssignmentProblem.Builder builder = AssignmentProblem.builder();
    node(builder, 0, 1, 150_000_000_000_000_000L);
    node(builder, 0, 1, 150_000_000_000_000_000L);
    assertRefused("must sum to less than 2e17", () -> builder.build(0));
  }

  @Test
  void refusesOptionsOutOfRange() {
    assertRefused(
        "seconds: must be", () -> AssignmentOptions.defaults().withSeconds(0).withClock(1));
    assertRefused(
        "clock: must be", () -> AssignmentOptions.defaults().withSeconds(1).withClock(Double.NaN));
    assertRefused(
        "threads: must be 1 or 2, got 3",
        () -> AssignmentOptions.defaults().withSeconds(1).withClock(1).withThreads(3));
  }

  @Test
  void refusesNumbersWhoseProductsNoLongHolds() {
    assertRefused(
        "seconds: must be", () -> AssignmentOptions.defaults().withSeconds(1e6 + 1).withClock(1));
    assertRefused(
        "threads: must be 1 or 2, got 0",
        () -> AssignmentOptions.defaults().withSeconds(1).withClock(1).withThreads(0));
    AssignmentProblem.Builder builder = AssignmentProblem.builder();
    assertRefused("nodes must be 0 or more, got -1 and 0", () -> builder.edge(-1, 0, new long[1]));
    assertRefused("nodes must be 0 or more, got 0 and -1", () -> builder.edge(0, -1, new long[1]));
    assertRefused("got [5, 4)", () -> node(builder, 5, 4, 1));
    node(builder, 0, 1, 100_000_000_000_000_000L);
    builder.edge(0, 0, new long[] {100_000_000_000_000_000L});
    assertRefused("must sum to less than 2e17", () -> builder.build(0));
  }

  /** The gap is the part of the cost that a better choice may save. */
  @Test
  void theGapIsTheShareOfTheCostAboveTheBound() {
    assertEquals(0, answer(7, 7).gap());
    assertEquals(0, answer(0, 0).gap());
    assertEquals(0.25, answer(8, 6).gap());
    assertEquals(1, answer(8, 0).gap());
    assertTrue(answer(8, 6).isFound());
    assertFalse(answer(AssignmentProblem.IMPOSSIBLE, 6).isFound());
  }

  private static Assignment answer(long cost, long bound) {
    return new Assignment(List.of(0), cost, bound, 0, 0, 0, false);
  }

  private static void node(AssignmentProblem.Builder builder, long from, long to, long... costs) {
    builder.node(from, to, costs, new long[costs.length]);
  }

  private static void assertRefused(String part, Runnable action) {
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(String.valueOf(refused.getMessage()).contains(part), refused.getMessage());
  }
}
