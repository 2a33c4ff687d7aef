package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.einsum.Axis;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No plan is dearer than the cheapest of all, which is found by trying everything. */
final class CheapestPlanTest {
  private static final long SEED = RandomSharding.SEED << 20;

  @Test
  void aReshardUsesAxesThatNeitherEndHas() {
    Mesh mesh = Mesh.parse("x=8,y=2");
    ReshardPlan plan =
        ReshardPlan.of(
            Layout.parse(mesh, "a b | x"),
            Layout.parse(mesh, "a b"),
            Shape.of(64, 64),
            DType.F32,
            PlanOptions.defaults());
    assertEquals(5_632, plan.plan().elementsReceived());
  }

  /** An order of sums does not bind a reshard, which may sum over one axis after another. */
  @Test
  void aReshardKeepsNoOrderOfSums() {
    Mesh mesh = Mesh.parse("x=2,y=3");
    Layout from = Layout.parse(mesh, "e | x y");
    PlanOptions options = PlanOptions.defaults();
    PlanOptions tree = options.withSums(SumOrder.TREE);
    for (String each : List.of("e | y", "e@x", "e@y")) {
      Layout to = Layout.parse(mesh, each);
      ReshardPlan any = ReshardPlan.of(from, to, Shape.of(6000), DType.F32, options);
      assertEquals(any, ReshardPlan.of(from, to, Shape.of(6000), DType.F32, tree), each);
    }
  }

  @Test
  void anAxisSplitsALabelThatNothingHasSplit() {
    EveryEinsum einsum =
        EveryEinsum.of("m k@y l, k l n@y -> m n", Mesh.parse("x=8,y=2"), 128, 128, 64, 64);
    assertEquals(31_744, einsum.plan().plan().elementsReceived());
  }

  /** Of uneven chunks the busiest device receives 13 elements in an expert's plan. */
  @Test
  void aReshardOfUnevenChunksIsTheLeast() {
    Mesh mesh = Mesh.parse("x=2,y=2,z=2");
    Shape shape = Shape.of(4, 10);
    Layout from = Layout.parse(mesh, "a b@x.z");
    Layout to = Layout.parse(mesh, "a@x.y.z b");
    EveryReshard all = new EveryReshard(mesh, List.of("a", "b"), shape, Set.of());
    double least = all.to(all.place(to))[all.place(from)];
    ReshardPlan plan = ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults());
    assertEquals(least, plan.plan().elementsReceived(), plan::toString);
    assertTrue(least <= 13, "the least is " + least);
  }

  @Test
  void reshardsAreAsCheapAsAllTogether() {
    int cases = RandomSharding.cases(40, 400);
    for (int i = 0; i < cases; i++) {
      reshard(SEED + i);
    }
  }

  private static void reshard(long seed) {
    RandomSharding random = new RandomSharding(seed);
    Mesh mesh = Mesh.parse(EveryEinsum.MESHES.get(random.below(EveryEinsum.MESHES.size())));
    List<String> labels = List.of("a", "b", "c").subList(0, 1 + random.below(2));
    Shape shape = Shape.of(labels.stream().mapToLong(_ -> 1 + random.below(24)).toArray());
    Layout from = random.layout(mesh, labels, mesh.axisNames());
    Layout to = random.layout(mesh, labels, from.partial());
    EveryReshard all = new EveryReshard(mesh, labels, shape, new HashSet<>(from.partial()));
    double least = all.to(all.place(to))[all.place(from)];
    String what =
        String.format(
            Locale.ROOT, "seed %d: %s to %s of %s on %s", seed, from, to, shape, mesh.notation());
    if (Double.isInfinite(least)) {
      return;
    }
    ReshardPlan plan = ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults());
    assertEquals(least, plan.plan().elementsReceived(), () -> what + "\n" + plan);
  }

  @Test
  void einsumsAreAsCheapAsAllTogether() {
    int cases = RandomSharding.cases(30, 400);
    for (int i = 0; i < cases; i++) {
      EveryEinsum einsum = EveryEinsum.drawn(SEED + i);
      double least = einsum.least();
      ShardedEinsumPlan plan = einsum.plan();
      double amount = EveryEinsum.amount(plan);
      assertTrue(amount <= 1.01 * least + 0.01, () -> einsum + " could be " + least + "\n" + plan);
      assertTrue(amount >= 0.99 * least - 0.01, () -> einsum + " is below " + least + "\n" + plan);
    }
  }

  /**
   * One all-gather of the second operand, whose first label is split, is one way to compute each of
   * these einsums. A plan that receives more must save at least what its price says.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "b m k, k@x.y n -> b@y m@x n",
        "m k b, k@y.x n -> n m@x b@y",
        "b m k, k@x.y -> b@y m@x",
        "b k m, k@x.y n l -> l b@y n m@x",
        "k b m, k@x n -> b@x m@y n"
      })
  void aPlanReceivesMoreThanOneGatherOnlyIfItCostsLess(String text) {
    Equation equation = Equation.parse(text);
    Term split = equation.operand(1);
    int cases = RandomSharding.cases(20, 200);
    for (int i = 0; i < cases; i++) {
      RandomSharding random = new RandomSharding(SEED + i);
      Mesh mesh = Mesh.parse(List.of("x=3,y=2", "x=2,y=3", "x=3,y=4").get(random.below(3)));
      Map<String, Long> sizes = new HashMap<>();
      equation.labels().forEach(label -> sizes.put(label, 2L + random.below(60)));
      List<Shape> shapes = equation.operands().stream().map(term -> shape(term, sizes)).toList();
      long rest = 1;
      for (Axis axis : split.axes().subList(1, split.size())) {
        rest *= sizes.getOrDefault(axis.label(), 0L);
      }
      long rows = sizes.getOrDefault("k", 0L);
      long received = (rows - leastChunk(mesh, split.axis(0).mesh(), rows)) * rest;
      double work = rows * rest;
      for (Axis axis : equation.output().axes()) {
        int parts = axis.mesh().stream().mapToInt(mesh::size).reduce(1, (a, b) -> a * b);
        long all = sizes.getOrDefault(axis.label(), 0L);
        work *= parts == 1 ? 1 : Math.ceilDiv(all, parts);
      }
      double price = received + 1_000 + work / 200;
      ShardedEinsumPlan plan =
          ShardedEinsumPlan.of(equation, mesh, shapes, Map.of(), DType.F32, PlanOptions.defaults());
      assertTrue(
          plan.plan().elementsReceived() <= received || plan.cost() < price,
          () -> sizes + ": one gather receives " + received + " at " + price + "\n" + plan);
    }
  }

  /** The fewest rows of a device, if each axis cuts the chunks of the axes before it. */
  private static long leastChunk(Mesh mesh, List<String> axes, long rows) {
    if (axes.isEmpty()) {
      return rows;
    }
    int parts = mesh.size(axes.getFirst());
    long chunk = Math.ceilDiv(rows, parts);
    long least = Long.MAX_VALUE;
    for (int part = 0; part < parts; part++) {
      long own = Math.clamp(rows - part * chunk, 0, chunk);
      least = Math.min(least, leastChunk(mesh, axes.subList(1, axes.size()), own));
    }
    return least;
  }

  private static Shape shape(Term term, Map<String, Long> sizes) {
    return Shape.of(
        term.axes().stream().mapToLong(axis -> sizes.getOrDefault(axis.label(), 0L)).toArray());
  }
}
