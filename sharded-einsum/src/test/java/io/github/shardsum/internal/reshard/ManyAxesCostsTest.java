package io.github.shardsum.internal.reshard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.layout.Layout;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.PlanOptions;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Costs are the same on meshes whose layouts are searched together and one by one. */
class ManyAxesCostsTest {
  private static final Shape SHAPE = Shape.of(64, 64);
  private static final String FEW = "a=2 b=2 c=2";
  private static final String MANY = "a=2 b=2 c=2 d=2 e=2 f=2 g=2";

  private static Reshards reshards(Mesh mesh) {
    PlanOptions options = PlanOptions.defaults().withReplication();
    return new Reshards(Prices.of(mesh, options), options);
  }

  /**
   * A goal is reached from a source, and a source from a goal, at the price of what is received.
   */
  private static void costs(String notation, String from, String to, double received, int count) {
    Mesh mesh = Mesh.parse(notation);
    Reshards reshards = reshards(mesh);
    Layout source = Layout.parse(mesh, from);
    Layout goal = Layout.parse(mesh, to);
    Optional<Cost> cost = Optional.of(new Cost(received, count));
    assertEquals(cost, reshards.cost(source, goal, SHAPE, DType.F32, Cost.MOST));
    assertEquals(cost, reshards.costInto(source, goal, SHAPE, DType.F32, Cost.MOST));
    assertEquals(cost, reshards.cost(source, goal, SHAPE, DType.F32, cost.get()));
    assertEquals(cost, reshards.costInto(source, goal, SHAPE, DType.F32, cost.get()));
    if (received > 0) {
      Cost less = new Cost(received - 1, count);
      assertEquals(Optional.empty(), reshards.cost(source, goal, SHAPE, DType.F32, less));
      assertEquals(Optional.empty(), reshards.costInto(source, goal, SHAPE, DType.F32, less));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {FEW, MANY})
  void aMoveCostsWhatTheBusiestDeviceReceives(String mesh) {
    costs(mesh, "i j", "i@a j", 0, 0);
    costs(mesh, "i@a j", "i j", 64 * 64 / 2, 1);
    costs(mesh, "i@a.b j", "i@a j", 64 * 64 / 4, 1);
    // A device keeps a quarter of what it has.
    costs(mesh, "i@a.b j", "i j@a.b", 64 * 64 / 4 * 3 / 4, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {FEW, MANY})
  void whatIsCompleteIsNoSumOfAddends(String notation) {
    Mesh mesh = Mesh.parse(notation);
    Reshards reshards = reshards(mesh);
    Layout whole = Layout.parse(mesh, "i j");
    Layout addends = Layout.parse(mesh, "i j | a");
    assertEquals(Optional.empty(), reshards.cost(whole, addends, SHAPE, DType.F32, Cost.MOST));
    assertEquals(Optional.empty(), reshards.costInto(whole, addends, SHAPE, DType.F32, Cost.MOST));
    assertTrue(reshards.cost(addends, whole, SHAPE, DType.F32, Cost.MOST).isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {FEW, MANY})
  void aValueIsMadeWhereMakingAndMovingItCostsLeast(String notation) {
    Mesh mesh = Mesh.parse(notation);
    Layout dear = Layout.parse(mesh, "i@a j");
    Layout cheap = Layout.parse(mesh, "i j@b.c");
    Map<Layout, Cost> made = new LinkedHashMap<>();
    made.put(dear, new Cost(500, 0));
    made.put(cheap, new Cost(0, 0));
    ReshardSources sources = new ReshardSources(reshards(mesh), made, SHAPE, _ -> DType.F32);
    // 500 and half of all elements, against three quarters of them.
    Layout whole = Layout.parse(mesh, "i j");
    assertEquals(Optional.of(new Cost(2548, 1)), sources.cost(whole, Cost.MOST));
    assertEquals(Optional.of(dear), sources.source(whole));
    assertEquals(Optional.empty(), sources.cost(whole, new Cost(2547, 9)));
    // There already, although making it cost more: moving half of a quarter costs 512.
    assertEquals(Optional.of(new Cost(500, 0)), sources.cost(dear, Cost.MOST));
    assertEquals(Optional.of(dear), sources.source(dear));
    assertEquals(Optional.of(cheap), sources.source(cheap));
    assertEquals(Optional.of(Cost.NOTHING), sources.cost(cheap, Cost.MOST));
    assertEquals(Optional.empty(), sources.source(Layout.parse(mesh, "i j | a")));
    assertEquals(Optional.empty(), sources.cost(Layout.parse(mesh, "i j | a"), Cost.MOST));
  }

  @Test
  void onlyTheFewAreSearchedTogether() {
    Mesh few = Mesh.parse(FEW);
    Mesh many = Mesh.parse(MANY);
    Layout whole = Layout.parse(few, "i j");
    assertTrue(Reshards.isShared(whole, whole));
    assertFalse(Reshards.isShared(Layout.parse(many, "i j"), Layout.parse(many, "i j")));
  }
}
