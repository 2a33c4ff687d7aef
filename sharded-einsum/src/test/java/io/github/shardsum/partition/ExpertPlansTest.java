package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.einsum.Einsum;
import io.github.shardsum.einsum.Equation;
import io.github.shardsum.einsum.Term;
import io.github.shardsum.layout.Layout;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.partition.RandomSharding.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Against plans that expert compilers choose: no more elements are received, local shapes are the
 * same where the plan is, and results are equal.
 */
final class ExpertPlansTest {
  /** Elements of what is also run. */
  private static final long SMALL = 100_000;

  private static Map<String, Long> sizes(String text) {
    Map<String, Long> sizes = new HashMap<>();
    for (String each : text.split(",", -1)) {
      sizes.put(each.split("=", -1)[0], Long.parseLong(each.split("=", -1)[1]));
    }
    return sizes;
  }

  private static Shape shape(Term term, Map<String, Long> sizes) {
    return Shape.of(
        term.axes().stream().mapToLong(axis -> sizes.getOrDefault(axis.label(), 0L)).toArray());
  }

  private static Shape parsed(String sizes) {
    return Shape.of(Arrays.stream(sizes.split(" ")).mapToLong(Long::parseLong).toArray());
  }

  @TestFactory
  Stream<DynamicTest> reshardsReceiveNoMoreThanAnExpertPlan() {
    return ExpertPlans.read("reshards.txt").stream()
        .map(line -> DynamicTest.dynamicTest(line[0], () -> reshard(line)));
  }

  private static void reshard(String[] line) {
    Mesh mesh = Mesh.parse(line[1]);
    Layout from = Layout.parse(mesh, line[3]);
    Layout to = Layout.parse(mesh, line[4]);
    Shape shape = shape(from.term(), sizes(line[2]));
    ReshardPlan plan = ReshardPlan.of(from, to, shape, DType.F32, PlanOptions.defaults());
    assertTrue(plan.plan().elementsReceived() <= Long.parseLong(line[5]), plan::toString);
    if (!line[6].isEmpty()) {
      assertEquals(parsed(line[6].split(", ", -1)[0]), from.largestShape(shape));
      assertEquals(parsed(line[6].split(", ", -1)[1]), to.largestShape(shape));
    }
    assertTrue(plan.certify().startsWith("certified"));
    if (shape.elementCount() <= SMALL) {
      Value value = new RandomSharding(1).value(from, shape, DType.F32, DType.F32, 9);
      try (Collectives collectives = RandomSharding.collectives(mesh)) {
        ShardedTensor result = Reshard.of(plan, collectives).run(value.shards());
        assertTrue(RandomSharding.isEqual(value.whole(), result.gather()), plan::toString);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> einsumsReceiveNoMoreThanAnExpertPlan() {
    return ExpertPlans.read("einsums.txt").stream()
        .map(line -> DynamicTest.dynamicTest(line[0], () -> einsum(line)));
  }

  private static ShardedEinsumPlan plan(String[] line) {
    Equation equation = Equation.parse(line[3]);
    Map<String, Long> sizes = sizes(line[2]);
    List<Shape> shapes = equation.operands().stream().map(term -> shape(term, sizes)).toList();
    return ShardedEinsumPlan.of(
        equation, Mesh.parse(line[1]), shapes, Map.of(), DType.F32, PlanOptions.defaults());
  }

  private static void einsum(String[] line) {
    ShardedEinsumPlan plan = plan(line);
    long received = plan.plan().elementsReceived();
    long expert = Long.parseLong(line[4]);
    assertTrue(received <= expert, plan::toString);
    if (received == expert) {
      List<Shape> local = new ArrayList<>();
      for (PlanStep step : plan.plan().steps()) {
        if (step.action() instanceof Action.Apply) {
          step.operands().forEach(operand -> local.add(local(plan.plan().value(operand))));
        }
      }
      local.add(local(plan.plan().value(plan.plan().outputs().getFirst())));
      List<Shape> wanted =
          Arrays.stream(line[5].split(", ", -1)).map(ExpertPlansTest::parsed).toList();
      assertEquals(wanted, local, plan::toString);
    }
    run(plan);
  }

  private static Shape local(PlannedValue value) {
    return value.layout().largestShape(value.shape());
  }

  private static void run(ShardedEinsumPlan plan) {
    assertTrue(plan.certify().startsWith("certified"));
    long elements =
        plan.plan().inputs().stream().mapToLong(input -> input.shape().elementCount()).sum();
    if (elements <= SMALL) {
      RandomSharding random = new RandomSharding(1);
      List<Value> values =
          plan.plan().inputs().stream()
              .map(input -> random.value(input.layout(), input.shape(), DType.F32, DType.F32, 3))
              .toList();
      Tensor[] wholes = values.stream().map(Value::whole).toArray(Tensor[]::new);
      Tensor expected = Einsum.einsum(plan.equation().withoutLayout().toString(), wholes);
      try (Collectives collectives = RandomSharding.collectives(plan.plan().mesh())) {
        Tensor result = ShardedEinsum.of(plan, collectives).run(wholes);
        assertTrue(RandomSharding.isEqual(expected, result), plan::toString);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> productsReceiveNoMoreThanInAnExpertsLayouts() {
    return ExpertPlans.read("dots.txt").stream()
        .map(line -> DynamicTest.dynamicTest(line[0], () -> product(line)));
  }

  /** The expert's layouts, with the cheapest reshards between them. */
  private static void product(String[] line) {
    ShardedEinsumPlan plan = plan(line);
    Map<String, Long> sizes = sizes(line[2]);
    Equation equation = plan.equation();
    String[] operands = line[4].split(", ", -1);
    long expert = 0;
    for (int i = 0; i < operands.length; i++) {
      expert += received(plan, equation.operand(i), Term.parse(operands[i]), sizes);
    }
    Term natural = Term.parse(line[5]);
    Term summed = Term.parse(line[6]);
    expert += received(plan, natural, summed, sizes);
    expert += received(plan, summed, equation.output(), sizes);
    assertTrue(plan.plan().elementsReceived() <= expert, plan::toString);
    run(plan);
  }

  private static long received(
      ShardedEinsumPlan plan, Term from, Term to, Map<String, Long> sizes) {
    Mesh mesh = plan.plan().mesh();
    return ReshardPlan.of(
            new Layout(mesh, from),
            new Layout(mesh, to),
            shape(from, sizes),
            DType.F32,
            PlanOptions.defaults())
        .plan()
        .elementsReceived();
  }
}
