package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.SumOrder;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where sums have one order, so have addends that an operand has over several axes. */
final class GivenAddendsTest {
  private static final Mesh MESH = Mesh.parse("x=2,y=3");
  private static final int SIZE = 6;

  private static ShardedEinsumPlan plan(String equation, Mesh mesh, DType dtype) {
    PlanOptions options = PlanOptions.defaults().withSums(SumOrder.TREE);
    List<Shape> shapes = List.of(Shape.of(SIZE));
    return ShardedEinsumPlan.of(Equation.parse(equation), mesh, shapes, Map.of(), dtype, options);
  }

  /** Members in the order of the mesh: the first four in pairs, and then the last two. */
  private static float tree(float[][] addends, int i) {
    float first = (addends[0][i] + addends[1][i]) + (addends[2][i] + addends[3][i]);
    return first + (addends[4][i] + addends[5][i]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"e | x y -> e", "e | y x -> e", "e | x y -> e@x.y", "e | x y -> e@y.x"})
  void theyAreJoinedInTheOrderOfTheMesh(String equation) {
    Random random = new Random(28);
    float[][] addends = new float[MESH.size()][SIZE];
    float[] expected = new float[SIZE];
    for (float[] addend : addends) {
      for (int i = 0; i < SIZE; i++) {
        addend[i] = Math.scalb(random.nextFloat() - 0.5f, random.nextInt(24));
      }
    }
    IntStream.range(0, SIZE).forEach(i -> expected[i] = tree(addends, i));
    ShardedEinsumPlan plan = plan(equation, MESH, DType.F32);
    assertTrue(plan.certify().startsWith("certified"), plan::toString);
    Layout layout = plan.plan().inputs().getFirst().layout();
    List<Tensor> shards = new ArrayList<>();
    for (float[] addend : addends) {
      shards.add(Tensor.of(addend, SIZE));
    }
    List<Integer> devices = IntStream.range(0, MESH.size()).boxed().toList();
    ShardedTensor operand = new ShardedTensor(Shape.of(SIZE), layout, devices, shards);
    try (Collectives collectives = RandomSharding.collectives(MESH)) {
      ShardedEinsum einsum = ShardedEinsum.of(plan, collectives);
      Tensor result = einsum.gather(einsum.runSharded(List.of(operand)));
      assertArrayEquals(expected, result.toFloatArray(), 0f, plan::toString);
    }
  }

  /** A sum that has no order keeps the axes that its plan sums over. */
  @Test
  void booleansMayStayAddendsOverSomeOfTheAxes() {
    ShardedEinsumPlan plan = plan("c@x.y -> | y", Mesh.parse("x=4,y=3"), DType.BOOL);
    assertTrue(plan.certify().startsWith("certified"), plan::toString);
  }
}
