package io.github.shardsum.partition;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.collective.Collectives;
import io.github.shardsum.internal.partition.run.SpmdRunner;
import io.github.shardsum.layout.ShardedTensor;
import io.github.shardsum.mesh.Mesh;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.Shape;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Short all-reduces of one backward pass are one collective, and every sum is what it was. */
class PackedSumsTest {
  private static ProgramPlan plan(String text, String mesh) {
    return ProgramPlan.of(
        Program.parse(text), Mesh.parse(mesh), _ -> false, PlanOptions.defaults());
  }

  private static List<PlanStep> sums(SpmdPlan plan) {
    return plan.steps().stream().filter(step -> step.action() instanceof Action.AllReduce).toList();
  }

  /** Gradients of two weights and a bias, with the sums over the split batch. */
  private static String gradients(String dtype) {
    return String.format(
        Locale.ROOT,
        """
        program gradients {
          input x: %1$s[B@x=9 I=3]
          input h: %1$s[B@x=9 H=5]
          input g: %1$s[B@x=9 H=5]
          input o: %1$s[B@x=9 O=2]
          w1 = einsum(x, g) {equation="B I, B H -> I H"}
          w2 = einsum(h, o) {equation="B H, B O -> H O"}
          b1 = reduce_sum(g) {labels=["B"]}
          t1 = tanh(w1)
          t2 = tanh(w2)
          t3 = tanh(b1)
          output t1
          output t2
          output t3
        }
        """,
        dtype);
  }

  @ParameterizedTest
  @CsvSource({"f32, x=2", "f32, x=4", "bf16, x=3", "f64, x=2 y=2", "i32, x=4"})
  void everySumHasTheBitsThatItHasByItself(String dtype, String mesh) {
    String text = dtype.equals("i32") ? gradients(dtype).replace("tanh", "abs") : gradients(dtype);
    ProgramPlan planned = plan(text, mesh);
    PlanStep pack = sums(planned.plan()).getFirst();
    assertEquals(1, sums(planned.plan()).size(), planned::explain);
    assertEquals(
        List.of("w1", "w2", "b1"), pack.results().stream().map(PlannedValue::name).toList());
    planned.certify();
    SpmdPlan apart = apart(planned.plan());
    assertEquals(3, sums(apart).size());
    List<List<double[]>> together = run(planned.plan());
    List<List<double[]>> separate = run(apart);
    for (int output = 0; output < separate.size(); output++) {
      for (int device = 0; device < separate.get(output).size(); device++) {
        assertArrayEquals(separate.get(output).get(device), together.get(output).get(device));
      }
    }
  }

  @Test
  void thePlanNamesThePartsAndCountsOneCollective() {
    ProgramPlan planned = plan(gradients("f32"), "x=4");
    assertTrue(planned.explain().contains("all-reduce over x of w1, w2, b1"), planned::explain);
    assertTrue(
        planned
            .plan()
            .toJson(PlanOptions.defaults())
            .contains("\"operands\":[\"w1\",\"w2\",\"b1\"]"));
    int step = planned.plan().steps().indexOf(sums(planned.plan()).getFirst());
    // Thirty elements, of which a ring of four brings two times three quarters.
    assertEquals(45, planned.plan().elementsReceived(step));
    assertEquals(1000 + 45, Math.rint(planned.cost()), 1);
  }

  /** The gather of b, of which each device has half, belongs to b, although a is packed first. */
  @Test
  void aLaterStepOfAPackedValueIsListedUnderItsOwnStatement() {
    String text =
        """
        program two {
          input x: f32[B@d=8 C@x=10]
          input y: f32[B@d=8]
          a = reduce_sum(y) {labels=["B"]}
          b = reduce_sum(x) {labels=["B"]}
          c = tanh(a)
          whole = annotate(b) {layout="C"}
          output c
          output whole
        }
        """;
    ProgramPlan planned = plan(text, "d=2 x=2");
    PlanStep pack = sums(planned.plan()).getFirst();
    assertEquals(List.of("a", "b"), pack.results().stream().map(PlannedValue::name).toList());
    assertTrue(planned.explain().contains("\nb:\n  all-gather C over x"), planned::explain);
  }

  /** Each of two sums that follow each other, of other dtypes, and long ones, travels alone. */
  @Test
  void whatWaitsOrDiffersOrIsLongTravelsAlone() {
    String chain =
        """
        program chain {
          input x: f32[B@x=8 I=3]
          input y: f64[B@x=8]
          input z: f32[B@x=8 L=20000]
          a = reduce_sum(x) {labels=["B"]}
          b = multiply(x, a)
          c = tanh(b)
          d = reduce_sum(c) {labels=["B"]}
          e = reduce_sum(y) {labels=["B"]}
          f = reduce_sum(z) {labels=["B"]}
          g = tanh(a)
          h = tanh(d)
          i = tanh(e)
          j = tanh(f)
          output g
          output h
          output i
          output j
        }
        """;
    ProgramPlan planned = plan(chain, "x=2");
    planned.certify();
    assertEquals(4, sums(planned.plan()).size(), planned::explain);
  }

  @Test
  void thoseOfALoopArePackedInItsBody() {
    String loop =
        """
        program loop {
          input v: f32[m=4]
          input w: f32[n=2]
          input x: f32[B@x=8 m=4]
          input y: f32[B@x=8 n=2]
          r, s = scan(v, w, x, y) {count=3, label="step", carried=2, sequences=0, body=program body {
            input a: f32[m=4]
            input b: f32[n=2]
            input p: f32[B=8 m=4]
            input q: f32[B=8 n=2]
            c = multiply(p, a)
            d = multiply(q, b)
            e = reduce_sum(c) {labels=["B"]}
            f = reduce_sum(d) {labels=["B"]}
            output e
            output f
          }}
          output r
          output s
        }
        """;
    ProgramPlan planned = plan(loop, "x=2");
    planned.certify();
    SpmdPlan body =
        planned.plan().steps().stream()
            .map(PlanStep::action)
            .filter(Action.Loop.class::isInstance)
            .map(action -> ((Action.Loop) action).body())
            .findFirst()
            .orElseThrow();
    assertEquals(2, sums(body).getFirst().results().size(), planned::explain);
    assertEquals(3 * (1000 + 6), Math.rint(planned.cost()), 1);
  }

  /** Two parts in each other's place: both are sums over the same axis, of the same labels. */
  @Test
  void aPackWithItsPartsExchangedIsRefused() {
    String text =
        """
        program two {
          input x: f32[B@x=8 I=3]
          input y: f32[B@x=8 I=3]
          a = reduce_sum(x) {labels=["B"]}
          b = reduce_sum(y) {labels=["B"]}
          c = tanh(a)
          d = exp(b)
          output c
          output d
        }
        """;
    ProgramPlan planned = plan(text, "x=4");
    planned.certify();
    List<PlanStep> steps = new ArrayList<>(planned.plan().steps());
    int place = steps.indexOf(sums(planned.plan()).getFirst());
    PlanStep pack = steps.get(place);
    List<Integer> exchanged = new ArrayList<>(pack.operands());
    exchanged.set(0, pack.operands().get(1));
    exchanged.set(1, pack.operands().get(0));
    steps.set(place, new PlanStep(pack.action(), exchanged, pack.results(), pack.origin()));
    SpmdPlan wrong =
        new SpmdPlan(
            planned.plan().mesh(), planned.plan().inputs(), steps, planned.plan().outputs());
    ProgramPlan mutant =
        new ProgramPlan(
            planned.given(), planned.layouts(), planned.program(), wrong, planned.cost());
    String message = assertThrows(IllegalStateException.class, mutant::certify).getMessage();
    assertTrue(message.contains("refused"), message);
  }

  /** The same with a step for each part. */
  private static SpmdPlan apart(SpmdPlan plan) {
    List<PlanStep> steps = new ArrayList<>();
    for (PlanStep step : plan.steps()) {
      if (step.action() instanceof Action.AllReduce) {
        for (int i = 0; i < step.results().size(); i++) {
          steps.add(
              new PlanStep(
                  step.action(),
                  List.of(step.operands().get(i)),
                  List.of(step.results().get(i)),
                  step.origin()));
        }
      } else {
        steps.add(step);
      }
    }
    return new SpmdPlan(plan.mesh(), plan.inputs(), steps, plan.outputs());
  }

  private static List<List<double[]>> run(SpmdPlan plan) {
    Random random = new Random(11);
    List<List<double[]>> all = new ArrayList<>();
    try (Collectives collectives = Collectives.open(plan.mesh())) {
      List<ShardedTensor> inputs = new ArrayList<>();
      for (PlannedValue input : plan.inputs()) {
        Shape shape = input.shape();
        double[] data = random.doubles(shape.elementCount(), -9, 9).toArray();
        Tensor whole = Tensor.of(data, data.length).reshape(shape.toArray()).convert(input.dtype());
        inputs.add(ShardedTensor.of(whole, input.layout(), collectives.devices()));
      }
      // A second run finds the memory of the first.
      SpmdRunner runner = new SpmdRunner(plan, collectives);
      runner.run(inputs);
      for (ShardedTensor output : runner.run(inputs)) {
        all.add(output.shards().stream().map(Tensor::toDoubleArray).toList());
      }
    }
    return all;
  }
}
