package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.program.Program;
import io.github.shardsum.program.Value;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be computed is an error that says why, or has a rule that is stated. */
class BadInputTest {
  private static final Randomness SEEDED = Randomness.seeded(2);
  private static final LocalBackend KERNELS =
      LocalBackend.of(Workers.sequential(), MoePrograms.kernels());

  private static String why(Runnable bad) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, bad::run).getMessage());
  }

  @Test
  void aCapacityOfZeroIsAnErrorWhereverItIsGiven() {
    List<Runnable> all =
        List.of(
            () -> Capacity.fixed(0),
            () -> RouteOptions.parse("top2 capacity=fixed:0"),
            () -> new MoeSizes(1, 2, 3, 0, 4, 5));
    for (Runnable each : all) {
      String why = why(each);
      assertTrue(why.contains("capacity") && why.contains("0"), why);
    }
    assertTrue(why(() -> Capacity.factor(0)).contains("above 0"));
  }

  @Test
  void aFactorThatLeavesLessThanASlotGivesOne() {
    assertEquals(1, Capacity.factor(1e-9).atMost(2, 8, 64));
    assertEquals(
        1, RouteOptions.parse("top1 capacity=factor:0.001,floor").capacity().atMost(1, 8, 64));
  }

  private static MoeSpec spec(String route, long groups, long tokens, long experts) {
    RouteOptions options = RouteOptions.parse(route);
    MoeSizes sizes = MoeSizes.of(groups, tokens, experts, 3, 5, options);
    return MoeSpec.of(sizes, DType.F64, options, SEEDED).withMetrics();
  }

  private static List<Tensor> run(Program program, double value) {
    List<Tensor> inputs = new ArrayList<>();
    for (Value input : program.inputs()) {
      double[] numbers = new double[(int) input.type().shape().elementCount()];
      Arrays.setAll(numbers, i -> value * Math.sin(i + 1));
      inputs.add(Tensor.of(numbers, input.type().shape().toArray()).convert(input.type().dtype()));
    }
    try (Executable executable = KERNELS.compile(program)) {
      return executable.run(inputs);
    }
  }

  private static Tensor output(Program program, List<Tensor> results, String name) {
    for (int i = 0; i < results.size(); i++) {
      if (program.outputs().get(i).name().equals(name)) {
        return results.get(i);
      }
    }
    throw new AssertionError("no output " + name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "top1",
        "top2",
        "top2 capacity=load",
        "top3 slots=gate",
        "experts2",
        "top2 gates=sigmoid"
      })
  void moreExpertsThanTokensAreALayer(String route) {
    for (Program layer :
        List.of(
            MoePrograms.layer(spec(route, 2, 3, 40)),
            MoePrograms.raggedLayer(spec(route, 2, 3, 40)))) {
      List<Tensor> results = run(layer, 1);
      long[] placed = output(layer, results, "placed").toLongArray();
      // Where experts choose each has a slot at least.
      assertEquals(!route.startsWith("experts"), Arrays.stream(placed).anyMatch(x -> x == 0));
      assertTrue(Arrays.stream(placed).anyMatch(x -> x > 0));
      Program both = MoePrograms.gradient(layer);
      List<Tensor> gradients = run(both, 1);
      gradients.forEach(
          each ->
              assertTrue(
                  Arrays.stream(each.toDoubleArray()).allMatch(Double::isFinite), layer::toString));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"top1", "top2", "top2 capacity=load", "experts2"})
  void groupsOfNoTokensAndNoGroupsAreALayerOfNoOutputs(String route) {
    for (long[] size : new long[][] {{2, 0}, {0, 4}}) {
      MoeSpec spec = spec(route, size[0], size[1], 4);
      for (Program layer : List.of(MoePrograms.layer(spec), MoePrograms.raggedLayer(spec))) {
        List<Tensor> results = run(layer, 1);
        assertEquals(0, results.getFirst().shape().elementCount());
        assertArrayEquals(
            new double[(int) size[0]], output(layer, results, "aux_loss").toDoubleArray());
        Program both = MoePrograms.gradient(layer);
        double[] byWeights = output(both, run(both, 1), "gradient.wi").toDoubleArray();
        assertArrayEquals(new double[byWeights.length], byWeights);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"top1", "top2", "top2 capacity=load", "top3 normalize=after"})
  void aTokenOfNanIsCountedAndSpoilsNoOther(String route) {
    MoeSpec spec = spec(route, 1, 6, 4);
    for (Program layer : List.of(MoePrograms.layer(spec), MoePrograms.raggedLayer(spec))) {
      List<Tensor> inputs = new ArrayList<>();
      for (Value input : layer.inputs()) {
        double[] numbers = new double[(int) input.type().shape().elementCount()];
        Arrays.setAll(numbers, i -> Math.cos(i));
        inputs.add(Tensor.of(numbers, input.type().shape().toArray()));
      }
      double[] tokens = inputs.getFirst().toDoubleArray();
      tokens[2 * 3] = Double.NaN;
      inputs.set(0, Tensor.of(tokens, 1, 6, 3));
      try (Executable executable = KERNELS.compile(layer)) {
        List<Tensor> results = executable.run(inputs);
        assertArrayEquals(new long[] {1}, output(layer, results, "unusable").toLongArray());
        double[] outputs = results.getFirst().toDoubleArray();
        for (int i = 0; i < outputs.length; i++) {
          if (i / 3 != 2) {
            assertTrue(Double.isFinite(outputs[i]), layer.name() + " at " + i);
          }
        }
      }
    }
  }

  @Test
  void nanLogitsOfARouteAreAnErrorThatNamesTheirPlace() {
    double[] logits = new double[2 * 3 * 4];
    logits[(1 * 3 + 2) * 4 + 1] = Double.NaN;
    for (String route : List.of("top1", "top2", "top3", "experts2", "top2 gates=sigmoid")) {
      String why =
          why(() -> Route.of(Tensor.of(logits, 2, 3, 4), RouteOptions.parse(route), SEEDED));
      assertTrue(why.contains("[1, 2, 1]") && why.contains("NaN"), why);
    }
  }
}
