package io.github.shardsum.internal.partition.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.internal.partition.plan.ProgramPlanner.Planned;
import io.github.shardsum.internal.reshard.Cost;
import io.github.shardsum.internal.reshard.Reshards.Work;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.partition.PlanStep;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.propagation.Propagation;
import io.github.shardsum.propagation.PropagationOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * One search from a layout serves all ways to split the statements that read a value. Work is
 * counted in searches and in layouts whose moves are followed, which no machine changes.
 */
final class SharedSearchesTest {
  private static final Mesh MESH = Mesh.parse("x=2,y=2,z=2,w=4");

  /** Ways to put some of four axes on four labels, the order on a label counting. */
  private static final int LAYOUTS = 1 + 16 + 120 + 480 + 840;

  private static final String TOP =
      """
      program top {
        input x: f32[a@w=8 d@x=4 g@y.z=9 b=8]
        v, i = top_k(x) {label="g", into="t", k=3}
        output v
        output i
      }
      """;

  private static final String FOURTEEN =
      """
      program fourteen {
        input x: f32[a@w=8 d@x=4 g@y.z=9 b=8]
        input m: f32[b=8 e@y=6]
        input n: f32[d@z=4 h=5]
        t0 = tanh(x)
        v, i = top_k(t0) {label="g", into="t", k=3}
        s = reduce_sum(t0) {labels=["g"]}
        c = add(v, s)
        e = einsum(c, m) {equation="adtb,be->adte"}
        f = softmax(e) {label="e"}
        r = cumulative_sum(f) {label="t"}
        k = multiply(r, f)
        l = reduce_max(k) {labels=["t"]}
        q = einsum(l, n) {equation="ade,dh->aeh"}
        u = exp(q)
        z = subtract(u, q)
        y = shift(z) {label="e", by=1, fill=0.0}
        o = concatenate(y, z) {label="h"}
        output i
        output o
      }
      """;

  private static ReshardWays ways() {
    return new ReshardWays(
        MESH, _ -> Optional.empty(), PlanOptions.defaults(), PlanningPolicy.CHEAPEST);
  }

  private static Planned plan(ReshardWays ways, Program program) {
    Map<String, Layout> homes =
        Propagation.of(program, MESH, PropagationOptions.defaults()).layouts();
    return ProgramPlanner.plan(ways, program, homes, false, false);
  }

  /** Layouts with each axis on one of the labels, or on none. */
  private static List<Layout> goals() {
    List<String> axes = MESH.axisNames();
    List<String> labels = List.of("a", "d", "g", "b");
    List<Layout> goals = new ArrayList<>();
    for (int choice = 0; choice < 5 * 5 * 5 * 5; choice++) {
      List<List<String>> on =
          List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      int rest = choice;
      for (String axis : axes) {
        if (rest % 5 < 4) {
          on.get(rest % 5).add(axis);
        }
        rest /= 5;
      }
      List<String> term = new ArrayList<>();
      for (int dim = 0; dim < 4; dim++) {
        String split = String.join(".", on.get(dim));
        term.add(split.isEmpty() ? labels.get(dim) : labels.get(dim) + "@" + split);
      }
      goals.add(Layout.parse(MESH, String.join(" ", term)));
    }
    return goals;
  }

  @Test
  void oneSearchFromALayoutServesAllGoals() {
    ReshardWays ways = ways();
    Value x = Program.parse(TOP).inputs().getFirst();
    HeldLayouts holding = new HeldLayouts(x, Layout.parse(MESH, "a@w d@x g@y.z b"), 0);
    List<Layout> goals = goals();
    List<Optional<Cost>> costs = goals.stream().map(goal -> ways.cost(holding, goal)).toList();
    Work work = ways.searched();
    // A goal that is whole on every device may have a way of larger values.
    assertTrue(work.searches() <= 2, () -> "" + work);
    assertTrue(work.expanded() <= 2L * LAYOUTS, () -> "" + work);
    assertTrue(costs.stream().allMatch(Optional::isPresent));
    assertEquals(costs, goals.stream().map(goal -> ways.cost(holding, goal)).toList());
    assertEquals(work, ways.searched());
  }

  @Test
  void theWaysToSplitAStatementShareSearches() {
    ReshardWays ways = ways();
    plan(ways, Program.parse(TOP));
    Work work = ways.searched();
    // There are hundreds of ways to split it, planned whole and in chunks of g.
    assertTrue(work.searches() <= 40, () -> "" + work);
    assertTrue(work.expanded() <= (long) work.searches() * LAYOUTS, () -> "" + work);
  }

  @Test
  void theStatementsOfAProgramShareSearches() {
    ReshardWays ways = ways();
    Program program = Program.parse(FOURTEEN);
    assertEquals(14, program.statements().size());
    Planned planned = plan(ways, program);
    int values = program.inputs().size();
    for (PlanStep step : planned.plan().steps()) {
      values += step.results().size();
    }
    Work work = ways.searched();
    int most = 4 * values;
    assertTrue(work.searches() <= most, () -> work + " of at most " + most);
    assertTrue(work.expanded() <= (long) work.searches() * LAYOUTS, () -> "" + work);
    // Searches are kept: planning the same program again begins and extends none.
    assertEquals(planned, plan(ways, program));
    assertEquals(work, ways.searched());
  }
}
