package io.github.shardsum.assign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Graphs of many shapes: small ones against exhaustive search, large ones against dynamic
 * programming where the shape allows it.
 */
class AssignmentShapesTest {
  private static final long IMPOSSIBLE = Graph.IMPOSSIBLE;

  /** The most choices of a graph that is searched exhaustively. */
  private static final int MOST_CHOICES = 3000;

  /** All possible costs of a problem must sum to less than 2e17. */
  private static final long ALL_COSTS = 190_000_000_000_000_000L;

  /** Costs of 17 digits are compared as doubles. */
  private static final long ROUNDING = 1_000_000_000_000L;

  private enum Shape {
    NONE,
    CHAIN,
    RING,
    STAR,
    GRID,
    TREE,
    COMPLETE
  }

  private enum Live {
    NEVER,
    ALWAYS,
    SLIDING,
    NESTED,
    AT_MANY_TIMES
  }

  private enum Prices {
    ZERO,
    EQUAL,
    SMALL,
    HUGE,
    SMALL_OR_HUGE,
    OFTEN_IMPOSSIBLE
  }

  private enum Limit {
    TOO_SMALL,
    LEAST,
    BETWEEN,
    AMPLE
  }

  private static <E> E one(Random random, E[] of) {
    return of[random.nextInt(of.length)];
  }

  private static List<int[]> edges(Shape shape, int nodes, Random random) {
    List<int[]> edges = new ArrayList<>();
    for (int b = 1; b < nodes; b++) {
      switch (shape) {
        case NONE -> {}
        case CHAIN, RING -> edges.add(new int[] {b - 1, b});
        case STAR -> edges.add(new int[] {0, b});
        case TREE -> edges.add(new int[] {random.nextInt(b), b});
        case GRID -> {
          if (b % 2 == 1) {
            edges.add(new int[] {b - 1, b});
          }
          if (b >= 2) {
            edges.add(new int[] {b - 2, b});
          }
        }
        case COMPLETE -> {
          for (int a = 0; a < b; a++) {
            edges.add(new int[] {a, b});
          }
        }
      }
    }
    if (shape == Shape.RING && nodes > 2) {
      edges.add(new int[] {nodes - 1, 0});
    }
    return edges;
  }

  /** With edges turned round, both ways, twice, and from a node to itself. */
  private static int[][] disturbed(List<int[]> edges, int nodes, Random random) {
    List<int[]> all = new ArrayList<>();
    for (int[] edge : edges) {
      int[] turned = {edge[1], edge[0]};
      all.add(random.nextBoolean() ? edge : turned);
      if (random.nextInt(4) == 0) {
        all.add(edge);
      }
      if (random.nextInt(6) == 0) {
        all.add(turned);
      }
    }
    if (random.nextInt(4) == 0) {
      int loop = random.nextInt(nodes);
      all.add(new int[] {loop, loop});
    }
    return all.toArray(int[][]::new);
  }

  private static long[] interval(Live live, int node, int nodes, Random random) {
    return switch (live) {
      case NEVER -> new long[] {0, 0};
      case ALWAYS -> new long[] {0, nodes};
      case SLIDING -> new long[] {node, node + 2};
      case NESTED -> new long[] {node, 2L * nodes - node};
      case AT_MANY_TIMES -> {
        long from = random.nextInt(4 * nodes);
        yield new long[] {from, from + random.nextInt(3 * nodes)};
      }
    };
  }

  private static long[] prices(Prices prices, int length, long largest, Random random) {
    long[] entries = new long[length];
    for (int entry = 0; entry < length; entry++) {
      entries[entry] =
          switch (prices) {
            case ZERO -> 0;
            case EQUAL -> 7;
            case SMALL -> random.nextInt(40);
            case HUGE -> largest - random.nextInt(1000);
            case SMALL_OR_HUGE ->
                random.nextBoolean() ? random.nextInt(3) : largest - random.nextInt(3);
            case OFTEN_IMPOSSIBLE -> random.nextInt(3) == 0 ? IMPOSSIBLE : random.nextInt(40);
          };
    }
    return entries;
  }

  /** A small graph; the limit is as the fourth choice says. */
  private static Graph drawn(Random random) {
    int nodes = 1 + random.nextInt(8);
    int[][] ends = disturbed(edges(one(random, Shape.values()), nodes, random), nodes, random);
    Live live = one(random, Live.values());
    Prices ofNodes = one(random, Prices.values());
    Prices ofEdges = one(random, Prices.values());
    long largest = ALL_COSTS / (nodes + ends.length);
    long most = random.nextInt(8) == 0 ? AssignmentProblem.LARGEST_USAGE : 20;
    long[][] intervals = new long[nodes][];
    long[][] costs = new long[nodes][];
    long[][] usages = new long[nodes][];
    int choices = 1;
    for (int node = 0; node < nodes; node++) {
      int size = random.nextInt(4) == 0 ? 1 : 1 + random.nextInt(5);
      size = Math.max(1, Math.min(size, MOST_CHOICES / choices));
      choices *= size;
      intervals[node] = interval(live, node, nodes, random);
      costs[node] = prices(ofNodes, size, largest, random);
      usages[node] = random.longs(size, 0, most).toArray();
    }
    long[][] matrices = new long[ends.length][];
    for (int edge = 0; edge < ends.length; edge++) {
      int length = costs[ends[edge][0]].length * costs[ends[edge][1]].length;
      matrices[edge] = prices(ofEdges, length, largest, random);
    }
    Graph free = new Graph(intervals, costs, usages, ends, matrices, Long.MAX_VALUE);
    return free.withLimit(limit(one(random, Limit.values()), free.leastPeak(), most, random));
  }

  private static long limit(Limit limit, long least, long most, Random random) {
    return switch (limit) {
      case TOO_SMALL -> Math.max(0, least - 1);
      case LEAST -> least;
      case BETWEEN -> least + random.nextLong(most);
      case AMPLE -> 100 * most;
    };
  }

  private static Assignment solve(Graph graph, double seconds, int threads) {
    return AssignmentSolver.solve(
        graph.problem(),
        AssignmentOptions.defaults().withSeconds(seconds).withClock(1000).withThreads(threads));
  }

  @Test
  void smallGraphsOfAllShapesAreAsExhaustiveSearchFindsThem() {
    Random random = new Random(TestDepth.seed(41));
    int cases = TestDepth.cases(60, 200, 400);
    int none = 0;
    for (int number = 0; number < cases; number++) {
      Graph graph = drawn(random);
      long least = graph.least();
      Assignment answer = solve(graph, 0.02, 1 + number % 2);
      String name = "case " + number + ": least " + least + ", " + answer;
      assertEquals(least < IMPOSSIBLE, answer.isFound(), name);
      if (least == IMPOSSIBLE) {
        none++;
        assertEquals(AssignmentProblem.IMPOSSIBLE, answer.bound(), name);
        continue;
      }
      assertTrue(answer.cost() <= least + least / ROUNDING, name);
      assertEquals(graph.cost(answer.choice()), answer.cost(), name);
      assertEquals(graph.peak(answer.choice()), answer.peak(), name);
      assertTrue(answer.bound() <= least, name);
    }
    assertTrue(none > 0 && none < cases / 2, "without a choice: " + none);
  }

  /** Small graphs one after the other in time share nothing, so that their optima add up. */
  @Test
  void graphsThatNeverLiveAtOnceCostTheirSum() {
    Random random = new Random(43);
    int parts = 30;
    int size = 5;
    long limit = 30;
    List<long[]> intervals = new ArrayList<>();
    List<long[]> costs = new ArrayList<>();
    List<long[]> usages = new ArrayList<>();
    List<int[]> ends = new ArrayList<>();
    List<long[]> matrices = new ArrayList<>();
    long sum = 0;
    for (int part = 0; part < parts; ) {
      Graph one = part(random, size, limit);
      long least = one.least();
      if (least == IMPOSSIBLE) {
        continue;
      }
      sum += least;
      for (int node = 0; node < size; node++) {
        long[] at = one.intervals()[node];
        intervals.add(new long[] {100L * part + at[0], 100L * part + at[1]});
        costs.add(one.costs()[node]);
        usages.add(one.usages()[node]);
      }
      for (int edge = 0; edge < one.ends().length; edge++) {
        int[] of = one.ends()[edge];
        ends.add(new int[] {size * part + of[0], size * part + of[1]});
        matrices.add(one.matrices()[edge]);
      }
      part++;
    }
    Graph all =
        new Graph(
            intervals.toArray(long[][]::new),
            costs.toArray(long[][]::new),
            usages.toArray(long[][]::new),
            ends.toArray(int[][]::new),
            matrices.toArray(long[][]::new),
            limit);
    assertOptimal(sum, all, solve(all, 0.5, 2));
  }

  private static Graph part(Random random, int nodes, long limit) {
    int[][] ends = disturbed(edges(one(random, Shape.values()), nodes, random), nodes, random);
    long[][] intervals = new long[nodes][];
    Live live = one(random, Live.values());
    Arrays.setAll(intervals, node -> interval(live, node, nodes, random));
    long[][] costs = new long[nodes][];
    Arrays.setAll(costs, _ -> random.longs(4, 0, 100).toArray());
    long[][] usages = new long[nodes][];
    Arrays.setAll(usages, _ -> random.longs(4, 0, 20).toArray());
    long[][] matrices = new long[ends.length][];
    Arrays.setAll(matrices, _ -> random.longs(16, 0, 100).toArray());
    return new Graph(intervals, costs, usages, ends, matrices, limit);
  }

  private static void assertOptimal(long least, Graph graph, Assignment answer) {
    String name = "least " + least + ", cost " + answer.cost() + ", bound " + answer.bound();
    assertEquals(least, answer.cost(), name);
    assertEquals(least, graph.cost(answer.choice()), name);
    assertTrue(answer.bound() <= least, name);
    assertFalse(answer.isStoppedByClock(), name);
  }

  /** Nodes without edges that all live at once: a knapsack with a choice for each thing. */
  @Test
  void aKnapsackIsFilledBest() {
    int nodes = 120;
    int limit = 2000;
    Random random = new Random(47);
    long[][] intervals = new long[nodes][];
    Arrays.setAll(intervals, _ -> new long[] {3, 5});
    long[][] costs = new long[nodes][];
    Arrays.setAll(costs, _ -> random.longs(4, 0, 1000).toArray());
    long[][] usages = new long[nodes][];
    Arrays.setAll(usages, _ -> random.longs(4, 0, 60).toArray());
    long[] least = new long[limit + 1];
    for (int node = 0; node < nodes; node++) {
      long[] next = new long[limit + 1];
      Arrays.fill(next, IMPOSSIBLE);
      for (int strategy = 0; strategy < 4; strategy++) {
        int usage = (int) usages[node][strategy];
        for (int used = usage; used <= limit; used++) {
          next[used] = Math.min(next[used], least[used - usage] + costs[node][strategy]);
        }
      }
      least = next;
    }
    Graph graph = new Graph(intervals, costs, usages, new int[0][], new long[0][], limit);
    assertOptimal(least[limit], graph, solve(graph, 1, 2));
  }

  /** Two neighbours of a chain live at a time, so a limit is a rule for each pair. */
  @Test
  void aChainWithALimitAtEveryTimeIsSolvedExactly() {
    int nodes = 600;
    int size = 4;
    long limit = 70;
    Random random = new Random(53);
    long[][] intervals = new long[nodes][];
    Arrays.setAll(intervals, node -> new long[] {node, node + 2});
    long[][] costs = new long[nodes][];
    Arrays.setAll(costs, _ -> random.longs(size, 0, 1000).toArray());
    long[][] usages = new long[nodes][];
    Arrays.setAll(usages, _ -> random.longs(size, 0, 60).toArray());
    // One strategy is small, so that there is a choice.
    Arrays.stream(usages).forEach(each -> each[0] /= 2);
    int[][] ends = new int[nodes - 1][];
    Arrays.setAll(ends, edge -> new int[] {edge, edge + 1});
    long[][] matrices = new long[nodes - 1][];
    Arrays.setAll(matrices, _ -> random.longs((long) size * size, 0, 1000).toArray());
    Graph graph = new Graph(intervals, costs, usages, ends, matrices, limit);
    long best =
        leastOfChain(
            graph, (node, row, column) -> usages[node - 1][row] + usages[node][column] <= limit);
    assertTrue(best < IMPOSSIBLE, "no choice");
    assertOptimal(best, graph, solve(graph, 1, 2));
  }

  /** Whether a node may have a strategy if the node before it has another. */
  private interface Pairs {
    boolean fits(int node, int before, int strategy);
  }

  private static long leastOfChain(Graph graph, Pairs pairs) {
    long[] least = graph.costs()[0].clone();
    for (int node = 1; node < graph.costs().length; node++) {
      int size = graph.costs()[node].length;
      long[] next = new long[size];
      Arrays.fill(next, IMPOSSIBLE);
      for (int row = 0; row < least.length; row++) {
        for (int column = 0; column < size; column++) {
          if (pairs.fits(node, row, column) && least[row] < IMPOSSIBLE) {
            long edge = graph.matrices()[node - 1][row * size + column];
            next[column] = Math.min(next[column], least[row] + edge + graph.costs()[node][column]);
          }
        }
      }
      least = next;
    }
    return Arrays.stream(least).min().orElseThrow();
  }

  /** A grid of three rows, column by column. */
  @Test
  void aGridIsSolvedExactly() {
    int columns = 40;
    int size = 3;
    Random random = new Random(59);
    int nodes = 3 * columns;
    long[][] intervals = new long[nodes][];
    Arrays.setAll(intervals, _ -> new long[] {0, 0});
    long[][] costs = new long[nodes][];
    Arrays.setAll(costs, _ -> random.longs(size, 0, 100).toArray());
    long[][] usages = new long[nodes][];
    Arrays.setAll(usages, _ -> new long[size]);
    List<int[]> ends = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      if (node % 3 != 2) {
        ends.add(new int[] {node, node + 1});
      }
      if (node + 3 < nodes) {
        ends.add(new int[] {node, node + 3});
      }
    }
    long[][] matrices = new long[ends.size()][];
    Arrays.setAll(matrices, _ -> random.longs((long) size * size, 0, 100).toArray());
    Graph graph = new Graph(intervals, costs, usages, ends.toArray(int[][]::new), matrices, 0);
    assertOptimal(leastOfGrid(graph, columns, size), graph, solve(graph, 1, 2));
  }

  private static long leastOfGrid(Graph graph, int columns, int size) {
    int states = size * size * size;
    long[] least = new long[states];
    for (int column = 0; column < columns; column++) {
      long[] next = new long[states];
      Arrays.fill(next, IMPOSSIBLE);
      for (int before = 0; before < (column == 0 ? 1 : states); before++) {
        for (int now = 0; now < states; now++) {
          long sum = least[before];
          for (int row = 0; row < 3; row++) {
            sum += graph.costs()[3 * column + row][digit(now, row, size)];
          }
          for (int edge = 0; edge < graph.ends().length; edge++) {
            int[] of = graph.ends()[edge];
            if (of[1] / 3 == column) {
              int first = digit(of[0] / 3 == column ? now : before, of[0] % 3, size);
              sum += graph.matrices()[edge][first * size + digit(now, of[1] % 3, size)];
            }
          }
          next[now] = Math.min(next[now], sum);
        }
      }
      least = next;
    }
    return Arrays.stream(least).min().orElseThrow();
  }

  private static int digit(int state, int row, int size) {
    int rest = state;
    for (int i = 0; i < row; i++) {
      rest /= size;
    }
    return rest % size;
  }

  /** One cost that is as large as all others may be together, among many that are small. */
  @Test
  void aHugeCostAmongSmallOnesIsPaidWhereItMustBe() {
    int nodes = 40;
    Random random = new Random(67);
    long[][] intervals = new long[nodes][];
    Arrays.setAll(intervals, _ -> new long[] {0, 1});
    long[][] costs = new long[nodes][];
    Arrays.setAll(costs, _ -> random.longs(2, 0, 1000).toArray());
    costs[7] = new long[] {ALL_COSTS - 1_000_000, ALL_COSTS};
    long[][] usages = new long[nodes][];
    Arrays.setAll(usages, _ -> new long[] {1, 0});
    int[][] ends = new int[nodes - 1][];
    Arrays.setAll(ends, edge -> new int[] {edge, edge + 1});
    long[][] matrices = new long[nodes - 1][];
    Arrays.setAll(matrices, _ -> random.longs(4, 0, 1000).toArray());
    Graph graph = new Graph(intervals, costs, usages, ends, matrices, nodes);
    long best = leastOfChain(graph, (_, _, _) -> true);
    Assignment answer = solve(graph, 0.1, 1);
    assertTrue(answer.isFound() && answer.cost() <= best + best / ROUNDING, answer::toString);
    assertEquals(graph.cost(answer.choice()), answer.cost());
    assertTrue(answer.bound() <= best, answer::toString);
  }

  /** A hub of many strategies with many leaves: for each of its strategies leaves choose alone. */
  @Test
  void aStarIsSolvedExactly() {
    int leaves = 300;
    int size = 150;
    Random random = new Random(61);
    long[][] intervals = new long[leaves + 1][];
    Arrays.setAll(intervals, _ -> new long[] {0, 0});
    long[][] costs = new long[leaves + 1][];
    Arrays.setAll(costs, node -> random.longs(node == 0 ? size : 3, 0, 100).toArray());
    long[][] usages = new long[leaves + 1][];
    Arrays.setAll(usages, node -> new long[costs[node].length]);
    int[][] ends = new int[leaves][];
    Arrays.setAll(ends, leaf -> leaf % 2 == 0 ? new int[] {0, leaf + 1} : new int[] {leaf + 1, 0});
    long[][] matrices = new long[leaves][];
    Arrays.setAll(matrices, _ -> random.longs(3L * size, 0, 100).toArray());
    long best = IMPOSSIBLE;
    for (int hub = 0; hub < size; hub++) {
      long sum = costs[0][hub];
      for (int leaf = 0; leaf < leaves; leaf++) {
        long least = IMPOSSIBLE;
        for (int own = 0; own < 3; own++) {
          int entry = leaf % 2 == 0 ? hub * 3 + own : own * size + hub;
          least = Math.min(least, costs[leaf + 1][own] + matrices[leaf][entry]);
        }
        sum += least;
      }
      best = Math.min(best, sum);
    }
    Graph graph = new Graph(intervals, costs, usages, ends, matrices, 0);
    Assignment answer = solve(graph, 0.5, 1);
    assertOptimal(best, graph, answer);
    assertEquals(best, answer.bound());
  }

  /** Nodes that are live together, and edges of which every third entry is impossible. */
  private static Graph tight(Random random) {
    int nodes = 3 + random.nextInt(5);
    int times = 1 + random.nextInt(4);
    long[][] intervals = new long[nodes][];
    long[][] costs = new long[nodes][];
    long[][] usages = new long[nodes][];
    for (int node = 0; node < nodes; node++) {
      long from = random.nextInt(times);
      intervals[node] = new long[] {from, from + 1 + random.nextInt(times)};
      int size = 2 + random.nextInt(3);
      costs[node] = random.longs(size, 0, random.nextInt(3) == 0 ? 1 : 10).toArray();
      usages[node] = random.longs(size, 0, 20).toArray();
    }
    List<int[]> ends = new ArrayList<>();
    List<long[]> matrices = new ArrayList<>();
    for (int b = 1; b < nodes; b++) {
      for (int a = 0; a < b; a++) {
        if (random.nextBoolean()) {
          ends.add(new int[] {a, b});
          long[] matrix = random.longs((long) costs[a].length * costs[b].length, 0, 10).toArray();
          Arrays.setAll(matrix, i -> random.nextInt(3) == 0 ? IMPOSSIBLE : matrix[i]);
          matrices.add(matrix);
        }
      }
    }
    int[][] edges = ends.toArray(int[][]::new);
    Graph graph =
        new Graph(intervals, costs, usages, edges, matrices.toArray(long[][]::new), Long.MAX_VALUE);
    return graph.withLimit(graph.leastPeak() + random.nextInt(25));
  }

  /** Cases end with one choice each, and all that a bound excludes; none is looked at for ever. */
  @Test
  void whatIsImpossibleIsProvenLongBeforeTheWorkIsDone() {
    int impossible = 0;
    int graphs = TestDepth.cases(2000, 4000, 8000);
    for (int seed = 0; seed < graphs; seed++) {
      Graph graph = tight(new Random(TestDepth.seed(0) + seed));
      Assignment answer = solve(graph, 1, 1);
      long least = graph.least();
      String what = "seed " + (TestDepth.seed(0) + seed) + ": " + answer;
      if (least < IMPOSSIBLE) {
        assertEquals(least, answer.cost(), what);
        assertEquals(least, graph.cost(answer.choice()), what);
        assertEquals(least, answer.bound(), what);
      } else {
        impossible++;
        assertFalse(answer.isFound(), what);
        assertEquals(AssignmentProblem.IMPOSSIBLE, answer.bound(), what);
        assertTrue(answer.work() < 20_000_000, what);
      }
    }
    assertTrue(impossible > graphs / 10, "impossible: " + impossible);
  }
}
