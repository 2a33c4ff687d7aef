package io.github.shardsum.internal.assign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.assign.AssignmentProblem;
import io.github.shardsum.internal.assign.ReducibleNode.Item;
import io.github.shardsum.testsupport.TestDepth;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The points of time of small drawn problems: what is left after a compression allows the same
 * choices as all times of the problem did, and no point that others imply.
 */
final class MemoryTimelineTest {
  private static final int PROBLEMS = TestDepth.cases(300, 3_000, 30_000);
  private static final long SEED = Long.getLong("shardsum.seed", TestDepth.seed(0));
  private static final int TIMES = 9;

  private static AssignmentProblem drawn(Random random) {
    return drawn(random, 1 + random.nextInt(5), TIMES);
  }

  private static AssignmentProblem drawn(Random random, int nodes, int times) {
    AssignmentProblem.Builder builder = AssignmentProblem.builder();
    long most = 0;
    for (int node = 0; node < nodes; node++) {
      long[] usages = random.longs(1 + random.nextInt(3), 0, 7).toArray();
      most += Arrays.stream(usages).max().orElseThrow();
      long from = random.nextInt(times);
      builder.node(from, from + random.nextInt(times), new long[usages.length], usages);
    }
    return builder.build(random.nextLong(most + 1));
  }

  private static Presolve presolve(AssignmentProblem problem) {
    return new Presolve(problem, new SolverEffort(Long.MAX_VALUE, Long.MAX_VALUE));
  }

  private static List<List<Integer>> choices(AssignmentProblem problem) {
    List<List<Integer>> all = List.of(List.of());
    for (int node = 0; node < problem.nodes(); node++) {
      List<List<Integer>> longer = new ArrayList<>();
      for (List<Integer> choice : all) {
        for (int strategy = 0; strategy < problem.strategies(node); strategy++) {
          List<Integer> more = new ArrayList<>(choice);
          more.add(strategy);
          longer.add(more);
        }
      }
      all = longer;
    }
    return all;
  }

  /** At every time the nodes that are live use at most the limit. */
  private static boolean isPossible(AssignmentProblem problem, List<Integer> choice) {
    boolean isPossible = true;
    for (long time = 0; time < 2 * TIMES; time++) {
      long usage = 0;
      for (int node = 0; node < problem.nodes(); node++) {
        boolean isLive = problem.from(node) <= time && time < problem.to(node);
        usage += isLive ? problem.usage(node, choice.get(node)) : 0;
      }
      isPossible &= usage <= problem.limit();
    }
    return isPossible;
  }

  /** The usage of a node's strategy at a point that is left. */
  private static long usage(ReducibleNode node, int strategy, int point) {
    long usage = 0;
    for (Item item : node.items) {
      usage += item.lo() <= point && point < item.hi() ? item.use()[strategy] : 0;
    }
    return usage;
  }

  private static boolean isPossible(Presolve graph, List<Integer> choice) {
    boolean isPossible = !graph.infeasible;
    for (int point = 0; point < graph.time.points() && isPossible; point++) {
      long usage = 0;
      for (ReducibleNode node : graph.nodes) {
        int strategy = place(node, choice.get(node.id));
        isPossible &= strategy >= 0;
        usage += strategy < 0 ? 0 : usage(node, strategy, point);
      }
      isPossible &= usage <= graph.time.limit(point);
    }
    return isPossible && graph.nodes.stream().allMatch(n -> place(n, choice.get(n.id)) >= 0);
  }

  private static int place(ReducibleNode node, int label) {
    return Arrays.stream(node.label).boxed().toList().indexOf(label);
  }

  @Test
  void theSameChoicesStayPossible() {
    Set<Boolean> infeasible = new HashSet<>();
    int fewer = 0;
    for (int i = 0; i < PROBLEMS; i++) {
      AssignmentProblem problem = drawn(new Random(SEED + i));
      Presolve graph = presolve(problem);
      int before = graph.time.points();
      graph.nodes.forEach(node -> node.changed = false);
      String what = "seed " + (SEED + i);
      boolean isWorthMore = graph.time.compress(graph);
      infeasible.add(graph.infeasible);
      fewer += graph.time.points() < before ? 1 : 0;
      for (ReducibleNode node : graph.nodes) {
        boolean isSmaller = node.size() < problem.strategies(node.id);
        assertTrue(node.changed || !isSmaller, what);
        assertTrue(isWorthMore || !isSmaller || graph.infeasible, what);
      }
      assertFalse(graph.time.points() == 0 && graph.time.compress(graph), what);
      for (List<Integer> choice : choices(problem)) {
        assertEquals(isPossible(problem, choice), isPossible(graph, choice), what + " " + choice);
      }
    }
    assertEquals(Set.of(true, false), infeasible);
    assertTrue(fewer > PROBLEMS / 2, fewer + " were compressed");
  }

  /**
   * Of each point that is left the largest usages exceed the limit, and neither neighbour implies
   * it by the sums of the least and of the largest changes.
   */
  @Test
  void noPointIsLeftThatIsImplied() {
    for (int i = 0; i < PROBLEMS; i++) {
      Presolve graph = presolve(drawn(new Random(SEED + i), 12, 12));
      graph.nodes.forEach(node -> node.changed = false);
      List<ReducibleNode> live = graph.nodes.stream().filter(n -> !n.items.isEmpty()).toList();
      graph.time.compress(graph);
      for (ReducibleNode node : live) {
        assertTrue(node.changed || !node.items.isEmpty() || graph.infeasible, "seed " + (SEED + i));
      }
      for (int point = 0; point < graph.time.points() && !graph.infeasible; point++) {
        long most = 0;
        long leastChange = 0;
        long mostChange = 0;
        for (ReducibleNode node : graph.nodes) {
          long[] now = usages(node, point);
          long[] next = usages(node, point + 1);
          most += Arrays.stream(now).max().orElseThrow();
          Arrays.setAll(next, strategy -> next[strategy] - now[strategy]);
          leastChange += Arrays.stream(next).min().orElseThrow();
          mostChange += Arrays.stream(next).max().orElseThrow();
        }
        String what = "seed " + (SEED + i) + ", point " + point;
        assertTrue(most > graph.time.limit(point), what);
        if (point + 1 < graph.time.points()) {
          long room = graph.time.limit(point + 1) - graph.time.limit(point);
          assertTrue(leastChange < room && room < mostChange, what);
        }
      }
    }
  }

  private static long[] usages(ReducibleNode node, int point) {
    long[] usages = new long[node.size()];
    Arrays.setAll(usages, strategy -> usage(node, strategy, point));
    return usages;
  }

  /** Items are disjoint, in order and not equal to their neighbours. */
  @Test
  void itemsAreInPieces() {
    for (int i = 0; i < PROBLEMS; i++) {
      Presolve graph = presolve(drawn(new Random(SEED + i)));
      ReducibleNode first = graph.nodes.getFirst();
      // As after a contraction, a node has the memory of others too.
      graph.nodes.subList(1, graph.nodes.size()).stream()
          .filter(node -> node.size() == first.size())
          .forEach(node -> first.items.addAll(node.items));
      graph.nodes.removeIf(node -> node != first && node.size() == first.size());
      long[][] before = new long[graph.time.points()][];
      Arrays.setAll(before, point -> usages(first, point));
      long limit = graph.time.points() == 0 ? 0 : graph.time.limit(0);
      List<Integer> own = new ArrayList<>();
      for (int strategy = 0; strategy < first.size(); strategy++) {
        int one = strategy;
        boolean fits = Arrays.stream(before).allMatch(use -> use[one] <= limit);
        own.addAll(fits ? List.of(one) : List.of());
      }
      graph.time.compress(graph);
      if (graph.nodes.size() == 1) {
        // Of a node alone those strategies stay that fit alone.
        assertEquals(own.isEmpty(), graph.infeasible, "seed " + (SEED + i));
        assertTrue(
            graph.infeasible || Arrays.stream(first.label).boxed().toList().equals(own),
            "seed " + (SEED + i));
      }
      for (int item = 1; item < first.items.size(); item++) {
        Item left = first.items.get(item - 1);
        Item right = first.items.get(item);
        assertTrue(left.hi() <= right.lo(), "seed " + (SEED + i));
        assertFalse(left.hi() == right.lo() && Arrays.equals(left.use(), right.use()));
      }
      for (Item item : first.items) {
        assertTrue(item.lo() < item.hi());
      }
    }
  }

  /** The price of a point that goes is that of the next one that stays, or of the last. */
  @Test
  void aPointThatGoesMovesToTheNextOneThatStays() {
    AssignmentProblem.Builder builder = AssignmentProblem.builder();
    // Both fit at times 0 and 9 in all strategies, so that only time 5 is left.
    builder.node(0, 1, new long[2], new long[] {1, 2});
    builder.node(5, 6, new long[2], new long[] {1, 9});
    builder.node(5, 6, new long[2], new long[] {1, 9});
    builder.node(9, 10, new long[2], new long[] {2, 1});
    Presolve graph = presolve(builder.build(12));
    assertEquals(3, graph.time.points());
    assertEquals(List.of(0, 1, 1, 2, 3), points(graph.time, 0, 1, 5, 6, 10));
    graph.time.mark();
    assertTrue(graph.time.compress(graph), "nodes became free");
    assertEquals(1, graph.time.points());
    // A byte of each node at time 5 is used in any case.
    assertEquals(10, graph.time.limit(0));
    assertEquals(3, graph.time.marked());
    for (int point = 0; point < 3; point++) {
      assertEquals(0, graph.time.movedTo(point));
    }
    assertFalse(graph.time.compress(graph), "nothing is left to drop");
  }

  private static List<Integer> points(MemoryTimeline time, long... times) {
    return Arrays.stream(times).mapToObj(time::pointAt).toList();
  }
}
