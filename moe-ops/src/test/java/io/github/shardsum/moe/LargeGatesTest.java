package io.github.shardsum.moe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.backend.Backend;
import io.github.shardsum.backend.Executable;
import io.github.shardsum.backend.LocalBackend;
import io.github.shardsum.backend.ReferenceBackend;
import io.github.shardsum.exec.Workers;
import io.github.shardsum.moe.RouteOptions.Normalization;
import io.github.shardsum.moe.RouteOptions.Router;
import io.github.shardsum.moe.RouteOptions.SecondChoice;
import io.github.shardsum.program.Gradients;
import io.github.shardsum.program.Program;
import io.github.shardsum.tensor.DType;
import io.github.shardsum.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Finite gates whose sum is not. */
class LargeGatesTest {
  private static final double MOST = Double.MAX_VALUE;
  private static final Randomness SEEDED = Randomness.seeded(1);
  private static final LocalBackend PLAIN = LocalBackend.of(Workers.sequential());
  private static final List<Backend> BACKENDS =
      List.of(
          LocalBackend.of(Workers.sequential(), MoePrograms.kernels()),
          PLAIN,
          new ReferenceBackend());

  private static List<RouteOptions> options() {
    RouteOptions.Builder two = RouteOptions.builder().normalizationEpsilon(1e-9);
    return List.of(
        two.secondChoice(SecondChoice.threshold(0.3)).build(),
        two.normalization(Normalization.AFTER_DROPPING).secondChoice(SecondChoice.all()).build(),
        RouteOptions.builder()
            .router(Router.expertChoice())
            .normalization(Normalization.AFTER_DROPPING)
            .build());
  }

  private static RouteInput<Tensor> input() {
    return RouteInput.gates(Tensor.of(new double[] {1, MOST, MOST / 2}, 1, 1, 3));
  }

  @Test
  void areDividedByTheirSumAllTheSame() {
    for (RouteOptions options : options()) {
      double[] expected = {0, 2 / 3.0, 1 / 3.0};
      Route route = Route.of(input(), options, SEEDED, Workers.sequential());
      assertArrayEquals(expected, route.combine().toDense().toDoubleArray(), 1e-15);
      RouteCase composite = RouteCase.of(input(), options, SEEDED, DType.F64);
      for (Backend backend : BACKENDS) {
        assertArrayEquals(expected, composite.run(backend).getFirst().toDoubleArray(), 1e-15);
      }
    }
  }

  @Test
  void haveTheGradientOfTheirShares() {
    for (RouteOptions options : options()) {
      RouteCase composite = RouteCase.of(input(), options, SEEDED, DType.F64);
      Program program =
          Gradients.valueAndPullback(
              composite.program(), List.of("combine_weights"), List.of("scores"));
      Tensor cotangents =
          Tensor.of(new double[] {0, 5, 2}, program.inputs().getLast().type().shape().toArray());
      for (Backend backend : BACKENDS) {
        try (Executable executable = backend.compile(program)) {
          double[] gradient =
              executable.run(List.of(input().scores(), cotangents)).getLast().toDoubleArray();
          // Of (5x + 2y)/(x + y) at x = 1 and y = 1/2, in units of the largest number.
          assertEquals(2 / 3.0, gradient[1] * MOST, 1e-12);
          assertEquals(-4 / 3.0, gradient[2] * MOST, 1e-12);
        }
      }
    }
  }
}
